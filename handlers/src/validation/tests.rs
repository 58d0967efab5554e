use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testdata;

const JSON: Option<&str> = Some("application/json");
const UUID: &str = "0f1d2c3b-4a59-4687-8a96-b5c4d3e2f101";

fn met<T>(elfproef: bool, doe: impl FnOnce(Validatie<'_>) -> T) -> T {
    doe(Validatie { elfproef, pseudoniemen: &testdata::sleutels() })
}

fn nieuw(body: impl AsRef<[u8]>) -> Result<Verzoek, Afwijzing> {
    met(false, |validatie| validatie.nieuw(JSON, body.as_ref()))
}

fn vervanging(body: &Value) -> Result<(String, Verzoek), Afwijzing> {
    met(false, |validatie| validatie.vervanging(UUID, JSON, body.to_string().as_bytes()))
}

fn aanpassing(verwerking_ids: &[&str], body: &str) -> Result<(String, Aanpassing), Afwijzing> {
    met(false, |validatie| validatie.aanpassing(verwerking_ids, JSON, body.as_bytes()))
}

/// Name and code of each wrong field.
fn fouten<T>(uitkomst: Result<T, Afwijzing>) -> Vec<(String, &'static str)> {
    match uitkomst {
        Ok(_) => Vec::new(),
        Err(Afwijzing::Ongeldig(fouten)) => fouten.into_iter().map(|fout| (fout.name, fout.code)).collect(),
        Err(ander) => panic!("{ander}"),
    }
}

fn fout(naam: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(naam.to_owned(), code)]
}

/// A right body with one field changed; `None` takes it away.
fn body(veld: &str, waarde: Option<Value>) -> Value {
    let mut body = json!({
        "vertrouwelijkheid": "normaal",
        "tijdstip": "2024-04-05T14:35:42+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "1234567"}],
    });
    let (doel, naam) = match veld.strip_prefix("verwerkteObjecten.0.") {
        Some(naam) => (&mut body["verwerkteObjecten"][0], naam),
        None => (&mut body, veld),
    };
    match waarde {
        Some(waarde) => doel[naam] = waarde,
        None => drop(doel.as_object_mut().unwrap().remove(naam)),
    }
    body
}

fn fouten_van(veld: &str, waarde: impl Into<Value>) -> Vec<(String, &'static str)> {
    fouten(nieuw(body(veld, Some(waarde.into())).to_string()))
}

#[test]
fn r10_a_whole_request_is_read() {
    let verzoek = nieuw(testdata::volledig_verzoek().to_string()).unwrap();
    assert_eq!(verzoek, testdata::verzoek(testdata::volledig_verzoek()));
}

