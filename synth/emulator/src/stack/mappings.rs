//! Event source mappings, begun.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::resources::{Resolved, Resources};
use super::{Error, Options, REGION};
use crate::background::Background;
use crate::functions::Functions;
use crate::sources::{Mapping, QueueSource, Stream, StreamSource, Surroundings};
use crate::state::StateError;
use crate::template::{Names, Properties, TemplateError};

/// Begins to follow every queue and stream that a function is mapped to.
pub(super) async fn begin(
    resources: &Resources<'_>,
    options: &Options,
    surroundings: &Surroundings,
    background: &mut Background,
) -> Result<(), Error> {
    for resource in resources.of_kind("AWS::Lambda::EventSourceMapping") {
        let path = resource.path();
        let properties = Properties { all: &resource.properties, path: &path };
        if properties.boolean("Enabled")? == Some(false) {
            continue;
        }
        let text = |name: &str| properties.all[name].as_str().unwrap_or_default();
        let function = function(&resources.names, text("FunctionName"), &surroundings.functions, &path)?;
        let mapping = Mapping::read(properties, function)?;
        let arn = text("EventSourceArn");
        if let Some(table) = resources.with_attribute("StreamArn", arn) {
            let source = stream(resources, table, resource.id, properties, mapping, options)?;
            surroundings.progress.stream(&source.id);
            let places = source.places(surroundings).await;
            background.spawn(source.run(places, surroundings.clone()));
        } else if let Some(queue) = queue(resources, arn) {
            let source = QueueSource {
                mapping,
                url: resources.reference(queue).to_owned(),
                arn: arn.to_owned(),
                region: REGION.to_owned(),
                concurrency: number(properties, "ScalingConfig.MaximumConcurrency")?,
                reorder: options.troubles.iter().map(|trouble| trouble.reorder).fold(0.0, f64::max),
                seed: options.seed,
            };
            surroundings.progress.queue(&source.url);
            background.spawn(source.run(surroundings.clone()));
        } else {
            let what = format!("{arn} is neither a queue nor the stream of a table of this template");
            return Err(TemplateError::at(&format!("{path}.EventSourceArn"), what).into());
        }
    }
    Ok(())
}

/// The stream of a table, as a mapping's properties want it followed.
fn stream(
    resources: &Resources<'_>,
    table: &Resolved<'_>,
    id: &str,
    properties: Properties<'_>,
    mapping: Mapping,
    options: &Options,
) -> Result<StreamSource, Error> {
    let mut keys = table.properties["KeySchema"].as_array().into_iter().flatten();
    let key = keys.find(|key| key["KeyType"] == "HASH");
    let queue = destination(properties.all).and_then(|arn| queue(resources, arn));
    let checkpoint = if options.in_memory { None } else { Some(checkpoint(id, options)) };
    if let Some(path) = &checkpoint {
        adopt(path, resources, table, options)?;
    }
    Ok(StreamSource {
        id: id.to_owned(),
        mapping,
        table: resources.reference(table).to_owned(),
        arn: resources.attribute(table, "StreamArn").to_owned(),
        region: REGION.to_owned(),
        partition_key: key.and_then(|key| key["AttributeName"].as_str()).unwrap_or_default().to_owned(),
        lanes: number(properties, "ParallelizationFactor")?.unwrap_or(1),
        retries: properties.limit("MaximumRetryAttempts")?,
        oldest: properties.limit("MaximumRecordAgeInSeconds")?.map(Duration::from_secs),
        bisect: properties.boolean("BisectBatchOnFunctionError")?.unwrap_or(false),
        on_failure: queue.map(|queue| resources.reference(queue).to_owned()),
        start: properties.all["StartingPosition"].as_str().unwrap_or("TRIM_HORIZON").to_owned(),
        checkpoint,
    })
}

/// Where a mapping says that batches that are given up are told of.
fn destination(properties: &Value) -> Option<&str> {
    properties["DestinationConfig"]["OnFailure"]["Destination"].as_str()
}

fn queue<'r>(resources: &'r Resources<'_>, arn: &str) -> Option<&'r Resolved<'r>> {
    resources.with_attribute("Arn", arn).filter(|resource| resource.kind == "AWS::SQS::Queue")
}

/// Failure destinations that are told nothing: only queues of the template are.
pub(super) fn not_emulated(resources: &Resources<'_>) -> Vec<String> {
    let mappings = resources.of_kind("AWS::Lambda::EventSourceMapping");
    let told_nothing = mappings.filter_map(|mapping| {
        let arn = destination(&mapping.properties).filter(|arn| queue(resources, arn).is_none())?;
        Some(format!("{}.DestinationConfig: {arn} is no queue of this template", mapping.id))
    });
    told_nothing.collect()
}

/// The file that says how far a mapping has followed its stream.
fn checkpoint(mapping: &str, options: &Options) -> PathBuf {
    options.folders.stack.join(format!("{mapping}.stream.json"))
}

/// Goes on from the file that was the table's, in a folder from before each mapping had its own. Where there are more mappings,
/// nothing says which of them was so far: each of them begins anew.
fn adopt(path: &Path, resources: &Resources<'_>, table: &Resolved<'_>, options: &Options) -> Result<(), StateError> {
    let before = checkpoint(resources.reference(table), options);
    let only = followers(resources, table).nth(1).is_none();
    if only && !path.exists() && before.exists() {
        fs::rename(&before, path).map_err(StateError::io(path))?;
    }
    Ok(())
}

/// The mappings that follow the stream of a table.
fn followers<'r>(resources: &'r Resources<'_>, table: &Resolved<'_>) -> impl Iterator<Item = &'r Resolved<'r>> {
    let arn = resources.attribute(table, "StreamArn").to_owned();
    let mappings = resources.of_kind("AWS::Lambda::EventSourceMapping");
    mappings.filter(move |mapping| mapping.properties["EventSourceArn"] == arn.as_str())
}

/// The streams, with how far each of those who follow them is.
pub(super) fn streams(resources: &Resources<'_>, options: &Options) -> Vec<Stream> {
    let with_stream = |table: &&Resolved<'_>| table.properties["StreamSpecification"].is_object();
    let streams = resources.of_kind("AWS::DynamoDB::Table").filter(with_stream).map(|table| Stream {
        table: resources.reference(table).to_owned(),
        checkpoints: followers(resources, table).map(|mapping| checkpoint(mapping.id, options)).collect(),
    });
    streams.collect()
}

/// The ARN of a function, by its name or its ARN.
fn function(names: &Names, name: &str, functions: &Functions, path: &str) -> Result<String, Error> {
    let arn = if name.starts_with("arn:") { name.to_owned() } else { names.arn("lambda", &format!("function:{name}")) };
    if functions.has(&arn) {
        return Ok(arn);
    }
    let what = format!("there is no function {name} in this template");
    Err(TemplateError::at(&format!("{path}.FunctionName"), what).into())
}

fn number(properties: Properties<'_>, name: &str) -> Result<Option<usize>, TemplateError> {
    Ok(properties.whole(name)?.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
}
