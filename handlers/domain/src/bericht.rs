//! An accepted change, as it lies in the queue and in the backup. The one place that knows its shape.

use serde::{Deserialize, Serialize};

use crate::stored::Stored;
use crate::tijd::TijdstipRegistratie;
use crate::verwerkingsactie::Patch;

/// The shape that this module writes. A reader of an older one has to know it by this number.
const FORMAT: u8 = 1;

/// A change that was accepted, with pseudonyms only (R09): what it takes to apply it, or to submit it again (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bericht {
    formaat: u8,
    id: String,
    client_id: String,
    tijdstip_registratie: TijdstipRegistratie,
    #[serde(flatten)]
    change: Change,
}

/// What changes; named in JSON by the operationId that accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operatie", rename_all_fields = "camelCase")]
pub enum Change {
    /// POST: a new actie.
    #[serde(rename = "verwerkingsactie_create")]
    Post {
        /// The actie.
        inhoud: Stored,
    },
    /// PUT: the whole actie anew.
    #[serde(rename = "verwerkingsactie_update")]
    Put {
        /// The actie.
        inhoud: Stored,
    },
    /// PATCH: of all acties of a verwerking.
    #[serde(rename = "verwerkingsactie_list_patch")]
    Patch {
        /// The verwerking, in lower case.
        verwerking_id: String,
        /// What changes.
        aanpassing: Patch,
    },
    /// DELETE. It goes straight to the table and never through the queue; it is here because versions know of it.
    #[serde(rename = "verwerkingsactie_delete")]
    Delete {
        /// The actie.
        actie_id: String,
    },
}

/// A text that is no message. Says where, and never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BerichtError {
    /// Not JSON, or not of this shape.
    #[error("the message does not have the expected shape: line {line}, column {column}")]
    Shape {
        /// Counted from 1; 0 where it is the message as a whole.
        line: usize,
        /// Likewise.
        column: usize,
    },
    /// Of a shape that came later.
    #[error("the message has format {0}, and this version knows formats up to {FORMAT}")]
    Format(u8),
    /// The actie in it says that it was registered at another time.
    #[error("the message and the actie in it were not registered at the same time")]
    Tijdstip,
}

impl Bericht {
    /// A message; `id` is a UUID of its own, by which a repeated one is recognised.
    pub fn new(id: String, client_id: String, tijdstip_registratie: TijdstipRegistratie, change: Change) -> Self {
        Self { formaat: FORMAT, id, client_id, tijdstip_registratie, change }
    }

    /// Reads a message from the queue or the backup.
    ///
    /// # Errors
    /// See [`BerichtError`].
    pub fn parse(json: &str) -> Result<Self, BerichtError> {
        /// Read first: a later format may have any other shape.
        #[derive(Deserialize)]
        struct Header {
            formaat: u8,
        }
        let shape = |fout: serde_json::Error| BerichtError::Shape { line: fout.line(), column: fout.column() };
        let header: Header = serde_json::from_str(json).map_err(shape)?;
        if header.formaat != FORMAT {
            return Err(BerichtError::Format(header.formaat));
        }
        let bericht: Self = serde_json::from_str(json).map_err(shape)?;
        match &bericht.change {
            Change::Post { inhoud } | Change::Put { inhoud }
                if inhoud.actie().tijdstip_registratie != bericht.tijdstip_registratie =>
            {
                Err(BerichtError::Tijdstip)
            }
            _ => Ok(bericht),
        }
    }

    /// The message as JSON.
    ///
    /// # Errors
    /// None that is known: every type in it can be written.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The message's own id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who asked for the change; empty where the message was read back from the table, which does not keep it.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// When it was registered.
    pub fn tijdstip_registratie(&self) -> &TijdstipRegistratie {
        &self.tijdstip_registratie
    }

    /// What changes.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// Changes are applied in this order (R34): by registration, and where two instances registered something in the
    /// same microsecond, by id.
    pub fn order(&self) -> (&TijdstipRegistratie, &str) {
        (&self.tijdstip_registratie, &self.id)
    }

    /// Where the backup keeps it: by the day in UTC on which it was registered, then by the actie, or the verwerking of a
    /// PATCH. No other message has the same key. Only characters that need no escaping in a URL.
    pub fn backup_key(&self) -> String {
        let tijdstip = self.tijdstip_registratie.text();
        let subject = match &self.change {
            Change::Post { inhoud } | Change::Put { inhoud } => &inhoud.actie().actie_id,
            Change::Patch { verwerking_id, .. } => verwerking_id,
            Change::Delete { actie_id } => actie_id,
        };
        let day = tijdstip.split('T').next().unwrap_or_default().replace('-', "/");
        format!("{day}/{subject}/{}-{}.json", tijdstip.replace(['-', ':'], ""), self.id)
    }
}

impl Change {
    /// `operatie` of a POST.
    pub const POST: &str = "verwerkingsactie_create";
    /// `operatie` of a PUT.
    pub const PUT: &str = "verwerkingsactie_update";
    /// `operatie` of a PATCH.
    pub const PATCH: &str = "verwerkingsactie_list_patch";
    /// `operatie` of a DELETE.
    pub const DELETE: &str = "verwerkingsactie_delete";

