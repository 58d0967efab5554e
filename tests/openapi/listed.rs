//! Where our documents differ from the published ones on purpose; `docs/standard.md` says why.

use serde_json::{Value, json};

use crate::differences::{Api, Listed, Side};

/// Every difference that is meant.
pub(crate) fn listed() -> Vec<Listed> {
    use Api::{Bewerking, Inzage};
    use Side::{Absent, Is, SameAs};

    let line = |id, rule, api, places, at, published, ours| Listed {
        id,
        api,
        at,
        places,
        published,
        ours,
        rule,
    };
    let anchored = || Is(json!("^[0-9]{20}$"));
    let seconds = || Is(json!({"required": false, "schema": {"type": "integer", "minimum": 0}}));
    let page = || {
        Is(query(
            json!({"type": "string", "minLength": 1, "maxLength": 2048}),
        ))
    };
    let error = "operations > get /verwerkingsacties > responses > 500";
    let error_inzage = "operations > get /verwerkte-objecten > responses > 500";
    let validation_error = "operations > get /verwerkingsacties > responses > 400";

    let mut lines = vec![
        line(
            "S01",
            "R16",
            Bewerking,
            6,
            "** > uitvoerder > pattern",
            Is(json!("[0-9]{20}")),
            anchored(),
        ),
        line(
            "S01",
            "R16",
            Inzage,
            2,
            "** > uitvoerder > pattern",
            Is(json!("[0-9]{20}")),
            anchored(),
        ),
        line(
            "S02",
            "R11",
            Bewerking,
            6,
            "** > vertrouwelijkheid > default",
            Is(json!("normaal")),
            Absent,
        ),
        line(
            "S02",
            "R11",
            Inzage,
            2,
            "** > vertrouwelijkheid > default",
            Is(json!("normaal")),
            Absent,
        ),
        line(
            "S03",
            "R09",
            Bewerking,
            6,
            "** > afnemerId > format",
            Is(json!("OIN")),
            Is(json!("identificator")),
        ),
        line(
            "S03",
            "R09",
            Inzage,
            2,
            "** > afnemerId > format",
            Is(json!("OIN")),
            Is(json!("identificator")),
        ),
        line(
            "S04",
            "R03",
            Bewerking,
            6,
            "** > verwerkteObjecten > minItems",
            Absent,
            Is(json!(1)),
        ),
        line(
            "S05",
            "R21",
            Bewerking,
            1,
            "operations > put /verwerkingsacties/{actieId} > requestBody > ** > verwerkteObjecten > items > required",
            Is(json!([
                "objectId",
                "objecttype",
                "soortObjectId",
                "url",
                "verwerktObjectId"
            ])),
            Is(json!(["objectId", "objecttype", "soortObjectId"])),
        ),
        line(
            "S06",
            "R31",
            Bewerking,
            1,
            "operations > patch /verwerkingsacties > requestBody > ** > minProperties",
            Absent,
            Is(json!(1)),
        ),
        line(
            "S07",
            "R42",
            Bewerking,
            1,
            "operations > get /verwerkingsacties > parameters > query vertrouwelijkheid__in",
            Absent,
            Is(json!({
                "required": false,
                "style": "form",
                "explode": false,
                "schema": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "enum": ["normaal", "opgeheven", "vertrouwelijk"]},
                },
            })),
        ),
        line(
            "S08",
            "R44",
            Bewerking,
            1,
            "operations > get /verwerkingsacties > parameters > query pagina",
            Absent,
            page(),
        ),
        line(
            "S08",
            "R44",
            Inzage,
            1,
            "operations > get /verwerkte-objecten > parameters > query pagina",
            Absent,
            page(),
        ),
        line(
            "S09",
            "R01",
            Bewerking,
            1,
            "operations > post /verwerkingsacties > parameters > header idempotency-key",
            Absent,
            Is(header(
                json!({"type": "string", "minLength": 1, "maxLength": 255}),
            )),
        ),
        line(
            "S09",
            "R01",
            Bewerking,
            1,
            "operations > post /verwerkingsacties > responses > 422",
            Absent,
            SameAs(error),
        ),
        line(
            "S10",
            "R72",
            Bewerking,
            3,
            "operations > * > responses > 413",
            Absent,
            SameAs(error),
        ),
        line(
            "S11",
            "R50",
            Bewerking,
            1,
            "operations > delete /verwerkingsacties/{actieId} > responses > 400",
            Absent,
            SameAs(validation_error),
        ),
        line(
            "S13",
            "R70",
            Bewerking,
            6,
            "operations > * > responses > 504",
            Absent,
            SameAs(error),
        ),
        line(
            "S13",
            "R70",
            Inzage,
            2,
            "operations > * > responses > 504",
            Absent,
            SameAs(error_inzage),
        ),
        line(
            "S15",
            "R62",
            Inzage,
            2,
            "** > verwerkingsactie > properties > vertrouwelijkheid > enum",
            Is(json!(["normaal", "opgeheven", "vertrouwelijk"])),
            Is(json!(["normaal", "opgeheven"])),
        ),
        line(
            "S16",
            "R63",
            Inzage,
            1,
            "operations > get /verwerkte-objecten/{verwerktObjectId} > responses > 200 > ** > verwerkteObjecten",
            Absent,
            Is(json!({"type": "array", "minItems": 1, "items": processed_object()})),
        ),
        line(
            "S16",
            "R63",
            Inzage,
            1,
            "operations > get /verwerkte-objecten > responses > 200 > ** > verwerkteObjecten",
            Absent,
            Is(json!({"type": "array", "minItems": 1, "items": processed_object()})),
        ),
    ];
    for (api, places, status) in [
        (
            Bewerking,
            6,
            "operations > * > responses > 429 > headers > retry-after",
        ),
        (
            Bewerking,
            6,
            "operations > * > responses > 503 > headers > retry-after",
        ),
        (
            Inzage,
            2,
            "operations > * > responses > 429 > headers > retry-after",
        ),
        (
            Inzage,
            2,
            "operations > * > responses > 503 > headers > retry-after",
        ),
    ] {
        lines.push(line("S12", "R72", api, places, status, Absent, seconds()));
    }
    for (at, schema) in [
        (
            "operations > * > parameters > header oin",
            json!({"type": "string", "pattern": "^[0-9]{20}$"}),
        ),
        (
            "operations > * > parameters > header verwerkingsactiviteit-id",
            json!({"type": "string", "format": "uuid"}),
        ),
        (
            "operations > * > parameters > header verwerkingsactiviteit-url",
            json!({"type": "string", "format": "uri", "maxLength": 2042}),
        ),
        (
            "operations > * > parameters > header verwerking-id",
            json!({"type": "string", "format": "uuid"}),
        ),
        (
            "operations > * > parameters > header vertrouwelijkheid",
            json!({"type": "string", "enum": ["normaal", "vertrouwelijk"]}),
        ),
        (
            "operations > * > parameters > header bewaartermijn",
            json!({"type": "string", "format": "duration"}),
        ),
    ] {
        lines.push(line(
            "S14",
            "R64",
            Inzage,
            2,
            at,
            Absent,
            Is(header(schema)),
        ));
    }
    lines
}

fn query(schema: Value) -> Value {
    json!({"required": false, "style": "form", "explode": true, "schema": schema})
}

fn header(schema: Value) -> Value {
    json!({"required": false, "style": "simple", "explode": false, "schema": schema})
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
