//! The rows that an actie becomes, keyed by the names of [`contract::table`].
//!
//! One current row; one row per person, in which stand only the objects of that person (R41, R45, R63); one row per
//! version (R04). The row of a version that a POST or PUT brought is also where that change can be read back, and so are
//! the rows of a verwerking: which acties ever were in it, and its PATCHes (R34). They say nothing of a person.

use std::borrow::Cow;
use std::collections::BTreeMap;

use contract::table;

use crate::bericht::{Bericht, Change};
use crate::bewaartermijn::Bewaartermijn;
use crate::fout::Rejection;
use crate::stored::Stored;
use crate::tijd::{NotATijdstip, TijdstipRegistratie};
use crate::versies::{State, Versie};
use crate::verwerkingsactie::{Patch, Verwerkingsactie, VerwerktObject};

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// Text.
    S(String),
    /// Number.
    N(i64),
    /// True; what is false is left out.
    Bool,
}

impl Attribute {
    /// Bytes that DynamoDB counts, or a few more.
    fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(_) => 21,
            Self::Bool => 1,
        }
    }
}

/// A row: its attributes by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(BTreeMap<Cow<'static, str>, Attribute>);

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition key: the actieId, or what else has rows of its own.
    pub actie_id: String,
    /// Sort key.
    pub soort: String,
}

impl Key {
    /// A key.
    pub fn new(actie_id: impl Into<String>, soort: impl Into<String>) -> Self {
        Self { actie_id: actie_id.into(), soort: soort.into() }
    }

    /// Of the current row of an actie.
    pub fn actueel(actie_id: &str) -> Self {
        Self::new(actie_id, table::SOORT_ACTUEEL)
    }

    /// Of the row of the last PATCH of a verwerking.
    pub fn laatste(verwerking_id: &str) -> Self {
        Self::new(verwerking(verwerking_id), table::SOORT_LAATSTE)
    }
}

/// Partition key of the rows of a verwerking.
pub fn verwerking(verwerking_id: &str) -> String {
    format!("{}{}", table::VERWERKING, verwerking_id.to_ascii_lowercase())
}

impl Row {
    /// A row that was read.
    pub fn from_fields(fields: impl IntoIterator<Item = (String, Attribute)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect())
    }

    /// The attributes.
    pub fn fields(&self) -> &BTreeMap<Cow<'static, str>, Attribute> {
        &self.0
    }

    /// The text of an attribute; none where it is absent or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Attribute::S(text)) => Some(text),
            _ => None,
        }
    }

    /// The number of an attribute; none where it is absent or no number.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Attribute::N(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether an attribute is there and true.
    pub fn is(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Attribute::Bool)
    }

    /// The row's key.
    pub fn key(&self) -> Key {
        Key::new(self.text(table::ACTIE_ID).unwrap_or_default(), self.soort())
    }

    /// The row's sort key; the partition key is the actieId.
    pub fn soort(&self) -> &str {
        self.text(table::SOORT).unwrap_or_default()
    }

    /// The same row with another number of its writes.
    #[must_use]
    pub fn with_revisie(mut self, revisie: i64) -> Self {
        self.0.insert(Cow::Borrowed(table::REVISIE), Attribute::N(revisie));
        self
    }

    /// The same current row, to be written without the others that belong to the state.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.0.insert(Cow::Borrowed(table::VOORUIT), Attribute::Bool);
        self
    }

    /// Whether this current row was written without the others that belong to its state: by a PATCH, or by a DELETE, which
    /// leaves the id of the message before it.
    pub fn is_alone(&self) -> bool {
        let deleted = self.is(table::VERVALLEN) && self.text(table::BERICHT) != Some(table::GEEN_BERICHT);
        (self.is(table::VOORUIT) || deleted) && !self.is(table::INGETROKKEN)
    }

    /// The same row with another end.
    #[must_use]
    pub fn with_bewaard_tot(mut self, bewaard_tot: Option<i64>) -> Self {
        match bewaard_tot {
            Some(second) => self.0.insert(Cow::Borrowed(table::BEWAARD_TOT), Attribute::N(second)),
            None => self.0.remove(table::BEWAARD_TOT),
        };
        self
    }

    /// Its size in bytes, as DynamoDB counts it against [`table::MAX_ROW`].
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.size()).sum()
    }
}

