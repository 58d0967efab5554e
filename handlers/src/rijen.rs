//! The rows that an actie becomes, keyed by the names of [`contract::table`].
//!
//! One current row; one row per person, in which stand only the objects of that person (R41, R45, R63); one row per
//! version (R04).

use std::collections::BTreeMap;

use contract::table;

use crate::fout::Afwijzing;
use crate::opgeslagen::Opgeslagen;
use crate::tijd::{GeenTijdstip, TijdstipRegistratie};
use crate::versies::Toestand;
use crate::verwerkingsactie::{Verwerkingsactie, VerwerktObject};

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waarde {
    /// Text.
    S(String),
    /// Number.
    N(i64),
    /// True; what is false is left out.
    Bool,
}

impl Waarde {
    /// Bytes that DynamoDB counts, or a few more.
    fn omvang(&self) -> usize {
        match self {
            Self::S(tekst) => tekst.len(),
            Self::N(_) => 21,
            Self::Bool => 1,
        }
    }
}

/// A row: its attributes by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rij(BTreeMap<&'static str, Waarde>);

impl Rij {
    /// The attributes.
    pub fn velden(&self) -> &BTreeMap<&'static str, Waarde> {
        &self.0
    }

    /// The row's sort key; the partition key is the actieId.
    pub fn soort(&self) -> &str {
        match self.0.get(table::SOORT) {
            Some(Waarde::S(soort)) => soort,
            _ => "",
        }
    }

    /// Its size in bytes, as DynamoDB counts it against [`table::GROOTSTE_RIJ`].
    pub fn omvang(&self) -> usize {
        self.0.iter().map(|(naam, waarde)| naam.len() + waarde.omvang()).sum()
    }
}

/// All rows of an actie in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rijen {
    /// The current row.
    pub actueel: Rij,
    /// One row per person, in the order of their keys.
    pub objecten: Vec<Rij>,
    /// The row of this version.
    pub versie: Rij,
}

impl Rijen {
    /// The rows of a state.
    ///
    /// # Errors
    /// None that is known: every type in a document can be written.
    pub fn van(toestand: &Toestand) -> Result<Self, serde_json::Error> {
        let actie = toestand.opgeslagen.actie();
        let mut versie = gemeenschappelijk(toestand, actie, None)?;
        let mut actueel = versie.clone();
        actueel.insert(table::SOORT, tekst(table::SOORT_ACTUEEL));
        if let Some(verwerking_id) = &actie.gegevens.verwerking_id {
            actueel.insert(table::VERWERKING_ID, Waarde::S(verwerking_id.to_ascii_lowercase()));
        }
        versie.insert(table::SOORT, Waarde::S(format!("{}{}", table::SOORT_VERSIE, actie.tijdstip_registratie)));

        let mut personen = BTreeMap::<&str, Vec<VerwerktObject>>::new();
        for object in &actie.verwerkte_objecten {
            personen.entry(object.gegevens.object_id.tekst()).or_default().push(object.clone());
        }
        let objecten = personen.into_iter().map(|(object_sleutel, objecten)| {
            let deel = Verwerkingsactie { verwerkte_objecten: objecten, ..zonder_objecten(actie) };
            let mut rij = gemeenschappelijk(toestand, &deel, Some(object_sleutel))?;
            rij.insert(table::SOORT, Waarde::S(format!("{}{object_sleutel}", table::SOORT_OBJECT)));
            rij.insert(table::OBJECT_SLEUTEL, tekst(object_sleutel));
            rij.insert(table::TIJDSTIP_SLEUTEL, Waarde::S(actie.gegevens.tijdstip.sleutel(&actie.actie_id)));
            Ok(Rij(rij))
        });
        Ok(Self { objecten: objecten.collect::<Result<_, _>>()?, actueel: Rij(actueel), versie: Rij(versie) })
    }

    /// All of them.
    pub fn alle(&self) -> impl Iterator<Item = &Rij> {
        [&self.actueel, &self.versie].into_iter().chain(&self.objecten)
    }

    /// Sort keys of the rows per person that were there and are no longer: a PUT left those persons out.
    pub fn verdwenen<'a>(&'a self, eerder: &'a Self) -> impl Iterator<Item = &'a str> {
        let er_nog = |soort: &str| self.objecten.iter().any(|rij| rij.soort() == soort);
        eerder.objecten.iter().map(Rij::soort).filter(move |soort| !er_nog(soort))
    }

