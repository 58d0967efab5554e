//! Records as DynamoDB gives them, and what is expected of what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use contract::table as names;
use domain::bericht::Bericht;
use domain::rows::{Attribute, Key, Row, Rows};
use domain::versies::{Versie, versies};
use serde_json::{Map, Value, json};

use crate::memory::Memory;

/// A row as an image of a record.
pub(crate) fn image(row: &Row) -> Value {
    let fields = row.fields().iter().map(|(name, value)| {
        let value = match value {
            Attribute::S(text) => json!({ "S": text }),
            Attribute::N(number) => json!({ "N": number.to_string() }),
            Attribute::Bool => json!({ "BOOL": true }),
        };
        (name.to_string(), value)
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The record of a change from one row to another, of which one may be none.
pub(crate) fn record(number: usize, old: Option<&Row>, new: Option<&Row>, by_ttl: bool) -> Value {
    let event = match (old, new) {
        (None, _) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (Some(_), None) => "REMOVE",
    };
    let key = old.or(new).expect("a change is of a row").key();
    let mut dynamodb = json!({
        "ApproximateCreationDateTime": 1_768_465_800.0,
        "Keys": { names::ACTIE_ID: { "S": key.actie_id }, names::SOORT: { "S": key.soort } },
        "SequenceNumber": number.to_string(),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, row) in [("OldImage", old), ("NewImage", new)] {
        if let Some(row) = row {
            dynamodb[name] = image(row);
        }
    }
    let mut record = json!({ "eventID": number.to_string(), "eventName": event, "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1", "dynamodb": dynamodb });
    if by_ttl {
        record["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    }
    record
}

/// The event of a batch.
pub(crate) fn event(records: impl IntoIterator<Item = Value>) -> Value {
    json!({ "Records": records.into_iter().collect::<Vec<_>>() })
}

/// All rows of an actie by their keys, those in the partitions of verwerkingen among them.
pub(crate) fn rows_of(memory: &Memory, actie_id: &str) -> BTreeMap<Key, Row> {
    let store = memory.store();
    let about = |(key, row): &(&Key, &Row)| key.actie_id == actie_id || row.actie_id_of_lid() == Some(actie_id);
    store.rows.iter().filter(about).map(|(key, row)| (key.clone(), row.clone())).collect()
}

/// All rows that there must be of an actie by their keys, after these changes; `revisie` is that of its current row.
pub(crate) fn expected(actie_id: &str, accepted: &[Bericht], revisie: i64) -> BTreeMap<Key, Row> {
    let about = |bericht: &&Bericht| bericht.change().actie_id().is_none_or(|id| id == actie_id);
    let accepted: Vec<&Bericht> = accepted.iter().filter(about).collect();
    let versies = versies(accepted.iter().copied());
    let last = versies.last().expect("the actie is there");
    let rows = Rows::of(last, revisie).expect("rows can be made");
    let bewaard_tot = rows.actueel.number(names::BEWAARD_TOT);
    let row = |versie: &Versie<'_>| Row::versie(versie, bewaard_tot).expect("rows can be made");

    // A POST or PUT that came to nothing is kept as it was accepted.
    let firsts = accepted.iter().filter_map(|bericht| Versie::first(bericht)).map(|versie| row(&versie));
    let verwerkingen: BTreeSet<String> = accepted
        .iter()
        .filter_map(|bericht| bericht.change().inhoud()?.actie().content.verwerking_id.as_deref())
        .map(str::to_ascii_lowercase)
        .collect();
    let members = verwerkingen.iter().map(|verwerking_id| Row::lid(verwerking_id, actie_id));
    let rows_now = [rows.actueel].into_iter().chain(rows.objecten);
    let all = firsts.chain(versies.iter().map(row)).chain(rows_now).chain(members);
    all.map(|row| (row.key(), row)).collect()
}
