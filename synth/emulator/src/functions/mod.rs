//! The stack's functions, ready to be invoked: from the library in this process, or as the packed programs.

mod library;
mod process;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Failure, InvokeError};
use local::Services;
use tokio::sync::Semaphore;

use library::Library;
pub(crate) use library::LocalKeys;
use process::Programs;
use wire::Wire;

use crate::finisher::Finisher;

/// Lambda's own limit, for a function that reserves no concurrency.
const CONCURRENCY: usize = 1000;

/// A function as the template has it, resolved.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Which of the functions it is, by the name of its package.
    pub(crate) binary: String,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: Option<usize>,
    pub(crate) variables: BTreeMap<String, String>,
}

/// How functions are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The library, in this process.
    Library,
    /// The packed programs, `<folder>/<function>/bootstrap`, each over the Runtime API.
    Process(std::path::PathBuf),
}

/// Why a function cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("function {name}: {why}")]
pub struct FunctionError {
    name: String,
    why: String,
}

#[derive(Debug)]
struct Function {
    timeout: Duration,
    free: Semaphore,
    run: Run,
}

#[derive(Debug)]
enum Run {
    Library(Library),
    Programs(Programs),
}

/// All of a stack's functions, by their ARNs.
#[derive(Debug)]
pub(crate) struct Functions {
    all: BTreeMap<String, Arc<Function>>,
    finisher: Finisher,
}

/// What functions need to reach the services.
pub(crate) struct Surroundings<'a> {
    pub(crate) mode: &'a Mode,
    pub(crate) services: &'a Arc<Services>,
    pub(crate) region: &'a str,
    pub(crate) keys: LocalKeys,
    pub(crate) finisher: Finisher,
}

impl Functions {
    pub(crate) async fn start(
        declared: Vec<Declared>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Arc<Self>, FunctionError> {
        let clients = handlers::aws::Clients::at(&surroundings.services.endpoint(), surroundings.region).await;
        let clients = clients.over(Wire::to(surroundings.services.clone()));
        let mut all = BTreeMap::new();
        for function in declared {
            let run = match surroundings.mode {
                Mode::Library => Library::start(&function, &clients, &surroundings.keys).await.map(Run::Library),
                Mode::Process(folder) => Programs::new(&function, folder, surroundings).await.map(Run::Programs),
            };
            let run = run.map_err(|why| FunctionError { name: function.name.clone(), why })?;
            let free = Semaphore::new(function.concurrency.unwrap_or(CONCURRENCY));
            all.insert(function.arn, Arc::new(Function { timeout: function.timeout, free, run }));
        }
        Ok(Arc::new(Self { all, finisher: surroundings.finisher.clone() }))
    }

    /// Whether there is a function with this ARN.
    pub(crate) fn has(&self, arn: &str) -> bool {
        self.all.contains_key(arn)
    }

    /// Has a function handle an event, for at most its own timeout. Once begun it goes on, and takes its place among those
    /// that run at the same time, whether or not its answer is waited for. `trace` is X-Ray's header.
    pub(crate) async fn invoke(&self, arn: &str, event: Bytes, trace: Option<&str>) -> Result<Bytes, InvokeError> {
        self.invoke_as(&uuid::Uuid::new_v4().to_string(), arn, event, trace).await
    }

    /// The same, with an id for the invocation.
    pub(crate) async fn invoke_as(
        &self,
        id: &str,
        arn: &str,
        event: Bytes,
        trace: Option<&str>,
    ) -> Result<Bytes, InvokeError> {
        let function = self.of(arn)?;
        let (id, trace) = (id.to_owned(), trace.map(str::to_owned));
        let handled = async move {
            // Who waits for a function that is busy is throttled.
            let Ok(_permit) = function.free.try_acquire() else {
                return Err(InvokeError::Unavailable("TooManyRequestsException".to_owned()));
            };
            function.handle(&id, event, trace.as_deref()).await
        };
        self.finisher.finish(handled).await
    }

    /// Has a function handle an event that nobody waits for: when it is free. What fails is logged; Lambda would try twice more.
    pub(crate) fn invoke_later(
        &self,
        id: &str,
        arn: &str,
        event: Bytes,
        trace: Option<&str>,
    ) -> Result<(), InvokeError> {
        let function = self.of(arn)?;
        let (id, arn, trace) = (id.to_owned(), arn.to_owned(), trace.map(str::to_owned));
        let handled = async move {
            // It is never closed.
            let Ok(_permit) = function.free.acquire().await else { return };
            if let Err(why) = function.handle(&id, event, trace.as_deref()).await {
                tracing::warn!("an event for {arn} that nobody waited for failed: {why}");
            }
        };
        drop(self.finisher.finish(handled));
        Ok(())
    }

    fn of(&self, arn: &str) -> Result<Arc<Function>, InvokeError> {
        let function = self.all.get(arn).cloned();
        function.ok_or_else(|| InvokeError::Unavailable(format!("there is no function {arn}")))
    }
}

impl Function {
    async fn handle(&self, id: &str, event: Bytes, trace: Option<&str>) -> Result<Bytes, InvokeError> {
        let handled = async {
            match &self.run {
                Run::Library(library) => library.invoke(id, &event, self.timeout, trace).await,
                Run::Programs(programs) => programs.invoke(id, event.clone(), self.timeout, trace).await,
            }
        };
        match tokio::time::timeout(self.timeout, handled).await {
            Ok(Err(InvokeError::TimedOut)) | Err(_) => Err(timed_out(id, self.timeout).into()),
            Ok(answer) => answer,
        }
    }
}

/// What Lambda says of a function that took longer than it may. No page has the words: these are those of AWS's own
/// emulator, <https://github.com/aws/aws-lambda-runtime-interface-emulator>.
fn timed_out(id: &str, time: Duration) -> Failure {
    let message = format!("RequestId: {id} Error: Task timed out after {:.2} seconds", time.as_secs_f64());
    Failure::new("Sandbox.Timedout", &message)
}
