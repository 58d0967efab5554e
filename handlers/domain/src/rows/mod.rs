//! The rows that an actie becomes, keyed by the names of [`contract::table`].
//!
//! One current row; one row per person, in which stand only the objects of that person (R41, R45, R63); one row per
//! version (R04). The row of a version that a POST or PUT brought is also where that change can be read back, and so are
//! the rows of a verwerking: which acties ever were in it, and its PATCHes (R34). They say nothing of a person.

//!
//! `make` says what stands in them, `read` what can be read back, `fit` whether DynamoDB can keep them.

mod fit;
mod make;
mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use contract::table;

pub use fit::{fit, patch_fits};
pub use make::Rows;
pub use read::{CurrentRow, RowError};

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
