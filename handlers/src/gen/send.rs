//! A change that is accepted: into the backup and the queue, all at the same time (R13).

use domain::bericht::{Bericht, Change};
use domain::fout::Rejection;
use domain::rows::{Key, Row};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use contract::table;

use super::answer::{Outcome, Refusal};
use super::{Asked, Gen, keys};
use crate::aws::{Backup, Condition, Failure, Queue, Table, Write, WriteError};
use crate::retry::{Pauses, persist};

/// The largest message that goes through the queue itself; a larger one waits in the backup.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html> says what SQS takes.
const LARGEST: usize = 256 * 1024;

/// How long it is remembered that an actie was never recorded: as long as its message could be found in a queue, its DLQ and
/// whatever somebody does with them after that.
const WITHDRAWN_FOR: i64 = 60 * 24 * 3600;

/// What became of an attempt to withdraw an actie.
enum Withdrawn {
    /// It will never be recorded.
    Yes,
    /// It has been recorded already.
    TooLate,
    /// That is not known.
    Unknown,
}

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    /// Hands a change over. Once this is done it is accepted.
    async fn hand_over(&self, bericht: &Bericht, asked: &Asked<'_>) -> Result<(), Failure> {
        let until = asked.time.work;
        let json = bericht.json().map_err(|_| Failure::Refused { service: "gen", code: "Json".to_owned() })?;
        let key = bericht.backup_key();
        let backup = persist(Pauses::REQUEST, until, || self.backup.put(&key, json.clone()));
        let pointer = async {
            match keys::pointer(bericht) {
                Some(pointer) => persist(Pauses::REQUEST, until, || self.backup.put(&pointer, String::new())).await,
                None => Ok(()),
            }
        };
        let queue = |message: String| async move {
            persist(Pauses::REQUEST, until, || self.queue.send(&message, asked.call.trace.as_deref())).await
        };
        let message = for_sqs(&json);
        if message.len() <= LARGEST {
            tokio::try_join!(backup, pointer, queue(message))?;
        } else {
            // Whoever gets the reference must find what it refers to.
            let one_by_one = async {
                backup.await?;
                queue(reference(&key)).await
            };
            tokio::try_join!(one_by_one, pointer)?;
        }
        Ok(())
    }

    /// Accepts a new actie that the same request, if it comes again, makes again.
    pub(super) async fn accept_again(&self, bericht: &Bericht, asked: &Asked<'_>) -> Result<(), Refusal> {
        self.hand_over(bericht, asked).await.map_err(|failure| {
            tracing::error!(%failure, "not accepted");
            Refusal::failed(&failure, Outcome::Repeatable)
        })
    }

    /// Accepts a change of what is there, which does no harm when it is done twice.
    pub(super) async fn accept_change(&self, bericht: &Bericht, asked: &Asked<'_>) -> Result<(), Refusal> {
        let Err(failure) = self.hand_over(bericht, asked).await else { return Ok(()) };
        tracing::error!(%failure, "not accepted");
        self.take_back(bericht, asked.time.end).await;
        Err(Refusal::failed(&failure, Outcome::Repeatable))
    }

    /// Accepts a new actie whose client, if it gets an error, will come with a new one: then this one must never be recorded.
    pub(super) async fn accept_once(&self, bericht: &Bericht, asked: &Asked<'_>) -> Result<(), Refusal> {
        let Err(failure) = self.hand_over(bericht, asked).await else { return Ok(()) };
        let Change::Post { inhoud } = bericht.change() else { return Err(Rejection::Internal.into()) };
        let actie_id = inhoud.actie().actie_id.as_str();
        match self.withdraw(actie_id, bericht, asked.time.end).await {
            Withdrawn::Yes => {
                tracing::error!(%failure, actieId = actie_id, "not accepted and withdrawn");
                self.take_back(bericht, asked.time.end).await;
                Err(Refusal::failed(&failure, Outcome::Nothing))
            }
            Withdrawn::TooLate => {
                tracing::error!(%failure, actieId = actie_id, "accepted, though not all of it is known to be done");
                Ok(())
            }
            Withdrawn::Unknown => {
                tracing::error!(%failure, actieId = actie_id, "not accepted, and not known to be withdrawn");
                Err(Refusal::failed(&failure, Outcome::Unknown))
            }
        }
    }

    /// Says beside a message in the backup that it was never accepted. Where this fails too there is most probably no
    /// message there either.
    async fn take_back(&self, bericht: &Bericht, until: Instant) {
        let keys: Vec<String> = keys::withdrawn(bericht).collect();
        let puts = keys.iter().map(|key| persist(Pauses::REQUEST, until, || self.backup.put(key, String::new())));
        if let Err(failure) = try_join_all(puts).await {
            tracing::error!(%failure, "the backup may hold a message that was not accepted");
        }
    }

    /// Takes the place of an actie's current row, so that its message, which may be in the queue, is dropped.
    async fn withdraw(&self, actie_id: &str, bericht: &Bericht, until: Instant) -> Withdrawn {
        let key = Key::actueel(actie_id);
        let bewaard_tot = Timestamp::now().as_second() + WITHDRAWN_FOR;
        let row = Row::ingetrokken(actie_id, bericht.tijdstip_registratie(), bewaard_tot);
        let write = Write { row: Some(row), key: key.clone(), condition: Condition::New };
        let written = persist(Pauses::REQUEST, until, || async {
            match self.table.write(vec![write.clone()]).await {
                Ok(()) => Ok(true),
                Err(WriteError::Condition) => Ok(false),
                Err(WriteError::Failure(failure)) => Err(failure),
            }
        });
        match written.await {
            Ok(true) => Withdrawn::Yes,
            // Either proc was there first, or this very row was written and the answer got lost.
            Ok(false) => match persist(Pauses::REQUEST, until, || self.table.get(&key)).await {
                Ok(Some(row)) if row.is(table::INGETROKKEN) => Withdrawn::Yes,
                Ok(Some(_)) => Withdrawn::TooLate,
                Ok(None) | Err(_) => Withdrawn::Unknown,
            },
            Err(_) => Withdrawn::Unknown,
        }
    }
}

/// What the queue gets for a message that lies in the backup at `key`.
pub(crate) fn queued(json: &str, key: &str) -> String {
    let message = for_sqs(json);
    if message.len() <= LARGEST { message } else { reference(key) }
}

/// What the queue gets for a message that is too large for it.
fn reference(key: &str) -> String {
    serde_json::json!({ "formaat": 1, "backup": key }).to_string()
}

/// The same JSON without the two characters that SQS refuses and JSON allows unescaped; they can only stand in strings.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn for_sqs(json: &str) -> String {
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn r13_a_message_has_only_characters_that_sqs_takes() {
        let all: String = (0..=0x0010_ffff).filter_map(char::from_u32).collect();
        let json = Value::String(all).to_string();
        let message = for_sqs(&json);
        let taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(message.chars().find(|c| !taken(*c)), None);
        assert_eq!(serde_json::from_str::<Value>(&message).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
    }
}
