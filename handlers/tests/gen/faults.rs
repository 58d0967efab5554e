//! Services that fail: nothing is half accepted, and a retry by the client doubles nothing (R13, R72).

use std::time::Duration;

use contract::{fout, table};
use domain::bericht::Bericht;
use domain::rows::Rows;
use domain::versies::Versie;
use local::{Call, Fault, Service};
use serde_json::{Value, json};

use crate::support::{self, Reply, Stack, VERWERKING, body};

/// Time enough to ask again a few times, and short enough to wait for its end.
const SHORT: Duration = Duration::from_millis(1200);

async fn with_faults(script: impl FnMut(&Call) -> Fault + Send + 'static) -> Stack {
    let stack = Stack::start().await.within(SHORT);
    stack.services.faults().set(script);
    stack
}

async fn down(services: &'static [Service]) -> Stack {
    with_faults(
        move |call| {
            if services.contains(&call.service) { Fault::unavailable(call.service) } else { Fault::None }
        },
    )
    .await
}

/// The one actie whose row says that it was withdrawn.
async fn withdrawn(stack: &Stack) -> String {
    stack.services.faults().clear();
    let items = stack.clients.dynamodb().scan().table_name("tabel").send().await.unwrap().items.unwrap_or_default();
    let [item] = items.as_slice() else { panic!("{} rows", items.len()) };
    let actie_id = item[table::ACTIE_ID].as_s().unwrap().clone();
    let row = stack.current_row(&actie_id).await.unwrap();
    assert!(row.is(table::INGETROKKEN) && row.is(table::VERVALLEN));
    assert!(item[table::BEWAARD_TOT].as_n().is_ok());
    actie_id
}

fn detail(reply: &Reply) -> &str {
    reply.body["detail"].as_str().unwrap()
}

#[tokio::test]
async fn r13_without_the_backup_or_the_queue_nothing_is_accepted() {
    for services in [&[Service::S3][..], &[Service::Sqs], &[Service::S3, Service::Sqs]] {
        let stack = down(services).await;
        let reply = stack.post(&body(json!({"verwerkingId": VERWERKING}))).await;
        reply.is_fout(fout::NIET_BESCHIKBAAR);
        assert_eq!(reply.headers["Retry-After"], "5");
        assert!(detail(&reply).contains("niets vastgelegd"), "{}", detail(&reply));
        let actie_id = withdrawn(&stack).await;
        for message in stack.queued().await {
            assert_eq!(Bericht::parse(&message.0).unwrap().change().actie_id(), Some(actie_id.as_str()));
        }
        // Not there for whoever might have learnt of it.
        stack.put(&actie_id, &body(json!({}))).await.is_fout(fout::NIET_GEVONDEN);
        stack.patch(VERWERKING, &json!({"bewaartermijn": "P1Y"})).await.is_fout(fout::NIET_GEVONDEN);
    }
}

#[tokio::test]
async fn r13_the_backup_and_the_queue_get_a_change_at_the_same_time() {
    let stack = Stack::start().await;
    // None of the three goes on before all three are there.
    let together = std::sync::Arc::new(tokio::sync::Barrier::new(3));
    stack.services.faults().set(move |_| {
        let together = together.clone();
        Fault::None.after(async move {
            together.wait().await;
        })
    });
    assert_eq!(stack.post(&body(json!({"verwerkingId": VERWERKING}))).await.status, 201);
}

#[tokio::test]
async fn r13_what_fails_for_a_moment_is_asked_again() {
    // More often than the SDK does by itself.
    let stack = with_faults(|call| match call.service {
        Service::S3 if call.number <= 4 => Fault::throttled(call.service),
        Service::Sqs if call.number <= 5 => Fault::internal(call.service),
        _ => Fault::None,
    })
    .await
    .within(Duration::from_secs(10));
    assert_eq!(stack.post(&body(json!({}))).await.status, 201);
    stack.services.faults().clear();
    assert_eq!(stack.kept().await.len(), 1);
    assert_eq!(stack.queued().await.len(), 1);
}

