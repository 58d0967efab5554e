//! R09: no number of a person lies readable anywhere.

use local::{Fault, Service};
use serde_json::json;

use crate::support::{Log, Stack, VERWERKING, body, object, post, with_header};

const NUMBERS: [&str; 5] = ["999990019", "111222333", "123456782", "een-lang-nummer-van-een-mens", "987654321"];

#[tokio::test]
async fn r09_no_number_lies_readable_in_the_bucket_the_queue_the_table_or_the_log() {
    let (log, _listening) = Log::listen();
    let stack = Stack::start().await;
    let [one, other, afnemer, long, key] = NUMBERS;
    let asked = body(json!({
        "verwerkingId": VERWERKING, "soortAfnemerId": "BSN", "afnemerId": afnemer,
        "verwerkteObjecten": [object(one), object(other), object(long)],
    }));
    let first = stack.accepted(&asked).await;
    let actie_id = first["actieId"].as_str().unwrap();
    for _ in 0..2 {
        assert_eq!(stack.send(with_header(post(&asked), "Idempotency-Key", key)).await.status, 201);
    }
    assert_eq!(stack.put(actie_id, &asked).await.status, 200);
    assert_eq!(stack.patch(VERWERKING, &json!({"bewaartermijn": "P90Y"})).await.status, 204);
    stack.settle().await;
    assert_eq!(stack.put(actie_id, &asked).await.status, 200);

    // Everywhere where something might be refused: wrong values, names, paths, queries, headers, and no JSON at all.
    let mut wrong = asked.clone();
    wrong["tijdstip"] = one.into();
    wrong["uitvoerder"] = other.into();
    wrong["verwerkingId"] = afnemer.into();
    wrong[long] = key.into();
    let mut broken = post(&asked);
    broken["body"] = format!("{{\"objectId\": {one}x").into();
    let replies = [
        stack.post(&wrong).await,
        stack.put(one, &wrong).await,
        stack.patch(one, &json!({"bewaartermijn": other})).await,
        stack.send(broken).await,
        stack.send(with_header(post(&asked), "Content-Type", one)).await,
    ];
    for reply in replies {
        assert!(reply.status >= 400);
        let text = format!("{:?} {}", reply.headers, reply.body);
        assert!(NUMBERS.iter().all(|number| !text.contains(number)), "{text}");
    }
    let stack = stack.within(std::time::Duration::from_millis(600));
    for fault in [Fault::unavailable, |service: Service| {
        Fault::error(400, if service == Service::S3 { "NoSuchBucket" } else { "Broken" })
    }] {
        stack
            .services
            .faults()
            .set(move |call| if call.service == Service::Sqs { fault(call.service) } else { Fault::None });
        assert!(stack.post(&asked).await.status >= 500);
    }
    stack.services.faults().clear();

    let objects = stack.objects().await;
    let queued = stack.queued().await;
    let rows = stack.rows().await;
    let log = log.text();
    assert!(objects.len() >= 6 && queued.len() >= 5 && rows.len() >= 3 && log.lines().count() >= 12);
    for (place, text) in [
        ("bucket", format!("{objects:?}")),
        ("queue", format!("{queued:?}")),
        ("table", format!("{rows:?}")),
        ("log", log),
    ] {
        for number in NUMBERS {
            assert!(!text.contains(number), "{number} in the {place}");
        }
    }
}
