//! The whole stack: made from a template, and running until it is dropped.
//!
//! ```text
//! template ─▶ resources (named, then resolved) ─▶ make      tables, queues, buckets
//!                                              ├▶ functions what they are told
//!                                              ├▶ api       the gateway
//!                                              └▶ mappings  queues and streams to functions
//! ```

mod api;
mod error;
mod example;
mod functions;
mod make;
mod mappings;
mod options;
mod resources;
mod running;

use std::sync::Arc;
use std::time::Duration;

use handlers::auth::HttpKeys;
use local::http::Server;
use local::{Options as ServiceOptions, Services};

use crate::api::{Api, Behind, Front, KEYS, OWN};
use crate::background::Background;
use crate::chaos;
use crate::finisher::Finishing;
use crate::functions::{Functions, LocalKeys, Mode, Surroundings};
use crate::inventory::Inventory;
use crate::issuer::{Claims, EVERY_SCOPE, Issuer};
use crate::journal::Journal;
use crate::page::{Inside, Page};
use crate::sources::{self, Progress};
use crate::state::{self, Lock};
use crate::template::{Names, Resolver, Template};
pub use error::Error;
pub use options::Options;
use resources::Resources;
pub use running::Running;

/// Region of everything here.
const REGION: &str = "eu-west-1";
/// How long the token lasts that is printed at the start.
const TOKEN: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs the stack of a template, in the current tokio runtime.
///
/// # Errors
/// See [`Error`].
pub async fn run(template: &Template, options: &Options) -> Result<Running, Error> {
    let issuer = Issuer::open(&options.folders.issuer)?;
    let (lock, data) = if options.in_memory {
        (None, ServiceOptions::in_memory())
    } else {
        state::make(&options.folders.stack)?;
        let lock = Lock::take(&options.folders.stack)?;
        (Some(lock), ServiceOptions::on_disk(&options.folders.stack))
    };
    let (port, aws_port) = options.ports;
    let unbound = |source| Error::Port { port, source };
    let listener = Server::bind(port).await.map_err(unbound)?;
    let own = listener.local_addr().map_err(unbound)?;
    let address = format!("http://{own}");
    let index_lag = chaos::index_lag(&options.troubles);
    let data = data.port(aws_port).region(REGION).index_lag(index_lag);
    let aws = Services::bind(&data).await.map_err(|why| match why {
        local::Error::Port { port, source } => Error::Port { port, source },
        other => other.into(),
    })?;
    if let Some(path) = &options.ready_file {
        state::make_way(path)?;
    }
    let services = Arc::new(Services::start_on(aws, data).await?);

    let mut inventory = Inventory::default();
    let parameters = template.parameters(&options.parameters)?;
    let resolver = Resolver::new(template, parameters, Names::new(&options.name, REGION));
    let of_disk = |why: Error| why.of_disk(&options.folders.stack);
    let resources = Resources::of(template, resolver, &services, &mut inventory).map_err(of_disk)?;
    make::make(&resources, &services, &mut inventory).map_err(of_disk)?;
    let url = format!("{address}/{}", api::stage(&resources)?);

    let published: Arc<[u8]> = issuer.published().to_string().into_bytes().into();
    let keys_address = format!("{address}{KEYS}");
    let declared = functions::declared(&resources, &url, &keys_address)?;
    if let Mode::Process(folder) = &options.mode {
        functions::check_programs(&declared, folder)?;
    }
    let backup = functions::backup(&declared);
    let others = Arc::new(HttpKeys::default());
    let keys = LocalKeys { address: keys_address, published: published.clone(), others };
    let (finishing, finisher) = Finishing::start();
    let surroundings =
        Surroundings { mode: &options.mode, services: &services, region: REGION, keys, finisher: finisher.clone() };
    let functions = Functions::start(declared, &surroundings).await?;

    let gateway = api::gateway(&resources, &url)?;
    inventory.other(gateway.not_emulated().iter().cloned());
    inventory.other(mappings::not_emulated(&resources));
    inventory.other(functions::not_emulated(&resources));
    let journal = Journal::default();
    let progress = Progress::default();
    let surroundings = sources::Surroundings {
        services: services.clone(),
        functions: functions.clone(),
        journal: journal.clone(),
        progress: progress.clone(),
    };
    let mut background = Background::start().map_err(Error::Threads)?;
    mappings::begin(&resources, options, &surroundings, &mut background).await?;
    background.spawn(running::sweep(services.clone()));
    if !options.in_memory {
        background.spawn(sources::trim(mappings::streams(&resources, options), services.clone()));
    }
    if !options.troubles.is_empty() {
        // From here on: what is made at the start is made whole.
        services.faults().set(chaos::script(options.troubles.clone(), options.seed));
    }
    let token = issuer.token(&Claims { scopes: EVERY_SCOPE, client: "local", expires: TOKEN })?;
    let key = example::key(&api::usage_plans(&resources)?);
    let example = example::line(&resources, &url, &token, key.as_deref())?;
    let not_emulated = inventory.lines();
    let inside = Inside {
        services: services.clone(),
        region: REGION.to_owned(),
        journal: journal.clone(),
        tables: all(&resources, "AWS::DynamoDB::Table", |table| resources.reference(table)),
        queues: all(&resources, "AWS::SQS::Queue", |queue| resources.attribute(queue, "QueueName")),
        backup,
        not_emulated: not_emulated.clone(),
    };
    let page = Page::new(own.port(), inside);
    let behind = Behind { services: services.clone(), functions, finisher: finisher.clone() };
    let api = Arc::new(Api { gateway, behind, journal, quiet: options.quiet });
    let front = Front { api, page, published, finisher };
    let front = Server::start(listener, Arc::new(front)).map_err(unbound)?;
    Ok(Running {
        api: url,
        aws: services.endpoint(),
        page: format!("{address}{OWN}"),
        token,
        key,
        example,
        not_emulated,
        front,
        finishing,
        background,
        progress,
        services,
        _lock: lock,
    })
}

/// What resources of a kind are called.
fn all<'r>(
    resources: &'r Resources<'_>,
    kind: &str,
    called: impl Fn(&'r resources::Resolved<'_>) -> &'r str,
) -> Vec<String> {
    resources.of_kind(kind).map(|resource| called(resource).to_owned()).collect()
}
