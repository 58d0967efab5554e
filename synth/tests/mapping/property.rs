//! Whatever a client sends: a request that DynamoDB accepts, a response that is JSON, and none of the text where it
//! was not meant to be.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::client::{Call, NU, SLEUTEL, answer, parse, select};
use crate::dynamodb::Table;
use crate::oracle::{self, Case};
use crate::rows::{id, person, with};

const QUERY: [&str; 9] = [
    "objecttype",
    "soortObjectId",
    "objectId",
    "beginDatum",
    "eindDatum",
    "vertrouwelijkheid",
    "vertrouwelijkheid__in",
    "verwerkingsactiviteitId",
    "pagina",
];

/// Text that means something to VTL, to JSON, to a regular expression or to DynamoDB, or any other.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec![
        "\"",
        "\\",
        "'",
        "\\\"",
        "\\'",
        "$",
        "#",
        "##",
        "#end",
        "#set($x = 1)",
        "$context.authorizer",
        "${x}",
        "$!{x}",
        "#[[",
        "*/",
        "{",
        "}",
        "\"},\"x\":{",
        "\u{0}",
        "\u{1f}",
        "\n",
        "\r\n",
        "\t",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "€",
        "\u{1F600}",
        "</script>",
        "/",
        " ",
        "+",
        "%00",
        "%",
        "&",
        "=",
        ",",
        ":objectSleutel",
        "#objectSleutel",
        "attribute_exists(",
        "OR",
        "normaal",
        "persoon",
        "2024-02-29",
    ]);
    prop_oneof![
        3 => prop::collection::vec(tricky, 0..6).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
        1 => "\\PC{0,50}",
        1 => Just("5f0bef4c-f66f-4311-84a5-19e8bf359eaf".to_owned()),
    ]
}

fn with_parameters(call: Call, names: &[&'static str], values: Vec<Option<String>>) -> Call {
    names.iter().zip(values).fold(call, |call, (name, value)| match value {
        Some(value) => call.query(name, &value),
        None => call,
    })
}

/// Every text in a tree of JSON.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| std::iter::once(key.as_str()).chain(texts(value))).collect()
        }
        _ => Vec::new(),
    }
}

