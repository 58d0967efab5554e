//! R34: whatever happens on the way, the end state is that of applying all accepted changes one by one in the order of
//! their registration.
//!
//! Random histories go through random schedules: messages come in any order, twice, in batches of any size, to several
//! calls of `proc` at once; calls of AWS are throttled, lose their answer, take effect after their caller is gone; a
//! call of `proc` ends between any two of them, or runs out of time. What is left in the table is compared with
//! [`domain::versies::states`].

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::history::{Dice, History, cases, compare, histories, paused, try_delete, try_withdraw};
use crate::memory::{Memory, Verdict};
use crate::support::{Inhoud, batch, call, patch, post};
use domain::bericht::Bericht;
use futures_util::future::{AbortHandle, Abortable, Aborted};
use futures_util::stream::{FuturesUnordered, Stream};
use handlers::proc::{Limits, Proc};
use proptest::prelude::*;

/// A message in the queue: its id, its body.
type Message = (String, String);

/// What a call of `proc` came to: which it was, what it was given, and which of that failed; none where it broke off.
type Ended = (usize, Vec<Message>, Option<BTreeSet<String>>);

type Running = FuturesUnordered<Pin<Box<dyn Future<Output = Ended>>>>;

/// What the schedule has to go through.
struct World {
    memory: Memory,
    dice: Dice,
    queue: Vec<Message>,
    running: Running,
    aborts: BTreeMap<usize, AbortHandle>,
    calls: usize,
    /// What may still go wrong.
    mishaps: usize,
    /// What was accepted beside the messages.
    deleted: Vec<Bericht>,
    withdrawn: bool,
}

/// What there is to react to.
enum Turn {
    Ended(Ended),
    /// Some call of AWS waits, or nothing runs.
    Open,
}

impl World {
    fn start(&mut self) {
        let size = 1 + self.dice.below(4);
        let mut messages = Vec::new();
        while messages.len() < size && !self.queue.is_empty() {
            messages.push(self.queue.swap_remove(self.dice.below(self.queue.len())));
        }
        self.calls += 1;
        let number = self.calls;
        let memory = self.memory.by(number);
        let limits = Limits { concurrency: 2, page: 1 + self.dice.below(2), reserve: Duration::from_secs(10) };
        let proc = Proc::new(memory.clone(), memory.clone(), memory, limits);
        let (abort, registration) = AbortHandle::new_pair();
        self.aborts.insert(number, abort);
        self.running.push(Box::pin(async move {
            let event = batch(messages.iter().map(|(id, body)| (id.as_str(), body.as_str())));
            let call = call(Duration::from_secs(30));
            let handled = Abortable::new(proc.handle(event, &call), registration).await;
            let failed = handled.map(|response| {
                response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
            });
            (number, messages, failed.map_err(|Aborted| ()).ok())
        }));
    }