#[test]
fn r15_the_examples_of_the_standard_are_accepted_and_fail_the_eleven_test_when_it_is_asked_for() {
    let gegeven = body("actieNaam", Some("Zoeken".into())).to_string();
    assert!(nieuw(&gegeven).is_ok());
    let streng = |body: &Value| met(true, |validatie| fouten(validatie.nieuw(JSON, body.to_string().as_bytes())));
    assert_eq!(streng(&body("actieNaam", None)), fout("verwerkteObjecten.0.objectId", "invalid"));
    for (soort, nummer, goed) in [
        ("bsn", "1234567", false),
        ("BSN", "999990019", true),
        ("intern", "1234567", true),
        ("BSN", "k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false),
        ("BSN", testdata::opgeslagen(&[("BSN", "1")]).actie().verwerkte_objecten[0].gegevens.object_id.tekst(), true),
    ] {
        let mut body = body("verwerkteObjecten.0.objectId", Some(nummer.into()));
        body["verwerkteObjecten"][0]["soortObjectId"] = soort.into();
        assert_eq!(streng(&body).is_empty(), goed, "{soort} {nummer}");
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
    let verwacht = [
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
    assert_eq!(fouten(nieuw(body.to_string())), verwacht.map(|(naam, code)| (naam.to_owned(), code)));
}

#[test]
fn r71_no_error_repeats_a_value_of_the_request() {
    let mut body = testdata::volledig_verzoek();
    for (_, waarde) in body.as_object_mut().unwrap() {
        *waarde = "999990019".repeat(300).into();
    }
    body["verwerkteObjecten"] =
        json!([{"objecttype": "999990019", "soortObjectId": ["999990019"], "objectId": {"999990019": 1}}]);
    let Err(afwijzing) = nieuw(body.to_string()) else { panic!("accepted") };
    assert!(!serde_json::to_string(&afwijzing.fout(UUID)).unwrap().contains("999990019"));
    let Err(afwijzing) = nieuw("{\"objectId\": 999990019, \"999990019}") else { panic!("accepted") };
    assert!(!serde_json::to_string(&afwijzing.fout(UUID)).unwrap().contains("999990019"));
}

#[test]
fn r71_lengths_are_counted_in_characters() {
    assert_eq!(fouten_van("actieNaam", "é".repeat(242)), []);
    assert_eq!(fouten_van("actieNaam", "\u{1f600}".repeat(242)), []);
    assert_eq!(fouten_van("actieNaam", "é".repeat(243)), fout("actieNaam", "max_length"));
    assert_eq!(fouten_van("verwerkteObjecten.0.objectId", "é".repeat(40)), []);
    assert_eq!(
        fouten_van("verwerkteObjecten.0.objectId", "x".repeat(41)),
        fout("verwerkteObjecten.0.objectId", "max_length")
    );
    let url = format!("https://voorbeeld.nl/{}", "x".repeat(2042 - 21));
    assert_eq!(fouten_van("verwerkingsactiviteitUrl", url.clone()), []);
    assert_eq!(
        fouten_van("verwerkingsactiviteitUrl", format!("{url}x")),
        fout("verwerkingsactiviteitUrl", "max_length")
    );
    assert_eq!(fouten_van("actieNaam", ""), []);
}

#[test]
fn r03_r11_what_must_be_there_is_missed() {
    for veld in ["vertrouwelijkheid", "tijdstip", "verwerkteObjecten"] {
        assert_eq!(fouten(nieuw(body(veld, None).to_string())), fout(veld, "required"));
    }
    for veld in ["objecttype", "soortObjectId", "objectId"] {
        let veld = format!("verwerkteObjecten.0.{veld}");
        assert_eq!(fouten(nieuw(body(&veld, None).to_string())), fout(&veld, "required"));
    }
    assert_eq!(fouten_van("verwerkteObjecten", json!([])), fout("verwerkteObjecten", "invalid"));
    assert_eq!(fouten_van("verwerkteObjecten", json!({})), fout("verwerkteObjecten", "invalid"));
    assert_eq!(fouten_van("verwerkteObjecten.0.verwerkteSoortenGegevens", json!([])), []);
}

#[test]
fn r07_r08_r16_moments_terms_and_organisations() {
    for tijdstip in ["2024-04-05T14:35:42", "2024-04-05", "gisteren", ""] {
        assert_eq!(fouten_van("tijdstip", tijdstip), fout("tijdstip", "invalid"));
    }
    for termijn in ["10y", "-P1Y", "P1.5D", "P", ""] {
        assert_eq!(fouten_van("bewaartermijn", termijn), fout("bewaartermijn", "invalid"));
    }
    assert_eq!(fouten_van("uitvoerder", "00000001821002193000"), []);
    for oin in ["0000000182100219300", "000000018210021930000", "x00000001821002193000x"] {
        assert_eq!(fouten_van("uitvoerder", oin), fout("uitvoerder", "invalid"));
    }
    for (soort, nummer, goed) in [
        ("OIN", "00000001821002193000", true),
        ("oin", "1821002193000", false),
        ("KVK", "12345678", true),
        ("BSN", "123456789", true),
    ] {
        let mut body = body("soortAfnemerId", Some(soort.into()));
        body["afnemerId"] = nummer.into();
        assert_eq!(fouten(nieuw(body.to_string())), if goed { Vec::new() } else { fout("afnemerId", "invalid") });
    }
}

#[test]
fn r71_null_is_no_value() {
    for veld in ["actieNaam", "bewaartermijn", "vertrouwelijkheid", "verwerkteObjecten", "verwerkingId"] {
        assert_eq!(fouten_van(veld, Value::Null), fout(veld, "invalid"));
    }
}

#[test]
fn r71_a_field_that_occurs_twice_is_wrong_whatever_it_says() {
    let body = body("actieNaam", Some("a".into())).to_string();
    let dubbel = body.replacen(r#""objectId":"#, r#""objectId":"1","objectId":"#, 1);
    assert_eq!(fouten(nieuw(dubbel)), fout("verwerkteObjecten.0.objectId", "invalid"));
    let dubbel = body.replacen('{', r#"{"tijdstip":1,"onbekend":1,"onbekend":{"a":1,"a":1},"#, 1);
    assert_eq!(fouten(nieuw(dubbel)), fout("tijdstip", "invalid"));
}

#[test]
fn r01_r14_what_the_log_sets_and_what_nobody_named_counts_for_nothing() {
    let mut body = body("actieNaam", None);
    let kaal = nieuw(body.to_string()).unwrap();
    for veld in ["actieId", "url", "tijdstipRegistratie", "geheim", "objectId"] {
        body[veld] = json!({"geen": ["van", "ons"]});
    }
    for veld in ["url", "verwerktObjectId", "naam"] {
        body["verwerkteObjecten"][0][veld] = 7.into();
    }
    assert_eq!(nieuw(body.to_string()).unwrap(), kaal);
}

#[test]
fn r21_of_a_put_its_own_keys_are_checked_but_not_asked_for() {
    assert!(vervanging(&body("actieNaam", None)).is_ok());
    let mut body = body("actieId", Some("1".into()));
    body["url"] = "nergens".into();
    body["tijdstipRegistratie"] = 1.into();
    body["verwerkteObjecten"][0]["verwerktObjectId"] = "2".into();
    body["verwerkteObjecten"][0]["url"] = "".into();
    let namen: Vec<_> = fouten(vervanging(&body)).into_iter().map(|(naam, _)| naam).collect();
    assert_eq!(namen, ["url", "actieId", "verwerkteObjecten.0.url", "verwerkteObjecten.0.verwerktObjectId"]);
}

#[test]
fn r50_the_key_in_the_path_is_a_uuid_in_any_case() {
    let tekst = body("actieNaam", None).to_string();
    let put = |id: &str| met(false, |validatie| validatie.vervanging(id, JSON, tekst.as_bytes()));
    assert_eq!(put(&UUID.to_uppercase()).unwrap().0, UUID);
    for id in ["1", "", "0f1d2c3b4a5946878a96b5c4d3e2f101", "{0f1d2c3b-4a59-4687-8a96-b5c4d3e2f10}"] {
        assert_eq!(fouten(put(id)), fout("actieId", "invalid"));
    }
}

#[test]
fn r31_a_patch_says_of_which_verwerking_and_what_changes() {
    let (verwerking, patch) =
        aanpassing(&[&UUID.to_uppercase()], r#"{"bewaartermijn":"P1Y","actieNaam":"x"}"#).unwrap();
    assert_eq!(verwerking, UUID);
    assert_eq!(serde_json::to_value(patch).unwrap(), json!({"bewaartermijn": "P1Y"}));
    assert!(aanpassing(&[UUID], r#"{"vertrouwelijkheid":"opgeheven"}"#).is_ok());

    let beide = [fout("bewaartermijn", "required"), fout("vertrouwelijkheid", "required")].concat();
    assert_eq!(fouten(aanpassing(&[UUID], "{}")), beide);
    assert_eq!(fouten(aanpassing(&[UUID], r#"{"actieNaam":"x"}"#)), beide);
    assert_eq!(fouten(aanpassing(&[UUID], r#"{"bewaartermijn":null}"#)), fout("bewaartermijn", "invalid"));
    assert_eq!(fouten(aanpassing(&[UUID], " ")), fout("body", "required"));
    assert_eq!(fouten(aanpassing(&[UUID], "[]")), fout("body", "invalid"));
    let goed = r#"{"bewaartermijn":"P1Y"}"#;
    assert_eq!(fouten(aanpassing(&[], goed)), fout("verwerkingId", "required"));
    assert_eq!(fouten(aanpassing(&[""], goed)), fout("verwerkingId", "required"));
    assert_eq!(fouten(aanpassing(&["1"], goed)), fout("verwerkingId", "invalid"));
    assert_eq!(fouten(aanpassing(&[UUID, UUID], goed)), fout("verwerkingId", "invalid"));
    assert_eq!(fouten(aanpassing(&["1"], "{}"))[1..], beide);
}

#[test]
fn r71_a_body_that_is_no_json_is_named_as_a_whole() {
    for body in ["{", "x", "\u{feff}{}", "{\"a\":\"\\ud800\"}", &format!("{{\"a\":{}", "[".repeat(1000))] {
        assert_eq!(fouten(nieuw(body)), fout("body", "invalid"), "{}", body.get(..10).unwrap_or_default());
    }
    for body in ["[]", "null", "7", "\"tekst\""] {
        assert_eq!(fouten(nieuw(body)), fout("body", "invalid"), "{body}");
    }
    assert_eq!(fouten(nieuw("")), fout("body", "required"));
    assert_eq!(fouten(nieuw(b"{\"a\":\"\xff\"}")), fout("body", "invalid"));
}

#[test]
fn r10_every_character_of_json_is_kept() {
    let naam = "\u{0}\u{7f}\u{1f600}\"\\\n";
    let verzoek = nieuw(body("actieNaam", Some(naam.into())).to_string()).unwrap();
    assert_eq!(verzoek.gegevens.actie_naam.as_deref(), Some(naam));
}

#[test]
fn r72_too_large_and_of_the_wrong_kind() {
    let body = body("actieNaam", None).to_string();
    for goed in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"; a=b"] {
        assert!(met(false, |validatie| validatie.nieuw(Some(goed), body.as_bytes())).is_ok(), "{goed}");
    }
    for fout in
        [None, Some(""), Some("text/plain"), Some("application/json; charset=latin1"), Some("application/jsonx")]
    {
        assert_eq!(
            met(false, |validatie| validatie.nieuw(fout, body.as_bytes())),
            Err(Afwijzing::Mediatype),
            "{fout:?}"
        );
    }
    let groot = format!("{body}{}", " ".repeat(GROOTSTE_BODY - body.len()));
    assert!(nieuw(&groot).is_ok());
    assert_eq!(nieuw(format!("{groot} ")), Err(Afwijzing::TeGroot));
}

#[test]
fn r71_there_is_an_end_to_the_list_of_wrong_fields() {
    let objecten = vec![json!({}); 2 * MEESTE_FOUTEN];
    assert_eq!(fouten_van("verwerkteObjecten", objecten).len(), MEESTE_FOUTEN);
}

/// JSON that looks like requests and is mostly not.
fn willekeurig() -> impl Strategy<Value = Value> {
    let tekst = prop_oneof![
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
    let blad = prop_oneof![tekst.prop_map(Value::from), Just(Value::Null), any::<i64>().prop_map(Value::from)];
    blad.prop_recursive(4, 40, 8, |binnen| {
        let namen: Vec<&str> =
            velden::VERVANGING.iter().chain(velden::OBJECT_WIJZIGING).map(|veld| veld.naam).collect();
        let object = proptest::collection::vec((proptest::sample::select(namen), binnen.clone()), 0..24);
        prop_oneof![
            object.prop_map(|velden| velden.into_iter().map(|(naam, waarde)| (naam.to_owned(), waarde)).collect()),
            proptest::collection::vec(binnen, 0..4).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #[test]
    fn r71_any_bytes_get_an_answer(body: Vec<u8>, type_: Option<String>, id in "\\PC*", elfproef: bool) {
        met(elfproef, |validatie| {
            for soort in [JSON, type_.as_deref()] {
                let _ = validatie.nieuw(soort, &body);
                let _ = validatie.vervanging(&id, soort, &body);
                let _ = validatie.aanpassing(&[&id], soort, &body);
            }
        });
    }

    #[test]
    fn r71_any_json_is_accepted_or_refused_by_its_fields(waarde in willekeurig(), elfproef: bool) {
        let body = waarde.to_string();
        met(elfproef, |validatie| {
            let uitkomsten = [
                validatie.nieuw(JSON, body.as_bytes()).map(drop),
                validatie.vervanging(UUID, JSON, body.as_bytes()).map(drop),
                validatie.aanpassing(&[UUID], JSON, body.as_bytes()).map(drop),
            ];
            for uitkomst in uitkomsten {
                if let Err(afwijzing) = uitkomst {
                    let Afwijzing::Ongeldig(fouten) = afwijzing else { panic!("{afwijzing}") };
                    let mut namen: Vec<_> = fouten.iter().map(|fout| &fout.name).collect();
                    namen.sort();
                    let aantal = namen.len();
                    namen.dedup();
                    assert_eq!(namen.len(), aantal, "each field once");
                }
            }
        });
    }
}