#[tokio::test]
async fn r13_an_answer_that_got_lost_doubles_at_most_the_message() {
    let stack = with_faults(|call| if call.number == 1 { Fault::AnswerLost } else { Fault::None }).await;
    let stack = stack.within(Duration::from_secs(10));
    let reply = stack.post(&body(json!({}))).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    stack.services.faults().clear();
    let kept = stack.kept().await;
    assert_eq!(kept.len(), 1);
    let queued = stack.queued().await;
    assert_eq!(queued.len(), 2);
    for (message, _) in queued {
        assert_eq!(Bericht::parse(&message).as_ref(), Ok(kept.values().next().unwrap()));
    }
}

#[tokio::test]
async fn r13_what_hangs_is_given_up_before_the_deadline() {
    for service in [Service::S3, Service::Sqs] {
        let stack =
            with_faults(
                move |call| {
                    if call.service == service { Fault::None.after(std::future::pending()) } else { Fault::None }
                },
            )
            .await;
        stack.post(&body(json!({}))).await.is_fout(fout::NIET_BESCHIKBAAR);
        stack.services.faults().clear();
        withdrawn(&stack).await;
    }
}

#[tokio::test]
async fn r13_without_time_nothing_is_accepted() {
    let stack = Stack::start().await.within(Duration::ZERO);
    let reply = stack.post(&body(json!({}))).await;
    reply.is_fout(fout::NIET_BESCHIKBAAR);
    assert_eq!(stack.queued().await.len(), 0);
}

#[tokio::test]
async fn r13_where_nothing_works_it_is_said_that_it_is_not_certain() {
    let stack = down(&[Service::S3, Service::Sqs, Service::DynamoDb]).await;
    let reply = stack.post(&body(json!({}))).await;
    reply.is_fout(fout::NIET_BESCHIKBAAR);
    assert!(detail(&reply).contains("niet zeker"), "{}", detail(&reply));
}

#[tokio::test]
async fn r13_a_lost_answer_about_the_withdrawal_is_no_proof_that_the_actie_is_there() {
    let stack = with_faults(|call| match (call.service, call.operation.as_str(), call.number) {
        (Service::Sqs, ..) => Fault::unavailable(call.service),
        (_, "PutItem", 1) => Fault::AnswerLost,
        _ => Fault::None,
    })
    .await;
    let reply = stack.post(&body(json!({}))).await;
    reply.is_fout(fout::NIET_BESCHIKBAAR);
    assert!(detail(&reply).contains("niets vastgelegd"));
    withdrawn(&stack).await;
}

#[tokio::test]
async fn r13_an_actie_that_is_stored_already_was_accepted() {
    let (log, _listening) = support::Log::listen();
    let stack = std::sync::Arc::new(Stack::start().await.within(SHORT));
    let table = stack.table.clone();
    let sent = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    stack.services.faults().set(move |call| match (call.service, call.operation.as_str()) {
        // SQS has it, and nobody learns of that.
        (Service::Sqs, "SendMessage") => {
            let request: Value = serde_json::from_slice(&call.body).unwrap();
            *sent.lock().unwrap() = request["MessageBody"].as_str().unwrap().to_owned();
            Fault::AnswerLost
        }
        // proc stores it before it can be withdrawn. Its own PutItem is the second.
        (Service::DynamoDb, "PutItem") if call.number == 1 => {
            let (table, message) = (table.clone(), sent.lock().unwrap().clone());
            Fault::None.after(async move {
                let bericht = Bericht::parse(&message).unwrap();
                let row = Rows::of(&Versie::first(&bericht).expect("a POST"), 1).unwrap().actueel;
                let condition = handlers::aws::Condition::New;
                let write = handlers::aws::Write { key: row.key(), row: Some(row), condition };
                handlers::aws::Table::write(&table, vec![write]).await.unwrap();
            })
        }
        _ => Fault::None,
    });
    let reply = stack.post(&body(json!({}))).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let row = stack.current_row(reply.actie_id()).await.unwrap();
    assert!(!row.is(table::VERVALLEN));
    assert!(
        log.lines().iter().any(|line| line["level"] == "ERROR" && line["span"]["requestId"] == support::REQUEST_ID)
    );
}

