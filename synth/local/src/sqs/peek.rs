//! Looking into a queue without receiving: nothing becomes invisible, and nothing counts as received.

use super::{Refusal, Sqs, store};

/// A message, as it lies in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// Its `MessageId`.
    pub message_id: String,
    /// What it says.
    pub body: String,
    /// The X-Ray header that it was sent with.
    pub trace_header: Option<String>,
    /// When it was sent, in milliseconds since 1970-01-01T00:00:00Z.
    pub sent: i64,
    /// How often it was received.
    pub receive_count: i64,
    /// ARN of the queue that it failed in, where it came here from a queue.
    pub source_arn: Option<String>,
    /// What becomes of it now.
    pub state: State,
}

/// What becomes of a message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can be received.
    Visible,
    /// Somebody has received it.
    InFlight,
    /// Its delay is not over.
    Delayed,
}

impl Sqs {
    /// The first `limit` messages of the queue of this name, in the order in which they came.
    ///
    /// # Errors
    /// Where there is no such queue, or SQLite cannot read.
    pub fn peek(&self, name: &str, limit: usize) -> Result<Vec<Peeked>, Refusal> {
        let (messages, now) = self.transact(|transaction, now| {
            let queue = store::find_queue(transaction, name)?.ok_or_else(Refusal::no_such_queue)?;
            store::expire(transaction, &queue, now)?;
            Ok((store::first(transaction, &queue, limit)?, now))
        })?;
        let peeked = messages.into_iter().map(|message| Peeked {
            state: match (message.visible <= now, &message.receipt) {
                (true, _) => State::Visible,
                (false, Some(_)) => State::InFlight,
                (false, None) => State::Delayed,
            },
            message_id: message.message_id,
            body: message.body,
            trace_header: message.trace_header,
            sent: message.sent,
            receive_count: message.receive_count,
            source_arn: message.source_arn,
        });
        Ok(peeked.collect())
    }
}
