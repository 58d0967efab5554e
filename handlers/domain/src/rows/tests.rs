//! What rows say, and what can be read back from them.

use contract::table;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::bericht::{Bericht, Change};
use crate::bewaartermijn::Bewaartermijn;
use crate::fout::Rejection;
use crate::testdata::{self, uuid};
use crate::versies::{State, Versie};
use crate::verwerkingsactie::{Patch, Verwerkingsactie};

fn rows(objecten: &[(&str, &str)]) -> Rows {
    rows_of(State::new(testdata::stored(objecten)))
}

fn rows_of(state: State) -> Rows {
    let bericht = bericht_of(&state);
    Rows::of(&Versie { bericht: &bericht, state }, 1).unwrap()
}

fn bericht_of(state: &State) -> Bericht {
    let inhoud = state.stored.clone();
    let tijdstip = inhoud.actie().tijdstip_registratie.clone();
    Bericht::new(uuid(9), String::new(), tijdstip, Change::Post { inhoud })
}

fn fits(state: State) -> Result<(), Rejection> {
    let bericht = bericht_of(&state);
    fit(&Versie { bericht: &bericht, state })
}

fn field<'a>(row: &'a Row, name: &str) -> &'a str {
    let Some(Attribute::S(text)) = row.fields().get(name) else { panic!("no {name}") };
    text
}

fn names(row: &Row) -> Vec<&str> {
    row.fields().keys().map(AsRef::as_ref).collect()
}

#[test]
fn the_current_row_has_what_the_templates_read() {
    let row = rows(&[("BSN", "999990019")]).actueel;
    assert_eq!(
        names(&row),
        [
            "actieId",
            "bericht",
            "bewaardTot",
            "document",
            "revisie",
            "soort",
            "tijdstipRegistratie",
            "vertrouwelijkheid",
            "verwerkingId",
            "verwerkingsactiviteitId"
        ]
    );
    assert_eq!(row.soort(), "actueel");
    assert_eq!(field(&row, "verwerkingId"), "6d4c2b1a-0f9e-4d8c-b7a6-958473625140");
    assert_eq!(field(&row, "verwerkingsactiviteitId"), "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b");
    let document: Value = serde_json::from_str(field(&row, "document")).unwrap();
    assert_eq!(document["verwerkingId"], "6D4C2B1A-0f9e-4d8c-b7a6-958473625140");
    // R08: 29 February and ten years.
    let end: jiff::Timestamp = "2034-02-28T09:00:00Z".parse().unwrap();
    assert_eq!(row.fields()["bewaardTot"], Attribute::N(end.as_second()));
}

#[test]
fn the_row_of_a_version_is_in_no_index_and_has_the_moment_in_its_key() {
    let row = rows(&[("BSN", "999990019")]).versie;
    assert_eq!(row.soort(), format!("versie#2024-02-29T09:00:01.000000Z#{}", uuid(9)));
    assert!(!names(&row).contains(&"verwerkingId") && !names(&row).contains(&"objectSleutel"));
}

