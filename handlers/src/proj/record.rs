//! Records of the table's stream, and what each of them asks for.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html>

use std::time::Duration;

use contract::table as names;
use domain::rows::{Attribute, Row};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is to be done for an actie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Its current row was written alone: the others have to follow.
    Follow,
    /// Its current row, which was this, is gone: so must be everything else.
    Clear(Row),
    /// DynamoDB removed this row, which kept a change of it: either the others go too, or it must come back.
    Lost(Row),
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Which actie it is about.
    pub(super) actie_id: String,
    /// None where there is nothing to do.
    pub(super) work: Option<Work>,
    /// When the row was changed, in milliseconds since 1970, to about a second.
    created: Option<i64>,
}

/// Why a record cannot be read. Never repeats what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is not what a stream of DynamoDB gives")]
    Form,
    #[error("its event is none of INSERT, MODIFY and REMOVE")]
    Event,
    #[error("its keys are not those of this table")]
    Keys,
    #[error("it lacks an image: the stream's view type has to be NEW_AND_OLD_IMAGES")]
    Image,
}

/// The fields that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    event_name: String,
    dynamodb: Change,
    user_identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: Option<String>,
}

/// Who removes what a table's TTL attribute says; a record of anybody else's change names nobody.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html>
const TTL: &str = "dynamodb.amazonaws.com";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    keys: Map<String, Value>,
    new_image: Option<Map<String, Value>>,
    old_image: Option<Map<String, Value>>,
    /// Seconds since 1970; Lambda gives a number.
    approximate_creation_date_time: Option<f64>,
}

/// The sequence number of a record, also of one that cannot be read otherwise. Without one it is empty, by which Lambda
/// understands that the whole batch failed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
pub(super) fn sequence_number(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}

impl Record {
    /// Reads a record.
    pub(super) fn read(record: Value) -> Result<Self, Unreadable> {
        let raw: Raw = serde_json::from_value(record).map_err(|_| Unreadable::Form)?;
        let keys = row(raw.dynamodb.keys);
        let key = keys.key();
        if key.actie_id.is_empty() || key.soort.is_empty() {
            return Err(Unreadable::Keys);
        }
        let by_ttl = raw.user_identity.is_some_and(|who| who.principal_id.as_deref() == Some(TTL));
        let (new, old) = (raw.dynamodb.new_image.map(row), raw.dynamodb.old_image.map(row));
        let work = match raw.event_name.as_str() {
            "INSERT" | "MODIFY" => {
                let new = new.ok_or(Unreadable::Image)?;
                (key.soort == names::SOORT_ACTUEEL && new.is_alone()).then_some(Work::Follow)
            }
            "REMOVE" => {
                let old = old.ok_or(Unreadable::Image)?;
                if key.soort == names::SOORT_ACTUEEL && !old.is(names::INGETROKKEN) {
                    Some(Work::Clear(old))
                } else if by_ttl && key.soort.starts_with(names::SOORT_VERSIE) && old.text(names::OPERATIE).is_some() {
                    Some(Work::Lost(old))
                } else {
                    None
                }
            }
            _ => return Err(Unreadable::Event),
        };
        #[allow(clippy::cast_possible_truncation, reason = "a moment in milliseconds; what is no moment saturates")]
        let created = raw.dynamodb.approximate_creation_date_time.map(|seconds| (seconds * 1e3) as i64);
        Ok(Self { actie_id: key.actie_id, work, created })
    }

