//! GET /verwerkingsacties: parameters, scopes and what is selected.

use serde_json::{Value, json};

use crate::client::{Call, EPOCH};
use crate::dynamodb::Table;
use crate::rows::{document, id, person, with};

const VAN: &str = "2024-03-01T23:00:00.000000000Z";
const TOT: &str = "2024-04-01T22:00:00.000000000Z";

fn list(call: &Call, rows: Vec<Value>) -> Vec<String> {
    let (results, _) = call.run(&mut Table { rows }).page();
    results.iter().map(|result| result["actieId"].as_str().expect("text").to_owned()).collect()
}

fn invalid(call: &Call) -> Vec<String> {
    let request = call.request();
    assert_eq!(request["ExpressionAttributeValues"], json!({":objectSleutel": {"S": "-"}}), "nothing is looked up");
    let answer = call.run(&mut Table { rows: vec![person(&id(1), VAN, "normaal")] });
    answer.invalid().into_iter().map(|(name, code)| format!("{name}: {code}")).collect()
}

#[test]
fn r41_r44_the_documents_of_one_person_the_newest_first() {
    let mut other = person(&id(4), "2024-01-05T00:00:00.000000000Z", "normaal");
    other["objectSleutel"]["S"] = json!("somebody else");
    let rows = vec![
        person(&id(1), "2024-01-02T00:00:00.000000000Z", "normaal"),
        person(&id(2), "2024-01-03T00:00:00.000000000Z", "normaal"),
        person(&id(3), "2024-01-01T00:00:00.000000000Z", "normaal"),
        other,
    ];
    let (results, next) = Call::list().run(&mut Table { rows }).page();
    assert_eq!(results, [document(&id(2)), document(&id(1)), document(&id(3))]);
    assert_eq!(next, None);
}

#[test]
fn r44_nothing_found_is_an_empty_page() {
    assert!(list(&Call::list(), Vec::new()).is_empty());
}

#[test]
fn r06_r08_vervallen_and_expired_are_left_out() {
    let row = |number| person(&id(number), VAN, "normaal");
    let rows = vec![
        row(1),
        with(row(2), "vervallen", json!({"BOOL": true})),
        with(row(3), "bewaardTot", json!({"N": EPOCH.to_string()})),
        with(row(4), "bewaardTot", json!({"N": (EPOCH + 1).to_string()})),
    ];
    assert_eq!(list(&Call::list(), rows), [id(4), id(1)]);
}

#[test]
fn r42_only_what_was_asked_for_and_allowed() {
    let rows =
        || vec![person(&id(1), VAN, "normaal"), person(&id(2), VAN, "vertrouwelijk"), person(&id(3), VAN, "opgeheven")];
    assert_eq!(list(&Call::list(), rows()), [id(1)]);
    assert_eq!(list(&Call::list().vertrouwelijkheden("opgeheven"), rows()), [id(3)]);
    assert_eq!(list(&Call::list().vertrouwelijkheden("vertrouwelijk,opgeheven"), rows()), [id(3), id(2)]);
    let all = Call::list().vertrouwelijkheden("normaal,vertrouwelijk,opgeheven").without_query("vertrouwelijkheid");
    assert_eq!(list(&all, rows()), [id(3), id(2), id(1)]);
}

#[test]
fn r40_verwerkingsactiviteit_id_selects() {
    let activiteit = "5f0bef4c-f66f-4311-84a5-19e8bf359eaf";
    let rows = vec![
        with(person(&id(1), VAN, "normaal"), "verwerkingsactiviteitId", json!({"S": activiteit})),
        with(person(&id(2), VAN, "normaal"), "verwerkingsactiviteitId", json!({"S": id(9)})),
        person(&id(3), VAN, "normaal"),
    ];
    assert_eq!(list(&Call::list().query("verwerkingsactiviteitId", activiteit), rows.clone()), [id(1)]);
    assert_eq!(list(&Call::list().query("verwerkingsactiviteitId", &activiteit.to_uppercase()), rows), [id(1)]);
}

