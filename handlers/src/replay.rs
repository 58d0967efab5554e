//! Backed-up changes once more through the queue (R13): what `proc` has applied already changes nothing, and what was lost
//! is applied.

use std::fmt;

use contract::table::INGETROKKEN;
use domain::bericht::{Bericht, BerichtError};
use futures_util::stream::{self, StreamExt};

use crate::aws::{Backup, Failure, Queue};
use crate::r#gen::queued;

/// How many messages are under way at the same time.
const CONCURRENCY: usize = 16;

/// What became of the messages of a replay.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// So many are in the queue again.
    pub submitted: usize,
    /// So many were left out, since they were never accepted.
    pub withdrawn: usize,
    /// Those that are not in the queue, though they should be: their keys, and why not.
    pub failed: Vec<(String, NotReplayed)>,
}

/// Why a message is not in the queue. Never repeats what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayed {
    /// It went while the replay ran.
    #[error("it is not there any more")]
    Gone,
    /// The object is no message.
    #[error(transparent)]
    Unreadable(#[from] BerichtError),
    /// The object is a message that lies at another key.
    #[error("the message in it belongs at another key")]
    Elsewhere,
    /// A service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { submitted, withdrawn, failed } = self;
        write!(f, "{submitted} submitted, {withdrawn} withdrawn and left out, {} failed", failed.len())
    }
}

/// Submits every message again whose key begins with `prefix`: of one actie, of a day, a month, or one message by its key.
/// Pointers and first attempts, which lie in the same bucket, are no messages and are passed over.
///
/// # Errors
/// The backup cannot be listed. What was submitted before that stays submitted; doing it all again does no harm.
pub async fn replay(backup: &impl Backup, queue: &impl Queue, prefix: &str) -> Result<Replayed, Failure> {
    // Of one message, what stands beside it has to be in the list too.
    let prefix = prefix.strip_suffix("json").filter(|stem| stem.ends_with('.')).unwrap_or(prefix);
    let mut replayed = Replayed::default();
    let mut withdrawn = None;
    let mut after: Option<String> = None;
    loop {
        let page = backup.list(prefix, after.as_deref()).await?;
        let mut messages = Vec::new();
        let last = page.keys.last().filter(|_| page.more).cloned();
        for key in page.keys {
            match stem(&key) {
                // It comes just before its message: keys are listed in order.
                Some((name, INGETROKKEN)) => withdrawn = Some(name.to_owned()),
                Some((name, "json")) if withdrawn.as_deref() == Some(name) => replayed.withdrawn += 1,
                Some((_, "json")) => messages.push(key),
                _ => {}
            }
        }
        let submitted = messages.into_iter().map(|key| async move {
            let done = submit(backup, queue, &key).await;
            (key, done)
        });
        let mut submitted = stream::iter(submitted).buffered(CONCURRENCY);
        while let Some((key, done)) = submitted.next().await {
            match done {
                Ok(()) => replayed.submitted += 1,
                Err(why) => replayed.failed.push((key, why)),
            }
        }
        if last.is_none() {
            return Ok(replayed);
        }
        after = last;
    }
}

/// The key of a message, or of what stands beside one, without its ending, and that ending:
/// `jjjj/mm/dd/<actieId or verwerkingId>/<name>.<ending>`.
fn stem(key: &str) -> Option<(&str, &str)> {
    let is_number = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    match key.split('/').collect::<Vec<_>>()[..] {
        [year, month, day, _, _] if is_number(year, 4) && is_number(month, 2) && is_number(day, 2) => {
            key.rsplit_once('.')
        }
        _ => None,
    }
}

