//! A function as Lambda runs it: the packed program, in a process of its own for each event at the same time.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gateway::{Failure, InvokeError};
use local::lambda::{Function, FunctionError, INIT_TIME, Program};

use super::{Declared, Surroundings};

#[derive(Debug)]
pub(super) struct Programs {
    program: Program,
    idle: Mutex<Vec<Function>>,
}

impl Programs {
    /// Starts the first one, so that a program that cannot run is known of at once.
    pub(super) async fn new(
        function: &Declared,
        folder: &Path,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, String> {
        let mut environment = function.variables.clone();
        for (name, value) in crate::environment(&surroundings.services.endpoint(), surroundings.region) {
            environment.insert(name.to_owned(), value);
        }
        // What the functions say of their work is for whoever asked for logs: then somebody listens to the library's.
        let logs = tracing::enabled!(target: "handlers", tracing::Level::INFO);
        let program = Program {
            name: function.name.clone(),
            arn: function.arn.clone(),
            path: folder.join(&function.binary).join("bootstrap"),
            environment,
            show: logs.then_some(|line| eprintln!("{line}")),
        };
        let programs = Self { program, idle: Mutex::default() };
        let first = programs.start().await?;
        first
            .ready(INIT_TIME)
            .await
            .map_err(|why| format!("{}: {why}\n{}", programs.program.path.display(), first.log().join("\n")))?;
        programs.put_back(first);
        Ok(programs)
    }

    async fn start(&self) -> Result<Function, String> {
        Function::start(&self.program).await.map_err(|why| {
            let program = self.program.path.display();
            format!("cannot start {program}: {why}; `handlers/package out/STACK.assets.json` builds the programs")
        })
    }

    fn put_back(&self, function: Function) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(function);
    }

    /// One that runs and has nothing to do. Whatever ended while it was idle is left out, as Lambda makes another environment.
    async fn idle(&self) -> Option<Function> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if !idle.has_ended().await {
                return Some(idle);
            }
        }
    }

    pub(super) async fn invoke(
        &self,
        id: &str,
        event: Bytes,
        time: Duration,
        trace: Option<&str>,
    ) -> Result<Bytes, InvokeError> {
        let function = match self.idle().await {
            Some(function) => function,
            None => self.start().await.map_err(InvokeError::Unavailable)?,
        };
        let answer = function.invoke_as(id, event, time, trace).await;
        // One that has ended is not used again.
        if matches!(answer, Ok(_) | Err(FunctionError::Reported(_))) {
            self.put_back(function);
        }
        answer.map_err(|why| match why {
            FunctionError::TimedOut => InvokeError::TimedOut,
            FunctionError::Reported(error) => Failure::reported(error.into()).into(),
            FunctionError::Exited(how) => exited(id, &how),
            FunctionError::NotReady(_) => exited(id, &why.to_string()),
        })
    }
}

/// What Lambda says of a program that handles nothing any more.
fn exited(id: &str, how: &str) -> InvokeError {
    Failure::new("Runtime.ExitError", &format!("RequestId: {id} Error: Runtime exited with error: {how}")).into()
}
