//! The rows that are written.

use std::collections::BTreeMap;

use contract::table;

use super::{Attribute, Row, verwerking};
use crate::bericht::{Bericht, Change};
use crate::tijd::TijdstipRegistratie;
use crate::versies::{State, Versie};
use crate::verwerkingsactie::{Verwerkingsactie, VerwerktObject};

/// All rows of an actie in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The current row.
    pub actueel: Row,
    /// One row per person, in the order of their keys.
    pub objecten: Vec<Row>,
    /// The row of this version.
    pub versie: Row,
}

impl Row {
    /// That an actie is or was part of a verwerking. Has no end of its own: it goes with the actie, whose term a PATCH,
    /// which finds it by this row, may change.
    pub fn lid(verwerking_id: &str, actie_id: &str) -> Self {
        let soort = format!("{}{actie_id}", table::SOORT_LID);
        let key = [(table::ACTIE_ID, Attribute::S(verwerking(verwerking_id))), (table::SOORT, Attribute::S(soort))];
        BTreeMap::from(key).into()
    }

    /// The actieId of a row that [`Self::lid`] made.
    pub fn actie_id_of_lid(&self) -> Option<&str> {
        self.soort().strip_prefix(table::SOORT_LID)
    }

    /// A PATCH of a verwerking; none of any other change.
    ///
    /// # Errors
    /// None that is known: every type in a document can be written.
    pub fn aanpassing(bericht: &Bericht) -> Result<Option<Self>, serde_json::Error> {
        let Change::Patch { verwerking_id, aanpassing } = bericht.change() else { return Ok(None) };
        let tijdstip = bericht.tijdstip_registratie();
        let soort = format!("{}{tijdstip}#{}", table::SOORT_AANPASSING, bericht.id());
        // Without the attribute `verwerkingId`: it would be in the index of current acties.
        let row = BTreeMap::from([
            (table::ACTIE_ID, Attribute::S(verwerking(verwerking_id))),
            (table::SOORT, Attribute::S(soort)),
            (table::TIJDSTIP_REGISTRATIE, text(tijdstip.text())),
            (table::BERICHT, text(bericht.id())),
            (table::DOCUMENT, Attribute::S(serde_json::to_string(aanpassing)?)),
        ]);
        Ok(Some(row.into()))
    }

    /// That no PATCH of this verwerking is later than this moment.
    pub fn laatste(verwerking_id: &str, tijdstip_registratie: &TijdstipRegistratie) -> Self {
        let row = BTreeMap::from([
            (table::ACTIE_ID, Attribute::S(verwerking(verwerking_id))),
            (table::SOORT, text(table::SOORT_LAATSTE)),
            (table::TIJDSTIP_REGISTRATIE, text(tijdstip_registratie.text())),
        ]);
        row.into()
    }

    /// In the place of the current row: that the POST of this actie was answered with an error and never counts. To be
    /// kept for as long as its message may be anywhere.
    pub fn ingetrokken(actie_id: &str, tijdstip_registratie: &TijdstipRegistratie, bewaard_tot: i64) -> Self {
        let row = BTreeMap::from([
            (table::ACTIE_ID, text(actie_id)),
            (table::SOORT, text(table::SOORT_ACTUEEL)),
            (table::TIJDSTIP_REGISTRATIE, text(tijdstip_registratie.text())),
            (table::VERVALLEN, Attribute::Bool),
            (table::INGETROKKEN, Attribute::Bool),
            (table::BEWAARD_TOT, Attribute::N(bewaard_tot)),
        ]);
        row.into()
    }

    /// The current row; `revisie` is its number.
    pub(super) fn actueel(versie: &Versie<'_>, revisie: i64) -> Result<Self, serde_json::Error> {
        let Versie { bericht, state } = versie;
        let actie = state.stored.actie();
        let mut row = common(state, actie, None, removed_from(state))?;
        row.insert(table::SOORT, text(table::SOORT_ACTUEEL));
        row.insert(table::REVISIE, Attribute::N(revisie));
        row.insert(table::BERICHT, text(bericht.id()));
        if let Some(verwerking_id) = &actie.content.verwerking_id {
            row.insert(table::VERWERKING_ID, Attribute::S(verwerking_id.to_ascii_lowercase()));
        }
        Ok(row.into())
    }

    /// The row of a version. All rows of an actie go together, so the end of its retention is that of its last version.
    ///
    /// # Errors
    /// None that is known: every type in a document can be written.
    pub fn versie(versie: &Versie<'_>, bewaard_tot: Option<i64>) -> Result<Self, serde_json::Error> {
        let mut row = common(&versie.state, versie.state.stored.actie(), None, bewaard_tot)?;
        let (tijdstip, id) = versie.bericht.order();
        row.insert(table::SOORT, Attribute::S(format!("{}{tijdstip}#{id}", table::SOORT_VERSIE)));
        row.insert(table::BERICHT, text(id));
        if versie.bericht.change().inhoud().is_some() {
            row.insert(table::OPERATIE, text(versie.bericht.change().operatie()));
        }
        Ok(row.into())
    }
}