    /// What kind of change it is, by the operationId that accepted it.
    pub fn operatie(&self) -> &'static str {
        match self {
            Self::Post { .. } => Self::POST,
            Self::Put { .. } => Self::PUT,
            Self::Patch { .. } => Self::PATCH,
            Self::Delete { .. } => Self::DELETE,
        }
    }

    /// The whole actie as a POST or PUT gives it.
    pub fn inhoud(&self) -> Option<&Stored> {
        match self {
            Self::Post { inhoud } | Self::Put { inhoud } => Some(inhoud),
            Self::Patch { .. } | Self::Delete { .. } => None,
        }
    }

    /// The actie that changes; none for a PATCH, which is about a verwerking.
    pub fn actie_id(&self) -> Option<&str> {
        match self {
            Self::Post { inhoud } | Self::Put { inhoud } => Some(&inhoud.actie().actie_id),
            Self::Patch { .. } => None,
            Self::Delete { actie_id } => Some(actie_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata::{self, moment, uuid};
    use crate::verwerkingsactie::Vertrouwelijkheid;
    use proptest::prelude::*;
    use serde_json::json;

    const TIJDSTIP: &str = "2024-02-29T09:00:01.000000Z";

    fn bericht(change: Change) -> Bericht {
        Bericht::new(uuid(9), "zaaksysteem".to_owned(), moment(TIJDSTIP), change)
    }

    fn patch() -> Change {
        let aanpassing = Patch { bewaartermijn: None, vertrouwelijkheid: Some(Vertrouwelijkheid::Opgeheven) };
        Change::Patch { verwerking_id: uuid(7), aanpassing }
    }

    #[test]
    fn r13_the_shape_of_a_message_is_fixed() {
        let json: serde_json::Value = serde_json::from_str(&bericht(patch()).json().unwrap()).unwrap();
        assert_eq!(
            json,
            json!({
                "formaat": 1, "id": uuid(9), "clientId": "zaaksysteem", "tijdstipRegistratie": TIJDSTIP,
                "operatie": "verwerkingsactie_list_patch", "verwerkingId": uuid(7),
                "aanpassing": {"vertrouwelijkheid": "opgeheven"},
            })
        );
    }

    #[test]
    fn r13_a_message_is_kept_by_day_and_actie() {
        let inhoud = testdata::stored(&[("BSN", "999990019")]);
        let expected = format!("2024/02/29/{}/20240229T090001.000000Z-{}.json", uuid(1), uuid(9));
        assert_eq!(bericht(Change::Post { inhoud: inhoud.clone() }).backup_key(), expected);
        assert_eq!(bericht(Change::Put { inhoud }).backup_key(), expected);
        assert!(bericht(patch()).backup_key().starts_with(&format!("2024/02/29/{}/", uuid(7))));
    }

    #[test]
    fn a_malformed_message_is_an_error_that_does_not_repeat_it() {
        let good = bericht(patch()).json().unwrap();
        assert_eq!(Bericht::parse(&good.replace("\"formaat\":1", "\"formaat\":2")), Err(BerichtError::Format(2)));
        for fout in
            ["", "{}", "[]", &good.replace("_list_patch", "_geheim"), &good.replace(TIJDSTIP, "gisteren"), &good[1..]]
        {
            let Err(fout) = Bericht::parse(fout) else { panic!("read {fout}") };
            assert!(!fout.to_string().contains("geheim"), "{fout}");
        }
        let inhoud = testdata::stored(&[("BSN", "999990019")]);
        let new = Bericht::new(uuid(9), String::new(), moment("2024-02-29T09:00:02.000000Z"), Change::Post { inhoud });
        assert_eq!(Bericht::parse(&new.json().unwrap()), Err(BerichtError::Tijdstip));
    }

    #[test]
    fn the_operatie_is_that_of_the_json() {
        let inhoud = testdata::stored(&[("BSN", "999990019")]);
        let delete = Change::Delete { actie_id: uuid(1) };
        for change in [Change::Post { inhoud: inhoud.clone() }, Change::Put { inhoud }, patch(), delete] {
            let json = serde_json::to_value(&change).unwrap();
            assert_eq!(json["operatie"], change.operatie());
        }
    }

    proptest! {
        #[test]
        fn r09_r13_a_message_is_the_same_after_json_and_holds_no_number(actie in testdata::acties()) {
            let numbers: Vec<String> = testdata::numbers(&actie);
            let inhoud = testdata::keys().pseudonymize(actie, None);
            for change in [Change::Post { inhoud: inhoud.clone() }, Change::Put { inhoud }] {
                let bericht = bericht(change);
                let json = bericht.json().unwrap();
                prop_assert!(numbers.iter().all(|number| !json.contains(number)));
                prop_assert_eq!(Bericht::parse(&json), Ok(bericht));
            }
        }

        #[test]
        fn any_text_can_be_read_as_a_message(text in "\\PC*") {
            prop_assert!(Bericht::parse(&text).is_err());
        }
    }
}
