//! What holds whatever is done to a queue, in whatever order: against a model that is far simpler than the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Sqs;
use crate::clock::ManualClock;
use crate::database::Place;

/// The most often that a message is received before it goes to the dead-letter queue.
const MAX_RECEIVES: u32 = 3;

#[derive(Debug, Clone)]
enum Step {
    /// To a group (of a FIFO queue), with a delay (in a standard queue).
    Send { group: u8, delay: i64 },
    /// At most so many, for so many seconds.
    Receive { most: usize, timeout: i64 },
    /// By one of the handles that were given so far.
    Delete(prop::sample::Index),
    /// Likewise, for so many seconds.
    Hide(prop::sample::Index, i64),
    /// Seconds.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_u8, prop_oneof![Just(0), 0..5_i64]).prop_map(|(group, delay)| Step::Send { group, delay }),
        4 => (1..=10_usize, 0..6_i64).prop_map(|(most, timeout)| Step::Receive { most, timeout }),
        2 => any::<prop::sample::Index>().prop_map(Step::Delete),
        1 => (any::<prop::sample::Index>(), 0..6_i64).prop_map(|(which, timeout)| Step::Hide(which, timeout)),
        2 => (0..6_u64).prop_map(Step::Wait),
    ]
}

/// What the model knows of a message that was not deleted.
#[derive(Debug, Clone)]
struct Known {
    group: u8,
    /// In seconds, as the clock of the test.
    visible: i64,
    receives: u32,
    /// The last handle.
    handle: Option<String>,
    failed: bool,
}

struct Bench {
    sqs: Sqs,
    clock: Arc<ManualClock>,
    runtime: tokio::runtime::Runtime,
    name: &'static str,
    now: i64,
    /// By number, in the order in which they were sent.
    known: BTreeMap<u64, Known>,
    sent: u64,
    handles: Vec<String>,
}

impl Bench {
    fn new(name: &'static str, failed: &str) -> Self {
        let clock = Arc::new(ManualClock::at(0));
        let sqs = Sqs::open(&Place::Memory, clock.clone(), "http://x", "eu-west-1").expect("SQLite opens memory");
        let mut properties = if name.ends_with(".fifo") { json!({"FifoQueue": true}) } else { json!({}) };
        sqs.create_queue(failed, &properties).expect("the queue is made");
        properties["RedrivePolicy"] = json!({"deadLetterTargetArn": sqs.arn(failed), "maxReceiveCount": MAX_RECEIVES});
        sqs.create_queue(name, &properties).expect("the queue is made");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime of one thread");
        Self { sqs, clock, runtime, name, now: 0, known: BTreeMap::new(), sent: 0, handles: Vec::new() }
    }

