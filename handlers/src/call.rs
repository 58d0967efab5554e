//! What the runtime says of a call, beside the event.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::Context;

/// One call of a function.
#[derive(Debug, Clone)]
pub struct Call {
    /// Lambda's id of it.
    pub request_id: String,
    /// When the function is stopped, finished or not.
    pub deadline: Instant,
    /// The X-Ray header that it came with.
    pub trace: Option<String>,
}

impl Call {
    /// How long it may still run.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl From<Context> for Call {
    /// Lambda gives the deadline in milliseconds since 1970, by the clock that `SystemTime` reads.
    fn from(context: Context) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = Duration::from_millis(context.deadline).saturating_sub(now);
        let trace = context.xray_trace_id.filter(|trace| !trace.is_empty());
        Self { request_id: context.request_id, deadline: Instant::now() + left, trace }
    }
}
