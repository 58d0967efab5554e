//! All services on one port.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};
use crate::database::{self, Place};
use crate::dynamodb::DynamoDb;
use crate::error::{Error, failed};
use crate::faults::{Fault, Faults, Service};
use crate::guard;
use crate::http::{AWS_JSON, Answer, Asked, Dropped, Handler, Server, answer};
use crate::s3::{self, S3};
use crate::secrets::Secrets;
use crate::sqs::Sqs;

/// How to start.
#[derive(Clone)]
pub struct Options {
    data: Option<PathBuf>,
    port: u16,
    clock: Arc<dyn Clock>,
    region: String,
    index_lag: Duration,
}

impl Options {
    /// Nothing is kept. Free port, machine's time, region `eu-west-1`.
    pub fn in_memory() -> Self {
        let (clock, region) = (Arc::new(SystemClock), "eu-west-1".to_owned());
        Self { data: None, port: 0, clock, region, index_lag: Duration::ZERO }
    }

    /// Everything is kept in this folder, which is made where it is not there; otherwise as
    /// [`Options::in_memory`].
    pub fn on_disk(data: impl AsRef<Path>) -> Self {
        Self { data: Some(data.as_ref().to_owned()), ..Self::in_memory() }
    }

    /// Listens on this port of 127.0.0.1; 0 is any that is free.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Reads the time here. DynamoDB on disk does not.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Stands in ARNs.
    pub fn region(self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self }
    }

    /// What a call writes to a table is in its global secondary indexes so much later. It takes a copy of all tables in memory.
    pub fn index_lag(self, index_lag: Duration) -> Self {
        Self { index_lag, ..self }
    }

    /// Where a service keeps what it is given, readable by its user alone.
    fn place(&self, file: &str) -> Result<Place, Error> {
        let Some(folder) = &self.data else { return Ok(Place::Memory) };
        let path = folder.join(file);
        match database::keep_private(&path) {
            Ok(()) => Ok(Place::File(path)),
            Err(source) => Err(Error::File { path, source }),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("data", &self.data).field("port", &self.port).finish_non_exhaustive()
    }
}

/// The running services. They stop when this is dropped; [`Services::stop`] also waits until they have.
pub struct Services {
    all: Arc<All>,
    server: Server,
}

struct All {
    dynamodb: DynamoDb,
    sqs: Sqs,
    s3: S3,
    secrets: Secrets,
    faults: Faults,
    /// Counts the calls of DynamoDB that may have changed a row.
    written: watch::Sender<u64>,
}

impl Services {
    /// Starts all services, in the current tokio runtime.
    ///
    /// # Errors
    /// Where the port or the folder cannot be used.
    pub async fn start(options: Options) -> Result<Self, Error> {
        Self::start_on(Self::bind(&options).await?, options).await
    }

