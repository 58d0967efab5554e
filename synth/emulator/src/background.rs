//! Threads for what goes on behind the answers: queues and streams on their way to functions, and rows whose time is over.
//!
//! On AWS, `proc` never takes anything from `gen`, and a client has its answer however much there is still to apply. On one
//! machine they share the cores, so what nobody waits for stands back: while there are more requests than can be answered, it
//! gets about a tenth of the time, and all of it when they are over.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// How far these threads stand back: by the kernel's weights, a tenth of the share of a thread that answers.
/// <https://man7.org/linux/man-pages/man7/sched.7.html>
const NICE: i32 = 10;

/// Tasks in the background. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: JoinSet<()>,
    /// Always there but while this is dropped.
    runtime: Option<Runtime>,
}

impl Background {
    /// # Errors
    /// Where there can be no more threads.
    pub(crate) fn start() -> io::Result<Self> {
        // On Linux both are of the calling thread alone, whatever POSIX says. It is set and not added, since a thread begins as
        // the one that started it. One that may not stand back goes on all the same.
        let nice = rustix::process::getpriority_process(None).map(|own| own + NICE);
        let logs = tracing::dispatcher::get_default(Clone::clone);
        let mut threads = Builder::new_multi_thread();
        threads.enable_all().thread_name("background").on_thread_start(move || {
            if let Ok(nice) = nice {
                let _ = rustix::process::setpriority_process(None, nice);
            }
            // What is logged goes where it goes for whoever starts this, for as long as the thread lives.
            std::mem::forget(tracing::dispatcher::set_default(&logs));
        });
        Ok(Self { tasks: JoinSet::new(), runtime: Some(threads.build()?) })
    }

    /// Begins a task.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            self.tasks.spawn_on(task, runtime.handle());
        }
    }

    /// Ends all tasks, and waits until they have.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.tasks.abort_all();
        if let Some(runtime) = self.runtime.take() {
            // Where this is dropped, nobody may wait for threads.
            runtime.shutdown_background();
        }
    }
}
