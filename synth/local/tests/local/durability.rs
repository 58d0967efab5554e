//! What was acknowledged is there after the process was killed.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_dynamodb::types::AttributeValue::S;
use local::{Options, Services};
use serde_json::json;
use tokio::task::JoinSet;

use crate::clients::{Stack, config};
use crate::dynamodb::properties;

/// Tells the program that is started below where the data is.
const FOLDER: &str = "LOCAL_TEST_FOLDER";

/// Not a test: the program that is killed. It serves until then.
#[tokio::test]
#[ignore = "started by the tests that kill it"]
async fn serve_until_killed() {
    let folder = std::env::var_os(FOLDER).expect("whoever starts this says where the data is");
    let services = Services::start(Options::on_disk(folder)).await.unwrap();
    services.sqs().create_queue("queue", &json!({})).unwrap();
    services.s3().create_bucket("backup").unwrap();
    services.dynamodb().create_table("tabel", &properties()).unwrap();
    println!("\nserving {}", services.endpoint());
    std::io::stdout().flush().unwrap();
    std::future::pending::<()>().await;
}

/// Starts the program and returns where it serves.
fn start(folder: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::serve_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test program can be started");
    let output = child.stdout.take().expect("its output is piped");
    let endpoint = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("serving ").map(str::to_owned));
    (child, endpoint.expect("it says where it serves"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = HashSet::new();
    for round in 0..3 {
        let (mut child, endpoint) = start(folder.path());
        let config = config(&endpoint).await;
        let mut writers = JoinSet::new();
        for writer in 0..4 {
            let (sqs, s3) = (aws_sdk_sqs::Client::new(&config), aws_sdk_s3::Client::new(&config));
            let dynamodb = aws_sdk_dynamodb::Client::new(&config);
            let queue = format!("{endpoint}/000000000000/queue");
            writers.spawn(async move {
                let mut done = Vec::new();
                for number in 0.. {
                    let name = format!("{round}-{writer}-{number}");
                    let put = s3.put_object().bucket("backup").key(&name).if_none_match("*");
                    let item = dynamodb.put_item().table_name("tabel").item("actieId", S(name.clone()));
                    let all = async {
                        put.body(name.clone().into_bytes().into()).send().await.ok()?;
                        item.item("soort", S("actueel".to_owned())).send().await.ok()?;
                        sqs.send_message().queue_url(&queue).message_body(&name).send().await.ok()
                    };
                    match all.await {
                        Some(_) => done.push(name),
                        None => break,
                    }
                }
                done
            });
        }
        // Each round is killed in the middle of another number of writes.
        let sqs = aws_sdk_sqs::Client::new(&config);
        let wanted = 20 * (round + 1);
        loop {
            let counts = sqs.get_queue_attributes().queue_url(format!("{endpoint}/000000000000/queue"));
            let counts = counts.attribute_names("ApproximateNumberOfMessages".into()).send().await.unwrap();
            let count = &counts.attributes().unwrap()[&"ApproximateNumberOfMessages".into()];
            if count.parse::<usize>().unwrap() >= acknowledged.len() + wanted {
                break;
            }
        }
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(done) = writers.join_next().await {
            acknowledged.extend(done.unwrap());
        }
    }

    let stack = Stack::with(Options::on_disk(folder.path())).await;
    let queue = stack.queue("queue", json!({}));
    let mut received = Vec::new();
    loop {
        let bodies = queue.bodies().await;
        if bodies.is_empty() {
            break;
        }
        received.extend(bodies);
    }
    let unique: HashSet<_> = received.iter().cloned().collect();
    assert_eq!(unique.len(), received.len(), "nothing is there twice");
    assert!(acknowledged.is_subset(&unique), "lost: {:?}", acknowledged.difference(&unique).collect::<Vec<_>>());
    for name in &acknowledged {
        let object = stack.s3.get_object().bucket("backup").key(name).send().await.unwrap();
        assert_eq!(object.body.collect().await.unwrap().into_bytes(), name.as_bytes());
        let item = stack.dynamodb.get_item().table_name("tabel").key("actieId", S(name.clone()));
        assert!(item.key("soort", S("actueel".to_owned())).send().await.unwrap().item().is_some());
    }
}

#[tokio::test]
async fn receipts_and_counts_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::with(Options::on_disk(folder.path())).await;
    let queue = stack.queue("queue", json!({"VisibilityTimeout": 3600}));
    queue.send("in flight").await;
    let message = queue.receive().await.remove(0);
    queue.send("visible").await;
    stack.services.stop().await;

    // The URL has another port now; the handle is still good.
    let stack = Stack::with(Options::on_disk(folder.path())).await;
    let queue = crate::clients::Queue { sqs: stack.sqs.clone(), ..queue };
    assert_eq!(queue.counts().await, ["1", "1", "0"]);
    queue.delete(&message).await;
    assert_eq!(queue.counts().await, ["1", "0", "0"]);
}