#[tokio::test]
async fn r70_what_is_refused_for_good_is_our_mistake() {
    let stack = with_faults(|call| match call.service {
        Service::Sqs => Fault::error(403, "AccessDenied"),
        _ => Fault::None,
    })
    .await;
    stack.post(&body(json!({}))).await.is_fout(fout::INTERN);
    assert_eq!(stack.calls()["SendMessage"], 1, "asking again is of no use");
    withdrawn(&stack).await;
}

#[tokio::test]
async fn r72_put_and_patch_ask_for_a_retry_too() {
    for (service, certain) in [(Service::DynamoDb, true), (Service::S3, true), (Service::Sqs, false)] {
        let stack = Stack::start().await;
        let first = stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
        stack.settle().await;
        let stack = stack.within(SHORT);
        stack.services.faults().set(
            move |call| {
                if call.service == service { Fault::unavailable(service) } else { Fault::None }
            },
        );
        let put = stack.put(first["actieId"].as_str().unwrap(), &body(json!({}))).await;
        let patch = stack.patch(VERWERKING, &json!({"bewaartermijn": "P90Y"})).await;
        for reply in [put, patch] {
            reply.is_fout(fout::NIET_BESCHIKBAAR);
            assert_eq!(detail(&reply).contains("niets vastgelegd"), certain, "{}", detail(&reply));
        }
        stack.services.faults().clear();
        let row = stack.current_row(first["actieId"].as_str().unwrap()).await.unwrap();
        assert!(!row.is(table::VERVALLEN), "what is there is not withdrawn");
    }
}

#[tokio::test]
async fn r23_r33_a_change_that_was_not_accepted_counts_for_nothing() {
    let stack = Stack::start().await;
    let first = stack.accepted(&body(json!({"verwerkingId": VERWERKING}))).await;
    let actie_id = first["actieId"].as_str().unwrap();
    stack.settle().await;
    let stack = stack.within(SHORT);
    stack.services.faults().set(|call| match call.service {
        Service::Sqs => Fault::unavailable(call.service),
        _ => Fault::None,
    });
    let vertrouwelijk = body(json!({"verwerkingId": VERWERKING, "vertrouwelijkheid": "vertrouwelijk"}));
    stack.put(actie_id, &vertrouwelijk).await.is_fout(fout::NIET_BESCHIKBAAR);
    let patch = json!({"vertrouwelijkheid": "opgeheven"});
    stack.patch(VERWERKING, &patch).await.is_fout(fout::NIET_BESCHIKBAAR);
    stack.post(&vertrouwelijk).await.is_fout(fout::NIET_BESCHIKBAAR);
    stack.services.faults().clear();

    let stack = stack.within(Duration::from_secs(10));
    let normal = |event| support::with_scopes(event, "update:normal");
    let patch = support::patch(VERWERKING, &json!({"bewaartermijn": "P90Y"}));
    assert_eq!(stack.send(normal(patch)).await.status, 204);
    let put = support::put(actie_id, &body(json!({"verwerkingId": VERWERKING})));
    assert_eq!(stack.send(normal(put)).await.status, 200);
}

#[tokio::test]
async fn r13_a_large_message_is_never_referred_to_where_it_is_not_kept() {
    let stack = down(&[Service::S3]).await;
    let objecten: Vec<Value> = (0..1200).map(|n| support::object(&format!("{n:09}"))).collect();
    stack.post(&body(json!({"verwerkteObjecten": objecten}))).await.is_fout(fout::NIET_BESCHIKBAAR);
    assert_eq!(stack.queued().await.len(), 0);
}
