//! GET /verwerkingsacties: pages.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::{Call, MASKER, SLEUTEL};
use crate::dynamodb::Table;
use crate::rows::{id, person, with};

/// A table in which many acties share an instant.
fn table(acties: u32) -> Table {
    let row = |number| person(&id(number), &format!("2024-01-{:02}T00:00:00.000000000Z", 1 + number % 3), "normaal");
    Table { rows: (0..acties).map(row).collect() }
}

/// The parameters of an address, decoded.
fn parameters(address: &str) -> Vec<(String, String)> {
    let (_, query) = address.split_once('?').expect("a query string");
    query
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').expect("a pair");
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        assert!(byte != b'+' && byte.is_ascii_graphic(), "{text}");
        if byte == b'%' {
            let hex = [rest.next().expect("two digits"), rest.next().expect("two digits")];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).expect("ascii"), 16).expect("hex"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The call that follows an address.
fn follow(call: &Call, address: &str) -> Call {
    let (_, pagina) = parameters(address).into_iter().find(|(name, _)| name == "pagina").expect("a page");
    after(call, &begin(&pagina))
}

/// The call for the page after a row, as the authorizer hands it on.
fn after(call: &Call, sleutel: &str) -> Call {
    call.clone().query("pagina", "x").authorizer("na", sleutel)
}

/// Where a page begins, as the authorizer reads it.
fn begin(pagina: &str) -> String {
    let (kenmerk, hidden) = pagina.split_at(16);
    let (own, mask) = MASKER.split_at(16);
    assert_eq!((kenmerk, hidden.len()), (own, mask.len()), "{pagina}");
    let value = |c: char| c.to_digit(16).expect("a digit");
    let digit = |(hidden, mask)| char::from_digit((value(hidden) + 16 - value(mask)) % 16, 16).expect("less than 16");
    let mut digits = hidden.chars().zip(mask.chars()).map(digit);
    "0000-00-00T00:00:00.000000000Z#00000000-0000-0000-0000-000000000000"
        .chars()
        .map(|c| if c == '0' { digits.next().expect("one for each place") } else { c })
        .collect()
}

#[test]
fn r44_every_actie_comes_once_over_all_pages() {
    let mut table = table(23);
    let mut call = Call::list().page_size(5);
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let (results, next) = call.run(&mut table).page();
        seen.extend(results.iter().map(|result| result["actieId"].as_str().expect("text").to_owned()));
        pages += 1;
        let Some(next) = next else { break };
        call = follow(&call, &next);
    }
    assert_eq!((seen.len(), pages), (23, 5));
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 23);
}

#[test]
fn r44_a_page_may_be_empty_while_there_is_a_next_one() {
    let mut table = table(3);
    table.rows[2] = with(table.rows[2].clone(), "vervallen", json!({"BOOL": true}));
    let (results, next) = Call::list().page_size(1).run(&mut table).page();
    assert!(results.is_empty() && next.is_some());
}

