//! The whole stack: made from a template, and running until it is dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{functions as names, stage};
use gateway::{ApiKey, Definition, DefinitionError, Gateway, UsagePlan};
use handlers::auth::HttpKeys;
use local::http::Server;
use local::{Options as ServiceOptions, Services};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Behind, Front, KEYS, OWN};
use crate::chaos::{self, Trouble};
use crate::functions::{Declared, FunctionError, Functions, LocalKeys, Mode, Surroundings};
use crate::inventory::Inventory;
use crate::issuer::{self, Claims, EVERY_SCOPE, Issuer, IssuerError};
use crate::journal::Journal;
use crate::page::{Backup, Inside, Page};
use crate::secret;
use crate::sources::{self, Mapping, Progress, QueueSource, StreamSource};
use crate::state::{self, Folders, Lock, StateError};
use crate::template::{ACCOUNT, Names, Resolver, Resource, Template, TemplateError};

/// Region of everything here.
const REGION: &str = "eu-west-1";
/// Least pause between two looks for rows whose time is over.
const SWEEP: Duration = Duration::from_secs(10);
/// How long the token lasts that is printed at the start.
const TOKEN: Duration = Duration::from_secs(24 * 60 * 60);

/// How long requests may take that are under way at the end: longer than a function of the default stack.
const GRACE: Duration = Duration::from_secs(12);

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the stack.
    pub name: String,
    /// Where what lies.
    pub folders: Folders,
    /// Whether nothing is kept, beside the issuer's key.
    pub in_memory: bool,
    /// Ports of the API and of the AWS services; 0 is any that is free.
    pub ports: (u16, u16),
    /// How functions run.
    pub mode: Mode,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// What goes wrong on purpose.
    pub troubles: Vec<Trouble>,
    /// What it is drawn from.
    pub seed: u64,
    /// No line for each request.
    pub quiet: bool,
}

impl Options {
    /// Everything is kept in the folders; on ports that are free, with the functions of the library, quietly, and nothing
    /// goes wrong.
    pub fn new(name: &str, folders: Folders) -> Self {
        Self {
            name: name.to_owned(),
            folders,
            in_memory: false,
            ports: (0, 0),
            mode: Mode::Library,
            parameters: BTreeMap::new(),
            troubles: Vec::new(),
            seed: 0,
            quiet: true,
        }
    }
}

/// Why a stack does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Its API.
    #[error("the API cannot be served: {0}")]
    Api(#[from] DefinitionError),
    /// A folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// The local issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The services.
    #[error(transparent)]
    Services(#[from] local::Error),
    /// A function.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The API's port.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}; choose another with --port, or any with --port 0")]
    Port {
        /// Which.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// A resource cannot be made.
    #[error("Resources.{id}: {why}")]
    Resource {
        /// Its logical id.
        id: String,
        /// Why not.
        why: String,
    },
}

impl Error {
    fn resource(id: &str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        let id = id.to_owned();
        move |why| Self::Resource { id: id.clone(), why: why.to_string() }
    }
}

/// A running stack. It ends when this is dropped; [`Running::stop`] also waits until it has.
#[derive(Debug)]
pub struct Running {
    /// Address of the API, stage included.
    pub api: String,
    /// Address of the AWS services.
    pub aws: String,
    /// Address of the page.
    pub page: String,
    /// A token with every scope.
    pub token: String,
    /// What of the template is not emulated, each thing once.
    pub not_emulated: Vec<String>,
    front: Server,
    tasks: JoinSet<()>,
    progress: Progress,
    services: Arc<Services>,
    _lock: Option<Lock>,
}

impl Running {
    /// The services, for what needs no HTTP.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The environment with which any AWS SDK or CLI looks into it.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        crate::environment(&self.aws, REGION)
    }

    /// Waits until everything that was accepted so far has been applied: the queues that have a function are empty, and it
    /// is done with the tables' streams. A message that keeps failing is waited for until it is a dead letter.
    pub async fn settled(&self) {
        self.progress.settled(&self.services).await;
    }

    /// Ends it: no new requests, no new batches, nothing half-written. Requests that are under way get their answers.
    pub async fn stop(self) {
        let Self { front, mut tasks, services, .. } = self;
        front.finish(GRACE).await;
        tasks.shutdown().await;
        if let Some(services) = Arc::into_inner(services) {
            services.stop().await;
        }
    }
}

/// A stack that is being put together.
#[derive(Debug)]
pub struct Stack<'a> {
    template: &'a Template,
    resolver: Resolver<'a>,
    services: Arc<Services>,
    inventory: Inventory,
    options: &'a Options,
}