impl Rows {
    /// The rows of an actie of which this is the last version; `revisie` is the number of the current row.
    ///
    /// # Errors
    /// None that is known: every type in a document can be written.
    pub fn of(versie: &Versie<'_>, revisie: i64) -> Result<Self, serde_json::Error> {
        let state = &versie.state;
        let actie = state.stored.actie();
        let bewaard_tot = removed_from(state);
        let mut persons = BTreeMap::<&str, Vec<VerwerktObject>>::new();
        for object in &actie.verwerkte_objecten {
            persons.entry(object.content.object_id.text()).or_default().push(object.clone());
        }
        let objecten = persons.into_iter().map(|(object_sleutel, objecten)| {
            let part = Verwerkingsactie { verwerkte_objecten: objecten, ..without_objecten(actie) };
            let mut row = common(state, &part, Some(object_sleutel), bewaard_tot)?;
            row.insert(table::SOORT, Attribute::S(format!("{}{object_sleutel}", table::SOORT_OBJECT)));
            row.insert(table::OBJECT_SLEUTEL, text(object_sleutel));
            row.insert(table::TIJDSTIP_SLEUTEL, Attribute::S(actie.content.tijdstip.key(&actie.actie_id)));
            Ok(Row::from(row))
        });
        Ok(Self {
            objecten: objecten.collect::<Result<_, _>>()?,
            actueel: Row::actueel(versie, revisie)?,
            versie: Row::versie(versie, bewaard_tot)?,
        })
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Row> {
        [&self.actueel, &self.versie].into_iter().chain(&self.objecten)
    }

    /// Sort keys of the rows per person that were there and are no longer: a PUT left those persons out.
    pub fn vanished<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = &'a str> {
        let still_there = |soort: &str| self.objecten.iter().any(|row| row.soort() == soort);
        earlier.objecten.iter().map(Row::soort).filter(move |soort| !still_there(soort))
    }
}
/// The epoch second from which on DynamoDB may remove the rows of an actie (R08). What was over already when it was
/// registered goes from then on: DynamoDB never removes what ended over five years ago.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>
fn removed_from(state: &State) -> Option<i64> {
    state.bewaard_tot().map(|end| end.max(state.stored.actie().tijdstip_registratie.second()))
}

/// The attributes that every row has; of the encrypted numbers only that of the one person, where there is one.
fn common(
    state: &State,
    actie: &Verwerkingsactie,
    person: Option<&str>,
    bewaard_tot: Option<i64>,
) -> Result<BTreeMap<&'static str, Attribute>, serde_json::Error> {
    let mut row = BTreeMap::from([
        (table::ACTIE_ID, text(&actie.actie_id)),
        (table::DOCUMENT, Attribute::S(table::document(&serde_json::to_string(actie)?))),
        (table::TIJDSTIP_REGISTRATIE, text(actie.tijdstip_registratie.text())),
        (table::VERTROUWELIJKHEID, text(actie.content.vertrouwelijkheid.text())),
    ]);
    if let Some(activiteit) = &actie.content.verwerkingsactiviteit_id {
        row.insert(table::VERWERKINGSACTIVITEIT_ID, Attribute::S(activiteit.to_ascii_lowercase()));
    }
    if let Some(bewaard_tot) = bewaard_tot {
        row.insert(table::BEWAARD_TOT, Attribute::N(bewaard_tot));
    }
    if state.vervallen {
        row.insert(table::VERVALLEN, Attribute::Bool);
    }
    if state.ooit_vertrouwelijk {
        row.insert(table::OOIT_VERTROUWELIJK, Attribute::Bool);
    }
    let versleuteld: BTreeMap<_, _> =
        state.stored.versleuteld().iter().filter(|(who, _)| person.is_none_or(|person| person == *who)).collect();
    if !versleuteld.is_empty() {
        row.insert(table::VERSLEUTELD, Attribute::S(serde_json::to_string(&versleuteld)?));
    }
    Ok(row)
}

fn without_objecten(actie: &Verwerkingsactie) -> Verwerkingsactie {
    Verwerkingsactie {
        url: actie.url.clone(),
        actie_id: actie.actie_id.clone(),
        content: actie.content.clone(),
        tijdstip_registratie: actie.tijdstip_registratie.clone(),
        verwerkte_objecten: Vec::new(),
    }
}

fn text(text: &str) -> Attribute {
    Attribute::S(text.to_owned())
}