async fn submit(backup: &impl Backup, queue: &impl Queue, key: &str) -> Result<(), NotReplayed> {
    let json = backup.get(key).await?.ok_or(NotReplayed::Gone)?;
    if Bericht::parse(&json)?.backup_key() != key {
        return Err(NotReplayed::Elsewhere);
    }
    Ok(queue.send(&queued(&json, key), None).await?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use domain::bericht::Change;
    use domain::tijd::TijdstipRegistratie;
    use domain::verwerkingsactie::Patch;

    use super::*;
    use crate::aws::{Page, Put};

    /// A bucket whose pages have two keys, and a queue.
    #[derive(Default)]
    struct World {
        objects: BTreeMap<String, String>,
        sent: Mutex<Vec<String>>,
        down: bool,
    }

    impl Backup for World {
        async fn put(&self, _: &str, _: String) -> Result<(), Failure> {
            unreachable!("a replay writes nothing")
        }

        async fn put_new(&self, _: &str, _: String) -> Result<Put, Failure> {
            unreachable!("a replay writes nothing")
        }

        async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
            Ok(self.objects.get(key).cloned())
        }

        async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
            let follows = |key: &&String| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after);
            let keys: Vec<String> = self.objects.keys().filter(follows).take(3).cloned().collect();
            Ok(Page { more: keys.len() > 2, keys: keys.into_iter().take(2).collect() })
        }
    }

    impl Queue for World {
        async fn send(&self, content: &str, _: Option<&str>) -> Result<(), Failure> {
            if self.down {
                return Err(Failure::Unavailable { service: "SQS", code: "ServiceUnavailable".to_owned() });
            }
            self.sent.lock().unwrap().push(content.to_owned());
            Ok(())
        }
    }

    impl World {
        /// A message of this moment; gives its key.
        fn keep(&mut self, moment: &str) -> String {
            let change = Change::Patch {
                verwerking_id: "6d4c2b1a-0f9e-4d8c-b7a6-958473625140".to_owned(),
                aanpassing: Patch { bewaartermijn: None, vertrouwelijkheid: None },
            };
            let id = format!("00000000-0000-4000-8000-{:012}", self.objects.len());
            let bericht = Bericht::new(id, String::new(), TijdstipRegistratie::parse(moment).unwrap(), change);
            self.objects.insert(bericht.backup_key(), bericht.json().unwrap());
            bericht.backup_key()
        }

        async fn replay(&self, prefix: &str) -> Replayed {
            replay(self, self, prefix).await.unwrap()
        }
    }

    #[tokio::test]
    async fn r13_the_messages_of_a_day_are_submitted_again_page_by_page() {
        let mut world = World::default();
        let keys = ["01", "02", "03", "04", "05"].map(|at| world.keep(&format!("2024-02-29T09:00:{at}.000000Z")));
        world.keep("2024-03-01T09:00:01.000000Z");
        assert_eq!(world.replay("2024/02/29/").await, Replayed { submitted: 5, ..Replayed::default() });
        assert_eq!(*world.sent.lock().unwrap(), keys.map(|key| world.objects[&key].clone()));
    }

    #[tokio::test]
    async fn r13_what_was_withdrawn_is_left_out_also_across_pages_and_by_its_own_key() {
        let mut world = World::default();
        let keys = ["01", "02", "03"].map(|at| world.keep(&format!("2024-02-29T09:00:{at}.000000Z")));
        for key in &keys[..2] {
            world.objects.insert(key.replace(".json", ".ingetrokken"), String::new());
        }
        let expected = Replayed { submitted: 1, withdrawn: 2, failed: Vec::new() };
        for prefix in ["", "2024/", &keys[0][..keys[0].len() - 60]] {
            assert_eq!(world.replay(prefix).await, expected, "{prefix}");
        }
        assert_eq!(world.replay(&keys[0]).await, Replayed { withdrawn: 1, ..Replayed::default() });
        assert_eq!(world.replay(&keys[2]).await, Replayed { submitted: 1, ..Replayed::default() });
        assert!(world.sent.lock().unwrap().iter().all(|sent| *sent == world.objects[&keys[2]]));
    }

    #[tokio::test]
    async fn r13_only_what_lies_where_it_belongs_is_submitted() {
        let mut world = World::default();
        let key = world.keep("2024-02-29T09:00:01.000000Z");
        let message = world.objects[&key].clone();
        let elsewhere = key.replace("2024/02/29", "2024/02/28");
        world.objects.insert(elsewhere.clone(), message.clone());
        world.objects.insert("idempotentie/abc.json".to_owned(), message);
        world.objects.insert("verwerkingen/a/patch/b/-".to_owned(), String::new());
        world.objects.insert("2024/02/29/a/b.json".to_owned(), "{\"geheim\": 1}".to_owned());
        let replayed = world.replay("").await;
        assert_eq!((replayed.submitted, replayed.failed.len()), (1, 2));
        assert!(replayed.failed.contains(&(elsewhere, NotReplayed::Elsewhere)));
        assert!(!format!("{replayed:?}").contains("geheim"));
    }

    #[tokio::test]
    async fn r13_what_the_queue_does_not_take_is_named() {
        let mut world = World { down: true, ..World::default() };
        let key = world.keep("2024-02-29T09:00:01.000000Z");
        let replayed = world.replay("").await;
        assert_eq!(replayed.submitted, 0);
        assert!(matches!(&replayed.failed[..], [(failed, NotReplayed::Failure(_))] if *failed == key));
    }
}
