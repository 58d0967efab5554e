//! Where our documents differ from the published ones on purpose; `docs/standard.md` says why.

use serde_json::{Value, json};

use crate::differences::Api::{Bewerking, Inzage};
use crate::differences::Side::{Absent, Is, SameAs};
use crate::differences::{Api, Listed, Side};

/// Every difference that is meant.
#[rustfmt::skip] // A table: one place a line reads better than one argument a line.
pub(crate) fn listed() -> Vec<Listed> {
    let any = Is(json!(["normaal", "opgeheven", "vertrouwelijk"]));
    let mut table = vec![
        row("S01", "R16", Is(json!("[0-9]{20}")), Is(json!("^[0-9]{20}$")), vec![
            (Bewerking, 6, "** > uitvoerder > pattern"),
            (Inzage, 2, "** > uitvoerder > pattern"),
        ]),
        row("S02", "R11", Is(json!("normaal")), Absent, vec![
            (Bewerking, 6, "** > vertrouwelijkheid > default"),
            (Inzage, 2, "** > vertrouwelijkheid > default"),
        ]),
        row("S03", "R09", Is(json!("OIN")), Is(json!("identificator")), vec![
            (Bewerking, 6, "** > afnemerId > format"),
            (Inzage, 2, "** > afnemerId > format"),
        ]),
        row("S04", "R03", Absent, Is(json!(1)), vec![
            (Bewerking, 6, "** > verwerkteObjecten > minItems"),
        ]),
        row(
            "S05", "R21",
            Is(json!(["objectId", "objecttype", "soortObjectId", "url", "verwerktObjectId"])),
            Is(json!(["objectId", "objecttype", "soortObjectId"])),
            vec![(Bewerking, 1, "operations > put * > requestBody > ** > verwerkteObjecten > items > required")],
        ),
        row("S06", "R31", Absent, Is(json!(1)), vec![
            (Bewerking, 1, "operations > patch * > requestBody > ** > minProperties"),
        ]),
        row("S07", "R42", Absent, Is(json!({
            "required": false, "style": "form", "explode": false,
            "schema": {"type": "array", "minItems": 1, "items": {
                "type": "string", "enum": ["normaal", "opgeheven", "vertrouwelijk"],
            }},
        })), vec![
            (Bewerking, 1, "operations > get /verwerkingsacties > parameters > query vertrouwelijkheid__in"),
        ]),
        row("S08", "R44", Absent, query(json!({"type": "string", "minLength": 1, "maxLength": 2048})), vec![
            (Bewerking, 1, "operations > get /verwerkingsacties > parameters > query pagina"),
            (Inzage, 1, "operations > get /verwerkte-objecten > parameters > query pagina"),
        ]),
        row("S09", "R01", Absent, header(json!({"type": "string", "minLength": 1, "maxLength": 255})), vec![
            (Bewerking, 1, "operations > post * > parameters > header idempotency-key"),
        ]),
        row("S09", "R01", Absent, SameAs("operations > post /verwerkingsacties > responses > 409"), vec![
            (Bewerking, 1, "operations > post * > responses > 422"),
        ]),
        row("S10", "R72", Absent, SameAs("operations > post /verwerkingsacties > responses > 409"), vec![
            (Bewerking, 1, "operations > post * > responses > 413"),
            (Bewerking, 1, "operations > put * > responses > 413"),
            (Bewerking, 1, "operations > patch * > responses > 413"),
        ]),
        row("S11", "R72", Absent, Is(json!({"required": false, "schema": {"type": "integer", "minimum": 0}})), vec![
            (Bewerking, 6, "operations > * > responses > 429 > headers > retry-after"),
            (Bewerking, 6, "operations > * > responses > 503 > headers > retry-after"),
            (Inzage, 2, "operations > * > responses > 429 > headers > retry-after"),
            (Inzage, 2, "operations > * > responses > 503 > headers > retry-after"),
        ]),
        row("S12", "R70", Absent, SameAs("operations > get /verwerkingsacties > responses > 503"), vec![
            (Bewerking, 6, "operations > * > responses > 504"),
        ]),
        row("S12", "R70", Absent, SameAs("operations > get /verwerkte-objecten > responses > 503"), vec![
            (Inzage, 2, "operations > * > responses > 504"),
        ]),
        row("S14", "R62", any, Is(json!(["normaal", "opgeheven"])), vec![
            (Inzage, 2, "** > verwerkingsactie > properties > vertrouwelijkheid > enum"),
        ]),
        row(
            "S15", "R63", Absent,
            Is(json!({"type": "array", "minItems": 1, "items": processed_object()})),
            vec![(Inzage, 2, "** > verwerkingsactie > properties > verwerkteObjecten")],
        ),
    ];
    for (at, schema) in [
        ("operations > * > parameters > header oin", json!({"type": "string", "pattern": "^[0-9]{20}$"})),
        ("operations > * > parameters > header verwerkingsactiviteit-id", json!({"type": "string", "format": "uuid"})),
        (
            "operations > * > parameters > header verwerkingsactiviteit-url",
            json!({"type": "string", "format": "uri", "maxLength": 2042}),
        ),
        ("operations > * > parameters > header verwerking-id", json!({"type": "string", "format": "uuid"})),
        (
            "operations > * > parameters > header vertrouwelijkheid",
            json!({"type": "string", "enum": ["normaal", "vertrouwelijk"]}),
        ),
        ("operations > * > parameters > header bewaartermijn", json!({"type": "string", "format": "duration"})),
    ] {
        table.push(row("S13", "R64", Absent, header(schema), vec![(Inzage, 2, at)]));
    }
    table
}

fn row(
    id: &'static str,
    rule: &'static str,
    published: Side,
    ours: Side,
    places: Vec<(Api, usize, &'static str)>,
) -> Listed {
    Listed { id, rule, published, ours, places }
}

fn query(schema: Value) -> Side {
    Is(json!({"required": false, "style": "form", "explode": true, "schema": schema}))
}

fn header(schema: Value) -> Side {
    Is(json!({"required": false, "style": "simple", "explode": false, "schema": schema}))
}

/// `VerwerktObject`, as both published documents have it.
fn processed_object() -> Value {
    let name = || json!({"type": "string", "maxLength": 242});
    json!({
        "type": "object",
        "required": ["objectId", "objecttype", "soortObjectId", "url", "verwerktObjectId"],
        "properties": {
            "url": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2042},
            "verwerktObjectId": {"type": "string", "format": "uuid"},
            "objecttype": {"type": "string", "enum": ["persoon"]},
            "soortObjectId": name(),
            "objectId": {"type": "string", "format": "identificator", "maxLength": 40},
            "betrokkenheid": name(),
            "verwerkteSoortenGegevens": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["soortGegeven"],
                    "properties": {"soortGegeven": name()},
                },
            },
        },
    })
}
