//! Who may do what.

use serde_json::{Value, json};

use crate::asking::{Token, ask};
use crate::log::{Log, actie};

const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";

fn of(vertrouwelijkheid: &str) -> Value {
    actie(&["999990019"], &json!({"vertrouwelijkheid": vertrouwelijkheid, "verwerkingId": VERWERKING}))
}

#[tokio::test]
async fn r11_r12_confidential_acties_need_the_scope_and_none_begins_as_opgeheven() {
    let log = Log::start().await;
    let post = async |scopes: &'static str, body: &Value| {
        let answer = log.ask(ask("POST", "/verwerkingsacties").scopes(scopes).body(body)).await;
        if answer.status != 201 {
            answer.is_fout(answer.status);
        }
        answer
    };
    assert_eq!(post("create:normal", &of("normaal")).await.status, 201);
    assert_eq!(post("create:normal", &of("vertrouwelijk")).await.status, 403);
    assert_eq!(post("create:confidential", &of("vertrouwelijk")).await.status, 201);
    for scopes in ["create:normal", "create:confidential"] {
        assert_eq!(post(scopes, &of("opgeheven")).await.status, 403, "R12: {scopes}");
    }
    assert_eq!(post("read:confidential update:confidential delete:confidential", &of("normaal")).await.status, 403);
    let mut missing = of("normaal");
    missing.as_object_mut().expect("an object").remove("vertrouwelijkheid");
    let refused = post("create:confidential", &missing).await;
    assert_eq!((refused.status, refused.wrong_fields()), (400, vec!["vertrouwelijkheid"]));
    log.settle().await;
    assert_eq!(log.list("999990019", &[]).await.body["count"], 2, "what was refused is not there");
}

#[tokio::test]
async fn r23_r24_a_put_goes_as_far_as_its_scope() {
    let log = Log::start().await;
    let normaal = log.post(&of("normaal")).await.actie_id();
    let vertrouwelijk = log.post(&of("vertrouwelijk")).await.actie_id();
    log.settle().await;
    let put = async |scopes: &'static str, id: &str, body: &str| {
        let path = format!("/verwerkingsacties/{id}");
        log.ask(ask("PUT", &path).scopes(scopes).body(&of(body))).await.status
    };
    assert_eq!(put("update:normal", &normaal, "normaal").await, 200);
    assert_eq!(put("update:normal", &normaal, "vertrouwelijk").await, 403, "R23: it must stay so");
    assert_eq!(put("update:normal", &vertrouwelijk, "normaal").await, 403, "R23: it must be so");
    assert_eq!(put("update:normal", &vertrouwelijk, "vertrouwelijk").await, 403);
    assert_eq!(put("update:confidential", &vertrouwelijk, "opgeheven").await, 403, "R24");
    assert_eq!(put("update:confidential", &normaal, "opgeheven").await, 403, "R24");
    assert_eq!(put("update:confidential", &normaal, "vertrouwelijk").await, 200);
    assert_eq!(put("update:confidential", &vertrouwelijk, "normaal").await, 200);
    assert_eq!(put("create:confidential", &vertrouwelijk, "normaal").await, 403);
    log.settle().await;
    let now = async |id: &str| log.get(id).await.body["vertrouwelijkheid"].clone();
    assert_eq!((now(&normaal).await, now(&vertrouwelijk).await), (json!("vertrouwelijk"), json!("normaal")));
}

#[tokio::test]
async fn r33_a_patch_that_may_not_change_all_changes_none() {
    let log = Log::start().await;
    let normaal = log.post(&of("normaal")).await.actie_id();
    let ask_patch = async |scopes: &'static str, body: Value| {
        let patch = ask("PATCH", "/verwerkingsacties").query(&[("verwerkingId", VERWERKING)]);
        log.ask(patch.scopes(scopes).body(&body)).await.status
    };
    log.settle().await;
    assert_eq!(ask_patch("update:normal", json!({"bewaartermijn": "P50Y"})).await, 204);
    assert_eq!(ask_patch("update:normal", json!({"vertrouwelijkheid": "vertrouwelijk"})).await, 403);
    assert_eq!(ask_patch("update:normal", json!({"vertrouwelijkheid": "normaal"})).await, 403, "only bewaartermijn");
    // One that is not normaal is enough, also while it is still under way.
    let hold = log.hold();
    let vertrouwelijk = log.post(&of("vertrouwelijk")).await.actie_id();
    assert_eq!(ask_patch("update:normal", json!({"bewaartermijn": "P60Y"})).await, 403);
    drop(hold);
    log.settle().await;
    assert_eq!(ask_patch("update:normal", json!({"bewaartermijn": "P60Y"})).await, 403);
    assert_eq!(log.get(&normaal).await.body["bewaartermijn"], "P50Y");
    assert_eq!(
        ask_patch("update:confidential", json!({"bewaartermijn": "P60Y", "vertrouwelijkheid": "opgeheven"})).await,
        204
    );
    log.settle().await;
    for id in [&normaal, &vertrouwelijk] {
        let read = log.get(id).await.body;
        assert_eq!((&read["bewaartermijn"], &read["vertrouwelijkheid"]), (&json!("P60Y"), &json!("opgeheven")));
    }
}