    /// How long ago the row was changed.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        let millis = self.created.map_or(0, |created| now.as_millisecond().saturating_sub(created));
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

/// What this log writes; attributes of other kinds, which it never writes, are left out.
fn row(image: Map<String, Value>) -> Row {
    let known = image.into_iter().filter_map(|(name, value)| {
        let value = match value.as_object()?.iter().next()? {
            (kind, Value::String(text)) if kind == "S" => Attribute::S(text.clone()),
            (kind, Value::String(number)) if kind == "N" => Attribute::N(number.parse().ok()?),
            (kind, Value::Bool(true)) if kind == "BOOL" => Attribute::Bool,
            _ => return None,
        };
        Some((name, value))
    });
    Row::from_fields(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(event: &str, soort: &str, new: Option<Value>, old: Option<Value>) -> Value {
        let mut dynamodb = json!({"SequenceNumber": "111", "ApproximateCreationDateTime": 1_700_000_000.0,
            "Keys": {"actieId": {"S": "a"}, "soort": {"S": soort}}});
        for (name, image) in [("NewImage", new), ("OldImage", old)] {
            if let Some(image) = image {
                dynamodb[name] = image;
            }
        }
        json!({"eventName": event, "dynamodb": dynamodb, "eventSource": "aws:dynamodb"})
    }

    fn work(record: Value) -> Option<Work> {
        Record::read(record).unwrap().work
    }

    #[test]
    fn only_a_current_row_that_was_written_alone_has_others_to_follow_it() {
        let bericht = |id: &str| json!({"S": id});
        for (new, expected) in [
            (json!({"bericht": bericht("x"), "revisie": {"N": "1"}}), false),
            (json!({"bericht": bericht("x"), "vooruit": {"BOOL": true}}), true),
            (json!({"bericht": bericht("x"), "vervallen": {"BOOL": true}}), true),
            (json!({"bericht": bericht("-"), "vervallen": {"BOOL": true}}), false),
            (json!({"vervallen": {"BOOL": true}, "ingetrokken": {"BOOL": true}}), false),
        ] {
            let work = work(record("MODIFY", "actueel", Some(new.clone()), Some(json!({}))));
            assert_eq!(work, expected.then_some(Work::Follow), "{new}");
        }
        let new = json!({"vooruit": {"BOOL": true}});
        assert_eq!(work(record("INSERT", "object#x", Some(new), None)), None);
    }

    #[test]
    fn r08_what_is_removed_takes_the_rest_along() {
        let by_ttl = |mut record: Value| {
            record["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
            record
        };
        let removed = |soort, old| work(by_ttl(record("REMOVE", soort, None, Some(old))));
        let text = |name: &str, value: &str| (name.to_owned(), Attribute::S(value.to_owned()));
        let old = json!({"actieId": {"S": "a"}, "verwerkingId": {"S": "v"}, "iets": {"L": []}});
        let row = Row::from_fields([text("actieId", "a"), text("verwerkingId", "v")]);
        assert_eq!(removed("actueel", old), Some(Work::Clear(row)));
        assert_eq!(removed("actueel", json!({"ingetrokken": {"BOOL": true}})), None);
        let row = Row::from_fields([text("operatie", "o")]);
        assert_eq!(removed("versie#x", json!({"operatie": {"S": "o"}})), Some(Work::Lost(row)));
        // What a function removed stays away.
        assert_eq!(work(record("REMOVE", "versie#x", None, Some(json!({"operatie": {"S": "o"}})))), None);
        assert_eq!(removed("versie#x", json!({})), None);
        assert_eq!(removed("object#x", json!({})), None);
    }

    #[test]
    fn what_cannot_be_read_says_why_and_not_what() {
        let none = || record("MODIFY", "actueel", None, None);
        assert_eq!(Record::read(none()), Err(Unreadable::Image));
        assert_eq!(Record::read(record("REMOVE", "actueel", None, None)), Err(Unreadable::Image));
        assert_eq!(Record::read(record("ANDERS", "actueel", Some(json!({})), None)), Err(Unreadable::Event));
        assert_eq!(Record::read(json!("geheim")), Err(Unreadable::Form));
        let keys = json!({"eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "geheim"}}}});
        assert_eq!(Record::read(keys), Err(Unreadable::Keys));
        assert_eq!(sequence_number(&none()), "111");
        assert_eq!(sequence_number(&json!(null)), "");
    }

    #[test]
    fn a_record_is_as_old_as_its_change() {
        let record = Record::read(record("MODIFY", "actueel", Some(json!({})), None)).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(record.age(at(1_700_000_002)), Duration::from_secs(2));
        // By a clock that is behind.
        assert_eq!(record.age(at(1_600_000_000)), Duration::ZERO);
    }
}
