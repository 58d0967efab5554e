//! What rows say when they are read back.

use contract::table;

use super::Row;
use crate::bericht::{Bericht, Change};
use crate::stored::Stored;
use crate::tijd::{NotATijdstip, TijdstipRegistratie};
use crate::versies::State;
use crate::verwerkingsactie::Patch;

impl Row {
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
