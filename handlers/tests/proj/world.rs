//! The log in memory: `proc` on a queue, `proj` on the stream of the table, DELETEs by the API, and rows that end. Chance
//! decides which call takes effect when, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{Key, Row};
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, Stream};
use handlers::proc::{Limits, Proc};
use handlers::proj::Proj;
use jiff::Timestamp;
use serde_json::Value;

use crate::memory::{Memory, Verdict};
use crate::records::{event, record};
use crate::support::{actie_id, at, batch, call};

/// Chooses.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let n = u64::try_from(n.max(1)).expect("a usize has at most 64 bits");
        usize::try_from((z ^ (z >> 31)) % n).expect("it is below a usize")
    }

    fn in_a_hundred(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

/// A message in the queue: its id, its body.
type Message = (String, String);

/// What a call came to; no result where it broke off.
enum Ended {
    Proc(usize, Vec<Message>, Option<BTreeSet<String>>),
    /// The shard and where the batch began, if it was the shard's turn; the sequence numbers; the first that failed.
    Proj(usize, Option<(usize, usize)>, Vec<String>, Option<Option<String>>),
}

/// Part of the stream, with all records of an actie in their order.
#[derive(Default)]
struct Shard {
    records: Vec<Value>,
    next: usize,
    busy: bool,
}

/// What is under way, and what there is to do.
pub(crate) struct World {
    pub(crate) memory: Memory,
    dice: Dice,
    queue: Vec<Message>,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Ended>>>>,
    aborts: BTreeMap<usize, AbortHandle>,
    calls: usize,
    /// What may still go wrong.
    mishaps: usize,
    /// DELETEs that are tried at some time: the actie, and the moment by the API's clock.
    deletes: Vec<(u64, u64)>,
    withdraw: Option<u64>,
    /// What was accepted beside the messages.
    pub(crate) deleted: Vec<Bericht>,
    pub(crate) withdrawn: bool,
    /// The rows that the stream has told of.
    seen: BTreeMap<Key, Row>,
    records: usize,
    shards: [Shard; 2],
    now: fn() -> Timestamp,
}

/// Before any actie of the tests ends.
fn early() -> Timestamp {
    Timestamp::from_second(1_768_500_000).expect("this is a moment")
}

/// After all of them.
fn late() -> Timestamp {
    Timestamp::from_second(5_000_000_000).expect("this is a moment")
}

impl World {
    /// With these messages in the queue, DELETEs, and maybe an actie whose POST is withdrawn.
    pub(crate) fn new(
        seed: u64,
        mishaps: usize,
        berichten: &[Bericht],
        deletes: Vec<(u64, u64)>,
        withdraw: Option<u64>,
    ) -> Self {
        let memory = Memory::default();
        memory.store().page = 2;
        memory.schedule(true);
        let message = |bericht: &Bericht| (bericht.id().to_owned(), bericht.json().expect("it can be written"));
        Self {
            memory,
            dice: Dice(seed),
            queue: berichten.iter().map(message).collect(),
            running: FuturesUnordered::new(),
            aborts: BTreeMap::new(),
            calls: 0,
            mishaps,
            deletes,
            withdraw,
            deleted: Vec::new(),
            withdrawn: false,
            seen: BTreeMap::new(),
            records: 0,
            shards: [Shard::default(), Shard::default()],
            now: early,
        }
    }

    /// From now on every actie with a bewaartermijn has ended, and somebody removes the current rows of the others.
    pub(crate) fn end(&mut self, mishaps: usize) {
        self.now = late;
        self.mishaps = mishaps;
        let stays = |row: &Row| row.soort() != names::SOORT_ACTUEEL || row.number(names::BEWAARD_TOT).is_some();
        self.memory.store().rows.retain(|_, row| stays(row));
        self.observe(false);
    }

    /// Goes on until there is nothing left to do.
    pub(crate) async fn run(&mut self) {
        self.memory.schedule(true);
        for step in 0.. {
            assert!(step < 100_000, "it does not come to an end");
            if let Some(ended) = self.turn().await {
                self.ended(ended);
            }
            let sent: Vec<_> = self.memory.store().sent.drain(..).collect();
            let sent = sent.into_iter().enumerate().map(|(n, (body, _))| (format!("{step}-{n}"), body));
            self.queue.extend(sent);
            if self.is_done() {
                break;
            }
            match self.dice.below(24) {
                0..=2 if self.running.len() < 4 && !self.queue.is_empty() => self.start_proc(),
                3..=5 => self.start_proj(),
                6 if !self.deletes.is_empty() => self.try_delete(),
                7 => self.try_withdraw(),
                8 => tokio::time::advance(Duration::from_millis(200)).await,
                9 if self.mishap(20) => tokio::time::advance(Duration::from_secs(15)).await,
                10 if self.mishap(30) => self.replay(),
                11 => self.expire(),
                _ if self.memory.waiting() > 0 => self.release(),
                _ => {}
            }
        }
        self.memory.schedule(false);
    }

    fn is_done(&self) -> bool {
        let idle = self.running.is_empty() && self.memory.waiting() == 0 && self.queue.is_empty();
        let told = self.shards.iter().all(|shard| shard.next == shard.records.len());
        idle && told && self.deletes.is_empty() && self.withdraw.is_none() && self.expired().is_empty()
    }

    /// Lets everything run that can: until a call ended, some call of AWS waits, or nothing runs.
    async fn turn(&mut self) -> Option<Ended> {
        let (running, memory) = (&mut self.running, &self.memory);
        std::future::poll_fn(|context| match Pin::new(&mut *running).poll_next(context) {
            Poll::Ready(ended) => Poll::Ready(ended),
            Poll::Pending if memory.waiting() > 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Whether something goes wrong, or comes twice; not for ever.
    fn mishap(&mut self, chance: usize) -> bool {
        let happens = self.mishaps > 0 && self.dice.in_a_hundred(chance);
        self.mishaps -= usize::from(happens);
        happens
    }

    fn start(&mut self, begin: impl FnOnce(usize, Memory) -> Pin<Box<dyn Future<Output = Ended>>>) {
        self.calls += 1;
        self.running.push(begin(self.calls, self.memory.by(self.calls)));
    }

    fn abortable(&mut self) -> futures_util::future::AbortRegistration {
        let (abort, registration) = AbortHandle::new_pair();
        self.aborts.insert(self.calls + 1, abort);
        registration
    }

    fn start_proc(&mut self) {
        let size = 1 + self.dice.below(4);
        let mut messages = Vec::new();
        while messages.len() < size && !self.queue.is_empty() {
            messages.push(self.queue.swap_remove(self.dice.below(self.queue.len())));
        }
        let limits = Limits { concurrency: 2, page: 1 + self.dice.below(2), reserve: Duration::from_secs(10) };
        let registration = self.abortable();
        self.start(|number, memory| {
            let proc = Proc::new(memory.clone(), memory.clone(), memory, limits);
            Box::pin(async move {
                let event = batch(messages.iter().map(|(id, body)| (id.as_str(), body.as_str())));
                let call = call(Duration::from_secs(30));
                let handled = Abortable::new(proc.handle(event, &call), registration).await;
                let failed = handled.map(|response| {
                    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
                });
                Ended::Proc(number, messages, failed.ok())
            })
        });
    }

    /// The next batch of a shard that is not being worked on.
    fn start_proj(&mut self) {
        let shard = self.dice.below(self.shards.len());
        let size = 1 + self.dice.below(5);
        let Shard { records, next, busy } = &mut self.shards[shard];
        if *busy || *next == records.len() {
            return;
        }
        *busy = true;
        let (from, until) = (*next, records.len().min(*next + size));
        let records = records[from..until].to_vec();
        self.project(Some((shard, from)), records);
    }

    /// Records of any time, in any order.
    fn replay(&mut self) {
        let mut records = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let shard = self.dice.below(self.shards.len());
            let n = self.dice.below(self.shards[shard].records.len());
            records.extend(self.shards[shard].records.get(n).cloned());
        }
        self.project(None, records);
    }

    fn project(&mut self, shard: Option<(usize, usize)>, records: Vec<Value>) {
        let (registration, now) = (self.abortable(), self.now);
        let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
        let numbers = records.iter().map(number).collect();
        self.start(|number, memory| {
            let proj = Proj::new(memory).with_concurrency(2).with_clock(now);
            Box::pin(async move {
                let call = call(Duration::from_secs(30));
                let handled = Abortable::new(proj.handle(event(records), &call), registration).await;
                let failed = handled.map(|response| {
                    response.batch_item_failures.into_iter().next().and_then(|failure| failure.item_identifier)
                });
                Ended::Proj(number, shard, numbers, failed.ok())
            })
        });
    }

    fn ended(&mut self, ended: Ended) {
        match ended {
            Ended::Proc(number, messages, failed) => {
                self.aborts.remove(&number);
                for message in messages {
                    let again = failed.as_ref().is_none_or(|failed| failed.contains(&message.0));
                    if again || self.mishap(10) {
                        self.queue.push(message);
                    }
                }
            }
            Ended::Proj(number, shard, numbers, failed) => {
                self.aborts.remove(&number);
                let Some((shard, from)) = shard else { return };
                let again = self.mishap(10);
                let shard = &mut self.shards[shard];
                shard.busy = false;
                shard.next = match failed {
                    Some(None) if !again => from + numbers.len(),
                    Some(Some(failed)) => {
                        from + numbers.iter().position(|number| *number == failed).expect("it is one of the batch")
                    }
                    _ => from,
                };
            }
        }
    }

    /// One call of AWS gets its verdict.
    fn release(&mut self) {
        let n = self.dice.below(self.memory.waiting());
        let caller = self.memory.caller(n);
        let verdict = match () {
            () if self.mishap(8) => Verdict::Throttled,
            () if self.mishap(8) => Verdict::Lost,
            () => Verdict::Done,
        };
        let crash = self.mishap(8);
        if crash && let Some(abort) = self.aborts.remove(&caller) {
            abort.abort();
            // What it had sent may still arrive, at any time.
            let dice = &mut self.dice;
            self.memory.forget(caller, || dice.in_a_hundred(50));
        } else {
            self.memory.release(n, verdict);
            self.observe(false);
        }
    }

    /// What changed in the table since the last time goes into the stream, as far as the stack's filter lets it through.
    fn observe(&mut self, by_ttl: bool) {
        let rows = self.memory.store().rows.clone();
        let keys: BTreeSet<&Key> = rows.keys().chain(self.seen.keys()).collect();
        for key in keys {
            let (old, new) = (self.seen.get(key), rows.get(key));
            let told = key.soort == names::SOORT_ACTUEEL || key.soort.starts_with(names::SOORT_VERSIE);
            if old != new && told {
                self.records += 1;
                let shard = usize::from(key.actie_id.as_bytes().last().is_some_and(|c| c % 2 == 1));
                self.shards[shard].records.push(record(self.records, old, new, by_ttl));
            }
        }
        self.seen = rows;
    }

    fn expired(&self) -> Vec<Key> {
        let now = (self.now)().as_second();
        let store = self.memory.store();
        let ended = |row: &Row| row.number(names::BEWAARD_TOT).is_some_and(|end| end <= now);
        store.rows.iter().filter(|(_, row)| ended(row)).map(|(key, _)| key.clone()).collect()
    }

    /// DynamoDB removes one of the rows whose time is over.
    fn expire(&mut self) {
        let expired = self.expired();
        let n = self.dice.below(expired.len());
        if let Some(key) = expired.get(n) {
            self.memory.store().rows.remove(key);
            self.observe(true);
        }
    }

    fn try_delete(&mut self) {
        let (actie, moment) = self.deletes.swap_remove(self.dice.below(self.deletes.len()));
        let nu = at(moment);
        if self.memory.store().delete(&actie_id(actie), nu.text()) {
            let change = Change::Delete { actie_id: actie_id(actie) };
            self.deleted.push(Bericht::new(names::GEEN_BERICHT.to_owned(), String::new(), nu, change));
        }
        self.observe(false);
    }

    fn try_withdraw(&mut self) {
        if let Some(actie) = self.withdraw.take() {
            let tombstone = Row::ingetrokken(&actie_id(actie), &at(3), 4_000_000_000);
            self.withdrawn = self.memory.store().withdraw(tombstone);
            self.observe(false);
        }
    }
}