impl<'a> Stack<'a> {
    /// Runs the stack of a template, in the current tokio runtime.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn run(template: &'a Template, options: &'a Options) -> Result<Running, Error> {
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
        let services = Arc::new(Services::start(data.port(aws_port).region(REGION)).await?);

        let parameters = template.parameters(&options.parameters)?;
        let resolver = Resolver::new(template, parameters, Names::new(&options.name, REGION));
        let mut stack = Self { template, resolver, services, inventory: Inventory::default(), options };
        stack.know()?;
        stack.make()?;
        let (api, stage) = stack.api()?;
        let url = format!("{address}/{}", stage["StageName"].as_str().unwrap_or_default());

        let published: Arc<[u8]> = issuer.published().to_string().into_bytes().into();
        let keys_address = format!("{address}{KEYS}");
        let declared = stack.functions(&url, &keys_address)?;
        let backup = backup(&declared);
        let functions = Functions::start(
            declared,
            &Surroundings {
                mode: &options.mode,
                services: &stack.services,
                region: REGION,
                keys: LocalKeys {
                    address: keys_address.clone(),
                    published: published.clone(),
                    others: Arc::new(HttpKeys::default()),
                },
            },
        )
        .await?;

        let gateway = stack.gateway(api, stage, &url)?;
        stack.inventory.other(gateway.not_emulated().iter().cloned());
        let journal = Journal::default();
        let mut tasks = JoinSet::new();
        let progress = Progress::default();
        stack.begin_sources(&functions, &journal, &progress, &mut tasks)?;
        tasks.spawn(sweep(stack.services.clone()));
        if !options.troubles.is_empty() {
            // From here on: what is made at the start is made whole.
            stack.services.faults().set(chaos::script(options.troubles.clone(), options.seed));
        }
        let token = issuer.token(&Claims { scopes: EVERY_SCOPE, client: "local", expires: TOKEN })?;
        let page = Page::new(own.port(), stack.inside(backup, &journal)?);
        let behind = Behind { services: stack.services.clone(), functions };
        let front = Front { gateway, behind, journal, page, published, quiet: options.quiet };
        let front = Server::start(listener, Arc::new(front)).map_err(unbound)?;
        Ok(Running {
            api: url,
            aws: stack.services.endpoint(),
            page: format!("{address}{OWN}"),
            token,
            not_emulated: stack.inventory.lines(),
            front,
            tasks,
            progress,
            services: stack.services,
            _lock: lock,
        })
    }

    /// The resources whose conditions hold.
    fn resources(&self) -> Result<Vec<Resource<'a>>, Error> {
        let mut all = Vec::new();
        for resource in self.template.resources() {
            if self.resolver.includes(resource.whole, &format!("Resources.{}", resource.id))? {
                all.push(resource);
            }
        }
        Ok(all)
    }

    /// Its properties, resolved.
    fn properties(&self, resource: Resource<'_>) -> Result<Value, Error> {
        let path = format!("Resources.{}.Properties", resource.id);
        Ok(self.resolver.resolve(resource.properties(), &path)?)
    }

    /// Names everything, so that references can be resolved.
    fn know(&mut self) -> Result<(), Error> {
        for resource in self.resources()? {
            let path = format!("Resources.{}.Properties", resource.id);
            let given = resource.given_name().map(|name| self.resolver.text(name, &path)).transpose()?;
            let id = resource.id;
            let name = given.clone().unwrap_or_else(|| self.resolver.names.physical(id));
            self.inventory.resource(resource);
            match resource.kind {
                "AWS::SQS::Queue" => {
                    let fifo = resource.properties()["FifoQueue"] == true && !name.ends_with(".fifo");
                    let name = if fifo { format!("{name}.fifo") } else { name };
                    let (url, arn) = (self.services.sqs().url(&name), self.services.sqs().arn(&name));
                    let attributes = [("Arn", arn), ("QueueName", name), ("QueueUrl", url.clone())];
                    self.resolver.names.know(id, url, attributes);
                }
                "AWS::SecretsManager::Secret" => {
                    let arn = self.secret(resource, &name, &path)?;
                    self.resolver.names.know(id, arn.clone(), [("Arn", arn.clone()), ("Id", arn)]);
                }
                "AWS::ApiGateway::Stage" => self.resolver.names.know(id, name, []),
                "AWS::ApiGateway::RestApi" => {
                    let api = ("RestApiId", API_ID.to_owned());
                    self.resolver.names.know(id, API_ID.to_owned(), [("RootResourceId", "root".to_owned()), api]);
                }
                _ => self.resolver.names.know_unemulated(resource, given),
            }
        }
        Ok(())
    }

    /// The ARN of a secret, which is made where there is none of this name.
    fn secret(&self, resource: Resource<'_>, name: &str, path: &str) -> Result<String, Error> {
        let secrets = self.services.secrets();
        if let Some(arn) = secrets.arn(name) {
            return Ok(arn);
        }
        let value = secret::first_value(resource.properties(), path)?.unwrap_or_default();
        secrets.set(name, &value).map_err(|why| Error::resource(resource.id)(&why))
    }

    /// Makes tables, queues and buckets.
    fn make(&mut self) -> Result<(), Error> {
        let mut resources = self.resources()?;
        // A queue that others send their dead letters to comes before those.
        resources.sort_by_key(|resource| !resource.properties()["RedrivePolicy"].is_null());
        let with_source = self.source_arns()?;
        for resource in resources {
            let (id, kind) = (resource.id, resource.kind);
            let wrong = Error::resource(id);
            let reference = self.resolver.names.reference(id).unwrap_or_default().to_owned();
            let ignored = match kind {
                "AWS::DynamoDB::Table" => {
                    let properties = self.properties(resource)?;
                    self.services.dynamodb().create_table(&reference, &properties).map_err(|why| wrong(&why))?
                }
                "AWS::SQS::Queue" => {
                    let name = self.resolver.names.attribute(id, "QueueName").unwrap_or_default().to_owned();
                    let ignored = self.services.sqs().create_queue(&name, &self.properties(resource)?);
                    let arn = self.services.sqs().arn(&name);
                    if with_source.contains(&arn) {
                        // Whoever had received something before was a process that has ended.
                        self.services.sqs().release(&name).map_err(|why| wrong(&why))?;
                    }
                    ignored.map_err(|why| wrong(&why))?
                }
                "AWS::S3::Bucket" => {
                    self.services.s3().create_bucket(&reference).map_err(|why| wrong(&why))?;
                    Vec::new()
                }
                _ => Vec::new(),
            };
            self.inventory.ignored(kind, ignored);
        }
        Ok(())
    }

    fn source_arns(&self) -> Result<Vec<String>, Error> {
        let mut arns = Vec::new();
        for resource in self.resources()? {
            if resource.kind == "AWS::Lambda::EventSourceMapping" {
                arns.extend(self.properties(resource)?["EventSourceArn"].as_str().map(str::to_owned));
            }
        }
        Ok(arns)
    }

    /// The properties of the API and of its stage.
    fn api(&mut self) -> Result<(Value, Value), Error> {
        let resources = self.resources()?;
        let the = |kind: &str| {
            let mut found = resources.iter().filter(|resource| resource.kind == kind);
            match (found.next(), found.next()) {
                (Some(one), None) => Ok(*one),
                (None, _) => Err(TemplateError::at("Resources", format!("there is no {kind}"))),
                (Some(_), Some(second)) => {
                    let path = format!("Resources.{}", second.id);
                    Err(TemplateError::at(&path, format!("this is a second {kind}; one is served")))
                }
            }
        };
        let (api, stage) = (the("AWS::ApiGateway::RestApi")?, the("AWS::ApiGateway::Stage")?);
        Ok((self.properties(api)?, self.properties(stage)?))
    }

    /// The functions. `api` is where the API is, `keys` where the local issuer publishes its keys.
    fn functions(&self, api: &str, keys: &str) -> Result<Vec<Declared>, Error> {
        let mut all = Vec::new();
        for resource in self.resources()? {
            if resource.kind != "AWS::Lambda::Function" {
                continue;
            }
            let properties = self.properties(resource)?;
            let given = properties["Environment"]["Variables"].as_object().into_iter().flatten();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let mut variables: BTreeMap<_, _> = given.map(|(name, value)| (name.clone(), text(value))).collect();
            let binary = binary(&properties);
            if let Some(issuers) = variables.get_mut(names::ENV_ISSUERS) {
                *issuers = with_local_issuer(issuers, keys).ok_or_else(|| {
                    let path = format!("Resources.{}.Properties.Environment.Variables", resource.id);
                    TemplateError::at(&format!("{path}.{}", names::ENV_ISSUERS), "this has to be a list, as JSON")
                })?;
            }
            if binary == names::GEN {
                variables.insert(names::ENV_API_URL.to_owned(), api.to_owned());
            }
            let whole = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
            let concurrency = whole(&properties["ReservedConcurrentExecutions"]);
            all.push(Declared {
                name: self.resolver.names.reference(resource.id).unwrap_or_default().to_owned(),
                arn: self.resolver.names.attribute(resource.id, "Arn").unwrap_or_default().to_owned(),
                binary,
                // Lambda's default.
                timeout: Duration::from_secs(whole(&properties["Timeout"]).unwrap_or(3)),
                concurrency: concurrency.and_then(|concurrency| usize::try_from(concurrency).ok()),
                variables,
            });
        }
        Ok(all)
    }

    fn gateway(&self, api: Value, mut stage: Value, url: &str) -> Result<Gateway, Error> {
        // The address of a deployed API is worked out from its domain name, over https.
        if let Some(variables) =
            stage.as_object_mut().map(|stage| stage.entry("Variables").or_insert_with(|| json!({})))
        {
            variables[stage::ADRES] = url.into();
        }
        let mut keys = BTreeMap::new();
        let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut plans = Vec::new();
        for resource in self.resources()? {
            match resource.kind {
                "AWS::ApiGateway::ApiKey" => {
                    let properties = self.properties(resource)?;
                    let value = properties["Value"]
                        .as_str()
                        .map_or_else(|| self.resolver.names.physical(resource.id), str::to_owned);
                    let id = self.resolver.names.reference(resource.id).unwrap_or_default().to_owned();
                    keys.insert(id.clone(), ApiKey { id, value, enabled: properties["Enabled"] != false });
                }
                "AWS::ApiGateway::UsagePlanKey" => {
                    let properties = self.properties(resource)?;
                    let text = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
                    members.entry(text("UsagePlanId")).or_default().push(text("KeyId"));
                }
                "AWS::ApiGateway::UsagePlan" => {
                    let id = self.resolver.names.reference(resource.id).unwrap_or_default().to_owned();
                    plans.push((id, self.properties(resource)?));
                }
                _ => {}
            }
        }
        let usage_plans = plans.into_iter().map(|(id, properties)| {
            let keys = members.get(&id).into_iter().flatten().filter_map(|key| keys.get(key).cloned());
            UsagePlan { properties, keys: keys.collect() }
        });
        Ok(Gateway::new(Definition {
            api,
            stage,
            usage_plans: usage_plans.collect(),
            api_id: API_ID.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
        })?)
    }

    fn begin_sources(
        &self,
        functions: &Arc<Functions>,
        journal: &Journal,
        progress: &Progress,
        tasks: &mut JoinSet<()>,
    ) -> Result<(), Error> {
        let surroundings = sources::Surroundings {
            services: self.services.clone(),
            functions: functions.clone(),
            journal: journal.clone(),
            progress: progress.clone(),
        };
        for resource in self.resources()? {
            if resource.kind != "AWS::Lambda::EventSourceMapping" {
                continue;
            }
            let path = format!("Resources.{}.Properties", resource.id);
            let properties = self.properties(resource)?;
            if properties["Enabled"] == false {
                continue;
            }
            let text = |name: &str| properties[name].as_str().unwrap_or_default();
            let function = self.function(text("FunctionName"), functions, &path)?;
            let mapping = Mapping::read(&properties, function, &path)?;
            let arn = text("EventSourceArn");
            let reorder = self.options.troubles.iter().map(|trouble| trouble.reorder).fold(0.0, f64::max);
            if let Some(id) = self.resolver.names.with_attribute("StreamArn", arn) {
                let source = self.stream(id, arn, mapping, &properties)?;
                progress.stream(arn);
                tasks.spawn(source.run(surroundings.clone()));
            } else if let Some(id) = self.resolver.names.with_attribute("Arn", arn).filter(|_| arn.contains(":sqs:")) {
                let source = QueueSource {
                    mapping,
                    url: self.resolver.names.reference(id).unwrap_or_default().to_owned(),
                    arn: arn.to_owned(),
                    region: REGION.to_owned(),
                    concurrency: number(&properties["ScalingConfig"]["MaximumConcurrency"]),
                    reorder,
                    seed: self.options.seed,
                };
                progress.queue(&source.url);
                tasks.spawn(source.run(surroundings.clone()));
            } else {
                let what = format!("{arn} is neither a queue nor the stream of a table of this template");
                return Err(TemplateError::at(&format!("{path}.EventSourceArn"), what).into());
            }
        }
        Ok(())
    }

    fn stream(&self, id: &str, arn: &str, mapping: Mapping, properties: &Value) -> Result<StreamSource, Error> {
        let table = self.template.resources().find(|resource| resource.id == id);
        let table = table.map(|table| self.properties(table)).transpose()?.unwrap_or_default();
        let key = table["KeySchema"].as_array().into_iter().flatten().find(|key| key["KeyType"] == "HASH");
        let partition_key = key.and_then(|key| key["AttributeName"].as_str()).unwrap_or_default().to_owned();
        let destination = properties["DestinationConfig"]["OnFailure"]["Destination"].as_str();
        let queue = destination.and_then(|arn| self.resolver.names.with_attribute("Arn", arn));
        // -1 stands for: as long as the record is there.
        let limit = |name: &str| properties[name].as_i64().and_then(|limit| u64::try_from(limit).ok());
        let checkpoint = format!("{}.stream.json", self.resolver.names.reference(id).unwrap_or_default());
        Ok(StreamSource {
            mapping,
            table: self.resolver.names.reference(id).unwrap_or_default().to_owned(),
            arn: arn.to_owned(),
            region: REGION.to_owned(),
            partition_key,
            lanes: number(&properties["ParallelizationFactor"]).unwrap_or(1),
            retries: limit("MaximumRetryAttempts"),
            oldest: limit("MaximumRecordAgeInSeconds").map(Duration::from_secs),
            bisect: properties["BisectBatchOnFunctionError"] == true,
            on_failure: queue.and_then(|id| self.resolver.names.reference(id)).map(str::to_owned),
            start: properties["StartingPosition"].as_str().unwrap_or("TRIM_HORIZON").to_owned(),
            checkpoint: (!self.options.in_memory).then(|| self.options.folders.stack.join(checkpoint)),
        })
    }

    /// What the page looks at.
    fn inside(&self, backup: Option<Backup>, journal: &Journal) -> Result<Inside, Error> {
        let resources = self.resources()?;
        let ids = |kind: &'static str| {
            resources.iter().filter(move |resource| resource.kind == kind).map(|resource| resource.id)
        };
        let (tables, queues) = (ids("AWS::DynamoDB::Table"), ids("AWS::SQS::Queue"));
        let names = &self.resolver.names;
        Ok(Inside {
            services: self.services.clone(),
            region: REGION.to_owned(),
            journal: journal.clone(),
            tables: tables.filter_map(|id| names.reference(id)).map(str::to_owned).collect(),
            queues: queues.filter_map(|id| names.attribute(id, "QueueName")).map(str::to_owned).collect(),
            backup,
            not_emulated: self.inventory.lines(),
        })
    }

    /// The ARN of a function, by its name or its ARN.
    fn function(&self, name: &str, functions: &Functions, path: &str) -> Result<String, Error> {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else {
            self.resolver.names.arn("lambda", &format!("function:{name}"))
        };
        if functions.has(&arn) {
            return Ok(arn);
        }
        let what = format!("there is no function {name} in this template");
        Err(TemplateError::at(&format!("{path}.FunctionName"), what).into())
    }
}