    /// Whether DynamoDB can keep every row. To be asked before a change is accepted: later there is nobody to tell.
    ///
    /// # Errors
    /// [`Afwijzing::TeGroot`].
    pub fn passen(&self) -> Result<(), Afwijzing> {
        if self.alle().all(|rij| rij.omvang() <= table::GROOTSTE_RIJ) { Ok(()) } else { Err(Afwijzing::TeGroot) }
    }
}

/// What a current row holds, as far as it takes to know the state of the actie.
#[derive(Debug, Clone, Copy)]
pub struct Actueel<'a> {
    /// [`table::DOCUMENT`].
    pub document: &'a str,
    /// [`table::VERSLEUTELD`].
    pub versleuteld: Option<&'a str>,
    /// [`table::TIJDSTIP_REGISTRATIE`], which after a DELETE is later than that in the document.
    pub tijdstip_registratie: &'a str,
    /// [`table::VERVALLEN`].
    pub vervallen: bool,
    /// [`table::OOIT_VERTROUWELIJK`].
    pub ooit_vertrouwelijk: bool,
}

/// A row that this module did not write. Says nothing of what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum RijFout {
    /// The document.
    #[error("the row's document is not that of an actie: line {}, column {}", .0.line(), .0.column())]
    Document(serde_json::Error),
    /// The moment of registration.
    #[error("the row's tijdstipRegistratie is none")]
    Tijdstip(#[from] GeenTijdstip),
}

impl Actueel<'_> {
    /// The state of the actie.
    ///
    /// # Errors
    /// See [`RijFout`].
    pub fn toestand(&self) -> Result<Toestand, RijFout> {
        let mut opgeslagen = Opgeslagen::lees(self.document, self.versleuteld).map_err(RijFout::Document)?;
        opgeslagen.actie_mut().tijdstip_registratie = TijdstipRegistratie::lees(self.tijdstip_registratie)?;
        Ok(Toestand { opgeslagen, vervallen: self.vervallen, ooit_vertrouwelijk: self.ooit_vertrouwelijk })
    }
}

/// The attributes that every row has; of the encrypted numbers only that of the one person, where there is one.
fn gemeenschappelijk(
    toestand: &Toestand,
    actie: &Verwerkingsactie,
    persoon: Option<&str>,
) -> Result<BTreeMap<&'static str, Waarde>, serde_json::Error> {
    let mut rij = BTreeMap::from([
        (table::ACTIE_ID, tekst(&actie.actie_id)),
        (table::DOCUMENT, Waarde::S(table::document(&serde_json::to_string(actie)?))),
        (table::TIJDSTIP_REGISTRATIE, tekst(actie.tijdstip_registratie.tekst())),
        (table::VERTROUWELIJKHEID, tekst(actie.gegevens.vertrouwelijkheid.tekst())),
    ]);
    if let Some(activiteit) = &actie.gegevens.verwerkingsactiviteit_id {
        rij.insert(table::VERWERKINGSACTIVITEIT_ID, Waarde::S(activiteit.to_ascii_lowercase()));
    }
    if let Some(bewaard_tot) = toestand.bewaard_tot() {
        rij.insert(table::BEWAARD_TOT, Waarde::N(bewaard_tot));
    }
    if toestand.vervallen {
        rij.insert(table::VERVALLEN, Waarde::Bool);
    }
    if toestand.ooit_vertrouwelijk {
        rij.insert(table::OOIT_VERTROUWELIJK, Waarde::Bool);
    }
    let versleuteld: BTreeMap<_, _> = toestand
        .opgeslagen
        .versleuteld()
        .iter()
        .filter(|(wie, _)| persoon.is_none_or(|persoon| persoon == *wie))
        .collect();
    if !versleuteld.is_empty() {
        rij.insert(table::VERSLEUTELD, Waarde::S(serde_json::to_string(&versleuteld)?));
    }
    Ok(rij)
}

fn zonder_objecten(actie: &Verwerkingsactie) -> Verwerkingsactie {
    Verwerkingsactie {
        url: actie.url.clone(),
        actie_id: actie.actie_id.clone(),
        gegevens: actie.gegevens.clone(),
        tijdstip_registratie: actie.tijdstip_registratie.clone(),
        verwerkte_objecten: Vec::new(),
    }
}