#[test]
fn r46_the_period_includes_its_begin_and_excludes_its_end() {
    let rows = || {
        vec![
            person(&id(1), "2024-03-01T22:59:59.999999999Z", "normaal"),
            person(&id(2), VAN, "normaal"),
            person(&id(3), "2024-04-01T21:59:59.999999999Z", "normaal"),
            person(&id(4), TOT, "normaal"),
        ]
    };
    let begin = |call: Call| call.query("beginDatum", "2024-03-02").authorizer("van", VAN);
    let end = |call: Call| call.query("eindDatum", "2024-04-02").authorizer("tot", TOT);
    assert_eq!(list(&begin(Call::list()), rows()), [id(4), id(3), id(2)]);
    assert_eq!(list(&end(Call::list()), rows()), [id(3), id(2), id(1)]);
    assert_eq!(list(&begin(end(Call::list())), rows()), [id(3), id(2)]);
}

#[test]
fn r40_a_period_that_ends_before_it_begins_holds_nothing() {
    let call = Call::list()
        .query("beginDatum", "2024-04-02")
        .authorizer("van", TOT)
        .query("eindDatum", "2024-03-02")
        .authorizer("tot", VAN);
    assert!(list(&call, vec![person(&id(1), VAN, "normaal")]).is_empty());
    let day = Call::list()
        .query("beginDatum", "2024-03-02")
        .authorizer("van", VAN)
        .query("eindDatum", "2024-03-02")
        .authorizer("tot", VAN);
    assert!(list(&day, vec![person(&id(1), VAN, "normaal")]).is_empty());
}

#[test]
fn r40_r71_missing_parameters_are_all_reported() {
    let call = Call::list()
        .without_query("objecttype")
        .without_query("soortObjectId")
        .without_query("objectId")
        .without_authorizer("objectSleutel");
    assert_eq!(invalid(&call), ["objecttype: required", "soortObjectId: required", "objectId: required"]);
    let empty = call.query("objecttype", "").query("soortObjectId", "").query("objectId", "");
    assert_eq!(invalid(&empty), ["objecttype: required", "soortObjectId: required", "objectId: required"]);
}

#[test]
fn r40_r71_malformed_parameters_are_all_reported_once() {
    let call = Call::list()
        .query("objecttype", "Persoon")
        .query("soortObjectId", &"s".repeat(243))
        .query("objectId", &"1".repeat(41))
        .query("beginDatum", "gisteren")
        .query("eindDatum", "")
        .query("vertrouwelijkheid", "geheim")
        .query("vertrouwelijkheid__in", "normaal,")
        .query("verwerkingsactiviteitId", "5f0bef4c")
        .query("pagina", "2")
        .without_authorizer("objectSleutel");
    let expected = [
        "objecttype: invalid_choice",
        "soortObjectId: max_length",
        "objectId: max_length",
        "beginDatum: invalid",
        "eindDatum: invalid",
        "vertrouwelijkheid: invalid_choice",
        "vertrouwelijkheid__in: invalid_choice",
        "verwerkingsactiviteitId: invalid",
        "pagina: invalid",
    ];
    assert_eq!(invalid(&call), expected);
    assert_eq!(call.response(500, &json!({})).invalid().len(), expected.len());
    assert_eq!(
        call.response(400, &json!({"__type": "x#ValidationException", "message": "starting key"})).invalid().len(),
        expected.len()
    );
}

#[test]
fn r40_the_longest_values_are_accepted_and_counted_in_characters() {
    let call = Call::list()
        .query("soortObjectId", &"\u{1F600}".repeat(242))
        .query("objectId", &format!("\n{}", "\u{1F600}".repeat(39)));
    assert_eq!(list(&call, vec![person(&id(1), VAN, "normaal")]), [id(1)]);
}

#[test]
fn r40_dates_are_days_that_exist() {
    let days = [
        "2024-02-29",
        "2000-02-29",
        "2023-02-28",
        "2024-01-31",
        "2024-04-30",
        "2024-12-31",
        "1999-11-30",
        "2400-02-29",
    ];
    for day in days {
        let call = Call::list().query("beginDatum", day).authorizer("van", VAN);
        assert_eq!(call.run(&mut Table::default()).status, 200, "{day}");
    }
    let none = [
        "2023-02-29",
        "1900-02-29",
        "2100-02-29",
        "2024-02-30",
        "2024-04-31",
        "2024-06-31",
        "2024-09-31",
        "2024-11-31",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "2024-01-32",
        "2024-1-1",
        "24-01-01",
        "2024-01-01T00:00:00Z",
        " 2024-01-01",
        "2024-01-01\n",
        "20240101",
        "+2024-01-01",
        "٢٠٢٤-01-01",
    ];
    for day in none {
        let begin = Call::list().query("beginDatum", day).authorizer("van", VAN);
        assert_eq!(invalid(&begin), ["beginDatum: invalid"], "{day}");
        let end = Call::list().query("eindDatum", day).authorizer("tot", TOT);
        assert_eq!(invalid(&end), ["eindDatum: invalid"], "{day}");
    }
}

