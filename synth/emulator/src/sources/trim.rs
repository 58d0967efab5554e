//! Records of streams that nobody will ask for any more.
//!
//! AWS keeps a record for 24 hours, whether it was read or not. Here whoever follows a stream may not have run for a week, and
//! is to miss nothing: what its checkpoint has not passed is kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use local::Services;

use super::stream::read_checkpoint;

const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The stream of a table.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) table: String,
    /// Files that say how far it was followed, one for each who follows it.
    pub(crate) checkpoints: Vec<PathBuf>,
}

/// Trims streams again and again, until this is dropped.
pub(crate) async fn trim(streams: Vec<Stream>, services: Arc<Services>) {
    loop {
        let (streams, services) = (streams.clone(), services.clone());
        if tokio::task::spawn_blocking(move || trim_all(&streams, &services)).await.is_err() {
            // The runtime ends.
            return;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn trim_all(streams: &[Stream], services: &Services) {
    for Stream { table, checkpoints } in streams {
        let mut read = Vec::new();
        let all_began = checkpoints.iter().all(|path| {
            let places = read_checkpoint(path);
            let began = !places.is_empty();
            read.extend(places.into_values());
            began
        });
        // A stream that somebody has not begun to follow is still to be read from its beginning.
        if !all_began {
            continue;
        }
        let trimmed = services.dynamodb().trim_stream(table, read.iter().map(String::as_str));
        if let Err(why) = trimmed {
            tracing::warn!("{why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use local::{Clock, ManualClock, Options, SystemClock};
    use serde_json::{Value, json};

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    async fn call(services: &Services, target: &str, asked: Value) -> Value {
        let (status, answer) = services.call(target, asked.to_string()).await.unwrap();
        assert!(status.is_success(), "{answer:?}");
        serde_json::from_slice(&answer).unwrap()
    }

    async fn put(services: &Services, id: &str) {
        let item = json!({"TableName": "tabel", "Item": {"id": {"S": id}}});
        call(services, "DynamoDB_20120810.PutItem", item).await;
    }

    /// The records of the stream from here, and where it goes on after so many of them.
    async fn records(services: &Services, from: Option<&str>, limit: usize) -> (Vec<String>, String) {
        let of_streams = async |operation: &str, asked| {
            call(services, &format!("DynamoDBStreams_20120810.{operation}"), asked).await
        };
        let from = match from {
            Some(from) => from.to_owned(),
            None => {
                let streams = of_streams("ListStreams", json!({"TableName": "tabel"})).await;
                let arn = &streams["Streams"][0]["StreamArn"];
                let described = of_streams("DescribeStream", json!({"StreamArn": arn})).await;
                let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
                let asked = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
                of_streams("GetShardIterator", asked).await["ShardIterator"].as_str().unwrap().to_owned()
            }
        };
        let answer = of_streams("GetRecords", json!({"ShardIterator": from, "Limit": limit})).await;
        let ids = answer["Records"].as_array().unwrap().iter();
        let ids = ids.map(|record| record["dynamodb"]["Keys"]["id"]["S"].as_str().unwrap().to_owned());
        (ids.collect(), answer["NextShardIterator"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn what_is_older_than_a_day_goes_once_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        // On disk, DynamoDB puts the machine's time on its records.
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let services = Services::start(Options::on_disk(folder.path()).clock(clock.clone())).await.unwrap();
        let properties = json!({
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        });
        services.dynamodb().create_table("tabel", &properties).unwrap();
        for id in ["a", "b", "c", "d"] {
            put(&services, id).await;
        }
        let checkpoint = folder.path().join("checkpoint");
        let followed = [Stream { table: "tabel".to_owned(), checkpoints: vec![checkpoint.clone()] }];
        let (_, read) = records(&services, None, 2).await;
        std::fs::write(&checkpoint, json!({"shard": read}).to_string()).unwrap();
        trim_all(&followed, &services);
        assert_eq!(records(&services, None, 9).await.0, ["a", "b", "c", "d"], "a day has not gone by");

        clock.advance(DAY + Duration::from_secs(60));
        std::fs::remove_file(&checkpoint).unwrap();
        trim_all(&followed, &services);
        assert_eq!(records(&services, None, 9).await.0, ["a", "b", "c", "d"], "nobody has read anything");
        std::fs::write(&checkpoint, json!({"shard": read}).to_string()).unwrap();
        trim_all(&followed, &services);
        assert_eq!(records(&services, None, 9).await.0, ["c", "d"], "the others are still to be read");
        assert_eq!(records(&services, Some(&read), 9).await.0, ["c", "d"]);

        let (_, end) = records(&services, Some(&read), 9).await;
        let other = folder.path().join("other");
        let both = [Stream { checkpoints: vec![other.clone(), checkpoint.clone()], ..followed[0].clone() }];
        std::fs::write(&checkpoint, json!({"shard": end}).to_string()).unwrap();
        trim_all(&both, &services);
        assert_eq!(records(&services, None, 9).await.0, ["c", "d"], "the other has read nothing");
        std::fs::write(&other, json!({"shard": read}).to_string()).unwrap();
        trim_all(&both, &services);
        assert_eq!(records(&services, None, 9).await.0, ["c", "d"], "the other is behind");
        trim_all(&[Stream { checkpoints: Vec::new(), ..followed[0].clone() }], &services);
        assert_eq!(
            records(&services, None, 9).await.0,
            ["d"],
            "the last one has the number that the next one goes on from"
        );
        put(&services, "e").await;
        assert_eq!(records(&services, Some(&end), 9).await.0, ["e"]);
    }
}
