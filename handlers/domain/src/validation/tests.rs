use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testdata;

const JSON: Option<&str> = Some("application/json");
const UUID: &str = "0f1d2c3b-4a59-4687-8a96-b5c4d3e2f101";

fn with<T>(elfproef: bool, run: impl FnOnce(Validator<'_>) -> T) -> T {
    run(Validator { elfproef, pseudonyms: &testdata::keys() })
}

fn post(body: impl AsRef<[u8]>) -> Result<Request, Rejection> {
    with(false, |validator| validator.post(JSON, body.as_ref()))
}

fn put(body: &Value) -> Result<(String, Request), Rejection> {
    with(false, |validator| validator.put(UUID, JSON, body.to_string().as_bytes()))
}

fn patch(verwerking_ids: &[&str], body: &str) -> Result<(String, Patch), Rejection> {
    with(false, |validator| validator.patch(verwerking_ids, JSON, body.as_bytes()))
}

/// Name and code of each wrong field.
fn faults<T>(outcome: Result<T, Rejection>) -> Vec<(String, &'static str)> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(Rejection::Invalid(faults)) => faults.into_iter().map(|fout| (fout.name, fout.code)).collect(),
        Err(other) => panic!("{other}"),
    }
}

fn fout(name: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(name.to_owned(), code)]
}

/// A right body with one field changed; `None` takes it away.
fn body(field: &str, value: Option<Value>) -> Value {
    let mut body = json!({
        "vertrouwelijkheid": "normaal",
        "tijdstip": "2024-04-05T14:35:42+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "1234567"}],
    });
    let (target, name) = match field.strip_prefix("verwerkteObjecten.0.") {
        Some(name) => (&mut body["verwerkteObjecten"][0], name),
        None => (&mut body, field),
    };
    match value {
        Some(value) => target[name] = value,
        None => drop(target.as_object_mut().unwrap().remove(name)),
    }
    body
}

fn faults_of(field: &str, value: impl Into<Value>) -> Vec<(String, &'static str)> {
    faults(post(body(field, Some(value.into())).to_string()))
}

#[test]
fn r10_a_whole_request_is_read() {
    let request = post(testdata::full_request().to_string()).unwrap();
    assert_eq!(request, testdata::request(testdata::full_request()));
}