#[tokio::test]
async fn r42_r43_a_list_shows_what_the_scope_allows() {
    let log = Log::start().await;
    log.post(&of("normaal")).await;
    log.post(&of("vertrouwelijk")).await;
    log.settle().await;
    let list = async |scopes: &'static str, more: &[(&'static str, &'static str)]| {
        let mut query = vec![("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];
        query.extend(more);
        let answer = log.ask(ask("GET", "/verwerkingsacties").scopes(scopes).query(&query)).await;
        answer.body["count"].as_u64().ok_or(answer.status)
    };
    let (one, other) = (("vertrouwelijkheid", "normaal"), ("vertrouwelijkheid", "vertrouwelijk"));
    let both = ("vertrouwelijkheid__in", "normaal,vertrouwelijk");
    let all = "read:confidential";
    for (query, expected) in [(vec![], 2), (vec![one], 1), (vec![other], 1), (vec![one, other], 2), (vec![both], 2)] {
        assert_eq!(list(all, &query).await, Ok(expected), "{query:?}");
    }
    assert_eq!(list(all, &[("vertrouwelijkheid", "opgeheven")]).await, Ok(0));
    assert_eq!(list(all, &[("vertrouwelijkheid", "geheim")]).await, Err(400));
    let normal = "read:normal";
    assert_eq!(list(normal, &[one]).await, Ok(1));
    assert_eq!(list(normal, &[("vertrouwelijkheid__in", "normaal")]).await, Ok(1));
    for query in [vec![], vec![other], vec![one, other], vec![both], vec![("vertrouwelijkheid", "opgeheven")]] {
        assert_eq!(list(normal, &query).await, Err(403), "{query:?}");
    }
}

#[tokio::test]
async fn r51_r52_one_actie_is_read_and_deleted_by_who_may() {
    let log = Log::start().await;
    let normaal = log.post(&of("normaal")).await.actie_id();
    let vertrouwelijk = log.post(&of("vertrouwelijk")).await.actie_id();
    log.settle().await;
    let done = async |method: &'static str, scopes: &'static str, id: &str| {
        let answer = log.ask(ask(method, &format!("/verwerkingsacties/{id}")).scopes(scopes)).await;
        if answer.status >= 400 {
            answer.is_fout(answer.status);
        }
        answer.status
    };
    assert_eq!(done("GET", "read:normal", &normaal).await, 200);
    assert_eq!(done("GET", "read:normal", &vertrouwelijk).await, 403, "R51");
    assert_eq!(done("GET", "read:confidential", &vertrouwelijk).await, 200);
    assert_eq!(done("GET", "delete:confidential", &normaal).await, 403);
    assert_eq!(done("DELETE", "delete:normal", &vertrouwelijk).await, 403, "R52");
    assert_eq!(done("DELETE", "read:confidential", &normaal).await, 403);
    assert_eq!(done("DELETE", "delete:normal", VERWERKING).await, 404);
    assert_eq!(done("DELETE", "delete:normal", &normaal).await, 204);
    assert_eq!(done("DELETE", "delete:normal", &normaal).await, 404, "it is vervallen already");
    assert_eq!(done("DELETE", "delete:confidential", &vertrouwelijk).await, 204);
}

#[tokio::test]
async fn r72_a_token_that_is_not_valid_opens_nothing() {
    let log = Log::start().await;
    let good = log.token("create:confidential");
    let other = Log::start().await.token("create:confidential");
    let (head, signature) = good.rsplit_once('.').expect("a JWT has three parts");
    let (header, claims) = head.split_once('.').expect("a JWT has three parts");
    let now = jiff::Timestamp::now().as_second();
    let made = |age: i64, audience: &str| {
        let claims = json!({
            "iss": "urn:synth:local", "aud": audience, "client_id": "zaaksysteem", "scope": "create:confidential",
            "iat": now - age, "exp": now - age + 600,
        });
        format!("Bearer {}", log.sign(&claims))
    };
    let cases = [
        (201, format!("Bearer {good}")),
        (201, made(0, "urn:synth:local")),
        (401, made(700, "urn:synth:local")),
        (401, made(0, "urn:elders")),
        (401, made(-300, "urn:elders")),
        (401, format!("Bearer {other}")),
        (401, format!("Bearer {head}.{}", signature.chars().rev().collect::<String>())),
        // The algorithm `none`, without a signature.
        (401, format!("Bearer eyJhbGciOiJub25lIn0.{claims}.")),
        (401, format!("Bearer {header}.{header}.{signature}")),
        (401, format!("Basic {good}")),
        (401, "Bearer".to_owned()),
        (401, "Bearer geen token".to_owned()),
    ];
    for (status, text) in &cases {
        let answer = log.ask(ask("POST", "/verwerkingsacties").token(Token::Text(text)).body(&of("normaal"))).await;
        assert_eq!(answer.status, *status, "{text}: {answer:?}");
        if *status == 401 {
            answer.is_fout(401);
        }
    }
    for (method, path) in [
        ("POST", "/verwerkingsacties"),
        ("GET", "/verwerkingsacties"),
        ("PATCH", "/verwerkingsacties"),
        ("GET", "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140"),
        ("PUT", "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140"),
        ("DELETE", "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140"),
    ] {
        let answer = log.ask(ask(method, path).token(Token::None)).await;
        answer.is_fout(401);
    }
}
