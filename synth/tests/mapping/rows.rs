//! Rows as the functions write them.

use serde_json::{Value, json};

use crate::client::SLEUTEL;

/// An actieId of our own making.
pub(crate) fn id(number: u32) -> String {
    format!("0b5e2c1a-0000-4000-8000-{number:012x}")
}

/// What a row's `document` says, with everything in it that could break out of a template.
pub(crate) fn document(actie_id: &str) -> Value {
    json!({
        "actieId": actie_id,
        "actieNaam": "O'Neill zoekt \"Zoë\" \\ $input.params('x') #set($x = 1) #end ${y} €\u{1F600}\u{2028}\n",
    })
}

/// The current row of an actie.
pub(crate) fn current(actie_id: &str, vertrouwelijkheid: &str) -> Value {
    json!({
        "actieId": {"S": actie_id},
        "soort": {"S": "actueel"},
        "document": {"S": document(actie_id).to_string()},
        "tijdstipRegistratie": {"S": "2024-05-01T08:00:00.000000Z"},
        "vertrouwelijkheid": {"S": vertrouwelijkheid},
        "verwerkingId": {"S": "8f6d2a54-31c0-4d1f-8a0e-3c4b5a697887"},
    })
}

/// The row of a person in an actie.
pub(crate) fn person(actie_id: &str, instant: &str, vertrouwelijkheid: &str) -> Value {
    let mut row = current(actie_id, vertrouwelijkheid);
    row["soort"] = json!({"S": format!("object#{SLEUTEL}")});
    row["objectSleutel"] = json!({"S": SLEUTEL});
    row["tijdstipSleutel"] = json!({"S": format!("{instant}#{actie_id}")});
    row
}

/// The same row, with one attribute more, or another.
pub(crate) fn with(mut row: Value, attribute: &str, value: Value) -> Value {
    row[attribute] = value;
    row
}
