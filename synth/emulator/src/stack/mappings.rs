//! Event source mappings, begun.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::resources::{Resolved, Resources};
use super::{Error, Options, REGION};
use crate::functions::Functions;
use crate::sources::{Mapping, QueueSource, Stream, StreamSource, Surroundings};
use crate::template::{Names, TemplateError, whole};

/// Begins to follow every queue and stream that a function is mapped to.
pub(super) async fn begin(
    resources: &Resources<'_>,
    options: &Options,
    surroundings: &Surroundings,
    tasks: &mut JoinSet<()>,
) -> Result<(), Error> {
    let enabled = |mapping: &&Resolved<'_>| mapping.properties["Enabled"] != false;
    for resource in resources.of_kind("AWS::Lambda::EventSourceMapping").filter(enabled) {
        let (path, properties) = (resource.path(), &resource.properties);
        let text = |name: &str| properties[name].as_str().unwrap_or_default();
        let function = function(&resources.names, text("FunctionName"), &surroundings.functions, &path)?;
        let mapping = Mapping::read(properties, function, &path)?;
        let arn = text("EventSourceArn");
        if let Some(table) = resources.with_attribute("StreamArn", arn) {
            let source = stream(resources, table, properties, mapping, options);
            surroundings.progress.stream(arn);
            let places = source.places(surroundings).await;
            tasks.spawn(source.run(places, surroundings.clone()));
        } else if let Some(queue) = resources.with_attribute("Arn", arn).filter(|it| it.kind == "AWS::SQS::Queue") {
            let source = QueueSource {
                mapping,
                url: resources.reference(queue).to_owned(),
                arn: arn.to_owned(),
                region: REGION.to_owned(),
                concurrency: number(&properties["ScalingConfig"]["MaximumConcurrency"]),
                reorder: options.troubles.iter().map(|trouble| trouble.reorder).fold(0.0, f64::max),
                seed: options.seed,
            };
            surroundings.progress.queue(&source.url);
            tasks.spawn(source.run(surroundings.clone()));
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
    properties: &Value,
    mapping: Mapping,
    options: &Options,
) -> StreamSource {
    let mut keys = table.properties["KeySchema"].as_array().into_iter().flatten();
    let key = keys.find(|key| key["KeyType"] == "HASH");
    let destination = properties["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    let queue = destination.and_then(|arn| resources.with_attribute("Arn", arn));
    // -1 stands for: as long as the record is there.
    let limit = |name: &str| properties[name].as_i64().and_then(|limit| u64::try_from(limit).ok());
    let name = resources.reference(table);
    StreamSource {
        mapping,
        table: name.to_owned(),
        arn: resources.attribute(table, "StreamArn").to_owned(),
        region: REGION.to_owned(),
        partition_key: key.and_then(|key| key["AttributeName"].as_str()).unwrap_or_default().to_owned(),
        lanes: number(&properties["ParallelizationFactor"]).unwrap_or(1),
        retries: limit("MaximumRetryAttempts"),
        oldest: limit("MaximumRecordAgeInSeconds").map(Duration::from_secs),
        bisect: properties["BisectBatchOnFunctionError"] == true,
        on_failure: queue.map(|queue| resources.reference(queue).to_owned()),
        start: properties["StartingPosition"].as_str().unwrap_or("TRIM_HORIZON").to_owned(),
        checkpoint: (!options.in_memory).then(|| checkpoint(name, options)),
    }
}

/// The file that says how far the stream of a table was followed.
fn checkpoint(table: &str, options: &Options) -> PathBuf {
    options.folders.stack.join(format!("{table}.stream.json"))
}

/// The streams, with how far they were followed. One that two mappings follow is left out, since nothing says which of them
/// is behind.
pub(super) fn streams(resources: &Resources<'_>, options: &Options) -> Vec<Stream> {
    let with_stream = |table: &&Resolved<'_>| table.properties["StreamSpecification"].is_object();
    let streams = resources.of_kind("AWS::DynamoDB::Table").filter(with_stream).filter_map(|table| {
        let (name, arn) = (resources.reference(table), resources.attribute(table, "StreamArn"));
        let mappings = resources.of_kind("AWS::Lambda::EventSourceMapping");
        let checkpoint = match mappings.filter(|mapping| mapping.properties["EventSourceArn"] == arn).count() {
            0 => None,
            1 => Some(checkpoint(name, options)),
            _ => return None,
        };
        Some(Stream { table: name.to_owned(), checkpoint })
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

fn number(value: &Value) -> Option<usize> {
    whole(value).and_then(|number| usize::try_from(number).ok())
}
