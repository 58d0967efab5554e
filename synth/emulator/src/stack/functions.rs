//! The functions that a template declares, with what they are told here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use contract::functions as names;
use serde_json::{Value, json};

use super::Error;
use super::resources::{Resolved, Resources};
use crate::functions::Declared;
use crate::issuer;
use crate::page::Backup;
use crate::template::{TemplateError, whole};

/// The functions. `api` is where the API is, `keys` where the local issuer publishes its keys.
pub(super) fn declared(resources: &Resources<'_>, api: &str, keys: &str) -> Result<Vec<Declared>, Error> {
    let functions = resources.of_kind("AWS::Lambda::Function");
    functions.map(|function| declaration(resources, function, api, keys)).collect()
}

fn declaration(resources: &Resources<'_>, function: &Resolved<'_>, api: &str, keys: &str) -> Result<Declared, Error> {
    let properties = &function.properties;
    let given = properties["Environment"]["Variables"].as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut variables: BTreeMap<_, _> = given.map(|(name, value)| (name.clone(), text(value))).collect();
    let binary = binary(properties);
    if let Some(issuers) = variables.get_mut(names::ENV_ISSUERS) {
        *issuers = with_local_issuer(issuers, keys).ok_or_else(|| {
            let path = format!("{}.Environment.Variables.{}", function.path(), names::ENV_ISSUERS);
            TemplateError::at(&path, "this has to be a list, as JSON")
        })?;
    }
    if binary == names::GEN {
        variables.insert(names::ENV_API_URL.to_owned(), api.to_owned());
    }
    let number = |name: &str| match &properties[name] {
        Value::Null => Ok(None),
        given => whole(given).map(Some).ok_or_else(|| {
            TemplateError::at(&format!("{}.{name}", function.path()), format!("{given} is no whole number"))
        }),
    };
    let concurrency = number("ReservedConcurrentExecutions")?;
    Ok(Declared {
        name: resources.reference(function).to_owned(),
        arn: resources.attribute(function, "Arn").to_owned(),
        binary,
        // Lambda's default.
        timeout: Duration::from_secs(number("Timeout")?.unwrap_or(3)),
        concurrency: concurrency.and_then(|concurrency| usize::try_from(concurrency).ok()),
        variables,
    })
}

/// Runtimes that are not there: what a function's package is called says which program it is, and that runs by itself.
pub(super) fn not_emulated(resources: &Resources<'_>) -> Vec<String> {
    let functions = resources.of_kind("AWS::Lambda::Function");
    let others = functions.filter_map(|function| {
        let runtime = function.properties["Runtime"].as_str().filter(|runtime| !runtime.starts_with("provided"))?;
        Some(format!("{}.Runtime: {runtime} is not there; the package's name says which program runs", function.id))
    });
    others.collect()
}

/// Whether each function has its program in this folder.
pub(super) fn check_programs(declared: &[Declared], folder: &Path) -> Result<(), Error> {
    for function in declared {
        let program = folder.join(&function.binary).join("bootstrap");
        if !program.is_file() {
            return Err(Error::Program { function: function.name.clone(), program });
        }
    }
    Ok(())
}

/// Which function it is: its package is called `functions/<function>-<processor>-<fingerprint>.zip`.
fn binary(properties: &Value) -> String {
    let key = properties["Code"]["S3Key"].as_str().unwrap_or_default();
    let file = key.rsplit('/').next().unwrap_or_default();
    file.split(['-', '.']).next().unwrap_or_default().to_owned()
}

/// The issuers of a template, and the local one, which no template names.
fn with_local_issuer(issuers: &str, keys: &str) -> Option<String> {
    let mut issuers: Vec<Value> = serde_json::from_str(issuers).ok()?;
    issuers.push(json!({"issuer": issuer::NAME, "audience": issuer::NAME, "jwksUri": keys}));
    Some(Value::from(issuers).to_string())
}

/// Where the functions keep accepted changes, and where they queue them.
pub(super) fn backup(declared: &[Declared]) -> Option<Backup> {
    let r#gen = declared.iter().find(|function| function.binary == names::GEN)?;
    let variable = |name: &str| r#gen.variables.get(name).cloned();
    Some(Backup { bucket: variable(names::ENV_BUCKET)?, queue: variable(names::ENV_QUEUE)? })
}
