//! The processing log as a stack: one module a part of the system, each adding its resources.

mod api;
mod assets;
mod backup;
mod encryption;
mod functions;
mod monitoring;
mod overrides;
mod queue;
mod secrets;
mod table;

use indexmap::IndexMap;

pub use assets::{Asset, Assets};

use crate::cloudformation::{Limits, Stack, Template};
use crate::mapping::Templates;
use crate::report::Diagnostic;
use crate::settings::StackFile;
use crate::specification::Specification;

/// What is emitted.
#[derive(Debug)]
pub struct Built {
    /// The template.
    pub template: Template,
    /// What the template expects to find in the assets bucket.
    pub assets: Assets,
    /// What was changed or left out on the way, and warnings.
    pub notes: Vec<Diagnostic>,
    /// How many operations the API serves.
    pub operations: usize,
}

/// Puts the whole system together.
///
/// # Errors
/// What API Gateway would refuse in the specifications, what is wrong in the templates, and overrides that hit nothing.
pub fn build(
    file: &StackFile,
    specifications: &[Specification],
    templates: &Templates,
) -> Result<Built, Vec<Diagnostic>> {
    let settings = &file.settings;
    let tags: IndexMap<_, _> =
        settings.tags.iter().map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned())).collect();
    let mut stack = Stack::new(&settings.description, tags);

    let key = encryption::key(&mut stack);
    let table = table::table(&mut stack, &settings.table, &key);
    let queues = queue::queues(&mut stack, &settings.queue, &settings.functions.proc, &key);
    let backup = backup::bucket(&mut stack, &settings.backup, &key);
    let secrets = secrets::secrets(&mut stack, &settings.tokens, &key);
    let parts = functions::Parts { key: &key, table: &table, queues: &queues, backup: &backup, secrets: &secrets };
    let assets = Assets::new(settings.functions.architecture);
    let functions = functions::functions(&mut stack, file, specifications, &parts, &assets);
    let api = api::api(
        &mut stack,
        file,
        specifications,
        templates,
        &api::Parts { key: &key, table: &table, functions: &functions },
    )?;
    monitoring::alarms(&mut stack, settings, &queues, &functions, &api);
    if settings.monitoring.dashboard {
        monitoring::dashboard(&mut stack, &table, &queues, &functions, &api);
    }
    outputs(&mut stack, &table, &queues, &backup, &secrets, &functions, &api);

    let mut template = stack.finish();
    overrides::apply(&mut template, file)?;
    api::name_deployment(&mut template);
    Ok(Built { template, assets, notes: api.notes, operations: api.operations })
}

/// Whether CloudFormation would take what was built: every reference points at something, nothing waits for itself, the
/// quotas hold. `bytes` is the size of the template as it will be written.
///
/// # Errors
/// Everything that is wrong, each with the override that brought it in.
pub fn check(built: &Built, file: &StackFile, bytes: usize) -> Result<(), Vec<Diagnostic>> {
    let errors = built.template.check(bytes, &Limits::default());
    if errors.is_empty() { Ok(()) } else { Err(errors.iter().map(|error| overrides::explain(error, file)).collect()) }
}

fn outputs(
    stack: &mut Stack,
    table: &table::Handle,
    queues: &queue::Queues,
    backup: &backup::Handle,
    secrets: &secrets::Secrets,
    functions: &functions::Functions,
    api: &api::Api,
) {
    stack.export("ApiUrl", "Address of the API, stage included", &api.url);
    stack.export("TableName", "The table", table.reference());
    stack.export("QueueUrl", "The queue between gen and proc", queues.main.url());
    stack.export("DeadLetterQueueUrl", "Messages that kept failing", queues.dead_letters.url());
    stack.export("ProjFailureQueueUrl", "Stream batches that kept failing", queues.proj_failures.url());
    stack.export("BackupBucketName", "Backup of every accepted message", backup.reference());
    stack.export("PseudonymSecretArn", "The key of the pseudonyms", secrets.pseudonym.arn());
    if let Some(clients) = &secrets.clients {
        stack.export(
            "ClientsSecretArn",
            "Secrets of the clients that sign their own tokens, to be filled",
            clients.arn(),
        );
    }
    for (name, function) in functions.all() {
        let description = format!("The function `{}`", name.to_lowercase());
        stack.export(&format!("{name}FunctionName"), &description, function.reference());
    }
}
