//! R34, where two calls of `proc` are about the same actie: one of them stands still after any number of its calls of
//! AWS, while the other does all that it has to. What stood still then goes on, or has broken off, and what it had sent
//! arrives late.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use crate::history::{Dice, History, cases, compare, histories, paused, try_delete, try_withdraw};
use crate::memory::{Memory, Verdict};
use crate::support::{batch, batch_of, call};
use aws_lambda_events::sqs::SqsBatchResponse;
use domain::bericht::Bericht;
use handlers::proc::{Limits, Proc};
use proptest::prelude::*;

/// What becomes of the call that stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It goes on.
    GoesOn,
    /// It has broken off.
    Stops,
    /// It has broken off, and the calls that it had sent take effect after those of the other.
    Arrives,
}

fn proc(memory: &Memory) -> Proc<Memory, Memory, Memory> {
    let limits = Limits { concurrency: 2, page: 1, reserve: Duration::from_secs(1) };
    Proc::new(memory.clone(), memory.clone(), memory.clone(), limits)
}

/// Applies a change, and what it leaves to messages of its own.
async fn apply(memory: &Memory, bericht: &Bericht) {
    let response = proc(memory).handle(batch_of([bericht]), &call(Duration::from_secs(30))).await;
    assert!(response.batch_item_failures.is_empty(), "nothing goes wrong here");
    apply_sent(memory).await;
}

async fn apply_sent(memory: &Memory) {
    loop {
        let sent: Vec<_> = memory.store().sent.drain(..).collect();
        if sent.is_empty() {
            return;
        }
        let messages = sent.iter().map(|(body, _)| ("sent", body.as_str()));
        proc(memory).handle(batch(messages), &call(Duration::from_secs(30))).await;
    }
}

/// Lets a call of `proc` run until it waits for AWS; its answer, if it came to an end.
async fn until_it_waits(
    handling: &mut Pin<Box<impl Future<Output = SqsBatchResponse>>>,
    memory: &Memory,
) -> Option<SqsBatchResponse> {
    std::future::poll_fn(|context| match handling.as_mut().poll(context) {
        Poll::Ready(response) => Poll::Ready(Some(response)),
        Poll::Pending if memory.waiting() > 0 => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Goes through a history in a random order of arrival, the last two messages at once, of which one stands still after so
/// many calls. Whether it came to stand still at all, before it was done.
async fn check(history: &History, seed: u64, after: usize, then: Then) -> Result<bool, TestCaseError> {
    let (memory, mut dice) = (Memory::default(), Dice(seed));
    memory.store().page = 2;
    let (mut berichten, mut deletes) = (history.berichten.clone(), history.deletes.clone());
    let (mut deleted, mut withdrawn) = (Vec::new(), false);
    let mut last = Vec::new();
    let meanwhile = deletes.pop();
    while !berichten.is_empty() || !deletes.is_empty() {
        let n = dice.below(berichten.len() + deletes.len());
        match berichten.len() {
            len if n >= len => deleted.extend(try_delete(&memory, deletes.swap_remove(n - len))),
            1 | 2 => last.push(berichten.swap_remove(n)),
            _ => apply(&memory, &berichten.swap_remove(n)).await,
        }
    }
    let other = last.pop();
    let Some(first) = last.pop().or_else(|| other.clone()) else { return Ok(false) };

    memory.schedule(true);
    let event = batch_of([&first]);
    let (held, long) = (proc(&memory.by(1)), call(Duration::from_secs(30)));
    let mut handling = Box::pin(held.handle(event, &long));
    let mut done = until_it_waits(&mut handling, &memory).await;
    for _ in 0..after {
        if done.is_none() {
            memory.release(0, Verdict::Done);
            done = until_it_waits(&mut handling, &memory).await;
        }
    }
    memory.schedule(false);
    if history.withdraw && dice.below(2) == 0 {
        withdrawn = try_withdraw(&memory);
    }
    deleted.extend(meanwhile.and_then(|delete| try_delete(&memory, delete)));
    if let Some(other) = &other {
        apply(&memory, other).await;
    }
    let stood_still = done.is_none();
    if stood_still {
        if then == Then::GoesOn {
            while done.is_none() {
                while memory.waiting() > 0 {
                    memory.release(0, Verdict::Done);
                }
                done = until_it_waits(&mut handling, &memory).await;
            }
            let again = done.is_some_and(|response| !response.batch_item_failures.is_empty());
            prop_assert!(!again, "nothing went wrong");
        } else {
            drop(handling);
            if then == Then::Stops {
                memory.forget(1, || false);
            }
            while memory.waiting() > 0 {
                memory.release(0, Verdict::Done);
            }
            // The queue gives it again.
            apply(&memory, &first).await;
        }
    }
    apply_sent(&memory).await;
    compare(&memory, &history.accepted(deleted, withdrawn)).await?;
    Ok(stood_still)
}

proptest! {
    // Each of them is one for every place to stand still.
    #![proptest_config(ProptestConfig { cases: cases() / 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r34_a_call_may_stand_still_anywhere(history in histories(), seed: u64, then in 0_usize..3) {
        let then = [Then::GoesOn, Then::Stops, Then::Arrives][then];
        for after in 0.. {
            if !paused().block_on(check(&history, seed, after, then))? {
                break;
            }
        }
    }
}
