//! The page at `/_local/`, over HTTP and in a browser.

mod browser;
#[path = "../emitted/mod.rs"]
mod emitted;
mod unheard;
mod world;

use hyper::{Method, StatusCode};
use local::Fault;
use serde_json::json;

use world::{World, until};

/// A name that would run, were it not escaped.
const EVIL: &str = "<script>alert('x')</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_followed_from_the_gateway_to_the_table() {
    let world = World::start().await;
    let id = world.record("Adres controleren").await;
    let flow = world
        .says(
            "",
            &[
                "verwerkingsactie_create",
                "verwerkingenlog-local-GenFunction",
                "verwerkingenlog-local-ProcFunction",
                "verwerkingenlog-local-ProjFunction",
            ],
        )
        .await;
    let request = flow.between("<a href=\"&#x2f;_local&#x2f;request");
    let address = format!("/_local/request{request}");
    // Both batches are put down to it.
    let page = world
        .says(
            &address,
            &[
                "verwerkingenlog-local-ProcFunction</a>, 1 from verwerkingenlog-local-queue",
                "verwerkingenlog-local-ProjFunction</a>, 1 from",
            ],
        )
        .await;
    for text in ["201", "clientId", "local", "verwerkingsactie_create", "Root=1-", "principalId", &id] {
        assert!(page.text.contains(text), "no {text} in {}", page.text);
    }
    // Whoever reads along is not to ask in the name of the client.
    assert!(page.text.contains("(not shown)") && !page.text.contains(&world.running.token));

    let (before, _) = page.text.split_once("\">verwerkingenlog-local-ProcFunction</a>").expect("a link");
    let (_, batch) = before.rsplit_once("_local&#x2f;").expect("its address");
    let batch = world.page(batch).await;
    assert!(batch.text.contains("AWSTraceHeader") && batch.text.contains("POST &#x2f;v1&#x2f;verwerkingsacties"));

    // What never came to an integration says why.
    let refused = world.ask(Method::GET, &format!("{}/verwerkingsacties/{id}", world.running.api), &[], "").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let flow = world.page("flow").await;
    let page = world.page(&format!("/_local/request{}", flow.between("<a href=\"&#x2f;_local&#x2f;request"))).await;
    for text in ["UNAUTHORIZED", "not asked", "Nothing was asked of a function or a service"] {
        assert!(page.text.contains(text), "no {text} in {}", page.text);
    }

    // A read goes to the table itself, by a rendered template.
    let read = world.api(Method::GET, &format!("/verwerkingsacties/{id}"), "").await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    let flow = world.page("flow").await;
    let page = world.page(&format!("/_local/request{}", flow.between("<a href=\"&#x2f;_local&#x2f;request"))).await;
    assert!(page.text.contains("dynamodb GetItem") || page.text.contains("dynamodb Query"), "{}", page.text);
    assert!(page.text.contains("&quot;TableName&quot;: &quot;verwerkingenlog-local-Table&quot;"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_shown() {
    let (world, key) = World::with_keys().await;
    let token = format!("Bearer {}", world.running.token);
    let url = format!("{}/verwerkingsacties", world.running.api);
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("x-api-key", key.as_str())];
    let reply = world.ask(Method::POST, &url, &headers, "{}").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "the key is taken, and the function asked: {}", reply.text);
    let page = world.page("request?number=0").await;
    assert!(page.text.contains("&quot;apiKeyId&quot;") && page.text.contains("(not shown)"), "{}", page.text);
    assert!(!page.text.contains(&format!("apiKey&quot;: &quot;{key}")), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_is_put_down_to_the_batch_of_the_stream_that_it_led_to() {
    let world = World::start().await;
    let id = world.record("Adres controleren").await;
    world.stored(&id).await;
    world.says("", &["verwerkingenlog-local-ProjFunction"]).await;
    let reply = world.api(Method::DELETE, &format!("/verwerkingsacties/{id}"), "").await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let flow = world.page("flow").await;
    let address = format!("/_local/request{}", flow.between("<a href=\"&#x2f;_local&#x2f;request"));
    let page = world.says(&address, &["verwerkingenlog-local-ProjFunction</a>"]).await;
    assert!(page.text.contains("DELETE") && !page.text.contains("verwerkingenlog-local-ProcFunction"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_send_is_text_on_every_page() {
    let world = World::start().await;
    // One that stays in the queue, for nobody takes it for a message; and one that goes all the way.
    let asked = json!({"QueueUrl": world.running.services().sqs().url("verwerkingenlog-local-DeadLetterQueue"), "MessageBody": EVIL});
    world.call("AmazonSQS.SendMessage", &asked).await;
    let id = world.record(EVIL).await;
    world.stored(&id).await;
    let request = world.says("request?number=0", &["-ProcFunction</a>"]).await;
    let batch = request.between("<a href=\"&#x2f;_local&#x2f;batch");
    world.api(Method::GET, &format!("/{EVIL}\"").replace('<', "%3C").replace('>', "%3E").replace('"', "%22"), "").await;

    let key = json!({"actieId": {"S": id}, "soort": {"S": "actueel"}}).to_string();
    let row = form_urlencoded::Serializer::new(String::new())
        .append_pair("name", "verwerkingenlog-local-Table")
        .append_pair("key", &key)
        .finish();
    let object =
        world.running.services().s3().list("verwerkingenlog-local-backupbucket", "2", "", 1).unwrap().remove(0).key;
    let mut shown = 0;
    for address in [
        "".to_owned(),
        "request?number=0".to_owned(),
        format!("/_local/batch{batch}"),
        "queue?name=verwerkingenlog-local-DeadLetterQueue".to_owned(),
        "table?name=verwerkingenlog-local-Table".to_owned(),
        format!(
            "table?name=verwerkingenlog-local-Table&partition={}",
            form_urlencoded::byte_serialize(EVIL.as_bytes()).collect::<String>()
        ),
        format!("row?{row}"),
        format!("object?key={object}"),
        format!("backup?prefix={}", form_urlencoded::byte_serialize(EVIL.as_bytes()).collect::<String>()),
    ] {
        let page = world.page(&address).await;
        assert!(!page.text.contains("<script>"), "{address}: {}", page.text);
        shown += usize::from(page.text.contains("&lt;script&gt;"));
    }
    assert!(shown >= 6, "on {shown} pages only");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_page_by_another_name() {
    let world = World::start().await;
    let port = world.host().rsplit(':').next().unwrap();
    let page = format!("{}/_local/", world.origin);
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "",
        &format!("[::1]:{port}"),
    ] {
        for path in ["", "queues", "page.js", "nothing"] {
            let reply = world.ask(Method::GET, &format!("{page}{path}"), &[("host", host)], "").await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{host} {path}");
            assert!(!reply.text.contains("<html"), "{}", reply.text);
        }
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let reply = world.ask(Method::GET, &page, &[("host", &host), ("origin", "http://evil.example")], "").await;
        assert_eq!(reply.status, StatusCode::OK);
        for name in ["content-security-policy", "x-frame-options", "cache-control"] {
            assert!(reply.headers.contains_key(name), "no {name}");
        }
        assert!(!reply.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
        assert!(
            !reply.text.contains("http://") && !reply.text.contains("https://"),
            "nothing is loaded from elsewhere"
        );
    }
    // The issuer's keys are there for anybody.
    let keys = world.ask(Method::GET, &format!("{page}jwks.json"), &[("host", "evil.example")], "").await;
    assert!(keys.json()["keys"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_somebody_else_does_nothing() {
    let world = World::start().await;
    let port = world.host().rsplit(':').next().unwrap();
    let (token, origin) = (world.page("backup").await.between("name=\"csrf\" value=\""), world.origin.clone());
    let good = format!("csrf={token}&prefix=");
    let localhost = format!("http://localhost:{port}");
    for (headers, form) in [
        (vec![], good.as_str()),
        (vec![("origin", "http://evil.example")], &good),
        (vec![("origin", "null")], &good),
        (vec![("origin", &origin), ("origin", "http://evil.example")], &good),
        (vec![("origin", &localhost)], &good),
        (vec![("origin", &origin), ("host", "evil.example")], &good),
        (vec![("origin", &origin)], "prefix="),
        (vec![("origin", &origin)], "csrf=&prefix="),
        (vec![("origin", &origin)], &good.replace("csrf=", "csrf=0")),
    ] {
        let reply = world.post("replay", &headers, form).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?} {form}");
    }
    assert!(world.page("flow").await.text.contains("Nothing has happened yet"));
    assert_eq!(world.post("replay", &[("origin", &origin)], &good).await.status, StatusCode::SEE_OTHER);
    let other = World::start().await;
    assert_ne!(other.page("backup").await.between("name=\"csrf\" value=\""), token);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_says_why() {
    let world = World::start().await;
    for (address, status) in [
        ("nothing", 404),
        ("request", 400),
        ("request?number=x", 400),
        ("request?number=7", 404),
        ("queue?name=nothing", 404),
        ("table?name=nothing", 404),
        ("table?name=verwerkingenlog-local-Table&after=x", 400),
        ("table?name=verwerkingenlog-local-Table&after={}", 400),
        ("row?name=verwerkingenlog-local-Table&key={\"actieId\":{\"S\":\"x\"}}", 400),
        ("row?name=verwerkingenlog-local-Table&key={\"actieId\":{\"S\":\"x\"},\"soort\":{\"S\":\"x\"}}", 404),
        ("object?key=nothing", 404),
    ] {
        let address = address.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let reply = world.get(&address).await;
        assert_eq!(reply.status.as_u16(), status, "{address}: {}", reply.text);
        assert!(reply.text.contains("<p>"), "{}", reply.text);
    }
    let reply = world.ask(Method::PUT, &format!("{}/_local/", world.origin), &[], "").await;
    assert_eq!(
        (reply.status, &reply.headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD, POST".parse().unwrap())
    );
    assert!(world.page("not-emulated").await.text.contains("AWS::KMS::Key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_shown_page_by_page_and_by_partition() {
    let world = World::start().await;
    for number in 0..120 {
        let item = json!({"actieId": {"S": format!("a{:02}", number / 10)}, "soort": {"S": format!("x{number:03}")}});
        world
            .call("DynamoDB_20120810.PutItem", &json!({"TableName": "verwerkingenlog-local-Table", "Item": item}))
            .await;
    }
    let (mut seen, mut address) = (Vec::new(), "/_local/table?name=verwerkingenlog-local-Table".to_owned());
    for pages in 1.. {
        let page = world.page(&address).await;
        seen.extend((0..120).map(|number| format!("x{number:03}")).filter(|row| page.text.contains(row.as_str())));
        if !page.text.contains("id=\"next\"") {
            assert!(pages >= 3, "{pages} pages");
            break;
        }
        address = page.between("id=\"next\" href=\"");
    }
    seen.sort();
    // A link to the next page names the last row of its own page.
    seen.dedup();
    assert_eq!(seen.len(), 120);
    let page = world.page("table?name=verwerkingenlog-local-Table&partition=a07").await;
    assert_eq!((page.text.matches(">a07</a>").count(), page.text.matches(">a08</a>").count()), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_seen_where_they_are_and_stay_there() {
    let world = World::start().await;
    let url = world.running.services().sqs().url("verwerkingenlog-local-ProjFailureQueue");
    world.call("AmazonSQS.SendMessage", &json!({"QueueUrl": url, "MessageBody": "in handen"})).await;
    let asked = json!({"QueueUrl": url, "VisibilityTimeout": 600});
    assert!(world.call("AmazonSQS.ReceiveMessage", &asked).await["Messages"].is_array());
    world.call("AmazonSQS.SendMessage", &json!({"QueueUrl": url, "MessageBody": "later", "DelaySeconds": 600})).await;
    world.call("AmazonSQS.SendMessage", &json!({"QueueUrl": url, "MessageBody": "nu"})).await;
    for _ in 0..3 {
        let page = world.page("queue?name=verwerkingenlog-local-ProjFailureQueue").await;
        let states: Vec<&str> =
            page.text.split("<dt>state</dt><dd>").skip(1).filter_map(|at| at.split('<').next()).collect();
        assert_eq!(states, ["in flight", "delayed", "visible"]);
        let received: Vec<&str> =
            page.text.split("<dt>received</dt><dd>").skip(1).filter_map(|at| at.split(' ').next()).collect();
        assert_eq!(received, ["1", "0", "0"]);
    }
    let counts = world.page("counts").await.text;
    let row = counts
        .split("<tr>")
        .find(|row| row.contains("verwerkingenlog-local-ProjFailureQueue"))
        .expect("a row")
        .to_owned();
    assert_eq!(row.matches("<td class=\"number\">1</td>").count(), 3, "{row}");
    // Nothing can be sent back that did not come from a queue.
    assert!(!world.page("queue?name=verwerkingenlog-local-ProjFailureQueue").await.text.contains("id=\"redrive\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_seen_and_goes_back_to_its_queue() {
    let world = World::impatient().await;
    world.running.services().faults().set(|call| match call.operation.as_str() {
        "TransactWriteItems" => Fault::error(400, "ValidationException"),
        _ => Fault::None,
    });
    let id = world.record("Adres controleren").await;
    // Looking changes nothing: however often, it stays visible and is there.
    let queue =
        world.says("queue?name=verwerkingenlog-local-DeadLetterQueue", &[&id, "<dt>visible</dt><dd>1</dd>"]).await;
    assert!(
        queue.text.contains("failed in</dt><dd>verwerkingenlog-local-queue") && queue.text.contains("id=\"redrive\""),
        "{}",
        queue.text
    );
    world.says("flow", &["1 failed"]).await;
    assert!(!world.page("queue?name=verwerkingenlog-local-queue").await.text.contains("id=\"redrive\""));

    let faults = world.running.services().faults();
    faults.set(|_| Fault::None);
    let note = world.submit("redrive", &[("name", "verwerkingenlog-local-DeadLetterQueue")]).await;
    assert!(note.text.contains("1 message went back"), "{}", note.text);
    world.stored(&id).await;
    assert!(world.page("flow").await.text.contains("redrive of verwerkingenlog-local-DeadLetterQueue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_what_was_lost_comes_back_from_the_backup_and_nothing_doubles() {
    let world = World::start().await;
    let [lost, withdrawn] = [world.record("Adres controleren").await, world.record("Nooit gebeurd").await];
    for id in [&lost, &withdrawn] {
        world.stored(id).await;
    }
    let s3 = || world.running.services().s3();
    let keys: Vec<String> = s3()
        .list("verwerkingenlog-local-backupbucket", "2", "", 10)
        .unwrap()
        .into_iter()
        .map(|object| object.key)
        .collect();
    let key = |id: &str| keys.iter().find(|key| key.contains(id)).expect("the message is backed up").clone();
    let marker = format!(
        "{}/verwerkingenlog-local-backupbucket/{}",
        world.running.aws,
        key(&withdrawn).replace(".json", ".ingetrokken")
    );
    assert!(world.ask(Method::PUT, &marker, &[], "").await.status.is_success());

    let before: Vec<_> = world.rows().await.into_iter().filter(|row| row["actieId"]["S"] == lost.as_str()).collect();
    assert!(before.len() > 1);
    for row in world.rows().await {
        let asked = json!({"TableName": "verwerkingenlog-local-Table", "Key": {"actieId": row["actieId"], "soort": row["soort"]}});
        world.call("DynamoDB_20120810.DeleteItem", &asked).await;
    }
    // The folders lead to the day, and the day's button submits what lies in it.
    let (year, day) = (&key(&lost)[..5], &key(&lost)[..11]);
    assert!(world.page("backup").await.text.contains(&format!("prefix={}%2F", &year[..4])));
    assert_eq!(world.page(&format!("backup?prefix={day}")).await.between("name=\"prefix\" value=\""), day);
    let note = world.submit("replay", &[("prefix", day)]).await;
    assert!(note.text.contains("1 submitted, 1 withdrawn and left out, 0 failed"), "{}", note.text);
    world.stored(&lost).await;
    until("all rows are back", || async { world.rows().await == before }).await;

    // Once more, by its own page: a batch has handled it, and the rows are the same.
    let key = key(&lost);
    let handled = || async { world.page("flow").await.text.matches("verwerkingenlog-local-ProcFunction").count() };
    let count = handled().await;
    assert!(world.page(&format!("object?key={key}")).await.text.contains("Replay this message"));
    let note = world.submit("replay", &[("prefix", &key)]).await;
    assert!(note.text.contains("1 submitted, 0 withdrawn and left out, 0 failed"), "{}", note.text);
    until("it is handled", || async { handled().await > count }).await;
    assert_eq!(world.rows().await, before);
}
