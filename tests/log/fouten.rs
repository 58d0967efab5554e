//! What a client hears when something is wrong.

use local::{Fault, Service};
use serde_json::{Value, json};

use crate::asking::ask;
use crate::log::{Log, actie};

const ACTIE: &str = "/verwerkingsacties/6d4c2b1a-0f9e-4d8c-b7a6-958473625140";
const ACTIES: &str = "/verwerkingsacties";

#[tokio::test]
async fn r70_r72_every_error_has_the_same_shape() {
    let log = Log::start().await;
    let good = actie(&["999990019"], &json!({}));
    let large = actie(&["999990019"], &json!({"verwerkteObjecten": vec![good["verwerkteObjecten"][0].clone(); 9000]}));
    for (status, title, asked) in [
        (400, "Ongeldige gegevens", ask("POST", ACTIES).body(&json!({}))),
        (400, "Ongeldige gegevens", ask("POST", ACTIES).bytes("application/json", "{")),
        (400, "Ongeldige gegevens", ask("POST", ACTIES).bytes("application/json", "")),
        (400, "Ongeldige gegevens", ask("GET", ACTIES)),
        (400, "Ongeldige gegevens", ask("GET", "/verwerkingsacties/geen-uuid")),
        (403, "Geen toestemming", ask("GET", ACTIE).scopes("create:normal")),
        (404, "Niet gevonden", ask("GET", ACTIE)),
        (404, "Niet gevonden", ask("DELETE", ACTIE)),
        // Its operation has no 400 in the standard.
        (404, "Niet gevonden", ask("DELETE", "/verwerkingsacties/geen-uuid")),
        (404, "Niet gevonden", ask("PUT", ACTIE).body(&good)),
        (404, "Niet gevonden", ask("GET", "/")),
        (404, "Niet gevonden", ask("GET", "/verwerkingen")),
        (404, "Niet gevonden", ask("POST", "/verwerkingsacties/a/b").body(&good)),
        (405, "Methode niet toegestaan", ask("DELETE", ACTIES)),
        (405, "Methode niet toegestaan", ask("PUT", ACTIES).body(&good)),
        (405, "Methode niet toegestaan", ask("POST", ACTIE).body(&good)),
        (405, "Methode niet toegestaan", ask("PATCH", ACTIE).body(&good)),
        (413, "Verzoek te groot", ask("POST", ACTIES).body(&large)),
        (415, "Mediatype niet ondersteund", ask("POST", ACTIES).bytes("text/plain", good.to_string())),
        (415, "Mediatype niet ondersteund", ask("POST", ACTIES).bytes("application/xml", "<actie/>")),
        (415, "Mediatype niet ondersteund", ask("PUT", ACTIE).bytes("text/html", good.to_string())),
    ] {
        let what = format!("{} {}", asked.method, asked.path);
        let answer = log.ask(asked).await;
        assert_eq!((answer.status, &answer.body["title"]), (status, &json!(title)), "{what}: {answer:?}");
        answer.is_fout(status);
    }
}