#[test]
fn r44_next_repeats_all_that_was_asked_for() {
    let call = Call::list()
        .page_size(1)
        .query("soortObjectId", "soort & co=1+1%")
        .query("objectId", "\"'é €\u{1F600}#$x\\/")
        .query("beginDatum", "2024-01-01")
        .authorizer("van", "2023-12-31T23:00:00.000000000Z")
        .query("eindDatum", "2024-02-01")
        .authorizer("tot", "2024-01-31T23:00:00.000000000Z")
        .query("vertrouwelijkheid", "vertrouwelijk")
        .confidential()
        .authorizer("vertrouwelijkheden", "normaal,vertrouwelijk")
        .query("verwerkingsactiviteitId", "5F0bef4c-f66f-4311-84a5-19e8bf359eaf");
    let mut rows = table(3);
    for row in &mut rows.rows {
        row["verwerkingsactiviteitId"] = json!({"S": "5f0bef4c-f66f-4311-84a5-19e8bf359eaf"});
    }
    let (results, next) = call.run(&mut rows).page();
    assert_eq!(results.len(), 1);
    let next = next.expect("there is more");
    assert!(next.starts_with("https://abc123.execute-api.eu-central-1.amazonaws.com/v1/verwerkingsacties?"), "{next}");
    let mut parameters = parameters(&next);
    let (name, _) = parameters.pop().expect("there are some");
    assert_eq!(name, "pagina");
    let expected = [
        ("objecttype", "persoon"),
        ("soortObjectId", "soort & co=1+1%"),
        ("objectId", "\"'é €\u{1F600}#$x\\/"),
        ("beginDatum", "2024-01-01"),
        ("eindDatum", "2024-02-01"),
        ("vertrouwelijkheid", "normaal"),
        ("vertrouwelijkheid", "vertrouwelijk"),
        ("verwerkingsactiviteitId", "5F0bef4c-f66f-4311-84a5-19e8bf359eaf"),
    ];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn r44_next_is_at_the_address_that_the_stage_says() {
    let (_, next) = Call::list().page_size(1).stage("adres", "http://127.0.0.1:3000/v1").run(&mut table(2)).page();
    assert!(next.expect("there is more").starts_with("http://127.0.0.1:3000/v1/verwerkingsacties?objecttype="));
}

#[test]
fn r44_a_page_says_nothing_but_where_it_begins() {
    let (_, next) = Call::list().page_size(1).run(&mut table(3)).page();
    let request = follow(&Call::list(), &next.expect("there is more")).request();
    let expected = json!({
        "objectSleutel": {"S": SLEUTEL},
        "tijdstipSleutel": {"S": format!("2024-01-03T00:00:00.000000000Z#{}", id(2))},
        "actieId": {"S": id(2)},
        "soort": {"S": format!("object#{SLEUTEL}")},
    });
    assert_eq!(request["ExclusiveStartKey"], expected);
}

/// The row after which a page begins may be one that the filter left out, of which the client must not know.
#[test]
fn r44_next_shows_nothing_of_the_row_that_it_begins_after() {
    let mut table = table(3);
    table.rows[2]["vertrouwelijkheid"]["S"] = json!("vertrouwelijk");
    let (results, next) = Call::list().page_size(1).run(&mut table).page();
    let next = next.expect("there is more");
    assert!(results.is_empty());
    assert!(!next.contains(&id(2).replace('-', "")) && !next.contains("20240103"), "{next}");
    let other = MASKER.replace('1', "2");
    let (_, again) = Call::list().page_size(1).authorizer("masker", &other).run(&mut table).page();
    let pagina = |next: &str| parameters(next).pop().expect("a page").1;
    let same =
        pagina(&next).chars().zip(pagina(&again.expect("there is more")).chars()).filter(|(a, b)| a == b).count();
    assert_eq!(same, 71 - MASKER.matches('1').count(), "each digit is hidden by one of the authorizer's");
}

#[test]
fn r44_without_what_hides_the_begin_of_a_page_there_is_no_page() {
    for masker in ["", "x", &MASKER[1..], &MASKER.replace('f', "g")] {
        let call = Call::list().authorizer("masker", masker);
        call.clone().page_size(1).run(&mut table(3)).fout(500);
        assert_eq!(call.run(&mut table(1)).page().0.len(), 1, "where there is no next page it is not needed");
    }
}

#[test]
fn r44_a_page_reaches_no_other_person() {
    let call = after(&Call::list(), &format!("2024-06-01T00:00:00.000000000Z#{}", id(77)));
    let request = call.request();
    assert_eq!(request["ExclusiveStartKey"]["objectSleutel"]["S"], SLEUTEL);
    assert_eq!(request["ExpressionAttributeValues"][":objectSleutel"]["S"], SLEUTEL);
    let mut table = table(3);
    table.rows[0]["objectSleutel"]["S"] = json!("somebody else");
    assert_eq!(call.run(&mut table).page().0.len(), 2);
}

#[test]
fn r40_a_page_that_the_authorizer_cannot_read_is_400() {
    let instant = "2024-06-01T00:00:00.000000000Z";
    let wrong = [
        String::new(),
        format!("{instant}#{}", id(1).to_uppercase().replace("0B", "0G")),
        format!("2024-06-01T00:00:00,000000000Z#{}", id(1)),
        format!("{instant}\"{}", id(1)),
        format!("{instant}#{} ", id(1)),
        format!("object#{}", "x".repeat(60)),
    ];
    let calls = wrong.iter().map(|sleutel| after(&Call::list(), sleutel));
    for call in calls.chain([Call::list().query("pagina", "2"), Call::list().query("pagina", "")]) {
        assert_eq!(call.request()["ExpressionAttributeValues"][":objectSleutel"]["S"], "-");
        assert_eq!(call.run(&mut table(1)).invalid(), [("pagina".to_owned(), "invalid".to_owned())]);
    }
    // What nobody asked for does not count.
    let call = Call::list().authorizer("na", &format!("{instant}#{}", id(1)));
    assert_eq!(call.request().get("ExclusiveStartKey"), None);
}

#[test]
fn r40_a_page_outside_the_period_is_400() {
    let call = Call::list().query("beginDatum", "2024-01-02").authorizer("van", "2024-01-01T23:00:00.000000000Z");
    let call = after(&call, &format!("2023-06-01T00:00:00.000000000Z#{}", id(1)));
    assert_eq!(call.run(&mut table(3)).invalid(), [("pagina".to_owned(), "invalid".to_owned())]);
    let refusal =
        |message: &str| json!({"__type": "com.amazon.coral.validate#ValidationException", "Message": message});
    call.response(400, &refusal("The provided starting key is invalid")).fout(400);
    call.response(400, &refusal("Exclusive Start Key must have same size as table's key schema")).fout(400);
    call.response(400, &refusal("The table does not have the specified index: x")).fout(500);
    Call::list().response(400, &refusal("The provided starting key is invalid")).fout(500);
}
