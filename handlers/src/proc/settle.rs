//! An actie worked out anew from all that was accepted of it, and its rows brought in step with that (R34).
//!
//! This is right whenever it is done and however often, so it is the way for everything that is out of the ordinary: what
//! came twice, late, or in another order, and what was left half done. `docs/functions.md` says why nothing is missed.

use std::collections::{BTreeMap, BTreeSet};

use contract::table as names;
use domain::bericht::Bericht;
use domain::rows::{CurrentRow, Row, RowError, Rows, verwerking};
use domain::versies::{State, Versie, versies};
use tokio::time::Instant;

use super::rows::{put, remove, unchanged, write_together};
use crate::aws::{Failure, Table, Write, WriteError};
use crate::retry::{Passing, Pauses, persist};

/// Why a change could not be applied. Says nothing of what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// See [`Failure`].
    #[error(transparent)]
    Aws(#[from] Failure),
    /// A row in the table is not one that this log writes.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A row could not be made.
    #[error("a document could not be written: {0}")]
    Document(#[from] serde_json::Error),
    /// Whenever the rows were to be written, somebody else had changed them.
    #[error("the actie kept being changed by others")]
    Contention,
}

impl Passing for ApplyError {
    fn passes(&self) -> bool {
        match self {
            Self::Aws(failure) => failure.passes(),
            Self::Contention => true,
            Self::Row(_) | Self::Document(_) => false,
        }
    }
}

/// Brings all rows of an actie in step with what was accepted of it: every POST, PUT and PATCH that is stored, and the
/// DELETE. What is to be taken into account must have been stored before. An actie of which nothing is stored, or of which
/// the POST was withdrawn, is left as it is.
///
/// # Errors
/// See [`ApplyError`]; nothing is lost by it, and doing it again finishes what was begun.
pub async fn settle<T: Table>(table: &T, actie_id: &str, until: Instant) -> Result<(), ApplyError> {
    settle_where(table, actie_id, until, |_| true).await
}

/// [`settle`], but for an actie that has no current row: what is left of one that was removed must not make it anew.
///
/// # Errors
/// As [`settle`].
pub async fn settle_existing<T: Table>(table: &T, actie_id: &str, until: Instant) -> Result<(), ApplyError> {
    settle_where(table, actie_id, until, |found| found.actueel.is_some()).await
}

async fn settle_where<T: Table>(
    table: &T,
    actie_id: &str,
    until: Instant,
    wanted: impl Fn(&Found) -> bool,
) -> Result<(), ApplyError> {
    let mut pauses = Pauses::BATCH;
    loop {
        let found = Found::read(table, actie_id, until).await?;
        if !wanted(&found) {
            return Ok(());
        }
        let Some((actueel, others)) = found.differences()? else { return Ok(()) };
        let condition = unchanged(found.actueel.as_ref());
        match write_together(table, until, actueel, condition, others).await {
            Ok(()) => return Ok(()),
            Err(WriteError::Failure(failure)) => return Err(failure.into()),
            Err(WriteError::Condition) if pauses.wait(until).await => {}
            Err(WriteError::Condition) => return Err(ApplyError::Contention),
        }
    }
}

/// What the table holds of an actie.
struct Found {
    actueel: Option<Row>,
    /// All other rows by their sort key.
    others: BTreeMap<String, Row>,
    /// All changes that are about it, or about a verwerking that it ever was in.
    berichten: Vec<Bericht>,
}

impl Found {
    /// The order is what matters: first the current row, under the condition of which will be written, then the changes.
    /// `actueel` is the first row of the partition, so that one reading does both; the PATCHes come last.
    async fn read<T: Table>(table: &T, actie_id: &str, until: Instant) -> Result<Self, ApplyError> {
        let rows = all(table, actie_id, "", until).await?;
        let mut found = Self { actueel: None, others: BTreeMap::new(), berichten: Vec::new() };
        let mut verwerkingen = BTreeSet::new();
        for row in rows {
            if let Some(bericht) = row.bericht()? {
                let inhoud = bericht.change().inhoud();
                let verwerking_id = inhoud.and_then(|inhoud| inhoud.actie().content.verwerking_id.as_deref());
                verwerkingen.extend(verwerking_id.map(verwerking));
                found.berichten.push(bericht);
            }
            if row.soort() == names::SOORT_ACTUEEL {
                found.actueel = Some(row);
            } else {
                found.others.insert(row.soort().to_owned(), row);
            }
        }
        for verwerking in verwerkingen {
            for row in all(table, &verwerking, names::SOORT_AANPASSING, until).await? {
                found.berichten.extend(row.bericht()?);
            }
        }
        Ok(found)
    }

    /// The current row as it must become, and what must be written beside it; none where everything is as it must be.
    fn differences(&self) -> Result<Option<(Row, Vec<Write>)>, ApplyError> {
        if self.actueel.as_ref().is_some_and(|row| row.is(names::INGETROKKEN)) {
            return Ok(None);
        }
        let versies = versies(&self.berichten);
        let Some((last, earlier)) = versies.split_last() else { return Ok(None) };
        let revisie = self.actueel.as_ref().and_then(|row| row.number(names::REVISIE)).unwrap_or_default();
        let Rows { actueel, objecten, versie } = Rows::of(last, revisie)?;
        let bewaard_tot = actueel.number(names::BEWAARD_TOT);

        let mut wanted = Vec::with_capacity(versies.len() + objecten.len());
        for versie in earlier {
            wanted.push(Row::versie(versie, bewaard_tot)?);
        }
        wanted.push(versie);
        wanted.extend(objecten);
        // A change that came to nothing, as one after the DELETE, is kept all the same, and for as long.
        let is_wanted: BTreeSet<&str> = wanted.iter().map(Row::soort).collect();
        let (kept, vanished): (Vec<&Row>, Vec<&Row>) = self
            .others
            .values()
            .filter(|row| !is_wanted.contains(row.soort()))
            .partition(|row| row.text(names::OPERATIE).is_some());
        let vanished: Vec<Write> = vanished.into_iter().map(|row| remove(row.key())).collect();
        let kept: Vec<Row> = kept.into_iter().map(|row| row.clone().with_bewaard_tot(bewaard_tot)).collect();

        let missing = wanted.into_iter().chain(kept).filter(|row| self.others.get(row.soort()) != Some(row));
        let others: Vec<Write> = missing.map(put).chain(vanished).collect();
        let in_step = others.is_empty() && self.actueel.as_ref() == Some(&actueel);
        Ok((!in_step).then(|| (actueel.with_revisie(revisie + 1), others)))
    }
}

/// Every row of a partition whose sort key begins with `prefix`.
async fn all<T: Table>(table: &T, partition: &str, prefix: &str, until: Instant) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = persist(Pauses::BATCH, until, || table.partition(partition, prefix, after.as_ref())).await?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// Where a change stands against the current row of the actie that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It comes after all that the row came of.
    After,
    /// It is what the row came of.
    Same,
    /// The row came of something later.
    Before,
    /// It comes after the DELETE.
    TooLate,
}