#[tokio::test]
async fn r71_all_fields_that_are_wrong_are_named_at_once() {
    let log = Log::start().await;
    let wrong = json!({
        "vertrouwelijkheid": "geheim", "tijdstip": "gisteren", "verwerkingId": 7, "actieNaam": "n".repeat(243),
        "verwerkteObjecten": [
            {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"},
            {"objecttype": "auto", "soortObjectId": "BSN", "objectId": "n".repeat(41),
                "verwerkteSoortenGegevens": [{"soortGegeven": "adres"}, {}]},
        ],
    });
    let answer = log.post(&wrong).await;
    answer.is_fout(400);
    let mut names = answer.wrong_fields();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "actieNaam",
            "tijdstip",
            "vertrouwelijkheid",
            "verwerkingId",
            "verwerkteObjecten.1.objectId",
            "verwerkteObjecten.1.objecttype",
            "verwerkteObjecten.1.verwerkteSoortenGegevens.1.soortGegeven",
        ]
    );
    for field in answer.body["invalidParams"].as_array().expect("fields") {
        for part in ["code", "reason"] {
            assert!(field[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {field}");
        }
    }
    let code = |name: &str| {
        let fields = answer.body["invalidParams"].as_array().expect("fields");
        fields.iter().find(|field| field["name"] == name).map(|field| field["code"].clone())
    };
    assert_eq!(code("vertrouwelijkheid"), Some(json!("invalid_choice")));
    assert_eq!(code("actieNaam"), Some(json!("max_length")));
    assert_eq!(code("verwerkteObjecten.1.verwerkteSoortenGegevens.1.soortGegeven"), Some(json!("required")));
}

#[tokio::test]
async fn r31_r32_a_patch_says_what_it_changes_and_of_which_verwerking() {
    let log = Log::start().await;
    let known = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";
    log.post(&actie(&["999990019"], &json!({"verwerkingId": known}))).await;
    let patch = |query: &[(&str, &str)], body: Value| ask("PATCH", ACTIES).query(query).body(&body);
    let term = || json!({"bewaartermijn": "P1Y"});
    for (query, body, fields) in [
        (vec![], term(), vec!["verwerkingId"]),
        (vec![("verwerkingId", "")], term(), vec!["verwerkingId"]),
        (vec![("verwerkingId", "geen-uuid")], term(), vec!["verwerkingId"]),
        (vec![("verwerkingId", known)], json!({"bewaartermijn": "jaar"}), vec!["bewaartermijn"]),
        (vec![("verwerkingId", known)], json!({"vertrouwelijkheid": "geheim"}), vec!["vertrouwelijkheid"]),
    ] {
        let answer = log.ask(patch(&query, body)).await;
        answer.is_fout(400);
        assert_eq!(answer.wrong_fields(), fields, "{answer:?}");
    }
    for nothing in [json!({}), json!({"actieNaam": "een"}), json!([])] {
        log.ask(patch(&[("verwerkingId", known)], nothing)).await.is_fout(400);
    }
    // Known as soon as it was accepted, in whatever case it is written.
    assert_eq!(log.ask(patch(&[("verwerkingId", &known.to_uppercase())], term())).await.status, 204);
    log.ask(patch(&[("verwerkingId", "7d4c2b1a-0f9e-4d8c-b7a6-958473625140")], term())).await.is_fout(404);
}

#[tokio::test]
async fn r40_a_list_says_of_whom() {
    let log = Log::start().await;
    let whole = [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];
    for (name, _) in whole {
        let query: Vec<_> = whole.into_iter().filter(|(known, _)| *known != name).collect();
        let answer = log.ask(ask("GET", ACTIES).query(&query)).await;
        answer.is_fout(400);
        assert_eq!(answer.wrong_fields(), [name]);
    }
    for (name, value) in [
        ("beginDatum", "15-01-2026"),
        ("eindDatum", "2026-13-01"),
        ("verwerkingsactiviteitId", "geen-uuid"),
        ("vertrouwelijkheid", "geheim"),
        ("pagina", "verzonnen"),
    ] {
        let answer = log.list("999990019", &[(name, value)]).await;
        answer.is_fout(400);
        assert_eq!(answer.wrong_fields(), [name]);
    }
    let answer = log.ask(ask("GET", ACTIES).query(&[("objecttype", "auto"), ("beginDatum", "morgen")])).await;
    let mut names = answer.wrong_fields();
    names.sort_unstable();
    assert_eq!(names, ["beginDatum", "objectId", "objecttype", "soortObjectId"], "R71");

    let activity = "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b";
    log.post(&actie(&["999990019"], &json!({"verwerkingsactiviteitId": activity}))).await;
    log.post(&actie(&["999990019"], &json!({}))).await;
    log.settle().await;
    let found = log.list("999990019", &[("verwerkingsactiviteitId", &activity.to_uppercase())]).await.body;
    assert_eq!((&found["count"], &found["results"][0]["verwerkingsactiviteitId"]), (&json!(1), &json!(activity)));
}

#[tokio::test]
async fn r70_r72_what_is_down_or_too_busy_is_said_with_a_time_to_come_back() {
    let log = Log::start().await;
    for (fault, statuses) in [
        (Fault::throttled as fn(Service) -> Fault, [429, 503]),
        (Fault::internal, [500, 503]),
        (Fault::unavailable, [500, 503]),
    ] {
        log.services().faults().set(move |call| match call.service {
            Service::DynamoDb => fault(call.service),
            _ => Fault::None,
        });
        let list = ask("GET", ACTIES).query(&[("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "1")]);
        for asked in [ask("GET", ACTIE), ask("DELETE", ACTIE), list] {
            let what = format!("{} {}", asked.method, asked.path);
            let answer = log.ask(asked).await;
            assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
            answer.is_fout(answer.status);
            let retry = answer.headers.get("retry-after").and_then(|text| text.parse::<u32>().ok());
            assert!(answer.status == 500 || retry.is_some(), "{what}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn r01_the_same_idempotency_key_is_the_same_actie() {
    let log = Log::start().await;
    let post = |key: &str, body: &Value| ask("POST", ACTIES).header("Idempotency-Key", key).body(body);
    let body = actie(&["999990019"], &json!({}));
    let first = log.ask(post("sleutel-1", &body)).await;
    let again = log.ask(post("sleutel-1", &body)).await;
    assert_eq!((first.status, again.status), (201, 201), "{first:?} {again:?}");
    assert_eq!(first.body, again.body);
    let other = actie(&["999990020"], &json!({}));
    log.ask(post("sleutel-1", &other)).await.is_fout(422);
    assert_ne!(log.ask(post("sleutel-2", &body)).await.actie_id(), first.actie_id());
    log.settle().await;
    assert_eq!(log.list("999990019", &[]).await.body["count"], 2);
    assert_eq!(log.list("999990020", &[]).await.body["count"], 0);
    for wrong in ["", &"k".repeat(256)] {
        log.ask(post(wrong, &body)).await.is_fout(400);
    }
}

#[tokio::test]
async fn r53_reading_and_deleting_is_one_call_of_dynamodb_and_nothing_else() {
    let log = Log::start().await;
    let id = log.post(&actie(&["999990019"], &json!({}))).await.actie_id();
    log.settle().await;
    // The authorizer reads the pseudonym key when it first needs it.
    assert_eq!(log.list("999990019", &[]).await.body["count"], 1);
    let path = format!("/verwerkingsacties/{id}");
    let list =
        ask("GET", ACTIES).query(&[("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")]);
    for (asked, operation, status) in
        [(list, "Query", 200), (ask("GET", &path), "GetItem", 200), (ask("DELETE", &path), "UpdateItem", 204)]
    {
        log.services().faults().record();
        assert_eq!(log.ask(asked).await.status, status);
        let calls = log.services().faults().recorded();
        // The sources look for work all the time, and after a DELETE there is some.
        let of_request = calls.iter().filter(|call| !matches!(call.service, Service::DynamoDbStreams | Service::Sqs));
        let first = of_request.map(|call| (call.service, call.operation.as_str())).collect::<Vec<_>>();
        assert_eq!(first.first(), Some(&(Service::DynamoDb, operation)), "{first:?}");
        assert!(first.len() == 1 || status == 204, "{first:?}");
    }
    let template = crate::log::template();
    let paths = &template["Resources"]["Api"]["Properties"]["Body"]["paths"];
    for (path, method) in
        [(ACTIES, "get"), ("/verwerkingsacties/{actieId}", "get"), ("/verwerkingsacties/{actieId}", "delete")]
    {
        let integration = &paths[path][method]["x-amazon-apigateway-integration"];
        let uri = integration["uri"].to_string();
        assert!(integration["type"] == "aws" && uri.contains(":dynamodb:action/"), "{method} {path}: {uri}");
    }
}
