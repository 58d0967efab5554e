//! A function as Lambda runs it: its program in a process of its own, which asks the Runtime API for events.
//!
//! What is here follows <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Like one environment of Lambda,
//! one [`Function`] has one event at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

use crate::http::{Answer, Asked, Dropped, Handler, Server, answer};

/// Why an event has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The function said so: its own error, as JSON.
    #[error("the function reported an error: {0}")]
    Reported(String),
    /// It was not ready in time. Its process has been ended, as Lambda does.
    #[error("the function timed out")]
    TimedOut,
    /// It did not ask for an event in this time after its start. Its process has been ended.
    #[error("it did not ask for an event within {} seconds", .0.as_secs_f64())]
    NotReady(Duration),
    /// Its process has ended.
    #[error("the function's process has ended: {0}")]
    Exited(String),
}

/// How long Lambda gives a function to get ready
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib>).
pub const INIT_TIME: Duration = Duration::from_secs(10);

/// So many of the last lines of a function are kept.
const KEPT_LINES: usize = 500;

/// A program, and what it is told of itself.
#[derive(Debug, Clone)]
pub struct Program {
    /// The function's name.
    pub name: String,
    /// The function's ARN.
    pub arn: String,
    /// The executable file.
    pub path: PathBuf,
    /// Variables besides those that Lambda sets; there are no others.
    pub environment: BTreeMap<String, String>,
    /// Is given each line that it writes.
    pub show: Option<fn(&str)>,
}

impl Program {
    /// A function of this name in no account, whose lines nobody is shown.
    pub fn new(name: &str, path: impl Into<PathBuf>, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            name: name.to_owned(),
            arn: format!("arn:aws:lambda:eu-west-1:000000000000:function:{name}"),
            path: path.into(),
            environment: environment.into_iter().collect(),
            show: None,
        }
    }
}

/// A running function. Its process is killed when this is dropped.
pub struct Function {
    api: Arc<RuntimeApi>,
    // Both are here to be dropped.
    _server: Server,
    child: AsyncMutex<Child>,
    pid: u32,
    log: Log,
}

/// The last lines that the function wrote.
type Log = Arc<Mutex<VecDeque<String>>>;

struct RuntimeApi {
    arn: String,
    events: mpsc::Sender<Event>,
    waiting: AsyncMutex<mpsc::Receiver<Event>>,
    open: Mutex<HashMap<String, oneshot::Sender<Result<Bytes, FunctionError>>>>,
    polled: watch::Sender<bool>,
}

struct Event {
    id: String,
    content: Bytes,
    deadline: Duration,
    trace: Option<String>,
}

const PREFIX: &str = "/2018-06-01/runtime/";

impl Function {
    /// Starts the program.
    ///
    /// # Errors
    /// Where there is no port or no such program.
    pub async fn start(program: &Program) -> io::Result<Self> {
        let (events, waiting) = mpsc::channel(1);
        let api = Arc::new(RuntimeApi {
            arn: program.arn.clone(),
            events,
            waiting: AsyncMutex::new(waiting),
            open: Mutex::default(),
            polled: watch::Sender::new(false),
        });
        let server = Server::start(Server::bind(0).await?, api.clone())?;
        let mut child = Command::new(&program.path)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &program.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("_HANDLER", "bootstrap")
            .envs(&program.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A signal from the terminal is not for it: whoever started it ends it, once it has done what it is doing.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let log = Log::default();
        if let Some(output) = child.stdout.take() {
            tokio::spawn(keep(output, log.clone(), program.show));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(keep(output, log.clone(), program.show));
        }
        let pid = child.id().unwrap_or_default();
        Ok(Self { api, _server: server, child: AsyncMutex::new(child), pid, log })
    }

    /// Waits until it has asked for an event for the first time, which it has to do within this time: [`INIT_TIME`].
    ///
    /// # Errors
    /// Where it does not, or its process ends before it does.
    pub async fn ready(&self, within: Duration) -> Result<(), FunctionError> {
        let mut polled = self.api.polled.subscribe();
        let mut child = self.child.lock().await;
        let outcome = tokio::select! {
            polled = tokio::time::timeout(within, polled.wait_for(|polled| *polled)) => polled.is_ok(),
            ended = child.wait() => return Err(exited(ended)),
        };
        if outcome {
            return Ok(());
        }
        // A process that has ended by itself in the meantime needs no killing.
        let _ = child.kill().await;
        Err(FunctionError::NotReady(within))
    }

    /// Whether its process has ended, so that it can handle nothing any more.
    pub async fn has_ended(&self) -> bool {
        // One that cannot be asked is none to rely on.
        self.child.lock().await.try_wait().map_or(true, |ended| ended.is_some())
    }

    /// Has the function handle an event, within this time. `trace` is X-Ray's header.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub async fn invoke(
        &self,
        content: impl Into<Bytes>,
        time: Duration,
        trace: Option<&str>,
    ) -> Result<Bytes, FunctionError> {
        self.invoke_as(&uuid::Uuid::new_v4().to_string(), content, time, trace).await
    }