#[test]
fn r15_the_examples_of_the_standard_are_accepted_and_fail_the_eleven_test_when_it_is_asked_for() {
    let given = body("actieNaam", Some("Zoeken".into())).to_string();
    assert!(post(&given).is_ok());
    let streng = |body: &Value| with(true, |validator| faults(validator.post(JSON, body.to_string().as_bytes())));
    assert_eq!(streng(&body("actieNaam", None)), fout("verwerkteObjecten.0.objectId", "invalid"));
    for (soort, number, good) in [
        ("bsn", "1234567", false),
        ("BSN", "999990019", true),
        ("intern", "1234567", true),
        ("BSN", "k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false),
        ("BSN", testdata::stored(&[("BSN", "1")]).actie().verwerkte_objecten[0].content.object_id.text(), true),
    ] {
        let mut body = body("verwerkteObjecten.0.objectId", Some(number.into()));
        body["verwerkteObjecten"][0]["soortObjectId"] = soort.into();
        assert_eq!(streng(&body).is_empty(), good, "{soort} {number}");
    }
    let mut afnemer = body("verwerkteObjecten.0.objectId", Some("999990019".into()));
    afnemer["soortAfnemerId"] = "BSN".into();
    afnemer["afnemerId"] = "999990018".into();
    assert_eq!(streng(&afnemer), fout("afnemerId", "invalid"));
    afnemer["afnemerId"] = "x".repeat(41).into();
    assert_eq!(streng(&afnemer), fout("afnemerId", "max_length"));
}

#[test]
fn r71_all_wrong_fields_are_listed_at_once_each_once() {
    let body = json!({
        "actieNaam": "x".repeat(243), "verwerkingId": "1", "bewaartermijn": "10y", "uitvoerder": 1, "vertrouwelijkheid": "geheim",
        "verwerkteObjecten": [
            {"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "1"},
            {"objecttype": "gebouw", "objectId": "x".repeat(41), "verwerkteSoortenGegevens": [{"soortGegeven": "a"}, {}]},
            7,
        ],
    });
    let expected = [
        ("actieNaam", "max_length"),
        ("verwerkingId", "invalid"),
        ("vertrouwelijkheid", "invalid_choice"),
        ("bewaartermijn", "invalid"),
        ("uitvoerder", "invalid"),
        ("tijdstip", "required"),
        ("verwerkteObjecten.1.objecttype", "invalid_choice"),
        ("verwerkteObjecten.1.soortObjectId", "required"),
        ("verwerkteObjecten.1.objectId", "max_length"),
        ("verwerkteObjecten.1.verwerkteSoortenGegevens.1.soortGegeven", "required"),
        ("verwerkteObjecten.2", "invalid"),
    ];
    assert_eq!(faults(post(body.to_string())), expected.map(|(name, code)| (name.to_owned(), code)));
}

#[test]
fn r71_no_error_repeats_a_value_of_the_request() {
    let mut body = testdata::full_request();
    for (_, value) in body.as_object_mut().unwrap() {
        *value = "999990019".repeat(300).into();
    }
    body["verwerkteObjecten"] =
        json!([{"objecttype": "999990019", "soortObjectId": ["999990019"], "objectId": {"999990019": 1}}]);
    let Err(rejection) = post(body.to_string()) else { panic!("accepted") };
    assert!(!serde_json::to_string(&rejection.fout(UUID)).unwrap().contains("999990019"));
    let Err(rejection) = post("{\"objectId\": 999990019, \"999990019}") else { panic!("accepted") };
    assert!(!serde_json::to_string(&rejection.fout(UUID)).unwrap().contains("999990019"));
}

#[test]
fn r71_lengths_are_counted_in_characters() {
    assert_eq!(faults_of("actieNaam", "é".repeat(242)), []);
    assert_eq!(faults_of("actieNaam", "\u{1f600}".repeat(242)), []);
    assert_eq!(faults_of("actieNaam", "é".repeat(243)), fout("actieNaam", "max_length"));
    assert_eq!(faults_of("verwerkteObjecten.0.objectId", "é".repeat(40)), []);
    assert_eq!(
        faults_of("verwerkteObjecten.0.objectId", "x".repeat(41)),
        fout("verwerkteObjecten.0.objectId", "max_length")
    );
    let url = format!("https://voorbeeld.nl/{}", "x".repeat(2042 - 21));
    assert_eq!(faults_of("verwerkingsactiviteitUrl", url.clone()), []);
    assert_eq!(
        faults_of("verwerkingsactiviteitUrl", format!("{url}x")),
        fout("verwerkingsactiviteitUrl", "max_length")
    );
    assert_eq!(faults_of("actieNaam", ""), []);
}

#[test]
fn r03_r11_what_must_be_there_is_missed() {
    for field in ["vertrouwelijkheid", "tijdstip", "verwerkteObjecten"] {
        assert_eq!(faults(post(body(field, None).to_string())), fout(field, "required"));
    }
    for field in ["objecttype", "soortObjectId", "objectId"] {
        let field = format!("verwerkteObjecten.0.{field}");
        assert_eq!(faults(post(body(&field, None).to_string())), fout(&field, "required"));
    }
    assert_eq!(faults_of("verwerkteObjecten", json!([])), fout("verwerkteObjecten", "invalid"));
    assert_eq!(faults_of("verwerkteObjecten", json!({})), fout("verwerkteObjecten", "invalid"));
    assert_eq!(faults_of("verwerkteObjecten.0.verwerkteSoortenGegevens", json!([])), []);
}

#[test]
fn r07_r08_r16_moments_terms_and_organisations() {
    for tijdstip in ["2024-04-05T14:35:42", "2024-04-05", "gisteren", ""] {
        assert_eq!(faults_of("tijdstip", tijdstip), fout("tijdstip", "invalid"));
    }
    for term in ["10y", "-P1Y", "P1.5D", "P", ""] {
        assert_eq!(faults_of("bewaartermijn", term), fout("bewaartermijn", "invalid"));
    }
    assert_eq!(faults_of("uitvoerder", "00000001821002193000"), []);
    for oin in ["0000000182100219300", "000000018210021930000", "x00000001821002193000x"] {
        assert_eq!(faults_of("uitvoerder", oin), fout("uitvoerder", "invalid"));
    }
    for (soort, number, good) in [
        ("OIN", "00000001821002193000", true),
        ("oin", "1821002193000", false),
        ("KVK", "12345678", true),
        ("BSN", "123456789", true),
    ] {
        let mut body = body("soortAfnemerId", Some(soort.into()));
        body["afnemerId"] = number.into();
        assert_eq!(faults(post(body.to_string())), if good { Vec::new() } else { fout("afnemerId", "invalid") });
    }
}

#[test]
fn r71_null_is_no_value() {
    for field in ["actieNaam", "bewaartermijn", "vertrouwelijkheid", "verwerkteObjecten", "verwerkingId"] {
        assert_eq!(faults_of(field, Value::Null), fout(field, "invalid"));
    }
}

#[test]
fn r71_a_field_that_occurs_twice_is_wrong_whatever_it_says() {
    let body = body("actieNaam", Some("a".into())).to_string();
    let twice = body.replacen(r#""objectId":"#, r#""objectId":"1","objectId":"#, 1);
    assert_eq!(faults(post(twice)), fout("verwerkteObjecten.0.objectId", "invalid"));
    let twice = body.replacen('{', r#"{"tijdstip":1,"onbekend":1,"onbekend":{"a":1,"a":1},"#, 1);
    assert_eq!(faults(post(twice)), fout("tijdstip", "invalid"));
}

#[test]
fn r01_r14_what_the_log_sets_and_what_nobody_named_counts_for_nothing() {
    let mut body = body("actieNaam", None);
    let bare = post(body.to_string()).unwrap();
    for field in ["actieId", "url", "tijdstipRegistratie", "geheim", "objectId"] {
        body[field] = json!({"geen": ["van", "ons"]});
    }
    for field in ["url", "verwerktObjectId", "naam"] {
        body["verwerkteObjecten"][0][field] = 7.into();
    }
    assert_eq!(post(body.to_string()).unwrap(), bare);
}

#[test]
fn r21_of_a_put_its_own_keys_are_checked_but_not_asked_for() {
    assert!(put(&body("actieNaam", None)).is_ok());
    let mut body = body("actieId", Some("1".into()));
    body["url"] = "nergens".into();
    body["tijdstipRegistratie"] = 1.into();
    body["verwerkteObjecten"][0]["verwerktObjectId"] = "2".into();
    body["verwerkteObjecten"][0]["url"] = "".into();
    let names: Vec<_> = faults(put(&body)).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["url", "actieId", "verwerkteObjecten.0.url", "verwerkteObjecten.0.verwerktObjectId"]);
}

#[test]
fn r50_the_key_in_the_path_is_a_uuid_in_any_case() {
    let text = body("actieNaam", None).to_string();
    let put = |id: &str| with(false, |validator| validator.put(id, JSON, text.as_bytes()));
    assert_eq!(put(&UUID.to_uppercase()).unwrap().0, UUID);
    for id in ["1", "", "0f1d2c3b4a5946878a96b5c4d3e2f101", "{0f1d2c3b-4a59-4687-8a96-b5c4d3e2f10}"] {
        assert_eq!(faults(put(id)), fout("actieId", "invalid"));
    }
}

#[test]
fn r31_a_patch_says_of_which_verwerking_and_what_changes() {
    let (verwerking, parsed) = patch(&[&UUID.to_uppercase()], r#"{"bewaartermijn":"P1Y","actieNaam":"x"}"#).unwrap();
    assert_eq!(verwerking, UUID);
    assert_eq!(serde_json::to_value(parsed).unwrap(), json!({"bewaartermijn": "P1Y"}));
    assert!(patch(&[UUID], r#"{"vertrouwelijkheid":"opgeheven"}"#).is_ok());

    let both = [fout("bewaartermijn", "required"), fout("vertrouwelijkheid", "required")].concat();
    assert_eq!(faults(patch(&[UUID], "{}")), both);
    assert_eq!(faults(patch(&[UUID], r#"{"actieNaam":"x"}"#)), both);
    assert_eq!(faults(patch(&[UUID], r#"{"bewaartermijn":null}"#)), fout("bewaartermijn", "invalid"));
    assert_eq!(faults(patch(&[UUID], " ")), fout("body", "required"));
    assert_eq!(faults(patch(&[UUID], "[]")), fout("body", "invalid"));
    let good = r#"{"bewaartermijn":"P1Y"}"#;
    assert_eq!(faults(patch(&[], good)), fout("verwerkingId", "required"));
    assert_eq!(faults(patch(&[""], good)), fout("verwerkingId", "required"));
    assert_eq!(faults(patch(&["1"], good)), fout("verwerkingId", "invalid"));
    assert_eq!(faults(patch(&[UUID, UUID], good)), fout("verwerkingId", "invalid"));
    assert_eq!(faults(patch(&["1"], "{}"))[1..], both);
}

#[test]
fn r71_a_body_that_is_no_json_is_named_as_a_whole() {
    for body in ["{", "x", "\u{feff}{}", "{\"a\":\"\\ud800\"}", &format!("{{\"a\":{}", "[".repeat(1000))] {
        assert_eq!(faults(post(body)), fout("body", "invalid"), "{}", body.get(..10).unwrap_or_default());
    }
    for body in ["[]", "null", "7", "\"tekst\""] {
        assert_eq!(faults(post(body)), fout("body", "invalid"), "{body}");
    }
    assert_eq!(faults(post("")), fout("body", "required"));
    assert_eq!(faults(post(b"{\"a\":\"\xff\"}")), fout("body", "invalid"));
}

#[test]
fn r10_every_character_of_json_is_kept() {
    let name = "\u{0}\u{7f}\u{1f600}\"\\\n";
    let request = post(body("actieNaam", Some(name.into())).to_string()).unwrap();
    assert_eq!(request.content.actie_naam.as_deref(), Some(name));
}

#[test]
fn r72_too_large_and_of_the_wrong_kind() {
    let body = body("actieNaam", None).to_string();
    for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"; a=b"] {
        assert!(with(false, |validator| validator.post(Some(good), body.as_bytes())).is_ok(), "{good}");
    }
    for fout in
        [None, Some(""), Some("text/plain"), Some("application/json; charset=latin1"), Some("application/jsonx")]
    {
        assert_eq!(
            with(false, |validator| validator.post(fout, body.as_bytes())),
            Err(Rejection::MediaType),
            "{fout:?}"
        );
    }
    let large = format!("{body}{}", " ".repeat(MAX_BODY - body.len()));
    assert!(post(&large).is_ok());
    assert_eq!(post(format!("{large} ")), Err(Rejection::TooLarge));
}

#[test]
fn r71_there_is_an_end_to_the_list_of_wrong_fields() {
    let objecten = vec![json!({}); 2 * MAX_INVALID_PARAMS];
    assert_eq!(faults_of("verwerkteObjecten", objecten.clone()).len(), MAX_INVALID_PARAMS);
    let text = body("verwerkteObjecten", Some(objecten.into())).to_string();
    let put = with(false, |validator| validator.put("1", JSON, text.as_bytes()));
    assert_eq!(faults(put).len(), MAX_INVALID_PARAMS, "that of the path is one of them");
}

/// JSON that looks like requests and is mostly not.
fn random() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "\\PC{0,50}",
        "P[0-9]{0,3}[YMWD]",
        "https?://[a-z/%\\[]{0,9}",
        "[0-9]{9}",
        "[0-9]{20}",
        Just("normaal".to_owned()),
        Just("2024-04-05T14:35:42+01:00".to_owned()),
        Just(UUID.to_owned()),
        Just("persoon".to_owned()),
    ];
    let leaf = prop_oneof![text.prop_map(Value::from), Just(Value::Null), any::<i64>().prop_map(Value::from)];
    leaf.prop_recursive(4, 40, 8, |within| {
        let names: Vec<&str> = fields::PUT.iter().chain(fields::PUT_OBJECT).map(|field| field.name).collect();
        let object = proptest::collection::vec((proptest::sample::select(names), within.clone()), 0..24);
        prop_oneof![
            object.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            proptest::collection::vec(within, 0..4).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #[test]
    fn r71_any_bytes_get_an_answer(body: Vec<u8>, type_: Option<String>, id in "\\PC*", elfproef: bool) {
        with(elfproef, |validator| {
            for soort in [JSON, type_.as_deref()] {
                let _ = validator.post(soort, &body);
                let _ = validator.put(&id, soort, &body);
                let _ = validator.patch(&[&id], soort, &body);
            }
        });
    }

    #[test]
    fn r71_any_json_is_accepted_or_refused_by_its_fields(value in random(), elfproef: bool) {
        let body = value.to_string();
        with(elfproef, |validator| {
            let outcomes = [
                validator.post(JSON, body.as_bytes()).map(drop),
                validator.put(UUID, JSON, body.as_bytes()).map(drop),
                validator.patch(&[UUID], JSON, body.as_bytes()).map(drop),
            ];
            for outcome in outcomes {
                if let Err(rejection) = outcome {
                    let Rejection::Invalid(faults) = rejection else { panic!("{rejection}") };
                    let mut names: Vec<_> = faults.iter().map(|fout| &fout.name).collect();
                    names.sort();
                    let count = names.len();
                    names.dedup();
                    assert_eq!(names.len(), count, "each field once");
                }
            }
        });
    }
}