    fn fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    fn call(&self, operation: &str, queue: &str, mut request: Value) -> Result<Value, String> {
        request["QueueUrl"] = self.sqs.url(queue).into();
        let done = self.runtime.block_on(self.sqs.perform(operation, request.to_string().as_bytes()));
        done.map_err(|refusal| refusal.code.to_owned())
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Send { group, delay } => self.send(*group, *delay),
            Step::Receive { most, timeout } => self.receive(*most, *timeout),
            Step::Delete(which) if !self.handles.is_empty() => {
                let handle = which.get(&self.handles).clone();
                self.delete(&handle);
            }
            Step::Hide(which, timeout) if !self.handles.is_empty() => {
                let handle = which.get(&self.handles).clone();
                self.hide(&handle, *timeout);
            }
            Step::Delete(_) | Step::Hide(..) => {}
            Step::Wait(seconds) => {
                self.clock.advance(Duration::from_secs(*seconds));
                self.now += i64::try_from(*seconds).expect("few seconds");
            }
        }
    }

    fn send(&mut self, group: u8, delay: i64) {
        let (number, body) = (self.sent, self.sent.to_string());
        let mut request = json!({"MessageBody": body});
        let mut visible = self.now;
        if self.fifo() {
            request["MessageGroupId"] = group.to_string().into();
            request["MessageDeduplicationId"] = body.into();
        } else {
            request["DelaySeconds"] = delay.into();
            visible += delay;
        }
        self.call("SendMessage", self.name, request).expect("it is sent");
        self.known.insert(number, Known { group, visible, receives: 0, handle: None, failed: false });
        self.sent += 1;
    }

    /// Whether a message can be received now, and stays in this queue if it is.
    fn receivable(&self, number: u64) -> bool {
        let it = &self.known[&number];
        let blocked = self.fifo()
            && self.known.values().any(|other| !other.failed && other.group == it.group && other.visible > self.now);
        !it.failed && it.visible <= self.now && !blocked
    }

    fn receive(&mut self, most: usize, timeout: i64) {
        let request = json!({"MaxNumberOfMessages": most, "VisibilityTimeout": timeout, "WaitTimeSeconds": 0});
        let answer = self.call("ReceiveMessage", self.name, request).expect("there is an answer");
        let none = Vec::new();
        let messages = answer["Messages"].as_array().unwrap_or(&none);

        let able: Vec<u64> = self.known.keys().copied().filter(|number| self.receivable(*number)).collect();
        let good = able.iter().filter(|number| self.known[number].receives < MAX_RECEIVES).count();
        assert!(messages.len() <= most.min(good), "no more than asked for, and than there are");
        assert_eq!(messages.is_empty(), good == 0, "something, where there is something");

        let mut groups: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
        for message in messages {
            let number: u64 =
                message["Body"].as_str().and_then(|body| body.parse().ok()).expect("a body that was sent");
            assert!(able.contains(&number), "{number} cannot be received now");
            let known = self.known.get_mut(&number).expect("it was not deleted");
            assert!(known.receives < MAX_RECEIVES, "{number} was received too often");
            known.receives += 1;
            known.visible = self.now + timeout;
            let handle = message["ReceiptHandle"].as_str().expect("a handle").to_owned();
            self.handles.push(handle.clone());
            known.handle = Some(handle);
            groups.entry(known.group).or_default().push(number);
        }
        // Whoever could be received and was received too often may have gone to the dead-letter queue, now or later.
        let failed = self.failed_numbers();
        for number in &failed {
            let known = self.known.get_mut(number).expect("what failed was not deleted");
            assert_eq!(known.receives, MAX_RECEIVES, "{number} failed too early");
            known.failed = true;
        }
        if self.fifo() {
            for (group, received) in groups {
                // Those that were received are the first of the group that are still here, in their order.
                let first = self.known.iter().filter(|(_, known)| known.group == group && !known.failed);
                let first: Vec<u64> = first.map(|(number, _)| *number).take(received.len()).collect();
                assert_eq!(received, first, "the order of group {group}");
            }
        }
    }

    /// What is in the dead-letter queue, looked at without being received by anybody.
    fn failed_numbers(&self) -> Vec<u64> {
        let connection = self.sqs.database.lock();
        let mut bodies = connection
            .prepare("SELECT body FROM messages JOIN queues ON queues.id = queue WHERE name LIKE 'failed%'")
            .expect("the tables are there");
        let bodies = bodies.query_map([], |row| row.get::<_, String>(0)).expect("it can be read");
        bodies.map(|body| body.expect("a text").parse().expect("a number")).collect()
    }

    fn delete(&mut self, handle: &str) {
        let last = self.holder(handle);
        let done = self.call("DeleteMessage", self.name, json!({"ReceiptHandle": handle}));
        match last {
            // In a FIFO queue, a handle is good for as long as its visibility timeout.
            Some(number) if self.fifo() && self.known[&number].visible <= self.now => {
                assert_eq!(done, Err("InvalidParameterValue".to_owned()));
            }
            Some(number) => {
                assert_eq!(done, Ok(Value::Null));
                self.known.remove(&number);
            }
            None => assert!(self.fifo() || done == Ok(Value::Null), "an old handle is no error: {done:?}"),
        }
    }

    fn hide(&mut self, handle: &str, timeout: i64) {
        let last = self.holder(handle);
        let request = json!({"ReceiptHandle": handle, "VisibilityTimeout": timeout});
        let done = self.call("ChangeMessageVisibility", self.name, request);
        match last {
            Some(number) if self.known[&number].visible <= self.now => {
                assert_eq!(done, Err("AWS.SimpleQueueService.MessageNotInflight".to_owned()));
            }
            Some(number) => {
                assert_eq!(done, Ok(Value::Null));
                self.known.get_mut(&number).expect("it was found").visible = self.now + timeout;
            }
            None => assert_eq!(done, Err("InvalidParameterValue".to_owned())),
        }
    }

    /// The message whose last handle this is, while it is in the queue.
    fn holder(&self, handle: &str) -> Option<u64> {
        let holds = |known: &Known| !known.failed && known.handle.as_deref() == Some(handle);
        self.known.iter().find(|(_, known)| holds(known)).map(|(number, _)| *number)
    }

    /// Nothing was lost and nothing is there twice: what was not deleted is in one of the two queues.
    fn check_all(&self) {
        let connection = self.sqs.database.lock();
        let mut bodies = connection.prepare("SELECT CAST(body AS INTEGER) FROM messages").expect("the table is there");
        let bodies = bodies.query_map([], |row| row.get::<_, i64>(0)).expect("it can be read");
        let mut there: Vec<u64> = bodies.map(|body| body.expect("a number").unsigned_abs()).collect();
        there.sort_unstable();
        assert_eq!(there, self.known.keys().copied().collect::<Vec<_>>());
    }
}

fn hold(name: &'static str, failed: &str, steps: &[Step]) {
    let mut bench = Bench::new(name, failed);
    for step in steps {
        bench.run(step);
        bench.check_all();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_standard_queue_loses_nothing_and_gives_nothing_twice(steps in prop::collection::vec(step(), 1..60)) {
        hold("queue", "failed", &steps);
    }

    #[test]
    fn a_fifo_queue_keeps_the_order_of_each_group(steps in prop::collection::vec(step(), 1..60)) {
        hold("queue.fifo", "failed.fifo", &steps);
    }
}