#[test]
fn r46_a_date_that_the_authorizer_made_no_instant_of_is_wrong() {
    assert_eq!(invalid(&Call::list().query("beginDatum", "9999-12-31")), ["beginDatum: invalid"]);
    assert_eq!(invalid(&Call::list().query("eindDatum", "0000-01-01")), ["eindDatum: invalid"]);
}

#[test]
fn r42_every_form_in_which_a_repeated_parameter_may_show_is_read() {
    for shown in ["opgeheven", "normaal,opgeheven", "[normaal, opgeheven]", "[normaal,opgeheven]"] {
        let call = Call::list()
            .confidential()
            .query("vertrouwelijkheid", shown)
            .authorizer("vertrouwelijkheden", "normaal,opgeheven");
        assert_eq!(call.run(&mut Table::default()).status, 200, "{shown}");
    }
    for shown in ["Normaal", "normaal opgeheven", "normaal,,opgeheven", "normaal|opgeheven", "openbaar"] {
        let call = Call::list().query("vertrouwelijkheid", shown);
        assert_eq!(invalid(&call), ["vertrouwelijkheid: invalid_choice"], "{shown}");
    }
}

#[test]
fn r42_a_value_that_the_authorizer_made_nothing_of_is_wrong() {
    let call = Call::list().confidential().without_authorizer("vertrouwelijkheden");
    assert_eq!(invalid(&call), ["vertrouwelijkheid: invalid_choice"]);
}

#[test]
fn r40_without_a_pseudonym_nothing_is_looked_up() {
    assert_eq!(invalid(&Call::list().without_authorizer("objectSleutel")), ["objectId: invalid"]);
}

#[test]
fn r40_a_header_is_no_query_parameter() {
    let call = Call::list().without_query("objectId").header("objectId", "479580261").header("pagina", "x");
    assert_eq!(invalid(&call), ["objectId: required"]);
}

#[test]
fn r43_read_normal_lists_normaal_alone() {
    let rows = || Table { rows: vec![person(&id(1), VAN, "normaal"), person(&id(2), VAN, "vertrouwelijk")] };
    for allowed in ["vertrouwelijk", "normaal,vertrouwelijk", "opgeheven", "", "onzin"] {
        let call = Call::list().authorizer("vertrouwelijkheden", allowed);
        assert_eq!(call.request()["ExpressionAttributeValues"], json!({":objectSleutel": {"S": "-"}}), "{allowed}");
        call.run(&mut rows()).fout(403);
    }
    Call::list().without_query("vertrouwelijkheid").without_authorizer("vertrouwelijkheden").run(&mut rows()).fout(403);
}

#[test]
fn r72_without_a_read_scope_it_is_403_and_nothing_is_looked_up() {
    for scopes in ["", "delete:confidential"] {
        let call = Call::list().scopes(scopes);
        assert_eq!(call.request()["ExpressionAttributeValues"], json!({":objectSleutel": {"S": "-"}}));
        call.run(&mut Table { rows: vec![person(&id(1), VAN, "normaal")] }).fout(403);
    }
    let mut call = Call::list();
    call.case.context.as_object_mut().expect("an object").remove("authorizer");
    call.run(&mut Table::default()).fout(403);
}

#[test]
fn r53_the_list_reads_one_person_through_the_index() {
    let call = Call::list();
    assert_eq!(call.templates().index.as_deref(), Some("objectSleutel-index"));
    let request = call.page_size(25).request();
    assert_eq!(request["TableName"], "Verwerkingen");
    assert_eq!(request["IndexName"], "objectSleutel-index");
    assert_eq!(request["Limit"], 25);
    assert_eq!(request["ScanIndexForward"], false);
    assert_eq!(request.get("ExclusiveStartKey"), None);
}

#[test]
fn r40_text_with_quotes_stays_text_in_the_request() {
    let odd = "it's \"}, \\ é \u{1F600} $context #end";
    let request = Call::list().authorizer("objectSleutel", odd).stage("tabel", odd).request();
    assert_eq!(request["ExpressionAttributeValues"][":objectSleutel"]["S"], odd);
    assert_eq!(request["TableName"], odd);
}
