//! From a table's stream to a function. <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::join_all;
use gateway::InvokeError;
use serde_json::{Value, json};

use super::batch::{Batch, response};
use super::{BREATH, Mapping, Surroundings, payload};
use crate::state;

/// How often a stream is looked at although nobody is known to have written: as often as Lambda does.
const INTERVAL: Duration = Duration::from_secs(1);
/// Of how many records at most a call of DynamoDB Streams gives.
const MOST_AT_ONCE: usize = 1000;
/// Before the second try of a batch; twice as long before each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A mapping of a stream.
#[derive(Debug)]
pub(crate) struct StreamSource {
    /// The mapping's logical id.
    pub(crate) id: String,
    pub(crate) mapping: Mapping,
    pub(crate) table: String,
    pub(crate) arn: String,
    pub(crate) region: String,
    /// Attributes of the table's key.
    pub(crate) partition_key: String,
    /// Into how many lanes a shard's records are divided, by partition key.
    pub(crate) lanes: usize,
    pub(crate) retries: Option<u64>,
    /// How old a record may become.
    pub(crate) oldest: Option<Duration>,
    pub(crate) bisect: bool,
    /// URL of the queue that hears of a batch that is given up.
    pub(crate) on_failure: Option<String>,
    /// Where reading began the first time: `TRIM_HORIZON` or `LATEST`.
    pub(crate) start: String,
    /// File that says how far the stream was followed.
    pub(crate) checkpoint: Option<PathBuf>,
}

/// How far each shard was followed: an iterator of DynamoDB Streams.
pub(crate) type Places = BTreeMap<String, String>;

impl StreamSource {
    /// Where to go on, or to begin. `LATEST` is what is the latest now: who has waited for this misses nothing of what is
    /// written after it.
    pub(crate) async fn places(&self, surroundings: &Surroundings) -> Places {
        let mut places = self.checkpoint.as_deref().map(read_checkpoint).unwrap_or_default();
        if self.start == "LATEST" && places.is_empty() {
            for shard in self.shards(surroundings).await {
                if let Some(place) = self.first_place(&shard, surroundings).await {
                    places.insert(shard.1, place);
                }
            }
            self.write_checkpoint(&places);
        }
        places
    }

    /// Hands records to the function from these places on, until this is dropped. What it had not finished by then, it gets
    /// again.
    pub(crate) async fn run(self, mut places: Places, surroundings: Surroundings) {
        let mut written = surroundings.services.written();
        let mut shards = Vec::new();
        let mut listed = Instant::now();
        loop {
            let writes = *written.borrow_and_update();
            if shards.is_empty() || listed.elapsed() >= INTERVAL {
                shards = self.shards(&surroundings).await;
                listed = Instant::now();
            }
            let (mut more, mut all) = (false, !shards.is_empty());
            for shard in &shards {
                let followed = self.follow(shard, &mut places, &surroundings).await;
                more |= followed == Some(true);
                all &= followed.is_some();
            }
            if !more {
                if all {
                    surroundings.progress.followed(&self.id, writes);
                }
                tokio::time::sleep(BREATH).await;
                // The senders live as long as the services, which this holds.
                let _ = tokio::time::timeout(INTERVAL, written.changed()).await;
            }
        }
    }

    /// What was done stays done. Where it cannot be written down, it is done once more after the next start.
    fn write_checkpoint(&self, places: &Places) {
        if let Some(path) = &self.checkpoint {
            let text = serde_json::to_vec(places).expect("texts are JSON");
            if let Err(why) = state::note(path, &text) {
                tracing::warn!("{why}");
            }
        }
    }

    async fn shards(&self, surroundings: &Surroundings) -> Vec<(String, String)> {
        let streams = call(surroundings, "ListStreams", &json!({"TableName": self.table})).await.unwrap_or_default();
        let Some(arn) = streams["Streams"][0]["StreamArn"].as_str() else { return Vec::new() };
        let stream = call(surroundings, "DescribeStream", &json!({"StreamArn": arn})).await.unwrap_or_default();
        let shards = stream["StreamDescription"]["Shards"].as_array().into_iter().flatten();
        shards.filter_map(|shard| Some((arn.to_owned(), shard["ShardId"].as_str()?.to_owned()))).collect()
    }