/// See [`Place`].
pub(super) fn place(bericht: &Bericht, actueel: &Row) -> Place {
    let vervallen = actueel.is(names::VERVALLEN);
    let id = if vervallen { names::GEEN_BERICHT } else { actueel.text(names::BERICHT).unwrap_or_default() };
    let row = (actueel.text(names::TIJDSTIP_REGISTRATIE).unwrap_or_default(), id);
    let (tijdstip, id) = bericht.order();
    match (tijdstip.text(), id).cmp(&row) {
        std::cmp::Ordering::Greater if vervallen => Place::TooLate,
        std::cmp::Ordering::Greater => Place::After,
        std::cmp::Ordering::Equal => Place::Same,
        std::cmp::Ordering::Less => Place::Before,
    }
}

/// The rows that a later change makes of an actie; none where it changes nothing of it.
pub(super) fn next_rows(bericht: &Bericht, actueel: &Row) -> Result<Option<Rows>, ApplyError> {
    let current = CurrentRow::of(actueel).state()?;
    if !State::takes(Some(&current), bericht) {
        return Ok(None);
    }
    let revisie = actueel.number(names::REVISIE).unwrap_or_default();
    let state = State::after(Some(current), bericht);
    let rows = state.map(|state| Rows::of(&Versie { bericht, state }, revisie + 1)).transpose()?;
    Ok(rows)
}