    /// Takes the port, on which nobody is answered yet.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub async fn bind(options: &Options) -> Result<TcpListener, Error> {
        let port = options.port;
        Server::bind(port).await.map_err(|source| Error::Port { port, source })
    }

    /// As [`Services::start`], on a port that was taken before.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub async fn start_on(listener: TcpListener, options: Options) -> Result<Self, Error> {
        if let Some(folder) = &options.data {
            std::fs::create_dir_all(folder).map_err(|source| Error::Folder { folder: folder.clone(), source })?;
        }
        let port = |source| Error::Port { port: options.port, source };
        let endpoint = endpoint(listener.local_addr().map_err(port)?);

        let clock = &options.clock;
        let place = options.place("dynamodb.sqlite")?;
        let dynamodb = DynamoDb::start(&place, clock.clone(), options.index_lag).await;
        let dynamodb = dynamodb.map_err(|why| failed(Service::DynamoDb, &place, why))?;
        let place = options.place("secrets.sqlite")?;
        if let Place::File(file) = &place {
            let size = std::fs::metadata(file).map_err(|source| Error::File { path: file.clone(), source })?.len();
            if size == 0 && dynamodb.has_rows().map_err(|why| failed(Service::DynamoDb, &place, why))? {
                return Err(Error::Lost(file.clone()));
            }
        }
        let secrets = Secrets::open(&place, clock.clone(), &options.region)
            .map_err(|why| failed(Service::SecretsManager, &place, why))?;
        let place = options.place("sqs.sqlite")?;
        let sqs = Sqs::open(&place, clock.clone(), &endpoint, &options.region)
            .map_err(|why| failed(Service::Sqs, &place, why))?;
        let place = options.place("s3.sqlite")?;
        let s3 = S3::open(&place, clock.clone()).map_err(|why| failed(Service::S3, &place, why))?;
        let all =
            Arc::new(All { dynamodb, sqs, s3, secrets, faults: Faults::default(), written: watch::Sender::new(0) });
        let server = Server::start(listener, all.clone()).map_err(port)?;
        Ok(Self { all, server })
    }

    /// Where all services can be reached: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        endpoint(self.server.address())
    }

    /// DynamoDB.
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.all.dynamodb
    }

    /// The queues.
    pub fn sqs(&self) -> &Sqs {
        &self.all.sqs
    }

    /// The buckets.
    pub fn s3(&self) -> &S3 {
        &self.all.s3
    }

    /// The secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.all.secrets
    }

    /// What is to go wrong, and what was called.
    pub fn faults(&self) -> &Faults {
        &self.all.faults
    }

    /// Calls a service from within this process, as a client would over HTTP: past the same faults, with the same answer.
    /// `target` is what the header `X-Amz-Target` has: `DynamoDB_20120810.Query`.
    ///
    /// # Errors
    /// Where a fault drops the connection.
    pub async fn call(&self, target: &str, body: impl Into<Bytes>) -> Result<(StatusCode, Bytes), Dropped> {
        let Some((service, operation, asked)) = call_of(target, body.into()) else {
            return Ok((StatusCode::BAD_REQUEST, Bytes::new()));
        };
        Ok(collected(self.all.pass(service, &operation, asked).await?).await)
    }

    /// The same, with headers besides those that such a call has in any case. The answer has its own.
    ///
    /// # Errors
    /// Where a fault drops the connection.
    pub async fn call_with(
        &self,
        target: &str,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Dropped> {
        let Some((service, operation, mut asked)) = call_of(target, body.into()) else {
            return Ok(answer(StatusCode::BAD_REQUEST, AWS_JSON, Bytes::new()));
        };
        for (name, value) in headers {
            asked.headers_mut().entry(name).or_insert(value);
        }
        self.all.pass(service, &operation, asked).await
    }

    /// Answers a request as if it had come over HTTP.
    ///
    /// # Errors
    /// Where a fault drops the connection.
    pub async fn handle(&self, mut asked: Asked) -> Result<Answer, Dropped> {
        asked.extensions_mut().insert(Inside);
        self.all.handle(asked).await
    }

    /// As [`Services::call`], but past no fault, and uncounted: for somebody who only looks.
    pub async fn look(&self, target: &str, body: impl Into<Bytes>) -> (StatusCode, Bytes) {
        let Some((service, operation, asked)) = call_of(target, body.into()) else {
            return (StatusCode::BAD_REQUEST, Bytes::new());
        };
        collected(self.all.serve(service, &operation, asked).await).await
    }

    /// Changes whenever a row of a table may have changed.
    pub fn written(&self) -> watch::Receiver<u64> {
        self.all.written.subscribe()
    }

    /// Says that a row of a table has changed in another way than by a call.
    pub fn touch(&self) {
        self.all.written.send_modify(|calls| *calls += 1);
    }

    /// Stops, and waits until nothing runs any more.
    pub async fn stop(self) {
        self.server.stop().await;
        // The server and its connections held the others.
        if let Some(all) = Arc::into_inner(self.all) {
            all.dynamodb.stop().await;
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Marks a request that comes from within this process: nobody looks at the headers of its answer.
#[derive(Debug, Clone, Copy)]
struct Inside;

/// The media type of the query protocol's requests, which have their operation in a form. S3 has other forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// Why a request is for none of the services.
enum Unknown {
    /// It names another one.
    Target(String),
    /// It is in the query protocol (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>).
    Form,
}

impl Unknown {
    fn answer(&self) -> Answer {
        let target = match self {
            Self::Target(target) => target,
            Self::Form => {
                let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>The query protocol \
                           is not spoken here. SQS speaks JSON, as SDKs do since the end of 2023.</Message></Error>\
                           </ErrorResponse>";
                return answer(StatusCode::BAD_REQUEST, "text/xml", xml);
            }
        };
        let why = format!("no service here has the target {target}");
        json_error(StatusCode::BAD_REQUEST, "UnknownOperationException", &why)
    }
}

/// Which service a request is for, and which operation.
///
/// The JSON protocols name both in a header (<https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>).
fn route(asked: &Asked) -> Result<(Service, String), Unknown> {
    let Some(target) = asked.headers().get("x-amz-target") else {
        let form = asked.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(FORM.as_bytes()));
        return if form { Err(Unknown::Form) } else { Ok((Service::S3, s3::operation(asked))) };
    };
    let target = target.to_str().unwrap_or_default();
    let (service, operation) = of_target(target).ok_or_else(|| Unknown::Target(target.to_owned()))?;
    Ok((service, operation.to_owned()))
}

/// A call from within this process, as a request; none where no service here has this target.
fn call_of(target: &str, body: Bytes) -> Option<(Service, String, Asked)> {
    let (service, operation) = of_target(target)?;
    let mut asked = Asked::new(body);
    *asked.method_mut() = Method::POST;
    asked.extensions_mut().insert(Inside);
    let headers = asked.headers_mut();
    // A target that was recognised above is ASCII, unless its operation is none that there is.
    headers.insert("x-amz-target", HeaderValue::from_str(target).ok()?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(AWS_JSON));
    for (name, value) in UNVERIFIED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Some((service, operation.to_owned(), asked))
}

async fn collected(answer: Answer) -> (StatusCode, Bytes) {
    let status = answer.status();
    let Ok(body) = answer.into_body().collect().await;
    (status, body.to_bytes())
}

fn of_target(target: &str) -> Option<(Service, &str)> {
    let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
    let service = match prefix {
        "DynamoDB_20120810" => Service::DynamoDb,
        "DynamoDBStreams_20120810" => Service::DynamoDbStreams,
        "AmazonSQS" => Service::Sqs,
        "secretsmanager" => Service::SecretsManager,
        _ => return None,
    };
    Some((service, operation))
}

/// Operations of DynamoDB that change no row.
const READS: &[&str] = &["BatchGetItem", "DescribeTable", "GetItem", "ListTables", "Query", "Scan", "TransactGetItems"];

/// What a signed request has. Nobody verifies it, but DynamoDB wants it there.
const UNVERIFIED: [(&str, &str); 2] = [
    ("x-amz-date", "20260101T000000Z"),
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=local/20260101/local/local/aws4_request, SignedHeaders=host, Signature=local",
    ),
];

impl Handler for All {
    async fn handle(&self, asked: Asked) -> Result<Answer, Dropped> {
        let route = route(&asked);
        let inside = asked.extensions().get::<Inside>().is_some();
        if let Some(why) = guard::refusal(asked.headers()).filter(|_| !inside) {
            return Ok(match route {
                Ok((Service::S3, _)) => s3::error(StatusCode::FORBIDDEN, "AccessDenied", why),
                _ => json_error(StatusCode::FORBIDDEN, "AccessDeniedException", why),
            });
        }
        let (service, operation) = match route {
            Ok(route) => route,
            Err(unknown) => return Ok(unknown.answer()),
        };
        self.pass(service, &operation, asked).await
    }
}

impl All {
    /// Has a call answered, unless a fault is in the way.
    async fn pass(&self, service: Service, operation: &str, asked: Asked) -> Result<Answer, Dropped> {
        let content = if service == Service::S3 { s3::content(&asked) } else { asked.body().clone() };
        let mut fault = self.faults.decide(service, operation, &content);
        while let Fault::After(first, then) = fault {
            first.await;
            fault = *then;
        }
        match fault {
            Fault::None | Fault::After(..) => Ok(self.serve(service, operation, asked).await),
            Fault::Error { status, code } => Ok(failure(service, status, &code, "this failure was asked for")),
            Fault::Reset => Err(Dropped),
            Fault::AnswerLost => {
                self.serve(service, operation, asked).await;
                Err(Dropped)
            }
            Fault::Twice => {
                self.serve(service, operation, asked.clone()).await;
                Ok(self.serve(service, operation, asked).await)
            }
        }
    }

    async fn serve(&self, service: Service, operation: &str, asked: Asked) -> Answer {
        match service {
            Service::DynamoDb | Service::DynamoDbStreams => {
                let inside = asked.extensions().get::<Inside>().is_some();
                let writes = service == Service::DynamoDb && !READS.contains(&operation);
                let answered = self.dynamodb.serve(operation, asked, inside, writes).await;
                if writes {
                    self.written.send_modify(|calls| *calls += 1);
                }
                answered.unwrap_or_else(|why| failure(service, 500, "InternalServerError", &why))
            }
            Service::Sqs => self.sqs.answer(operation, asked.body()).await,
            Service::SecretsManager => self.secrets.answer(operation, asked.body()),
            Service::S3 => self.s3.answer(asked).await,
        }
    }
}

/// An error in the form that the service's protocol has for it.
fn failure(service: Service, status: u16, code: &str, message: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match service {
        Service::S3 => s3::error(status, code, message),
        Service::DynamoDb | Service::DynamoDbStreams => {
            json_error(status, &format!("com.amazonaws.dynamodb.v20120810#{code}"), message)
        }
        Service::SecretsManager => json_error(status, code, message),
        Service::Sqs => {
            let mut answer = json_error(status, &format!("com.amazonaws.sqs#{code}"), message);
            let fault = if status.is_server_error() { "Receiver" } else { "Sender" };
            if let Ok(old_code) = HeaderValue::from_str(&format!("{code};{fault}")) {
                answer.headers_mut().insert("x-amzn-query-error", old_code);
            }
            answer
        }
    }
}

fn json_error(status: StatusCode, shape: &str, message: &str) -> Answer {
    let body = serde_json::json!({"__type": shape, "message": message});
    answer(status, AWS_JSON, body.to_string())
}