impl From<BTreeMap<&'static str, Attribute>> for Row {
    fn from(fields: BTreeMap<&'static str, Attribute>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
    }
}

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
    fn actueel(versie: &Versie<'_>, revisie: i64) -> Result<Self, serde_json::Error> {
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

    /// The accepted change that a row keeps: a POST or PUT in that of a version, a PATCH in a verwerking's, a DELETE in the
    /// current row. None in any other. It does not say which client asked for it.
    ///
    /// # Errors
    /// See [`RowError`].
    pub fn bericht(&self) -> Result<Option<Bericht>, RowError> {
        let soort = self.soort();
        let change = if soort == table::SOORT_ACTUEEL && self.is(table::VERVALLEN) && !self.is(table::INGETROKKEN) {
            Change::Delete { actie_id: self.text(table::ACTIE_ID).unwrap_or_default().to_owned() }
        } else if soort.starts_with(table::SOORT_VERSIE) && self.text(table::OPERATIE).is_some() {
            let inhoud = CurrentRow::of(self).state()?.stored;
            let post = self.text(table::OPERATIE) == Some(Change::POST);
            if post { Change::Post { inhoud } } else { Change::Put { inhoud } }
        } else if soort.starts_with(table::SOORT_AANPASSING) {
            let aanpassing: Patch = serde_json::from_str(self.text(table::DOCUMENT).unwrap_or_default())
                .map_err(|fout| RowError::Document { line: fout.line(), column: fout.column() })?;
            let partition = self.text(table::ACTIE_ID).unwrap_or_default();
            let verwerking_id = partition.strip_prefix(table::VERWERKING).unwrap_or_default().to_owned();
            Change::Patch { verwerking_id, aanpassing }
        } else {
            return Ok(None);
        };
        let id = match change {
            Change::Delete { .. } => table::GEEN_BERICHT,
            _ => self.text(table::BERICHT).unwrap_or_default(),
        };
        let tijdstip = TijdstipRegistratie::parse(self.text(table::TIJDSTIP_REGISTRATIE).unwrap_or_default())?;
        Ok(Some(Bericht::new(id.to_owned(), String::new(), tijdstip, change)))
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

/// Whether DynamoDB can keep every row of an actie, also after what a PATCH or DELETE may add. To be asked before a change
/// is accepted: later there is nobody to tell.
///
/// # Errors
/// [`Rejection::TooLarge`].
pub fn fit(versie: &Versie<'_>) -> Result<(), Rejection> {
    let most = table::MAX_ROW - table::RESERVED;
    let keep = |row: &Row| if row.size() <= most { Ok(()) } else { Err(Rejection::TooLarge) };
    term_fits(versie.state.stored.actie().content.bewaartermijn.as_ref())?;
    // Everybody stands in the current row, and all that is not about anybody in every row: those of the persons are made
    // only where they are few and small.
    keep(&Row::actueel(versie, 1).map_err(|_| Rejection::Internal)?)?;
    Rows::of(versie, 1).map_err(|_| Rejection::Internal)?.all().try_for_each(keep)
}

/// Whether the rows of every actie can take what a PATCH makes of them: it cannot be told which acties those are.
///
/// # Errors
/// [`Rejection::TooLarge`].
pub fn patch_fits(aanpassing: &Patch) -> Result<(), Rejection> {
    term_fits(aanpassing.bewaartermijn.as_ref())
}

/// No other text of an actie, which all its rows repeat, may be of any length.
fn term_fits(term: Option<&Bewaartermijn>) -> Result<(), Rejection> {
    let length = term.map_or(0, |term| term.text().len());
    if length <= table::MAX_BEWAARTERMIJN { Ok(()) } else { Err(Rejection::TooLarge) }
}

/// The epoch second from which on DynamoDB may remove the rows of an actie (R08). What was over already when it was
/// registered goes from then on: DynamoDB never removes what ended over five years ago.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>
fn removed_from(state: &State) -> Option<i64> {
    state.bewaard_tot().map(|end| end.max(state.stored.actie().tijdstip_registratie.second()))
}

/// What a current row holds, as far as it takes to know the state of the actie.
#[derive(Debug, Clone, Copy)]
pub struct CurrentRow<'a> {
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
pub enum RowError {
    /// The document.
    #[error("the row's document is not that of an actie: line {line}, column {column}")]
    Document {
        /// Counted from 1; 0 where it is the document as a whole.
        line: usize,
        /// Likewise.
        column: usize,
    },
    /// The moment of registration.
    #[error("the row's tijdstipRegistratie is none")]
    Tijdstip(#[from] NotATijdstip),
}

impl<'a> CurrentRow<'a> {
    /// What stands in a row; what is missing is found by [`Self::state`].
    pub fn of(row: &'a Row) -> Self {
        Self {
            document: row.text(table::DOCUMENT).unwrap_or_default(),
            versleuteld: row.text(table::VERSLEUTELD),
            tijdstip_registratie: row.text(table::TIJDSTIP_REGISTRATIE).unwrap_or_default(),
            vervallen: row.is(table::VERVALLEN),
            ooit_vertrouwelijk: row.is(table::OOIT_VERTROUWELIJK),
        }
    }

    /// The state of the actie.
    ///
    /// # Errors
    /// See [`RowError`].
    pub fn state(&self) -> Result<State, RowError> {
        let mut stored = Stored::parse(self.document, self.versleuteld)
            .map_err(|fout| RowError::Document { line: fout.line(), column: fout.column() })?;
        stored.actie_mut().tijdstip_registratie = TijdstipRegistratie::parse(self.tijdstip_registratie)?;
        Ok(State { stored, vervallen: self.vervallen, ooit_vertrouwelijk: self.ooit_vertrouwelijk })
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata::{self, uuid};
    use proptest::prelude::*;
    use serde_json::Value;

    fn rows(objecten: &[(&str, &str)]) -> Rows {
        rows_of(State::new(testdata::stored(objecten)))
    }

    fn rows_of(state: State) -> Rows {
        let bericht = bericht_of(&state);
        Rows::of(&Versie { bericht: &bericht, state }, 1).unwrap()
    }

    fn bericht_of(state: &State) -> Bericht {
        let inhoud = state.stored.clone();
        let tijdstip = inhoud.actie().tijdstip_registratie.clone();
        Bericht::new(uuid(9), String::new(), tijdstip, Change::Post { inhoud })
    }

    fn fits(state: State) -> Result<(), Rejection> {
        let bericht = bericht_of(&state);
        fit(&Versie { bericht: &bericht, state })
    }

    fn field<'a>(row: &'a Row, name: &str) -> &'a str {
        let Some(Attribute::S(text)) = row.fields().get(name) else { panic!("no {name}") };
        text
    }

    fn names(row: &Row) -> Vec<&str> {
        row.fields().keys().map(AsRef::as_ref).collect()
    }

    #[test]
    fn the_current_row_has_what_the_templates_read() {
        let row = rows(&[("BSN", "999990019")]).actueel;
        assert_eq!(
            names(&row),
            [
                "actieId",
                "bericht",
                "bewaardTot",
                "document",
                "revisie",
                "soort",
                "tijdstipRegistratie",
                "vertrouwelijkheid",
                "verwerkingId",
                "verwerkingsactiviteitId"
            ]
        );
        assert_eq!(row.soort(), "actueel");
        assert_eq!(field(&row, "verwerkingId"), "6d4c2b1a-0f9e-4d8c-b7a6-958473625140");
        assert_eq!(field(&row, "verwerkingsactiviteitId"), "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b");
        let document: Value = serde_json::from_str(field(&row, "document")).unwrap();
        assert_eq!(document["verwerkingId"], "6D4C2B1A-0f9e-4d8c-b7a6-958473625140");
        // R08: 29 February and ten years.
        let end: jiff::Timestamp = "2034-02-28T09:00:00Z".parse().unwrap();
        assert_eq!(row.fields()["bewaardTot"], Attribute::N(end.as_second()));
    }

    #[test]
    fn the_row_of_a_version_is_in_no_index_and_has_the_moment_in_its_key() {
        let row = rows(&[("BSN", "999990019")]).versie;
        assert_eq!(row.soort(), format!("versie#2024-02-29T09:00:01.000000Z#{}", uuid(9)));
        assert!(!names(&row).contains(&"verwerkingId") && !names(&row).contains(&"objectSleutel"));
    }

    #[test]
    fn r41_r45_r63_a_persons_row_has_the_objects_of_that_person_and_of_nobody_else() {
        let rows = rows(&[("BSN", "999990019"), ("BSN", "111222333"), ("BSN", "999990019"), ("A-nummer", "999990019")]);
        assert_eq!(rows.objecten.len(), 3);
        let keys = testdata::keys();
        for (soort, number, ids) in
            [("BSN", "999990019", vec![2, 4]), ("BSN", "111222333", vec![3]), ("A-nummer", "999990019", vec![5])]
        {
            let kind = crate::pseudoniem::NumberKind { objecttype: "persoon", soort };
            let object_sleutel = keys.object_sleutel(kind, number);
            let row = rows.objecten.iter().find(|row| field(row, "objectSleutel") == object_sleutel).unwrap();
            assert_eq!(row.soort(), format!("object#{object_sleutel}"));
            assert_eq!(field(row, "tijdstipSleutel"), format!("2024-02-29T09:00:00.000000000Z#{}", uuid(1)));
            assert!(!names(row).contains(&"verwerkingId"), "it would be in the index of current acties");
            let document: Value = serde_json::from_str(field(row, "document")).unwrap();
            let found: Vec<_> = document["verwerkteObjecten"]
                .as_array()
                .unwrap()
                .iter()
                .map(|object| &object["verwerktObjectId"])
                .collect();
            assert_eq!(
                found,
                ids.into_iter().map(|n| Value::from(uuid(n))).collect::<Vec<_>>().iter().collect::<Vec<_>>()
            );
            assert_eq!(document["actieNaam"], "Zoeken");
        }
    }

    #[test]
    fn an_absent_verwerking_is_left_out_and_not_null() {
        let mut state = State::new(testdata::stored(&[("BSN", "999990019")]));
        let content = &mut state.stored.actie_mut().content;
        (content.verwerking_id, content.verwerkingsactiviteit_id, content.bewaartermijn) = (None, None, None);
        let row = rows_of(state).actueel;
        assert_eq!(
            names(&row),
            ["actieId", "bericht", "document", "revisie", "soort", "tijdstipRegistratie", "vertrouwelijkheid"]
        );
    }

    #[test]
    fn r06_r62_every_row_says_that_the_actie_is_gone_or_was_confidential() {
        let state = State {
            vervallen: true,
            ooit_vertrouwelijk: true,
            ..State::new(testdata::stored(&[("BSN", "999990019"), ("BSN", "111222333")]))
        };
        for row in rows_of(state).all() {
            assert_eq!(
                (&row.fields()["vervallen"], &row.fields()["ooitVertrouwelijk"]),
                (&Attribute::Bool, &Attribute::Bool)
            );
        }
    }

    #[test]
    fn a_person_whom_a_put_left_out_loses_the_row() {
        let earlier = rows(&[("BSN", "999990019"), ("BSN", "111222333")]);
        let now = rows(&[("BSN", "999990019"), ("BSN", "123456782")]);
        let gone = testdata::keys()
            .object_sleutel(crate::pseudoniem::NumberKind { objecttype: "persoon", soort: "BSN" }, "111222333");
        assert_eq!(now.vanished(&earlier).collect::<Vec<_>>(), [format!("object#{gone}")]);
        assert_eq!(now.vanished(&now).count(), 0);
    }

    #[test]
    fn r72_an_actie_that_dynamodb_cannot_keep_is_too_large() {
        let about = |objecten: usize| {
            let objecten: Vec<String> = (0..objecten).map(|number| format!("{number:09}")).collect();
            let objecten: Vec<_> = objecten.iter().map(|number| ("BSN", number.as_str())).collect();
            fits(State::new(testdata::stored(&objecten)))
        };
        assert_eq!(about(1000), Ok(()));
        assert_eq!(about(2000), Err(Rejection::TooLarge));
    }

    #[test]
    fn r30_r72_a_row_that_fits_has_room_for_what_a_patch_makes_of_it() {
        let term = |zeros: usize| {
            let text = format!("P{}1Y", "0".repeat(zeros));
            Patch { bewaartermijn: Some(Bewaartermijn::parse(&text).unwrap()), vertrouwelijkheid: None }
        };
        let longest = term(table::MAX_BEWAARTERMIJN - 3);
        assert_eq!(patch_fits(&longest), Ok(()));
        assert_eq!(patch_fits(&term(table::MAX_BEWAARTERMIJN - 2)), Err(Rejection::TooLarge));

        let mut actie = testdata::actie(&[("BSN", "999990019")]);
        actie.content.bewaartermijn = None;
        let state = |actie: &Verwerkingsactie| State::new(testdata::keys().pseudonymize(actie.clone(), None));
        let largest = |actie: &Verwerkingsactie| rows_of(state(actie)).all().map(Row::size).max().unwrap();
        let used = largest(&actie);
        let name = actie.content.actie_naam.clone().unwrap();
        actie.content.actie_naam = Some(format!("{name}{}", "x".repeat(table::MAX_ROW - table::RESERVED - used)));
        assert_eq!(fits(state(&actie)), Ok(()));
        let name = actie
            .content
            .actie_naam
            .replace(format!("{name}{}", "x".repeat(table::MAX_ROW - table::RESERVED - used + 1)));
        assert_eq!(fits(state(&actie)), Err(Rejection::TooLarge), "whichever of its rows is the largest");
        actie.content.actie_naam = name;
        actie.content.bewaartermijn = longest.bewaartermijn;
        actie.content.vertrouwelijkheid = crate::verwerkingsactie::Vertrouwelijkheid::Vertrouwelijk;
        let patched = largest(&actie);
        assert!(patched + 512 < table::MAX_ROW, "{patched}");

        // Every row repeats it, so that of an actie about many it may not be longer either.
        let mut actie = testdata::actie(&[("BSN", "999990019")]);
        for (zeros, expected) in [(3, Ok(())), (2, Err(Rejection::TooLarge))] {
            actie.content.bewaartermijn = term(table::MAX_BEWAARTERMIJN - zeros).bewaartermijn;
            assert_eq!(fits(state(&actie)), expected);
        }
    }

    #[test]
    fn a_row_of_which_the_document_was_spoilt_is_an_error_that_does_not_repeat_it() {
        let row = CurrentRow {
            document: r#"{"url":"999990019"}"#,
            versleuteld: None,
            tijdstip_registratie: "",
            vervallen: false,
            ooit_vertrouwelijk: false,
        };
        let fout = row.state().unwrap_err();
        assert!(!format!("{fout} {fout:?}").contains("999990019"));
    }

    #[test]
    fn r34_what_was_accepted_can_be_read_back_from_its_row() {
        let inhoud = testdata::stored(&[("BSN", "999990019"), ("intern", "77700001-a-number-longer-than-ten")]);
        let tijdstip = inhoud.actie().tijdstip_registratie.clone();
        let bericht = |change| Bericht::new(uuid(9), String::new(), tijdstip.clone(), change);
        for change in [Change::Post { inhoud: inhoud.clone() }, Change::Put { inhoud: inhoud.clone() }] {
            let bericht = bericht(change);
            let rows = Rows::of(&Versie::first(&bericht).unwrap(), 1).unwrap();
            assert_eq!(rows.versie.bericht().unwrap().as_ref(), Some(&bericht));
            assert!(rows.actueel.bericht().unwrap().is_none() && rows.objecten[0].bericht().unwrap().is_none());
        }
        let bewaartermijn = Some(crate::bewaartermijn::Bewaartermijn::parse("P1Y").unwrap());
        let aanpassing = Patch { bewaartermijn, vertrouwelijkheid: None };
        let verwerking_id = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140".to_owned();
        let patch = bericht(Change::Patch { verwerking_id, aanpassing });
        let row = Row::aanpassing(&patch).unwrap().unwrap();
        assert_eq!(row.bericht().unwrap().as_ref(), Some(&patch));
        assert!(!names(&row).contains(&"verwerkingId"), "it would be in the index of current acties");

        let delete = Change::Delete { actie_id: uuid(1) };
        let delete = Bericht::new(table::GEEN_BERICHT.to_owned(), String::new(), tijdstip.clone(), delete);
        let vervallen = State { vervallen: true, ..State::new(inhoud) };
        let rows = Rows::of(&Versie { bericht: &delete, state: vervallen }, 2).unwrap();
        assert_eq!(rows.actueel.bericht().unwrap(), Some(delete));
        assert!(rows.versie.bericht().unwrap().is_none(), "the current row keeps it");
        assert!(Row::ingetrokken(&uuid(1), &tijdstip, 1).bericht().unwrap().is_none());
    }

    #[test]
    fn r34_rows_of_a_verwerking_stand_together_whatever_the_case_of_its_id() {
        let lid = Row::lid("6D4C2B1A-0F9E-4D8C-B7A6-958473625140", &uuid(1));
        assert_eq!(
            lid.key(),
            Key::new("verwerking#6d4c2b1a-0f9e-4d8c-b7a6-958473625140", format!("actie#{}", uuid(1)))
        );
        assert_eq!(lid.actie_id_of_lid(), Some(uuid(1).as_str()));
        let laatste =
            Row::laatste("6D4C2B1A-0F9E-4D8C-B7A6-958473625140", &testdata::moment("2024-02-29T09:00:01.000000Z"));
        assert_eq!(laatste.key(), Key::laatste("6d4c2b1a-0f9e-4d8c-b7a6-958473625140"));
    }

    #[test]
    fn r08_what_was_over_when_it_was_registered_is_not_too_old_for_dynamodb_to_remove() {
        let mut state = State::new(testdata::stored(&[("BSN", "999990019")]));
        let actie = state.stored.actie_mut();
        actie.content.tijdstip = crate::tijd::Tijdstip::parse("1950-01-01T00:00:00Z").unwrap();
        let registered = actie.tijdstip_registratie.second();
        for row in rows_of(state).all() {
            assert_eq!(row.number(table::BEWAARD_TOT), Some(registered));
        }
    }

    proptest! {
        #[test]
        fn r09_r63_no_row_holds_a_number_and_no_persons_row_the_pseudonym_of_another(actie in testdata::acties()) {
            let numbers = testdata::numbers(&actie);
            let state = State::new(testdata::keys().pseudonymize(actie, None));
            let rows = rows_of(state.clone());
            for row in rows.all() {
                let everything = format!("{row:?}");
                prop_assert!(numbers.iter().all(|number| !everything.contains(number)));
                let u007f = field(row, "document").contains('\u{7f}');
                prop_assert!(!u007f);
            }
            for object in &state.stored.actie().verwerkte_objecten {
                let pseudoniem = object.content.object_id.text();
                let with = rows.objecten.iter().filter(|row| format!("{row:?}").contains(pseudoniem)).count();
                prop_assert_eq!(with, 1);
            }
        }

        #[test]
        fn the_current_row_says_what_the_state_was(actie in testdata::acties(), vervallen: bool) {
            let stored = testdata::keys().pseudonymize(actie, None);
            let state = State { vervallen, ..State::new(stored) };
            let row = rows_of(state.clone()).actueel;
            let parsed = CurrentRow::of(&row);
            prop_assert_eq!(parsed.state().unwrap(), state);
        }
    }
}
