//! All services on one port.

use local::{Error, Options, Services};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::clients::Stack;

fn address(services: &Services) -> String {
    services.endpoint().trim_start_matches("http://").to_owned()
}

/// Sends bytes and reads the answer until the connection ends.
pub(crate) async fn exchange(services: &Services, request: &str) -> String {
    let mut stream = TcpStream::connect(address(services)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_operation_that_nobody_has_is_refused_by_name() {
    let stack = Stack::start().await;
    for (target, expected) in [
        ("AWSLambda.Invoke", "no service here has the target AWSLambda.Invoke"),
        ("AmazonSQS.TagQueue", "TagQueue is not emulated"),
        ("secretsmanager.RotateSecret", "RotateSecret is not emulated"),
    ] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Amz-Target: {target}\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let answer = exchange(&stack.services, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("UnknownOperationException") && answer.contains(expected), "{answer}");
    }
}

/// A client from before 2023 is not told of S3.
#[tokio::test]
async fn the_query_protocol_is_refused_in_its_own_form() {
    let stack = Stack::start().await;
    let request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
                   Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 17\r\n\r\n\
                   Action=ListQueues";
    let answer = exchange(&stack.services, request).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("<Code>InvalidAction</Code>"), "{answer}");
    assert!(answer.contains("SQS speaks JSON"), "{answer}");
}

#[tokio::test]
async fn a_member_that_is_null_is_none() {
    let stack = Stack::start().await;
    let ask = async |operation: &str, asked: serde_json::Value| {
        let answer = stack.services.call(&format!("AmazonSQS.{operation}"), asked.to_string()).await.unwrap();
        (answer.0.as_u16(), serde_json::from_slice::<serde_json::Value>(&answer.1).unwrap())
    };
    let (status, made) = ask("CreateQueue", json!({"QueueName": "queue", "Attributes": null, "tags": null})).await;
    assert_eq!(status, 200, "{made}");
    let (status, attributes) =
        ask("GetQueueAttributes", json!({"QueueUrl": made["QueueUrl"], "AttributeNames": null})).await;
    assert_eq!(status, 200, "{attributes}");
    let receive = json!({"QueueUrl": made["QueueUrl"], "AttributeNames": null, "MaxNumberOfMessages": null});
    assert_eq!(ask("ReceiveMessage", receive).await.0, 200);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let stack = Stack::start().await;
    let request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n\
                   Content-Length: 3\r\n\r\n{x}";
    let answer = exchange(&stack.services, request).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("SerializationException"), "{answer}");
    assert!(answer.to_lowercase().contains("x-amzn-query-error: malformedinput;sender"), "{answer}");
}

#[tokio::test]
async fn services_that_are_stopped_answer_nobody() {
    let stack = Stack::start().await;
    let address = address(&stack.services);
    // A connection that is open does not keep them.
    let mut open = TcpStream::connect(&address).await.unwrap();
    stack.services.stop().await;
    assert_eq!(open.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn services_beside_each_other_share_nothing() {
    let (one, other) = (Stack::start().await, Stack::start().await);
    one.queue("queue", json!({}));
    let other = other.sqs.get_queue_url().queue_name("queue").send().await.unwrap_err();
    assert!(other.as_service_error().unwrap().is_queue_does_not_exist());
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let stack = Stack::start().await;
    let port = address(&stack.services).rsplit_once(':').unwrap().1.parse().unwrap();
    let taken = Services::start(Options::in_memory().port(port)).await.unwrap_err();
    assert!(taken.to_string().starts_with(&format!("cannot listen on port {port} of 127.0.0.1: ")), "{taken}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let no_folder = Services::start(Options::on_disk(file.path())).await.unwrap_err();
    assert!(matches!(no_folder, Error::Folder { .. }), "{no_folder}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sqs.sqlite"), "this is no database, and long enough to be seen as none")
        .unwrap();
    let damaged = Services::start(Options::on_disk(folder.path())).await.unwrap_err();
    let said = format!("{} is damaged: ", folder.path().join("sqs.sqlite").display());
    assert!(damaged.to_string().starts_with(&said), "{damaged}");
}

/// A browser sends these for a page of another website, also where that has its own name resolve to this machine.
#[tokio::test]
async fn a_page_of_another_website_is_answered_by_no_service() {
    let stack = Stack::start().await;
    stack.services.secrets().set("sleutel", "geheim").unwrap();
    stack.services.s3().create_bucket("emmer").unwrap();
    let port = address(&stack.services).rsplit_once(':').unwrap().1.to_owned();
    let own = format!("Host: 127.0.0.1:{port}");
    let calls = [
        ("POST / ", "X-Amz-Target: secretsmanager.GetSecretValue", r#"{"SecretId":"sleutel"}"#),
        ("POST / ", "X-Amz-Target: DynamoDB_20120810.ListTables", "{}"),
        ("POST / ", "X-Amz-Target: AmazonSQS.ListQueues", "{}"),
        ("POST / ", "X-Amz-Target: Nothing.Here", "{}"),
        ("GET /emmer?list-type=2 ", "X-Amz-Date: 20260101T000000Z", ""),
        ("OPTIONS / ", "Access-Control-Request-Method: POST", ""),
    ];
    let answer = async |(line, target, body): (&str, &str, &str), headers: &str| {
        let length = body.len();
        let request = format!(
            "{line}HTTP/1.1\r\n{headers}\r\nConnection: close\r\n{target}\r\n\
             Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/x/x/aws4_request, SignedHeaders=host, Signature=x\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        exchange(&stack.services, &request).await
    };
    for call in calls {
        for headers in [
            format!("Host: evil.example:{port}"),
            "Host: evil.example".to_owned(),
            "Host: 127.0.0.1.evil.example".to_owned(),
            format!("Host: 127.0.0.1:{port}@evil.example"),
            format!("Host: host.docker.internal:{port}"),
            "X-Host: none".to_owned(),
            format!("{own}\r\nOrigin: http://evil.example"),
            format!("{own}\r\nOrigin: null"),
            format!("{own}\r\nSec-Fetch-Site: cross-site"),
            format!("{own}\r\nSec-Fetch-Site: same-site"),
        ] {
            let refused = answer(call, &headers).await;
            assert!(refused.starts_with("HTTP/1.1 403 "), "{headers}: {refused}");
            assert!(refused.contains("127.0.0.1") && !refused.contains("geheim"), "it says who is answered: {refused}");
            assert!(!refused.to_lowercase().contains("access-control"), "{refused}");
        }
    }
    for headers in [
        own.clone(),
        format!("Host: LOCALHOST:{port}"),
        "Host: localhost".to_owned(),
        format!("{own}\r\nSec-Fetch-Site: none"),
        format!("{own}\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:{port}"),
    ] {
        for call in [calls[0], calls[1], calls[2], calls[4]] {
            let taken = answer(call, &headers).await;
            assert!(taken.starts_with("HTTP/1.1 200 "), "{headers}: {taken}");
            assert!(!taken.to_lowercase().contains("access-control"), "{taken}");
        }
    }
}