    /// An iterator of a shard from where reading begins.
    async fn first_place(&self, (arn, id): &(String, String), surroundings: &Surroundings) -> Option<String> {
        let asked = json!({"StreamArn": arn, "ShardId": id, "ShardIteratorType": self.start});
        let answer = call(surroundings, "GetShardIterator", &asked).await?;
        answer["ShardIterator"].as_str().map(str::to_owned)
    }

    /// Hands on the next records of a shard; says whether there may be more, or nothing where it cannot be read.
    async fn follow(&self, shard: &(String, String), places: &mut Places, surroundings: &Surroundings) -> Option<bool> {
        let (_, id) = shard;
        let place = match places.get(id) {
            Some(place) => place.clone(),
            None => {
                // Kept although there may be nothing to read yet: the latest record is another one each time.
                let first = self.first_place(shard, surroundings).await?;
                places.insert(id.clone(), first.clone());
                first
            }
        };
        let Some(mut answer) = self.batch(&place, surroundings).await else {
            tokio::time::sleep(FIRST_PAUSE).await;
            return None;
        };
        let records = match answer["Records"].take() {
            Value::Array(records) if !records.is_empty() => records,
            Value::Array(_) => return Some(false),
            _ => return None,
        };
        let more = records.len() >= self.most();
        let wanted = records.into_iter().filter(|record| self.mapping.filter.passes(record));
        let mut lanes = vec![Vec::new(); self.lanes.max(1)];
        for mut record in wanted {
            record["eventSourceARN"] = self.arn.clone().into();
            record["awsRegion"] = self.region.clone().into();
            let mut hasher = DefaultHasher::new();
            record["dynamodb"]["Keys"][&self.partition_key].to_string().hash(&mut hasher);
            let lane = hasher.finish() % lanes.len() as u64;
            // The remainder is smaller than the number of lanes.
            lanes[usize::try_from(lane).unwrap_or(0)].push(record);
        }
        join_all(lanes.into_iter().map(|lane| self.hand_over(id, lane, surroundings))).await;
        if let Some(next) = answer["NextShardIterator"].as_str() {
            places.insert(id.clone(), next.to_owned());
            self.write_checkpoint(places);
        }
        Some(more)
    }

    fn most(&self) -> usize {
        self.mapping.batch_size.min(MOST_AT_ONCE)
    }

    /// What DynamoDB Streams answers from here on: as soon as there is a record, or when the window is over or the batch is
    /// full, in number or in bytes, where there is one.
    async fn batch(&self, place: &str, surroundings: &Surroundings) -> Option<Value> {
        let mut written = surroundings.services.written();
        let began = Instant::now();
        let asked = json!({"ShardIterator": place, "Limit": self.mapping.batch_size});
        loop {
            written.borrow_and_update();
            let answer = call(surroundings, "GetRecords", &asked).await?;
            let count = answer["Records"].as_array().map_or(0, Vec::len);
            let left = self.mapping.window.saturating_sub(began.elapsed());
            let over = count == 0 || count >= self.most() || left.is_zero();
            if over || payload::size(&answer["Records"]) >= payload::LARGEST {
                return Some(answer);
            }
            // The senders live as long as the services.
            let _ = tokio::time::timeout(left.min(INTERVAL), written.changed()).await;
        }
    }