/// Id of the one API.
const API_ID: &str = "local";

fn number(value: &Value) -> Option<usize> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|number| usize::try_from(number).ok())
}

/// Which function it is: its package is called `functions/<function>-<processor>-<fingerprint>.zip`.
fn binary(properties: &Value) -> String {
    let key = properties["Code"]["S3Key"].as_str().unwrap_or_default();
    let file = key.rsplit('/').next().unwrap_or_default();
    file.split(['-', '.']).next().unwrap_or_default().to_owned()
}

/// Where the functions keep accepted changes, and where they queue them.
fn backup(declared: &[Declared]) -> Option<Backup> {
    let r#gen = declared.iter().find(|function| function.binary == names::GEN)?;
    let variable = |name: &str| r#gen.variables.get(name).cloned();
    Some(Backup { bucket: variable(names::ENV_BUCKET)?, queue: variable(names::ENV_QUEUE)? })
}

/// The issuers of a template, and the local one, which no template names.
fn with_local_issuer(issuers: &str, keys: &str) -> Option<String> {
    let mut issuers: Vec<Value> = serde_json::from_str(issuers).ok()?;
    issuers.push(json!({"issuer": issuer::NAME, "audience": issuer::NAME, "jwksUri": keys}));
    Some(Value::from(issuers).to_string())
}

/// Takes away rows whose time is over, again and again. A look at all rows takes a hundredth of the time at most.
async fn sweep(services: Arc<Services>) {
    loop {
        let began = Instant::now();
        let sweeping = services.clone();
        let swept = tokio::task::spawn_blocking(move || sweeping.dynamodb().database().sweep_ttl()).await;
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) => services.touch(),
            Ok(Err(why)) => tracing::warn!("rows whose time is over stay: {why}"),
            // The runtime ends.
            Err(_) => return,
        }
        tokio::time::sleep(SWEEP.max(began.elapsed() * 100)).await;
    }
}
