//! Holds a JSON value against a table of fields, and keeps of it what the table names.

use std::collections::BTreeSet;

use contract::fout;
use serde_json::{Map, Value};

use super::velden::{Soort, Veld};
use super::vormen::{doorstaat_elfproef, is_oin, is_uri};
use super::{MEESTE_FOUTEN, Validatie};
use crate::bewaartermijn::Bewaartermijn;
use crate::fout::InvalidParam;
use crate::json::pad;
use crate::pseudoniem::{Stelsel, is_bsn};
use crate::tijd::Tijdstip;
use crate::verwerkingsactie::is_uuid;

pub(super) const UUID: &str = "Moet een UUID zijn, zoals 3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b.";
pub(super) const DUBBEL: &str = "Komt meer dan eens voor.";
const BSN: &str = "Moet een BSN zijn: negen cijfers die de elfproef doorstaan.";
const OIN: &str = "Moet een OIN zijn: precies 20 cijfers.";

/// Collects what is wrong.
pub(super) struct Keurder<'a> {
    pub(super) validatie: &'a Validatie<'a>,
    /// Paths that occur more than once.
    pub(super) dubbel: &'a BTreeSet<String>,
    pub(super) fouten: &'a mut Vec<InvalidParam>,
}

impl Keurder<'_> {
    /// Checks an object; returns the fields that the table names.
    pub(super) fn object(&mut self, plaats: &str, waarde: Value, velden: &[Veld]) -> Value {
        let Value::Object(mut waarden) = waarde else {
            let naam = if plaats.is_empty() { "body" } else { plaats };
            self.fout(naam, fout::VELD_ONGELDIG, "Moet een object zijn.");
            return Value::Null;
        };
        let eerste_fout = self.fouten.len();
        let mut bekend = Map::new();
        for veld in velden.iter().filter(|veld| veld.soort != Soort::Log) {
            let naam = pad(plaats, veld.naam);
            match waarden.remove(veld.naam) {
                _ if self.dubbel.contains(&naam) => self.fout(&naam, fout::VELD_ONGELDIG, DUBBEL),
                None if veld.verplicht => self.voeg_toe(InvalidParam::verplicht(naam)),
                None => {}
                Some(Value::Null) => {
                    let reden = if veld.verplicht {
                        "Mag niet null zijn."
                    } else {
                        "Mag niet null zijn; laat het veld anders weg."
                    };
                    self.fout(&naam, fout::VELD_ONGELDIG, reden);
                }
                Some(waarde) => {
                    let waarde = self.waarde(&naam, waarde, veld.soort);
                    bekend.insert(veld.naam.to_owned(), waarde);
                }
            }
        }
        self.samenhang(plaats, &bekend, eerste_fout);
        Value::Object(bekend)
    }

    fn waarde(&mut self, naam: &str, waarde: Value, soort: Soort) -> Value {
        if let Soort::Lijst(velden, minstens) = soort {
            return self.lijst(naam, waarde, velden, minstens);
        }
        let Value::String(tekst) = &waarde else {
            self.fout(naam, fout::VELD_ONGELDIG, "Moet een tekst zijn.");
            return waarde;
        };
        let langste = match soort {
            Soort::Tekst(langste) | Soort::Uri(_, langste) => langste,
            _ => usize::MAX,
        };
        if tekst.chars().nth(langste).is_some() {
            self.fout(naam, fout::VELD_TE_LANG, &format!("Mag hoogstens {langste} tekens lang zijn."));
            return waarde;
        }
        let (goed, reden) = match soort {
            Soort::Uuid => (is_uuid(tekst), UUID.to_owned()),
            // No URI is empty, so the least length asks no more than that.
            Soort::Uri(..) => {
                (is_uri(tekst), "Moet een volledige URI zijn, zoals https://voorbeeld.nl/pad.".to_owned())
            }
            Soort::Tijdstip => {
                let reden = "Moet een bestaand tijdstip met tijdzone zijn, zoals 2026-01-15T09:30:00+01:00.";
                (Tijdstip::lees(tekst).is_ok(), reden.to_owned())
            }
            Soort::Duur => (
                Bewaartermijn::lees(tekst).is_ok(),
                "Moet een duur volgens ISO 8601 zijn, zoals P7Y of P1Y6M.".to_owned(),
            ),
            Soort::Oin => (is_oin(tekst), OIN.to_owned()),
            Soort::Keuze(keuzes) => {
                if !keuzes.contains(&tekst.as_str()) {
                    self.fout(naam, fout::VELD_KEUZE, &keuze(keuzes));
                }
                return waarde;
            }
            Soort::Tekst(_) | Soort::Lijst(..) | Soort::Log => return waarde,
        };
        if !goed {
            self.fout(naam, fout::VELD_ONGELDIG, &reden);
        }
        waarde
    }

    fn lijst(&mut self, naam: &str, waarde: Value, velden: &[Veld], minstens: usize) -> Value {
        let Value::Array(waarden) = waarde else {
            self.fout(naam, fout::VELD_ONGELDIG, "Moet een lijst zijn.");
            return Value::Null;
        };
        if waarden.len() < minstens {
            self.fout(naam, fout::VELD_ONGELDIG, "Moet ten minste één object bevatten.");
        }
        let waarden = waarden.into_iter().enumerate();
        waarden.map(|(plaats, waarde)| self.object(&pad(naam, plaats), waarde, velden)).collect()
    }

    /// What two fields ask of each other: a number must be one of the kind that it says it is (R15, R16). A field that
    /// is wrong already, since `eerste_fout`, is reported once.
    fn samenhang(&mut self, plaats: &str, velden: &Map<String, Value>, eerste_fout: usize) {
        let tekst = |naam: &str| velden.get(naam).and_then(Value::as_str);
        let mut nieuw = Vec::new();
        if let (Some(soort), Some(nummer)) = (tekst("soortObjectId"), tekst("objectId")) {
            let stelsel = Stelsel { objecttype: tekst("objecttype").unwrap_or_default(), soort };
            if is_bsn(soort) && !self.is_goed_bsn(stelsel, nummer) {
                nieuw.push(InvalidParam::ongeldig(pad(plaats, "objectId"), BSN));
            }
        }
        if let (Some(soort), Some(nummer)) = (tekst("soortAfnemerId"), tekst("afnemerId")) {
            let naam = pad(plaats, "afnemerId");
            if soort.trim().eq_ignore_ascii_case("OIN") && !is_oin(nummer) {
                nieuw.push(InvalidParam::ongeldig(naam, OIN));
            } else if is_bsn(soort) && !self.is_goed_bsn(Stelsel::AFNEMER, nummer) {
                nieuw.push(InvalidParam::ongeldig(naam, BSN));
            }
        }
        for fout in nieuw {
            if self.fouten[eerste_fout..].iter().all(|eerder| eerder.name != fout.name) {
                self.voeg_toe(fout);
            }
        }
    }

    fn is_goed_bsn(&self, stelsel: Stelsel<'_>, nummer: &str) -> bool {
        let Validatie { elfproef, pseudoniemen } = self.validatie;
        !elfproef || doorstaat_elfproef(nummer) || pseudoniemen.is_pseudoniem(stelsel, nummer)
    }

    fn fout(&mut self, naam: &str, code: &'static str, reden: &str) {
        self.voeg_toe(InvalidParam::new(naam, code, reden));
    }

    fn voeg_toe(&mut self, fout: InvalidParam) {
        if self.fouten.len() < MEESTE_FOUTEN {
            self.fouten.push(fout);
        }
    }
}

fn keuze(keuzes: &[&str]) -> String {
    match keuzes.split_last() {
        Some((laatste, [])) => format!("Moet {laatste} zijn."),
        Some((laatste, eerdere)) => format!("Moet {} of {laatste} zijn.", eerdere.join(", ")),
        None => String::new(),
    }
}
