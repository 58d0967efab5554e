//! An accepted change, as it lies in the queue and in the backup. The one place that knows its shape.

use serde::{Deserialize, Serialize};

use crate::opgeslagen::Opgeslagen;
use crate::tijd::TijdstipRegistratie;
use crate::verwerkingsactie::Aanpassing;

/// The shape that this module writes. A reader of an older one has to know it by this number.
const FORMAAT: u8 = 1;

/// A change that was accepted, with pseudonyms only (R09): what it takes to apply it, or to submit it again (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bericht {
    formaat: u8,
    id: String,
    client_id: String,
    tijdstip_registratie: TijdstipRegistratie,
    #[serde(flatten)]
    wijziging: Wijziging,
}

/// What changes; named in JSON by the operationId that accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operatie", rename_all_fields = "camelCase")]
pub enum Wijziging {
    /// POST: a new actie.
    #[serde(rename = "verwerkingsactie_create")]
    Nieuw {
        /// The actie.
        inhoud: Opgeslagen,
    },
    /// PUT: the whole actie anew.
    #[serde(rename = "verwerkingsactie_update")]
    Vervanging {
        /// The actie.
        inhoud: Opgeslagen,
    },
    /// PATCH: of all acties of a verwerking.
    #[serde(rename = "verwerkingsactie_list_patch")]
    Aanpassing {
        /// The verwerking, in lower case.
        verwerking_id: String,
        /// What changes.
        aanpassing: Aanpassing,
    },
    /// DELETE. It goes straight to the table and never through the queue; it is here because versions know of it.
    #[serde(rename = "verwerkingsactie_delete")]
    Verwijdering {
        /// The actie.
        actie_id: String,
    },
}

/// A text that is no message. Says where, and never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BerichtFout {
    /// Not JSON, or not of this shape.
    #[error("the message does not have the expected shape: line {regel}, column {teken}")]
    Vorm {
        /// Counted from 1; 0 where it is the message as a whole.
        regel: usize,
        /// Likewise.
        teken: usize,
    },
    /// Of a shape that came later.
    #[error("the message has format {0}, and this version knows formats up to {FORMAAT}")]
    Formaat(u8),
    /// The actie in it says that it was registered at another time.
    #[error("the message and the actie in it were not registered at the same time")]
    Tijdstip,
}

impl Bericht {
    /// A message; `id` is a UUID of its own, by which a repeated one is recognised.
    pub fn new(id: String, client_id: String, tijdstip_registratie: TijdstipRegistratie, wijziging: Wijziging) -> Self {
        Self { formaat: FORMAAT, id, client_id, tijdstip_registratie, wijziging }
    }