#[test]
fn r41_r45_r63_a_persons_row_has_the_objects_of_that_person_and_of_nobody_else() {
    let rows = rows(&[("BSN", "999990019"), ("BSN", "111222333"), ("BSN", "999990019"), ("A-nummer", "999990019")]);
    assert_eq!(rows.objecten.len(), 3);
    let keys = testdata::keys();
    for (soort, number, ids) in
        [("BSN", "999990019", vec![2, 4]), ("BSN", "111222333", vec![3]), ("A-nummer", "999990019", vec![5])]
    {
        let kind = crate::pseudoniem::NumberKind { objecttype: "persoon", soort };
        let object_sleutel = keys.object_sleutel(kind, number);
        let row = rows.objecten.iter().find(|row| field(row, "objectSleutel") == object_sleutel).unwrap();
        assert_eq!(row.soort(), format!("object#{object_sleutel}"));
        assert_eq!(field(row, "tijdstipSleutel"), format!("2024-02-29T09:00:00.000000000Z#{}", uuid(1)));
        assert!(!names(row).contains(&"verwerkingId"), "it would be in the index of current acties");
        let document: Value = serde_json::from_str(field(row, "document")).unwrap();
        let found: Vec<_> = document["verwerkteObjecten"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| &object["verwerktObjectId"])
            .collect();
        assert_eq!(found, ids.into_iter().map(|n| Value::from(uuid(n))).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        assert_eq!(document["actieNaam"], "Zoeken");
    }
}

#[test]
fn an_absent_verwerking_is_left_out_and_not_null() {
    let mut state = State::new(testdata::stored(&[("BSN", "999990019")]));
    let content = &mut state.stored.actie_mut().content;
    (content.verwerking_id, content.verwerkingsactiviteit_id, content.bewaartermijn) = (None, None, None);
    let row = rows_of(state).actueel;
    assert_eq!(
        names(&row),
        ["actieId", "bericht", "document", "revisie", "soort", "tijdstipRegistratie", "vertrouwelijkheid"]
    );
}

#[test]
fn r06_r62_every_row_says_that_the_actie_is_gone_or_was_confidential() {
    let state = State {
        vervallen: true,
        ooit_vertrouwelijk: true,
        ..State::new(testdata::stored(&[("BSN", "999990019"), ("BSN", "111222333")]))
    };
    for row in rows_of(state).all() {
        assert_eq!(
            (&row.fields()["vervallen"], &row.fields()["ooitVertrouwelijk"]),
            (&Attribute::Bool, &Attribute::Bool)
        );
    }
}

#[test]
fn a_person_whom_a_put_left_out_loses_the_row() {
    let earlier = rows(&[("BSN", "999990019"), ("BSN", "111222333")]);
    let now = rows(&[("BSN", "999990019"), ("BSN", "123456782")]);
    let gone = testdata::keys()
        .object_sleutel(crate::pseudoniem::NumberKind { objecttype: "persoon", soort: "BSN" }, "111222333");
    assert_eq!(now.vanished(&earlier).collect::<Vec<_>>(), [format!("object#{gone}")]);
    assert_eq!(now.vanished(&now).count(), 0);
}

#[test]
fn r72_an_actie_that_dynamodb_cannot_keep_is_too_large() {
    let about = |objecten: usize| {
        let objecten: Vec<String> = (0..objecten).map(|number| format!("{number:09}")).collect();
        let objecten: Vec<_> = objecten.iter().map(|number| ("BSN", number.as_str())).collect();
        fits(State::new(testdata::stored(&objecten)))
    };
    assert_eq!(about(1000), Ok(()));
    assert_eq!(about(2000), Err(Rejection::TooLarge));
}

#[test]
fn r30_r72_a_row_that_fits_has_room_for_what_a_patch_makes_of_it() {
    let term = |zeros: usize| {
        let text = format!("P{}1Y", "0".repeat(zeros));
        Patch { bewaartermijn: Some(Bewaartermijn::parse(&text).unwrap()), vertrouwelijkheid: None }
    };
    let longest = term(table::MAX_BEWAARTERMIJN - 3);
    assert_eq!(patch_fits(&longest), Ok(()));
    assert_eq!(patch_fits(&term(table::MAX_BEWAARTERMIJN - 2)), Err(Rejection::TooLarge));

    let mut actie = testdata::actie(&[("BSN", "999990019")]);
    actie.content.bewaartermijn = None;
    let state = |actie: &Verwerkingsactie| State::new(testdata::keys().pseudonymize(actie.clone(), None));
    let largest = |actie: &Verwerkingsactie| rows_of(state(actie)).all().map(Row::size).max().unwrap();
    let used = largest(&actie);
    let name = actie.content.actie_naam.clone().unwrap();
    actie.content.actie_naam = Some(format!("{name}{}", "x".repeat(table::MAX_ROW - table::RESERVED - used)));
    assert_eq!(fits(state(&actie)), Ok(()));
    let name =
        actie.content.actie_naam.replace(format!("{name}{}", "x".repeat(table::MAX_ROW - table::RESERVED - used + 1)));
    assert_eq!(fits(state(&actie)), Err(Rejection::TooLarge), "whichever of its rows is the largest");
    actie.content.actie_naam = name;
    actie.content.bewaartermijn = longest.bewaartermijn;
    actie.content.vertrouwelijkheid = crate::verwerkingsactie::Vertrouwelijkheid::Vertrouwelijk;
    let patched = largest(&actie);
    assert!(patched + 512 < table::MAX_ROW, "{patched}");

    // Every row repeats it, so that of an actie about many it may not be longer either.
    let mut actie = testdata::actie(&[("BSN", "999990019")]);
    for (zeros, expected) in [(3, Ok(())), (2, Err(Rejection::TooLarge))] {
        actie.content.bewaartermijn = term(table::MAX_BEWAARTERMIJN - zeros).bewaartermijn;
        assert_eq!(fits(state(&actie)), expected);
    }
}

#[test]
fn a_row_of_which_the_document_was_spoilt_is_an_error_that_does_not_repeat_it() {
    let row = CurrentRow {
        document: r#"{"url":"999990019"}"#,
        versleuteld: None,
        tijdstip_registratie: "",
        vervallen: false,
        ooit_vertrouwelijk: false,
    };
    let fout = row.state().unwrap_err();
    assert!(!format!("{fout} {fout:?}").contains("999990019"));
}

#[test]
fn r34_what_was_accepted_can_be_read_back_from_its_row() {
    let inhoud = testdata::stored(&[("BSN", "999990019"), ("intern", "77700001-a-number-longer-than-ten")]);
    let tijdstip = inhoud.actie().tijdstip_registratie.clone();
    let bericht = |change| Bericht::new(uuid(9), String::new(), tijdstip.clone(), change);
    for change in [Change::Post { inhoud: inhoud.clone() }, Change::Put { inhoud: inhoud.clone() }] {
        let bericht = bericht(change);
        let rows = Rows::of(&Versie::first(&bericht).unwrap(), 1).unwrap();
        assert_eq!(rows.versie.bericht().unwrap().as_ref(), Some(&bericht));
        assert!(rows.actueel.bericht().unwrap().is_none() && rows.objecten[0].bericht().unwrap().is_none());
    }
    let bewaartermijn = Some(crate::bewaartermijn::Bewaartermijn::parse("P1Y").unwrap());
    let aanpassing = Patch { bewaartermijn, vertrouwelijkheid: None };
    let verwerking_id = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140".to_owned();
    let patch = bericht(Change::Patch { verwerking_id, aanpassing });
    let row = Row::aanpassing(&patch).unwrap().unwrap();
    assert_eq!(row.bericht().unwrap().as_ref(), Some(&patch));
    assert!(!names(&row).contains(&"verwerkingId"), "it would be in the index of current acties");

    let delete = Change::Delete { actie_id: uuid(1) };
    let delete = Bericht::new(table::GEEN_BERICHT.to_owned(), String::new(), tijdstip.clone(), delete);
    let vervallen = State { vervallen: true, ..State::new(inhoud) };
    let rows = Rows::of(&Versie { bericht: &delete, state: vervallen }, 2).unwrap();
    assert_eq!(rows.actueel.bericht().unwrap(), Some(delete));
    assert!(rows.versie.bericht().unwrap().is_none(), "the current row keeps it");
    assert!(Row::ingetrokken(&uuid(1), &tijdstip, 1).bericht().unwrap().is_none());
}

#[test]
fn r34_rows_of_a_verwerking_stand_together_whatever_the_case_of_its_id() {
    let lid = Row::lid("6D4C2B1A-0F9E-4D8C-B7A6-958473625140", &uuid(1));
    assert_eq!(lid.key(), Key::new("verwerking#6d4c2b1a-0f9e-4d8c-b7a6-958473625140", format!("actie#{}", uuid(1))));
    assert_eq!(lid.actie_id_of_lid(), Some(uuid(1).as_str()));
    let laatste =
        Row::laatste("6D4C2B1A-0F9E-4D8C-B7A6-958473625140", &testdata::moment("2024-02-29T09:00:01.000000Z"));
    assert_eq!(laatste.key(), Key::laatste("6d4c2b1a-0f9e-4d8c-b7a6-958473625140"));
}

#[test]
fn r08_what_was_over_when_it_was_registered_is_not_too_old_for_dynamodb_to_remove() {
    let mut state = State::new(testdata::stored(&[("BSN", "999990019")]));
    let actie = state.stored.actie_mut();
    actie.content.tijdstip = crate::tijd::Tijdstip::parse("1950-01-01T00:00:00Z").unwrap();
    let registered = actie.tijdstip_registratie.second();
    for row in rows_of(state).all() {
        assert_eq!(row.number(table::BEWAARD_TOT), Some(registered));
    }
}

proptest! {
    #[test]
    fn r09_r63_no_row_holds_a_number_and_no_persons_row_the_pseudonym_of_another(actie in testdata::acties()) {
        let numbers = testdata::numbers(&actie);
        let state = State::new(testdata::keys().pseudonymize(actie, None));
        let rows = rows_of(state.clone());
        for row in rows.all() {
            let everything = format!("{row:?}");
            prop_assert!(numbers.iter().all(|number| !everything.contains(number)));
            let u007f = field(row, "document").contains('\u{7f}');
            prop_assert!(!u007f);
        }
        for object in &state.stored.actie().verwerkte_objecten {
            let pseudoniem = object.content.object_id.text();
            let with = rows.objecten.iter().filter(|row| format!("{row:?}").contains(pseudoniem)).count();
            prop_assert_eq!(with, 1);
        }
    }

    #[test]
    fn the_current_row_says_what_the_state_was(actie in testdata::acties(), vervallen: bool) {
        let stored = testdata::keys().pseudonymize(actie, None);
        let state = State { vervallen, ..State::new(stored) };
        let row = rows_of(state.clone()).actueel;
        let parsed = CurrentRow::of(&row);
        prop_assert_eq!(parsed.state().unwrap(), state);
    }
}
