//! A function as Lambda runs it: the packed program, in a process of its own for each event at the same time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gateway::{Failure, InvokeError};
use local::lambda::{Function, FunctionError};

use super::{Declared, Surroundings};

#[derive(Debug)]
pub(super) struct Programs {
    name: String,
    program: PathBuf,
    environment: BTreeMap<String, String>,
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
        let programs = Self {
            name: function.name.clone(),
            program: folder.join(&function.binary).join("bootstrap"),
            environment,
            idle: Mutex::default(),
        };
        let first = programs.start().await?;
        first
            .ready()
            .await
            .map_err(|why| format!("{}: {why}\n{}", programs.program.display(), first.log().join("\n")))?;
        programs.put_back(first);
        Ok(programs)
    }

    async fn start(&self) -> Result<Function, String> {
        let variables = self.environment.clone();
        Function::start(&self.name, &self.program, variables).await.map_err(|why| {
            let program = self.program.display();
            format!("cannot start {program}: {why}; `handlers/package out/STACK.assets.json` builds the programs")
        })
    }

    fn put_back(&self, function: Function) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(function);
    }

    pub(super) async fn invoke(
        &self,
        id: &str,
        event: Bytes,
        time: Duration,
        trace: Option<&str>,
    ) -> Result<Bytes, InvokeError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let function = match idle {
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
            FunctionError::Exited(how) => {
                let message = format!("RequestId: {id} Error: Runtime exited with error: {how}");
                Failure::new("Runtime.ExitError", &message).into()
            }
        })
    }
}
