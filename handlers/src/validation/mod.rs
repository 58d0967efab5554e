//! From the bytes of a request to what it asks for, or to everything that is wrong with it at once (R71).
//!
//! What the specification does not name is accepted and forgotten (R14). Texts may hold any character that JSON can
//! express, U+0000 among them: the specification forbids none, and the log keeps what it gets.

mod regels;
mod velden;
mod vormen;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fout::{Afwijzing, InvalidParam};
use crate::json;
use crate::pseudoniem::Pseudonimiseerder;
use crate::verwerkingsactie::{Aanpassing, Verzoek, is_uuid};
use regels::Keurder;
use velden::Veld;

/// The most that a body may be, in bytes; API Gateway receives no more either.
pub const GROOTSTE_BODY: usize = 10 * 1024 * 1024;

/// The most wrong fields that one answer lists: an answer, too, has a largest size.
pub const MEESTE_FOUTEN: usize = 1000;

/// Checks requests.
#[derive(Debug, Clone, Copy)]
pub struct Validatie<'a> {
    /// Whether a BSN must pass the eleven-test (R15).
    pub elfproef: bool,
    /// Tells a BSN from the pseudonym of one, which a client gets from a GET and may send back.
    pub pseudoniemen: &'a Pseudonimiseerder,
}

impl Validatie<'_> {
    /// The body of a POST.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn nieuw(&self, content_type: Option<&str>, body: &[u8]) -> Result<Verzoek, Afwijzing> {
        let mut fouten = Vec::new();
        let waarde = self.body(content_type, body, velden::NIEUW, &mut fouten)?;
        uitkomst(waarde, fouten)
    }

    /// The body of a PUT, and the `actieId` of its path, which is returned in lower case.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn vervanging(
        &self,
        actie_id: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(String, Verzoek), Afwijzing> {
        let mut fouten = Vec::new();
        let waarde = self.body(content_type, body, velden::VERVANGING, &mut fouten)?;
        if !is_uuid(actie_id) && !fouten.iter().any(|fout| fout.name == "actieId") {
            fouten.insert(0, InvalidParam::ongeldig("actieId", regels::UUID));
        }
        Ok((actie_id.to_ascii_lowercase(), uitkomst(waarde, fouten)?))
    }

    /// The body of a PATCH, and the values of its query parameter `verwerkingId`, of which there must be one (R31). It is
    /// returned in lower case.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn aanpassing(
        &self,
        verwerking_ids: &[&str],
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(String, Aanpassing), Afwijzing> {
        let mut fouten = Vec::new();
        let verwerking_id = match verwerking_ids {
            [] | [""] => {
                fouten.push(InvalidParam::verplicht("verwerkingId"));
                ""
            }
            [id] if is_uuid(id) => id,
            [_] => {
                fouten.push(InvalidParam::ongeldig("verwerkingId", regels::UUID));
                ""
            }
            _ => {
                fouten.push(InvalidParam::ongeldig("verwerkingId", regels::DUBBEL));
                ""
            }
        };
        let voor_de_body = fouten.len();
        let waarde = self.body(content_type, body, velden::AANPASSING, &mut fouten)?;
        let leeg = |veld: &Veld| waarde.get(veld.naam).is_none();
        if fouten.len() == voor_de_body && velden::AANPASSING.iter().all(leeg) {
            fouten.extend(velden::AANPASSING.iter().map(|veld| {
                let reden = "Ten minste één van bewaartermijn en vertrouwelijkheid is verplicht.";
                InvalidParam::new(veld.naam, contract::fout::VELD_VERPLICHT, reden)
            }));
        }
        Ok((verwerking_id.to_ascii_lowercase(), uitkomst(waarde, fouten)?))
    }

    /// Reads the body, adds what is wrong with it, and returns what the specification names of it.
    fn body(
        &self,
        content_type: Option<&str>,
        body: &[u8],
        velden: &'static [Veld],
        fouten: &mut Vec<InvalidParam>,
    ) -> Result<Value, Afwijzing> {
        if !content_type.is_some_and(is_json) {
            return Err(Afwijzing::Mediatype);
        }
        if body.len() > GROOTSTE_BODY {
            return Err(Afwijzing::TeGroot);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            fouten.push(InvalidParam::verplicht("body"));
            return Ok(Value::Null);
        }
        match json::lees(body) {
            Ok(gelezen) => {
                let mut keurder = Keurder { validatie: self, dubbel: &gelezen.dubbel, fouten };
                Ok(keurder.object("", gelezen.waarde, velden))
            }
            Err(json::GeenJson { regel, teken }) => {
                fouten.push(InvalidParam::ongeldig(
                    "body",
                    format!("Is geen geldige JSON: zie regel {regel}, teken {teken}."),
                ));
                Ok(Value::Null)
            }
        }
    }
}

fn uitkomst<T: DeserializeOwned>(waarde: Value, fouten: Vec<InvalidParam>) -> Result<T, Afwijzing> {
    if !fouten.is_empty() {
        return Err(Afwijzing::Ongeldig(fouten));
    }
    // What passed every check has the form of the type; where it has not, the checks are wrong and not the request.
    serde_json::from_value(waarde).map_err(|_| Afwijzing::Intern)
}

/// `application/json`, perhaps with parameters; JSON is always UTF-8 (RFC 8259).
fn is_json(content_type: &str) -> bool {
    let mut delen = content_type.split(';').map(str::trim);
    let json = delen.next().is_some_and(|soort| soort.eq_ignore_ascii_case("application/json"));
    json && delen.all(|parameter| match parameter.split_once('=') {
        Some((naam, waarde)) if naam.eq_ignore_ascii_case("charset") => {
            waarde.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

#[cfg(test)]
mod specificatie;
#[cfg(test)]
mod tests;
