//! Finishes what was begun, though nobody may wait for it any more. A client that hangs up and a gateway whose time is over end
//! the waiting alone: Lambda carries an invocation on to its end, and so does what is here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// What is left to do of something.
type Rest = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the rest of something goes when whoever waited for it is gone.
#[derive(Debug, Clone)]
pub(crate) struct Finisher(mpsc::UnboundedSender<Rest>);

/// The tasks that finish it; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Finishing {
    /// Is told how long what is left may take.
    stop: Option<oneshot::Sender<Duration>>,
    task: JoinHandle<()>,
}

/// Something that was begun. It is done by whoever waits for it, and costs no task of its own as long as somebody does.
pub(crate) struct Begun<F: Future<Output: Send> + Send + 'static> {
    /// None when it is done.
    future: Option<Pin<Box<F>>>,
    finisher: Finisher,
}

impl Finisher {
    /// Does this, also when what comes of it is waited for no longer.
    pub(crate) fn finish<F: Future<Output: Send> + Send + 'static>(&self, future: F) -> Begun<F> {
        Begun { future: Some(Box::pin(future)), finisher: self.clone() }
    }
}

impl Finishing {
    pub(crate) fn start() -> (Self, Finisher) {
        let (finisher, mut begun) = mpsc::unbounded_channel::<Rest>();
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut tasks = JoinSet::new();
            let grace = loop {
                tokio::select! {
                    Some(rest) = begun.recv() => { tasks.spawn(rest); }
                    // What is done is let go of.
                    Some(_) = tasks.join_next() => {}
                    grace = &mut stopped => break grace.unwrap_or_default(),
                }
            };
            // What is being finished may leave something behind itself.
            let finished = async {
                loop {
                    tokio::select! {
                        Some(rest) = begun.recv() => { tasks.spawn(rest); }
                        ended = tasks.join_next() => if ended.is_none() && begun.is_empty() { break },
                    }
                }
            };
            let _ = tokio::time::timeout(grace, finished).await;
            begun.close();
            tasks.shutdown().await;
        });
        (Self { stop: Some(stop), task }, Finisher(finisher))
    }

    /// Ends it once all is done, or this time is over. What is left by then, and what comes later, is not finished.
    pub(crate) async fn stop(mut self, grace: Duration) {
        if let Some(stop) = self.stop.take() {
            // Where nobody hears it, it has ended.
            let _ = stop.send(grace);
        }
        // The task ends by itself and does not panic.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Begun<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // While it is polled it is not here: what panics is not gone on with.
        let Some(mut future) = self.future.take() else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            self.future = Some(future);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Begun<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            // Where nobody is there to finish it, everything ends.
            let _ = self.finisher.0.send(Box::pin(async move {
                let _ = future.await;
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// Something that waits until it is let go on, what lets it, and whether it is done.
    fn something(finisher: &Finisher) -> (impl Future<Output = ()> + Unpin + use<>, Arc<Notify>, Arc<AtomicBool>) {
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (wait, say) = (go_on.clone(), done.clone());
        // It waits for something that is left behind itself.
        let inner = finisher.finish(async move { wait.notified().await });
        let outer = finisher.finish(async move {
            inner.await;
            say.store(true, Ordering::SeqCst);
        });
        (outer, go_on, done)
    }

    #[tokio::test]
    async fn what_is_waited_for_no_longer_is_done_before_it_stops() {
        let (finishing, finisher) = Finishing::start();
        let (mut begun, go_on, done) = something(&finisher);
        assert!(futures_util::poll!(&mut begun).is_pending());
        drop(begun);
        let stopping = tokio::spawn(finishing.stop(Duration::from_secs(3600)));
        go_on.notify_one();
        stopping.await.unwrap();
        assert!(done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn what_takes_longer_than_that_is_let_go_of() {
        let (finishing, finisher) = Finishing::start();
        let (begun, go_on, _) = something(&finisher);
        drop(begun);
        finishing.stop(Duration::ZERO).await;
        assert_eq!(Arc::strong_count(&go_on), 1, "nothing of it is left");
        let (late, go_on, _) = something(&finisher);
        drop(late);
        assert_eq!(Arc::strong_count(&go_on), 1, "nor of what comes later");
    }

    #[tokio::test]
    async fn what_is_waited_for_answers() {
        let (_finishing, finisher) = Finishing::start();
        assert_eq!(finisher.finish(async { 1 }).await, 1);
    }
}