    /// Reads a message from the queue or the backup.
    ///
    /// # Errors
    /// See [`BerichtFout`].
    pub fn lees(json: &str) -> Result<Self, BerichtFout> {
        /// Read first: a later format may have any other shape.
        #[derive(Deserialize)]
        struct Kop {
            formaat: u8,
        }
        let vorm = |fout: serde_json::Error| BerichtFout::Vorm { regel: fout.line(), teken: fout.column() };
        let kop: Kop = serde_json::from_str(json).map_err(vorm)?;
        if kop.formaat != FORMAAT {
            return Err(BerichtFout::Formaat(kop.formaat));
        }
        let bericht: Self = serde_json::from_str(json).map_err(vorm)?;
        match &bericht.wijziging {
            Wijziging::Nieuw { inhoud } | Wijziging::Vervanging { inhoud }
                if inhoud.actie().tijdstip_registratie != bericht.tijdstip_registratie =>
            {
                Err(BerichtFout::Tijdstip)
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

    /// Who asked for the change.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// When it was registered.
    pub fn tijdstip_registratie(&self) -> &TijdstipRegistratie {
        &self.tijdstip_registratie
    }

    /// What changes.
    pub fn wijziging(&self) -> &Wijziging {
        &self.wijziging
    }

    /// Changes are applied in this order (R34): by registration, and where two instances registered something in the
    /// same microsecond, by id.
    pub fn volgorde(&self) -> (&TijdstipRegistratie, &str) {
        (&self.tijdstip_registratie, &self.id)
    }

    /// Where the backup keeps it: by the day in UTC on which it was registered, then by the actie, or the verwerking of a
    /// PATCH. No other message has the same key. Only characters that need no escaping in a URL.
    pub fn backup_sleutel(&self) -> String {
        let tijdstip = self.tijdstip_registratie.tekst();
        let waarover = match &self.wijziging {
            Wijziging::Nieuw { inhoud } | Wijziging::Vervanging { inhoud } => &inhoud.actie().actie_id,
            Wijziging::Aanpassing { verwerking_id, .. } => verwerking_id,
            Wijziging::Verwijdering { actie_id } => actie_id,
        };
        let dag = tijdstip.split('T').next().unwrap_or_default().replace('-', "/");
        format!("{dag}/{waarover}/{}-{}.json", tijdstip.replace(['-', ':'], ""), self.id)
    }
}

impl Wijziging {
    /// The actie that changes; none for a PATCH, which is about a verwerking.
    pub fn actie_id(&self) -> Option<&str> {
        match self {
            Self::Nieuw { inhoud } | Self::Vervanging { inhoud } => Some(&inhoud.actie().actie_id),
            Self::Aanpassing { .. } => None,
            Self::Verwijdering { actie_id } => Some(actie_id),
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

    fn bericht(wijziging: Wijziging) -> Bericht {
        Bericht::new(uuid(9), "zaaksysteem".to_owned(), moment(TIJDSTIP), wijziging)
    }

    fn patch() -> Wijziging {
        let aanpassing = Aanpassing { bewaartermijn: None, vertrouwelijkheid: Some(Vertrouwelijkheid::Opgeheven) };
        Wijziging::Aanpassing { verwerking_id: uuid(7), aanpassing }
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
        let inhoud = testdata::opgeslagen(&[("BSN", "999990019")]);
        let verwacht = format!("2024/02/29/{}/20240229T090001.000000Z-{}.json", uuid(1), uuid(9));
        assert_eq!(bericht(Wijziging::Nieuw { inhoud: inhoud.clone() }).backup_sleutel(), verwacht);
        assert_eq!(bericht(Wijziging::Vervanging { inhoud }).backup_sleutel(), verwacht);
        assert!(bericht(patch()).backup_sleutel().starts_with(&format!("2024/02/29/{}/", uuid(7))));
    }

    #[test]
    fn a_malformed_message_is_an_error_that_does_not_repeat_it() {
        let goed = bericht(patch()).json().unwrap();
        assert_eq!(Bericht::lees(&goed.replace("\"formaat\":1", "\"formaat\":2")), Err(BerichtFout::Formaat(2)));
        for fout in
            ["", "{}", "[]", &goed.replace("_list_patch", "_geheim"), &goed.replace(TIJDSTIP, "gisteren"), &goed[1..]]
        {
            let Err(fout) = Bericht::lees(fout) else { panic!("read {fout}") };
            assert!(!fout.to_string().contains("geheim"), "{fout}");
        }
        let inhoud = testdata::opgeslagen(&[("BSN", "999990019")]);
        let nieuw =
            Bericht::new(uuid(9), String::new(), moment("2024-02-29T09:00:02.000000Z"), Wijziging::Nieuw { inhoud });
        assert_eq!(Bericht::lees(&nieuw.json().unwrap()), Err(BerichtFout::Tijdstip));
    }

    proptest! {
        #[test]
        fn r09_r13_a_message_is_the_same_after_json_and_holds_no_number(actie in testdata::acties()) {
            let nummers: Vec<String> = testdata::nummers(&actie);
            let inhoud = testdata::sleutels().pseudonimiseer(actie, None);
            for wijziging in [Wijziging::Nieuw { inhoud: inhoud.clone() }, Wijziging::Vervanging { inhoud }] {
                let bericht = bericht(wijziging);
                let json = bericht.json().unwrap();
                prop_assert!(nummers.iter().all(|nummer| !json.contains(nummer)));
                prop_assert_eq!(Bericht::lees(&json), Ok(bericht));
            }
        }

        #[test]
        fn any_text_can_be_read_as_a_message(tekst in "\\PC*") {
            prop_assert!(Bericht::lees(&tekst).is_err());
        }
    }
}
