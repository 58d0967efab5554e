//! The table, the queue and the backup in memory. A test may leave it to a [`Schedule`] when each call takes effect, and
//! what the caller hears of it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::table as names;
use domain::rows::{Attribute, Key, Row, verwerking};
use handlers::aws::{Backup, Condition, Failure, MOST_TOGETHER, Page, Put, Queue, RowPage, Table, Write, WriteError};
use tokio::sync::oneshot;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It takes effect, and the caller hears of it.
    Done,
    /// It has no effect, and the caller hears that the service is busy.
    Throttled,
    /// It takes effect, and the caller hears that there was no answer.
    Lost,
}

/// What a call does, once its verdict is there.
type Effect = Box<dyn FnOnce(&mut Store, Verdict) + Send>;

/// A call that waits for its verdict. Whoever made it may be gone.
struct Waiting {
    by: usize,
    effect: Effect,
}

/// What is kept.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) rows: BTreeMap<Key, Row>,
    pub(crate) objects: BTreeMap<String, String>,
    /// Messages that were sent, and their trace.
    pub(crate) sent: Vec<(String, Option<String>)>,
    /// The names of all calls.
    pub(crate) calls: Vec<&'static str>,
    /// The most rows and messages that one call held.
    pub(crate) largest: usize,
    /// Rows of a page of a query; all where it is 0.
    pub(crate) page: usize,
    waiting: Vec<Waiting>,
    scheduled: bool,
}

/// The services, for one caller.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    by: usize,
    store: Arc<Mutex<Store>>,
}

impl Memory {
    /// For another caller.
    pub(crate) fn by(&self, by: usize) -> Self {
        Self { by, store: Arc::clone(&self.store) }
    }

    /// What is kept.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on calls wait for their verdict, or do so no more.
    pub(crate) fn schedule(&self, scheduled: bool) {
        self.store().scheduled = scheduled;
    }

    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        self.store().waiting.len()
    }

    /// Who made the n-th call that waits.
    pub(crate) fn caller(&self, n: usize) -> usize {
        self.store().waiting[n].by
    }

    /// Gives the n-th call that waits its verdict.
    pub(crate) fn release(&self, n: usize, verdict: Verdict) {
        let mut store = self.store();
        let waiting = store.waiting.swap_remove(n);
        (waiting.effect)(&mut store, verdict);
    }

    /// Takes back the calls of a caller that are not `kept`, as if they had never been sent.
    pub(crate) fn forget(&self, by: usize, mut kept: impl FnMut() -> bool) {
        self.store().waiting.retain(|waiting| waiting.by != by || kept());
    }

    fn call<R, E>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&mut Store) -> Result<R, E> + Send + 'static,
    ) -> impl Future<Output = Result<R, E>> + Send
    where
        R: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        let (answer, heard) = oneshot::channel();
        let effect: Effect = Box::new(move |store: &mut Store, verdict: Verdict| {
            let busy = || Err(Failure::Unavailable { service: "memory", code: "Throttling".to_owned() }.into());
            let result = match verdict {
                Verdict::Done => effect(store),
                Verdict::Throttled => busy(),
                Verdict::Lost => effect(store).and_then(|_| busy()),
            };
            // Nobody listens any more where the caller is gone.
            let _ = answer.send(result);
        });
        let memory = self.clone();
        async move {
            {
                let mut store = memory.store();
                store.calls.push(name);
                if store.scheduled {
                    store.waiting.push(Waiting { by: memory.by, effect });
                } else {
                    effect(&mut store, Verdict::Done);
                }
            }
            match heard.await {
                Ok(result) => result,
                Err(_) => std::future::pending().await,
            }
        }
    }
}

impl Store {
    fn holds(&self, key: &Key, condition: &Condition) -> bool {
        let row = self.rows.get(key);
        let attribute = |name: &str| row.and_then(|row| row.fields().get(name));
        match condition {
            Condition::Always => true,
            Condition::New => row.is_none(),
            Condition::NotLater(tijdstip) => match attribute(names::TIJDSTIP_REGISTRATIE) {
                Some(Attribute::S(there)) => there <= tijdstip,
                _ => true,
            },
            Condition::Unchanged(attributes) => {
                attributes.iter().all(|(name, expected)| attribute(name) == expected.as_ref())
            }
        }
    }

    fn write(&mut self, writes: Vec<Write>) -> Result<(), WriteError> {
        let refused = |code: &str| Failure::Refused { service: "memory", code: code.to_owned() };
        let mut keys: Vec<&Key> = writes.iter().map(|write| &write.key).collect();
        keys.sort();
        keys.dedup();
        let bytes: usize = writes.iter().filter_map(|write| write.row.as_ref()).map(Row::size).sum();
        if keys.len() < writes.len() || writes.len() > MOST_TOGETHER || bytes > 4 * 1024 * 1024 {
            return Err(refused("ValidationException").into());
        }
        if writes.iter().filter_map(|write| write.row.as_ref()).any(|row| row.size() > names::MAX_ROW) {
            return Err(refused("ValidationException").into());
        }
        self.largest = self.largest.max(writes.len());
        if !writes.iter().all(|write| self.holds(&write.key, &write.condition)) {
            return Err(WriteError::Condition);
        }
        for Write { row, key, .. } in writes {
            match row {
                Some(row) => {
                    assert_eq!(row.key(), key);
                    self.rows.insert(key, row);
                }
                None => {
                    self.rows.remove(&key);
                }
            }
        }
        Ok(())
    }