    /// Hands over the records of a lane, in their order, until all of them are done or given up.
    ///
    /// What uses up a try, and what does not: <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>.
    async fn hand_over(&self, shard: &str, records: Vec<Value>, surroundings: &Surroundings) {
        let parts = payload::part(records, |record| record);
        let mut batches: VecDeque<_> = parts.into_iter().map(Batch::new).collect();
        let mut pause = FIRST_PAUSE;
        while let Some(mut old) = batches.pop_front() {
            let records = old.records.split_off(self.too_old(&old.records));
            if !old.records.is_empty() {
                self.give_up(&old, "RecordAgeExceeded", shard, surroundings).await;
            }
            let tries = old.tries;
            if records.is_empty() {
                continue;
            }
            let event = json!({ "Records": records });
            let began = Instant::now();
            let bytes = Bytes::from(event.to_string());
            let answer = surroundings.functions.invoke(&self.mapping.function, bytes, None).await;
            let known = |id: &str| records.iter().any(|record| record["dynamodb"]["SequenceNumber"] == id);
            let failed = match &answer {
                Ok(answer) => self.mapping.failures(answer, known),
                Err(_) => None,
            };
            surroundings.journal.batch(&self.mapping.function, &self.arn, event, &answer, failed.as_deref(), began);
            let first_failed = match &failed {
                Some(ids) if ids.is_empty() => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                // "Lambda uses the lowest sequence number as the checkpoint":
                // <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
                Some(ids) => records
                    .iter()
                    .position(|record| ids.iter().any(|id| record["dynamodb"]["SequenceNumber"] == id.as_str()))
                    .unwrap_or(0),
                None => 0,
            };
            let mut rest = records;
            rest.drain(..first_failed);
            let response = response(&answer);
            if matches!(answer, Err(InvokeError::Unavailable(_))) {
                // It was not invoked, as when it is busy: that is no try, and the records only become older.
                batches.push_front(Batch { records: rest, ..old });
            } else if self.bisect && first_failed > 0 {
                // Parted where it failed, which is no try of what is left.
                batches.push_front(Batch { records: rest, tries: 0, response });
            } else if self.bisect && rest.len() > 1 {
                let second = rest.split_off(rest.len() / 2);
                batches.push_front(Batch { records: second, tries, response: response.clone() });
                batches.push_front(Batch { records: rest, tries, response });
            } else {
                // Records that were done make the rest another batch, whose tries are counted anew.
                let tries = if first_failed > 0 { 1 } else { tries + 1 };
                let batch = Batch { records: rest, tries, response };
                if self.retries.is_some_and(|retries| tries > retries) {
                    self.give_up(&batch, "RetryAttemptsExhausted", shard, surroundings).await;
                    continue;
                }
                batches.push_front(batch);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// How many of the records, which come in the order of their age, are older than they may become.
    fn too_old(&self, records: &[Value]) -> usize {
        let Some(oldest) = self.oldest else { return 0 };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let young = |record: &Value| {
            let created = record["dynamodb"]["ApproximateCreationDateTime"].as_f64();
            now - created.unwrap_or(now) <= oldest.as_secs_f64()
        };
        records.iter().position(young).unwrap_or(records.len())
    }

    /// Tells the failure destination, or at least whoever watches.
    async fn give_up(&self, batch: &Batch, condition: &str, shard: &str, surroundings: &Surroundings) {
        let message = batch.given_up(condition, &self.mapping.function, &self.arn, shard);
        let Some(queue) = &self.on_failure else {
            let info = &message["DDBStreamBatchInfo"];
            tracing::warn!("a batch of {} was given up ({condition}), and no queue is told: {info}", self.arn);
            return;
        };
        let asked = json!({"QueueUrl": queue, "MessageBody": message.to_string()}).to_string();
        for _ in 0..10 {
            let sent = surroundings.services.call("AmazonSQS.SendMessage", asked.clone()).await;
            if sent.is_ok_and(|(status, _)| status.is_success()) {
                return;
            }
            tokio::time::sleep(FIRST_PAUSE).await;
        }
        tracing::error!("a batch of the stream was given up, and the queue for those cannot be reached");
    }
}

/// How far a stream was followed; nothing where it was not.
pub(super) fn read_checkpoint(path: &Path) -> Places {
    let text = std::fs::read(path).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// A call of DynamoDB Streams; nothing where it fails.
async fn call(surroundings: &Surroundings, operation: &str, asked: &Value) -> Option<Value> {
    let target = format!("DynamoDBStreams_20120810.{operation}");
    let (status, body) = surroundings.services.call(&target, asked.to_string()).await.ok()?;
    if status.is_success() { serde_json::from_slice(&body).ok() } else { None }
}