    /// The same, with the id of the request that the function is told.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub async fn invoke_as(
        &self,
        id: &str,
        content: impl Into<Bytes>,
        time: Duration,
        trace: Option<&str>,
    ) -> Result<Bytes, FunctionError> {
        let (done, answer) = oneshot::channel();
        self.api.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), done);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + time;
        let event = Event { id: id.to_owned(), content: content.into(), deadline, trace: trace.map(str::to_owned) };

        let mut child = self.child.lock().await;
        // The receiver lives as long as `self.api`, so an event can always be sent.
        let handled = async {
            let _ = self.api.events.send(event).await;
            answer.await
        };
        let outcome = tokio::select! {
            answer = tokio::time::timeout(time, handled) => match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(FunctionError::Exited("its answer was dropped".to_owned())),
                Err(_) => {
                    // A process that has ended by itself in the meantime needs no killing.
                    let _ = child.kill().await;
                    Err(FunctionError::TimedOut)
                }
            },
            ended = child.wait() => Err(exited(ended)),
        };
        self.api.open.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        outcome
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The last lines that it wrote to its standard output and standard error.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("pid", &self.pid).finish_non_exhaustive()
    }
}

fn exited(ended: io::Result<std::process::ExitStatus>) -> FunctionError {
    FunctionError::Exited(ended.map_or_else(|fout| fout.to_string(), |status| status.to_string()))
}

/// Reads to the end: a function whose output nobody reads would wait for ever, or get an error, when it writes.
async fn keep(output: impl AsyncRead + Unpin, log: Log, show: Option<fn(&str)>) {
    let (mut output, mut line) = (BufReader::new(output), Vec::new());
    while let Ok(1..) = output.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line));
        if let Some(show) = show {
            show(&text);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT_LINES {
            log.pop_front();
        }
        log.push_back(text.into_owned());
        line.clear();
    }
}

impl Handler for RuntimeApi {
    async fn handle(&self, asked: Asked) -> Result<Answer, Dropped> {
        let path = asked.uri().path().to_owned();
        let Some(path) = path.strip_prefix(PREFIX) else {
            return Ok(answer(StatusCode::NOT_FOUND, "text/plain", "not part of the Runtime API\n"));
        };
        let parts: Vec<&str> = path.split('/').collect();
        let outcome = match (asked.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => return self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => (*id, Ok(asked.body().clone())),
            (&Method::POST, ["invocation", id, "error"]) => (*id, Err(reported(asked.body()))),
            // The process ends after this, and that is what whoever waits for it sees.
            (&Method::POST, ["init", "error"]) => return Ok(accepted()),
            _ => return Ok(answer(StatusCode::NOT_FOUND, "text/plain", "not part of the Runtime API\n")),
        };
        let (id, outcome) = outcome;
        let waiting = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        match waiting {
            // Whoever asked may have gone away.
            Some(waiting) => {
                let _ = waiting.send(outcome);
                Ok(accepted())
            }
            None => Ok(answer(StatusCode::BAD_REQUEST, "application/json", r#"{"errorType":"InvalidRequestID"}"#)),
        }
    }
}

impl RuntimeApi {
    async fn next(&self) -> Result<Answer, Dropped> {
        self.polled.send_replace(true);
        let Some(event) = self.waiting.lock().await.recv().await else { return Err(Dropped) };
        let mut answer = Response::new(Full::new(event.content));
        let mut header = |name: &'static str, value: &str| {
            // Ids, numbers and ARNs are ASCII; a trace header that is not is no trace header.
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        header("content-type", "application/json");
        header("lambda-runtime-aws-request-id", &event.id);
        header("lambda-runtime-deadline-ms", &event.deadline.as_millis().to_string());
        header("lambda-runtime-invoked-function-arn", &self.arn);
        if let Some(trace) = &event.trace {
            header("lambda-runtime-trace-id", trace);
        }
        Ok(answer)
    }
}

fn reported(body: &Bytes) -> FunctionError {
    FunctionError::Reported(String::from_utf8_lossy(body).into_owned())
}

fn accepted() -> Answer {
    answer(StatusCode::ACCEPTED, "application/json", r#"{"status":"OK"}"#)
}