    fn partition(&mut self, partition: &str, prefix: &str, after: Option<&Row>) -> RowPage {
        let most = if self.page == 0 { usize::MAX } else { self.page };
        let after = after.map(Row::key);
        let rows = self.rows.values().filter(|row| {
            row.text(names::ACTIE_ID) == Some(partition)
                && row.soort().starts_with(prefix)
                && after.as_ref().is_none_or(|after| row.key() > *after)
        });
        let rows: Vec<Row> = rows.take(most).cloned().collect();
        self.largest = self.largest.max(rows.len());
        let next = (rows.len() == most).then(|| rows.last().cloned()).flatten();
        RowPage { rows, next }
    }

    /// What the mapping template of a DELETE does: whether it was accepted.
    pub(crate) fn delete(&mut self, actie_id: &str, nu: &str) -> bool {
        let Some(row) = self.rows.get_mut(&Key::actueel(actie_id)) else { return false };
        if row.is(names::VERVALLEN) || row.text(names::TIJDSTIP_REGISTRATIE).is_none_or(|there| there >= nu) {
            return false;
        }
        let changed = [
            (names::VERVALLEN.to_owned(), Attribute::Bool),
            (names::TIJDSTIP_REGISTRATIE.to_owned(), Attribute::S(nu.to_owned())),
        ];
        let fields = row.fields().iter().map(|(name, value)| (name.to_string(), value.clone()));
        *row = Row::from_fields(fields.chain(changed));
        true
    }

    /// What `gen` does to withdraw a POST: whether it could.
    pub(crate) fn withdraw(&mut self, tombstone: Row) -> bool {
        let write = Write { key: tombstone.key(), row: Some(tombstone), condition: Condition::New };
        self.write(vec![write]).is_ok()
    }
}

impl Table for Memory {
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Row>, Failure>> + Send {
        let key = key.clone();
        self.call("GetItem", move |store| Ok(store.rows.get(&key).cloned()))
    }

    fn get_many(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Row>, Failure>> + Send {
        let keys = keys.to_vec();
        self.call("BatchGetItem", move |store| {
            assert!(keys.len() <= MOST_TOGETHER);
            store.largest = store.largest.max(keys.len());
            Ok(keys.iter().filter_map(|key| store.rows.get(key).cloned()).collect())
        })
    }

    fn partition(
        &self,
        actie_id: &str,
        prefix: &str,
        after: Option<&Row>,
    ) -> impl Future<Output = Result<RowPage, Failure>> + Send {
        let (partition, prefix, after) = (actie_id.to_owned(), prefix.to_owned(), after.cloned());
        self.call("Query", move |store| Ok(store.partition(&partition, &prefix, after.as_ref())))
    }

    async fn members(&self, verwerking_id: &str, after: Option<&Row>) -> Result<RowPage, Failure> {
        self.partition(&verwerking(verwerking_id), names::SOORT_LID, after).await
    }

    /// The index lags for ever: who trusts it finds nothing.
    fn of_verwerking(&self, _: &str, _: Option<&Row>) -> impl Future<Output = Result<RowPage, Failure>> + Send {
        self.call("Query index", |_| Ok(RowPage::default()))
    }

    fn write(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), WriteError>> + Send {
        let name = match writes.as_slice() {
            [Write { row: Some(_), .. }] => "PutItem",
            [Write { row: None, .. }] => "DeleteItem",
            _ => "TransactWriteItems",
        };
        self.call(name, move |store| store.write(writes))
    }
}

impl Queue for Memory {
    fn send(&self, content: &str, trace: Option<&str>) -> impl Future<Output = Result<(), Failure>> + Send {
        let message = (content.to_owned(), trace.map(str::to_owned));
        self.call("SendMessage", move |store| {
            store.sent.push(message);
            Ok(())
        })
    }
}

impl Backup for Memory {
    fn put(&self, key: &str, content: String) -> impl Future<Output = Result<(), Failure>> + Send {
        let key = key.to_owned();
        self.call("PutObject", move |store| {
            store.objects.insert(key, content);
            Ok(())
        })
    }

    fn put_new(&self, key: &str, content: String) -> impl Future<Output = Result<Put, Failure>> + Send {
        let key = key.to_owned();
        self.call("PutObject", move |store| {
            if store.objects.contains_key(&key) {
                return Ok(Put::Exists);
            }
            store.objects.insert(key, content);
            Ok(Put::Written)
        })
    }

    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, Failure>> + Send {
        let key = key.to_owned();
        self.call("GetObject", move |store| Ok(store.objects.get(&key).cloned()))
    }

    fn list(&self, prefix: &str, after: Option<&str>) -> impl Future<Output = Result<Page, Failure>> + Send {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.call("ListObjectsV2", move |store| {
            let keys = store.objects.keys().filter(|key| key.starts_with(&prefix) && Some(*key) > after.as_ref());
            Ok(Page { keys: keys.take(1000).cloned().collect(), more: false })
        })
    }
}