    /// Lets everything run that can.
    async fn turn(&mut self) -> Turn {
        let (running, memory) = (&mut self.running, &self.memory);
        std::future::poll_fn(|context| match Pin::new(&mut *running).poll_next(context) {
            Poll::Ready(Some(ended)) => Poll::Ready(Turn::Ended(ended)),
            Poll::Ready(None) => Poll::Ready(Turn::Open),
            Poll::Pending if memory.waiting() > 0 => Poll::Ready(Turn::Open),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn ended(&mut self, (number, messages, failed): Ended) {
        self.aborts.remove(&number);
        for message in messages {
            let again = failed.as_ref().is_none_or(|failed| failed.contains(&message.0));
            if again || self.mishap(10) {
                self.queue.push(message);
            }
        }
    }

    /// Whether something goes wrong, or comes twice; not for ever.
    fn mishap(&mut self, chance: usize) -> bool {
        let happens = self.mishaps > 0 && self.dice.in_a_hundred(chance);
        self.mishaps -= usize::from(happens);
        happens
    }

    /// One call of AWS gets its verdict.
    fn release(&mut self) {
        let n = self.dice.below(self.memory.waiting());
        let caller = self.memory.caller(n);
        let verdict = if self.mishap(8) {
            Verdict::Throttled
        } else if self.mishap(8) {
            Verdict::Lost
        } else {
            Verdict::Done
        };
        let crash = self.mishap(8);
        if crash && let Some(abort) = self.aborts.remove(&caller) {
            abort.abort();
            // What it had sent may still arrive, at any time.
            let dice = &mut self.dice;
            self.memory.forget(caller, || dice.in_a_hundred(50));
        } else {
            self.memory.release(n, verdict);
        }
    }
}

/// Goes through a history; what was accepted of it.
async fn run(history: &History, seed: u64, mishaps: usize) -> (Memory, Vec<Bericht>) {
    let memory = Memory::default();
    memory.store().page = 2;
    memory.schedule(true);
    let queue = history.berichten.iter().map(|bericht| (bericht.id().to_owned(), bericht.json().unwrap())).collect();
    let mut world = World {
        memory: memory.clone(),
        dice: Dice(seed),
        queue,
        running: FuturesUnordered::new(),
        aborts: BTreeMap::new(),
        calls: 0,
        mishaps,
        deleted: Vec::new(),
        withdrawn: false,
    };
    let mut deletes = history.deletes.clone();
    let mut withdraw = history.withdraw;
    for step in 0.. {
        assert!(step < 50_000, "it does not come to an end");
        match world.turn().await {
            Turn::Ended(ended) => world.ended(ended),
            Turn::Open => {}
        }
        let sent: Vec<_> = world.memory.store().sent.drain(..).collect();
        for (n, (body, _)) in sent.into_iter().enumerate() {
            world.queue.push((format!("{step}-{n}"), body));
        }
        let idle = world.running.is_empty() && world.memory.waiting() == 0;
        if idle && world.queue.is_empty() && deletes.is_empty() && !withdraw {
            break;
        }
        match world.dice.below(20) {
            0..=2 if world.running.len() < 3 && !world.queue.is_empty() => world.start(),
            3 if !deletes.is_empty() => {
                let delete = deletes.swap_remove(world.dice.below(deletes.len()));
                world.deleted.extend(try_delete(&world.memory, delete));
            }
            4 if withdraw => {
                withdraw = false;
                world.withdrawn = try_withdraw(&world.memory);
            }
            5 => tokio::time::advance(Duration::from_millis(200)).await,
            6 | 7 if world.mishap(50) => tokio::time::advance(Duration::from_secs(16)).await,
            _ if world.memory.waiting() > 0 => world.release(),
            _ => {}
        }
    }
    memory.schedule(false);
    (memory, history.accepted(world.deleted, world.withdrawn))
}

async fn check(history: &History, seed: u64, mishaps: usize) -> Result<(), TestCaseError> {
    let (memory, accepted) = run(history, seed, mishaps).await;
    compare(&memory, &accepted).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r34_the_end_state_is_that_of_the_model(history in histories(), seed: u64) {
        paused().block_on(check(&history, seed, 12))?;
    }

    #[test]
    fn r34_also_where_nothing_goes_wrong(history in histories(), seed: u64) {
        paused().block_on(check(&history, seed, 0))?;
    }
}

#[test]
fn the_schedule_is_one_in_which_things_go_wrong() {
    let inhoud = Inhoud::new(1, 1).in_verwerking(1);
    let berichten = vec![post(1, &inhoud), patch(2, 2, 1, Some("P1Y"), None)];
    let history = History { berichten, deletes: vec![], withdraw: false };
    let calls = |seed, mishaps| {
        let (memory, _) = paused().block_on(run(&history, seed, mishaps));
        let store = memory.store();
        store.calls.len()
    };
    let longest = (0..50).map(|seed| calls(seed, 12)).max();
    let usual = (0..50).map(|seed| calls(seed, 0)).max();
    assert!(longest > usual, "{longest:?} {usual:?}");
}