fn config() -> Config {
    // No file of past failures: one that is found becomes a test of its own.
    Config { cases: 300, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn r40_r70_any_parameters_make_a_valid_request_and_a_valid_response(
        values in prop::collection::vec(prop::option::of(text()), QUERY.len()),
    ) {
        let call = with_parameters(Call::list(), &QUERY, values);
        let request = call.request();
        // Of all that the client says, DynamoDB hears the verwerkingsactiviteitId and the begin of a page, both of fixed shape.
        let known = with_parameters(Call::list(), &QUERY, Vec::new()).request();
        let known: Vec<_> = texts(&known).into_iter().map(str::to_owned).collect();
        for text in texts(&request) {
            let ours = known.iter().any(|known| known == text);
            let named = matches!(text, "-" | "verwerkingsactiviteitId") || text.starts_with([':', '#']) || text.contains(" AND #verwerkingsactiviteitId = ");
            prop_assert!(ours || named || text == "5f0bef4c-f66f-4311-84a5-19e8bf359eaf", "{text:?}");
        }
        let row = person(&id(1), "2024-03-01T23:00:00.000000000Z", "normaal");
        let row = with(row, "verwerkingsactiviteitId", json!({"S": "5f0bef4c-f66f-4311-84a5-19e8bf359eaf"}));
        let answer = call.run(&mut Table { rows: vec![row] });
        match answer.status {
            200 => prop_assert_eq!(answer.page().0.len(), 1),
            _ => prop_assert!(!answer.invalid().is_empty()),
        }
    }

    #[test]
    fn r44_any_object_id_comes_back_in_next_and_nowhere_else(soort in text(), object in text()) {
        let call = Call::list().page_size(1).query("soortObjectId", &soort).query("objectId", &object);
        let mut table = Table { rows: (1..3).map(|n| person(&id(n), "2024-03-01T23:00:00.000000000Z", "normaal")).collect() };
        let answer = call.run(&mut table);
        if answer.status == 200 {
            let (_, next) = answer.page();
            let next = next.expect("there is more");
            prop_assert!(next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'), "{}", next);
        } else {
            prop_assert!(!answer.invalid().is_empty());
        }
    }

    #[test]
    fn r50_r52_any_actie_id_makes_a_valid_request_and_a_valid_response(actie_id in text()) {
        for call in [Call::read(&actie_id), Call::delete(&actie_id)] {
            let key = call.request()["Key"].clone();
            let expected = if actie_id.starts_with("5f0bef4c") { actie_id.as_str() } else { "-" };
            prop_assert_eq!(&key, &json!({"actieId": {"S": expected}, "soort": {"S": "actueel"}}));
            let status = call.run(&mut Table::default()).status;
            prop_assert!(matches!(status, 400 | 404), "{}", status);
        }
    }

    #[test]
    fn r70_whatever_the_authorizer_says_stays_text(
        sleutel in text(), van in text(), tot in text(), nu in text(), vertrouwelijkheden in text(), scopes in text(),
    ) {
        let said = |call: Call| {
            call.confidential()
                .authorizer("objectSleutel", &sleutel)
                .authorizer("vertrouwelijkheden", "normaal,opgeheven")
                .authorizer("nu", &nu)
        };
        let list = said(Call::list().authorizer("van", &van).authorizer("tot", &tot));
        let request = list.request();
        let values = &request["ExpressionAttributeValues"];
        if values[":objectSleutel"]["S"] != "-" {
            prop_assert_eq!(&values[":objectSleutel"]["S"], &json!(sleutel));
            prop_assert_eq!(values[":van"]["S"].as_str().unwrap_or_default(), van.as_str());
            prop_assert_eq!(values[":tot"]["S"].as_str().unwrap_or_default(), tot.as_str());
        }
        let delete = said(Call::delete(&id(1))).request();
        let registered = if nu.is_empty() { "-" } else { nu.as_str() };
        prop_assert_eq!(&delete["ExpressionAttributeValues"][":tijdstipRegistratie"]["S"], &json!(registered));
        for call in [Call::list(), Call::read(&id(1)), Call::delete(&id(1))] {
            let call = call.authorizer("vertrouwelijkheden", &vertrouwelijkheden).scopes(&scopes);
            call.run(&mut Table::default()).json();
        }
    }

    #[test]
    fn r44_any_document_is_returned_as_it_is(naam in text()) {
        let mut row = person(&id(1), "2024-03-01T23:00:00.000000000Z", "normaal");
        row["document"]["S"] = json!(contract::table::document(&json!({"actieNaam": naam}).to_string()));
        let mut table = Table { rows: vec![row.clone()] };
        prop_assert_eq!(Call::list().run(&mut table).page().0, [json!({"actieNaam": naam})]);
        row["soort"]["S"] = json!("actueel");
        prop_assert_eq!(Call::read(&id(1)).run(&mut Table { rows: vec![row] }).json(), json!({"actieNaam": naam}));
    }
}

#[test]
fn r40_half_a_surrogate_pair_breaks_nothing() {
    let call = Call::list().query("soortObjectId", "HALF").query("objectId", "xHALFx").query("pagina", "HALF");
    let templates = call.templates();
    let broken =
        |template: &str, case: &Case| oracle::render_line(&oracle::line(template, case).replace("HALF", "\\ud83d"));
    parse(&broken(&templates.request, &call.case).output);
    let mut valid = call.clone().without_query("pagina").case;
    let row = person(&id(1), "2024-03-01T23:00:00.000000000Z", "normaal");
    let page = json!({"Count": 0, "Items": [], "LastEvaluatedKey": {"tijdstipSleutel": row["tijdstipSleutel"], "objectSleutel": {"S": SLEUTEL}}});
    valid.body = Some(page.to_string());
    valid.context["authorizer"]["nu"] = json!(NU);
    let mapped = select(&templates.responses, 200);
    let (_, next) = answer(mapped, broken(&mapped.template, &valid)).page();
    assert!(next.is_some());
}
