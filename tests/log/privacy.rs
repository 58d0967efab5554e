//! R09: nobody's number lies readable anywhere.

use serde_json::json;

use crate::log::{Log, actie};

#[tokio::test]
async fn r09_no_number_is_readable_in_the_table_the_bucket_or_the_queue() {
    let log = Log::start().await;
    let numbers = ["999990019", "999990020", "999990032", "999990044"];
    let more = json!({"soortAfnemerId": "BSN", "afnemerId": numbers[3]});
    let id = log.post(&actie(&numbers[..2], &more)).await.actie_id();
    let queued = log.at_rest().await;
    log.settle().await;
    log.put(&id, &actie(&numbers[1..3], &more)).await;
    log.settle().await;
    log.delete(&id).await;
    log.settle().await;
    let kept = log.at_rest().await;
    assert!(queued.contains(&id) && kept.contains(&id), "there is something to search");
    for number in numbers {
        assert!(!queued.contains(number) && !kept.contains(number), "{number} is readable");
    }
}