fn tekst(tekst: &str) -> Waarde {
    Waarde::S(tekst.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata::{self, uuid};
    use proptest::prelude::*;
    use serde_json::Value;

    fn rijen(objecten: &[(&str, &str)]) -> Rijen {
        Rijen::van(&Toestand::nieuw(testdata::opgeslagen(objecten))).unwrap()
    }

    fn veld<'a>(rij: &'a Rij, naam: &str) -> &'a str {
        let Some(Waarde::S(tekst)) = rij.velden().get(naam) else { panic!("no {naam}") };
        tekst
    }

    fn namen(rij: &Rij) -> Vec<&str> {
        rij.velden().keys().copied().collect()
    }

    #[test]
    fn the_current_row_has_what_the_templates_read() {
        let rij = rijen(&[("BSN", "999990019")]).actueel;
        assert_eq!(
            namen(&rij),
            [
                "actieId",
                "bewaardTot",
                "document",
                "soort",
                "tijdstipRegistratie",
                "vertrouwelijkheid",
                "verwerkingId",
                "verwerkingsactiviteitId"
            ]
        );
        assert_eq!(rij.soort(), "actueel");
        assert_eq!(veld(&rij, "verwerkingId"), "6d4c2b1a-0f9e-4d8c-b7a6-958473625140");
        assert_eq!(veld(&rij, "verwerkingsactiviteitId"), "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b");
        let document: Value = serde_json::from_str(veld(&rij, "document")).unwrap();
        assert_eq!(document["verwerkingId"], "6D4C2B1A-0f9e-4d8c-b7a6-958473625140");
        // R08: 29 February and ten years.
        let einde: jiff::Timestamp = "2034-02-28T09:00:00Z".parse().unwrap();
        assert_eq!(rij.velden()["bewaardTot"], Waarde::N(einde.as_second()));
    }

    #[test]
    fn the_row_of_a_version_is_in_no_index_and_has_the_moment_in_its_key() {
        let rij = rijen(&[("BSN", "999990019")]).versie;
        assert_eq!(rij.soort(), "versie#2024-02-29T09:00:01.000000Z");
        assert!(!namen(&rij).contains(&"verwerkingId") && !namen(&rij).contains(&"objectSleutel"));
    }

    #[test]
    fn r41_r45_r63_a_persons_row_has_the_objects_of_that_person_and_of_nobody_else() {
        let rijen =
            rijen(&[("BSN", "999990019"), ("BSN", "111222333"), ("BSN", "999990019"), ("A-nummer", "999990019")]);
        assert_eq!(rijen.objecten.len(), 3);
        let sleutels = testdata::sleutels();
        for (soort, nummer, keys) in
            [("BSN", "999990019", vec![2, 4]), ("BSN", "111222333", vec![3]), ("A-nummer", "999990019", vec![5])]
        {
            let stelsel = crate::pseudoniem::Stelsel { objecttype: "persoon", soort };
            let object_sleutel = sleutels.object_sleutel(stelsel, nummer);
            let rij = rijen.objecten.iter().find(|rij| veld(rij, "objectSleutel") == object_sleutel).unwrap();
            assert_eq!(rij.soort(), format!("object#{object_sleutel}"));
            assert_eq!(veld(rij, "tijdstipSleutel"), format!("2024-02-29T09:00:00.000000000Z#{}", uuid(1)));
            assert!(!namen(rij).contains(&"verwerkingId"), "it would be in the index of current acties");
            let document: Value = serde_json::from_str(veld(rij, "document")).unwrap();
            let gevonden: Vec<_> = document["verwerkteObjecten"]
                .as_array()
                .unwrap()
                .iter()
                .map(|object| &object["verwerktObjectId"])
                .collect();
            assert_eq!(
                gevonden,
                keys.into_iter().map(|n| Value::from(uuid(n))).collect::<Vec<_>>().iter().collect::<Vec<_>>()
            );
            assert_eq!(document["actieNaam"], "Zoeken");
        }
    }

    #[test]
    fn an_absent_verwerking_is_left_out_and_not_null() {
        let mut toestand = Toestand::nieuw(testdata::opgeslagen(&[("BSN", "999990019")]));
        let gegevens = &mut toestand.opgeslagen.actie_mut().gegevens;
        (gegevens.verwerking_id, gegevens.verwerkingsactiviteit_id, gegevens.bewaartermijn) = (None, None, None);
        let rij = Rijen::van(&toestand).unwrap().actueel;
        assert_eq!(namen(&rij), ["actieId", "document", "soort", "tijdstipRegistratie", "vertrouwelijkheid"]);
    }

    #[test]
    fn r06_r62_every_row_says_that_the_actie_is_gone_or_was_confidential() {
        let toestand = Toestand {
            vervallen: true,
            ooit_vertrouwelijk: true,
            ..Toestand::nieuw(testdata::opgeslagen(&[("BSN", "999990019"), ("BSN", "111222333")]))
        };
        for rij in Rijen::van(&toestand).unwrap().alle() {
            assert_eq!(
                (&rij.velden()["vervallen"], &rij.velden()["ooitVertrouwelijk"]),
                (&Waarde::Bool, &Waarde::Bool)
            );
        }
    }

    #[test]
    fn a_person_whom_a_put_left_out_loses_the_row() {
        let eerder = rijen(&[("BSN", "999990019"), ("BSN", "111222333")]);
        let nu = rijen(&[("BSN", "999990019"), ("BSN", "123456782")]);
        let weg = testdata::sleutels()
            .object_sleutel(crate::pseudoniem::Stelsel { objecttype: "persoon", soort: "BSN" }, "111222333");
        assert_eq!(nu.verdwenen(&eerder).collect::<Vec<_>>(), [format!("object#{weg}")]);
        assert_eq!(nu.verdwenen(&nu).count(), 0);
    }

    #[test]
    fn r72_an_actie_that_dynamodb_cannot_keep_is_too_large() {
        let past = |objecten: usize| {
            let objecten: Vec<String> = (0..objecten).map(|nummer| format!("{nummer:09}")).collect();
            let objecten: Vec<_> = objecten.iter().map(|nummer| ("BSN", nummer.as_str())).collect();
            rijen(&objecten).passen()
        };
        assert_eq!(past(1000), Ok(()));
        assert_eq!(past(2000), Err(Afwijzing::TeGroot));
    }

    #[test]
    fn a_row_of_which_the_document_was_spoilt_is_an_error_that_does_not_repeat_it() {
        let rij = Actueel {
            document: r#"{"url":"999990019"}"#,
            versleuteld: None,
            tijdstip_registratie: "",
            vervallen: false,
            ooit_vertrouwelijk: false,
        };
        assert!(!rij.toestand().unwrap_err().to_string().contains("999990019"));
    }

    proptest! {
        #[test]
        fn r09_r63_no_row_holds_a_number_and_no_persons_row_the_pseudonym_of_another(actie in testdata::acties()) {
            let nummers = testdata::nummers(&actie);
            let toestand = Toestand::nieuw(testdata::sleutels().pseudonimiseer(actie, None));
            let rijen = Rijen::van(&toestand).unwrap();
            for rij in rijen.alle() {
                let alles = format!("{rij:?}");
                prop_assert!(nummers.iter().all(|nummer| !alles.contains(nummer)));
                let u007f = veld(rij, "document").contains('\u{7f}');
                prop_assert!(!u007f);
            }
            for object in &toestand.opgeslagen.actie().verwerkte_objecten {
                let pseudoniem = object.gegevens.object_id.tekst();
                let met = rijen.objecten.iter().filter(|rij| format!("{rij:?}").contains(pseudoniem)).count();
                prop_assert_eq!(met, 1);
            }
        }

        #[test]
        fn the_current_row_says_what_the_state_was(actie in testdata::acties(), vervallen: bool) {
            let opgeslagen = testdata::sleutels().pseudonimiseer(actie, None);
            let toestand = Toestand { vervallen, ..Toestand::nieuw(opgeslagen) };
            let rij = Rijen::van(&toestand).unwrap().actueel;
            let gelezen = Actueel {
                document: veld(&rij, table::DOCUMENT),
                versleuteld: rij.velden().contains_key(table::VERSLEUTELD).then(|| veld(&rij, table::VERSLEUTELD)),
                tijdstip_registratie: veld(&rij, table::TIJDSTIP_REGISTRATIE),
                vervallen: rij.velden().contains_key(table::VERVALLEN),
                ooit_vertrouwelijk: rij.velden().contains_key(table::OOIT_VERTROUWELIJK),
            };
            prop_assert_eq!(gelezen.toestand().unwrap(), toestand);
        }
    }
}
