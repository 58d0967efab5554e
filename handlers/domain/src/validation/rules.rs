//! Holds a JSON value against a table of fields, and keeps of it what the table names.

use std::collections::BTreeSet;

use contract::fout;
use serde_json::{Map, Value};

use super::fields::{Field, Kind};
use super::json::path;
use super::shapes::{is_oin, is_uri, passes_elfproef};
use super::{MAX_INVALID_PARAMS, Validator};
use crate::bewaartermijn::Bewaartermijn;
use crate::fout::InvalidParam;
use crate::pseudoniem::{NumberKind, is_bsn};
use crate::tijd::Tijdstip;
use crate::verwerkingsactie::is_uuid;

pub(super) const UUID: &str = "Moet een UUID zijn, zoals 3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b.";
pub(super) const TWICE: &str = "Komt meer dan eens voor.";
const BSN: &str = "Moet een BSN zijn: negen cijfers die de elfproef doorstaan.";
const OIN: &str = "Moet een OIN zijn: precies 20 cijfers.";

/// Collects what is wrong.
pub(super) struct Checker<'a> {
    pub(super) validator: &'a Validator<'a>,
    /// Paths that occur more than once.
    pub(super) twice: &'a BTreeSet<String>,
    pub(super) faults: &'a mut Vec<InvalidParam>,
}

impl Checker<'_> {
    /// Checks an object; returns the fields that the table names.
    pub(super) fn object(&mut self, place: &str, value: Value, fields: &[Field]) -> Value {
        let Value::Object(mut values) = value else {
            let name = if place.is_empty() { "body" } else { place };
            self.fault(name, fout::VELD_ONGELDIG, "Moet een object zijn.");
            return Value::Null;
        };
        let first_fault = self.faults.len();
        let mut known = Map::new();
        for field in fields.iter().filter(|field| field.kind != Kind::Log) {
            let name = path(place, field.name);
            match values.remove(field.name) {
                _ if self.twice.contains(&name) => self.fault(&name, fout::VELD_ONGELDIG, TWICE),
                None if field.required => self.push(InvalidParam::required(name)),
                None => {}
                Some(Value::Null) => {
                    let reason = if field.required {
                        "Mag niet null zijn."
                    } else {
                        "Mag niet null zijn; laat het veld anders weg."
                    };
                    self.fault(&name, fout::VELD_ONGELDIG, reason);
                }
                Some(value) => {
                    let value = self.value(&name, value, field.kind);
                    known.insert(field.name.to_owned(), value);
                }
            }
        }
        self.cross_check(place, &known, first_fault);
        Value::Object(known)
    }

    fn value(&mut self, name: &str, value: Value, kind: Kind) -> Value {
        if let Kind::List(fields, at_least) = kind {
            return self.list(name, value, fields, at_least);
        }
        let Value::String(text) = &value else {
            self.fault(name, fout::VELD_ONGELDIG, "Moet een tekst zijn.");
            return value;
        };
        let longest = match kind {
            Kind::Text(longest) | Kind::Uri(_, longest) => longest,
            _ => usize::MAX,
        };
        if text.chars().nth(longest).is_some() {
            self.fault(name, fout::VELD_TE_LANG, &format!("Mag hoogstens {longest} tekens lang zijn."));
            return value;
        }
        let (good, reason) = match kind {
            Kind::Uuid => (is_uuid(text), UUID.to_owned()),
            // No URI is empty, so the least length asks no more than that.
            Kind::Uri(..) => (is_uri(text), "Moet een volledige URI zijn, zoals https://voorbeeld.nl/pad.".to_owned()),
            Kind::Tijdstip => {
                let reason = "Moet een bestaand tijdstip met tijdzone zijn, zoals 2026-01-15T09:30:00+01:00.";
                (Tijdstip::parse(text).is_ok(), reason.to_owned())
            }
            Kind::Duration => (
                Bewaartermijn::parse(text).is_ok(),
                "Moet een duur volgens ISO 8601 zijn, zoals P7Y of P1Y6M.".to_owned(),
            ),
            Kind::Oin => (is_oin(text), OIN.to_owned()),
            Kind::Choice(choices) => {
                if !choices.contains(&text.as_str()) {
                    self.fault(name, fout::VELD_KEUZE, &choice(choices));
                }
                return value;
            }
            Kind::Text(_) | Kind::List(..) | Kind::Log => return value,
        };
        if !good {
            self.fault(name, fout::VELD_ONGELDIG, &reason);
        }
        value
    }

    fn list(&mut self, name: &str, value: Value, fields: &[Field], at_least: usize) -> Value {
        let Value::Array(values) = value else {
            self.fault(name, fout::VELD_ONGELDIG, "Moet een lijst zijn.");
            return Value::Null;
        };
        if values.len() < at_least {
            self.fault(name, fout::VELD_ONGELDIG, "Moet ten minste één object bevatten.");
        }
        let values = values.into_iter().enumerate();
        values.map(|(place, value)| self.object(&path(name, place), value, fields)).collect()
    }

    /// What two fields ask of each other: a number must be one of the kind that it says it is (R15, R16). A field that
    /// is wrong already, since `first_fault`, is reported once.
    fn cross_check(&mut self, place: &str, fields: &Map<String, Value>, first_fault: usize) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let mut new = Vec::new();
        if let (Some(soort), Some(number)) = (text("soortObjectId"), text("objectId")) {
            let kind = NumberKind { objecttype: text("objecttype").unwrap_or_default(), soort };
            if is_bsn(soort) && !self.is_good_bsn(kind, number) {
                new.push(InvalidParam::invalid(path(place, "objectId"), BSN));
            }
        }
        if let (Some(soort), Some(number)) = (text("soortAfnemerId"), text("afnemerId")) {
            let name = path(place, "afnemerId");
            if soort.trim().eq_ignore_ascii_case("OIN") && !is_oin(number) {
                new.push(InvalidParam::invalid(name, OIN));
            } else if is_bsn(soort) && !self.is_good_bsn(NumberKind::AFNEMER, number) {
                new.push(InvalidParam::invalid(name, BSN));
            }
        }
        for fout in new {
            if self.faults[first_fault..].iter().all(|earlier| earlier.name != fout.name) {
                self.push(fout);
            }
        }
    }

    fn is_good_bsn(&self, kind: NumberKind<'_>, number: &str) -> bool {
        let Validator { elfproef, pseudonyms } = self.validator;
        !elfproef || passes_elfproef(number) || pseudonyms.is_pseudoniem(kind, number)
    }

    fn fault(&mut self, name: &str, code: &'static str, reason: &str) {
        self.push(InvalidParam::new(name, code, reason));
    }

    fn push(&mut self, fout: InvalidParam) {
        if self.faults.len() < MAX_INVALID_PARAMS {
            self.faults.push(fout);
        }
    }
}

fn choice(choices: &[&str]) -> String {
    match choices.split_last() {
        Some((last, [])) => format!("Moet {last} zijn."),
        Some((last, earlier)) => format!("Moet {} of {last} zijn.", earlier.join(", ")),
        None => String::new(),
    }
}
