//! POST and PUT: the whole of one actie.

use std::collections::BTreeMap;

use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{CurrentRow, Key, Row, Rows};
use domain::versies::{State, Versie};
use tokio::time::Instant;

use super::rows::{put, put_new, remove, unchanged, write_together};
use super::settle::{ApplyError, Place, next_rows, place, settle};
use crate::aws::{MOST_TOGETHER, Table, Write, WriteError};
use crate::retry::{Pauses, persist};

/// What became of a POST or PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// Everything is written. Whether a later PATCH of its verwerking was there before it is still to be asked.
    Written,
    /// The actie was worked out anew; there is nothing left to ask.
    Settled,
    /// Its POST was answered with an error and never counts.
    Withdrawn,
}

/// Applies a POST or PUT, mostly with one transaction.
pub(super) async fn apply<T: Table>(table: &T, bericht: &Bericht, until: Instant) -> Result<Applied, ApplyError> {
    let Some(versie) = Versie::first(bericht) else { return Ok(Applied::Settled) };
    let actie_id = versie.state.stored.actie().actie_id.clone();
    let (key, mut current) = (Key::actueel(&actie_id), None);
    if let Change::Put { .. } = bericht.change() {
        current = persist(Pauses::BATCH, until, || table.get(&key)).await?;
    }
    let transaction = match &current {
        None => {
            let rows = Rows::of(&versie, 1)?;
            let event = event(&rows.versie, &versie.state);
            Some((rows.actueel, event.into_iter().chain(rows.objecten.into_iter().map(put)).collect()))
        }
        Some(row) => replacing(bericht, row, &versie.state)?,
    };
    if let Some((actueel, others)) = transaction {
        match write_together(table, until, actueel, unchanged(current.as_ref()), others).await {
            Ok(()) => return Ok(Applied::Written),
            Err(WriteError::Failure(failure)) => return Err(failure.into()),
            Err(WriteError::Condition) => {}
        }
    }
    late(table, &versie, &actie_id, until).await
}

/// The current row and the others that a PUT makes of the actie, where it comes after everything that was applied and the
/// end of the retention is still the same, so that no earlier version has to be touched.
fn replacing(bericht: &Bericht, row: &Row, new: &State) -> Result<Option<(Row, Vec<Write>)>, ApplyError> {
    if place(bericht, row) != Place::After {
        return Ok(None);
    }
    let earlier = CurrentRow::of(row).state()?;
    let Some(rows) = next_rows(bericht, row)? else { return Ok(None) };
    if rows.actueel.number(names::BEWAARD_TOT) != row.number(names::BEWAARD_TOT) {
        return Ok(None);
    }
    let earlier = Rows::of(&Versie { bericht, state: earlier }, 0)?;
    let actie_id = &new.stored.actie().actie_id;
    let vanished = rows.vanished(&earlier).map(|soort| remove(Key::new(actie_id, soort)));
    let mut others: Vec<Write> = event(&rows.versie, new).into_iter().chain(vanished).collect();
    others.extend(rows.objecten.into_iter().map(put));
    Ok(Some((rows.actueel, others)))
}

/// What makes the change known to everybody else: the change itself, and that the actie is in its verwerking.
fn event(versie: &Row, state: &State) -> Vec<Write> {
    let actie = state.stored.actie();
    let lid = actie.content.verwerking_id.as_deref().map(|verwerking_id| put(Row::lid(verwerking_id, &actie.actie_id)));
    [put_new(versie.clone())].into_iter().chain(lid).collect()
}

/// The change came late, or twice: stored first, so that everybody who reads from now on sees it, and then worked out
/// together with what else there is.
async fn late<T: Table>(table: &T, versie: &Versie<'_>, actie_id: &str, until: Instant) -> Result<Applied, ApplyError> {
    let key = Key::actueel(actie_id);
    let current: Option<Row> = persist(Pauses::BATCH, until, || table.get(&key)).await?;
    if current.is_some_and(|row| row.is(names::INGETROKKEN)) {
        return Ok(Applied::Withdrawn);
    }
    let event = event(&Rows::of(versie, 1)?.versie, &versie.state);
    match persist(Pauses::BATCH, until, || table.write(event.clone())).await {
        // A condition that does not hold: it is stored already.
        Ok(()) | Err(WriteError::Condition) => {}
        Err(WriteError::Failure(failure)) => return Err(failure.into()),
    }
    settle(table, actie_id, until).await.map(|()| Applied::Settled)
}

/// For each of these verwerkingen, in lower case, the moment of its last PATCH, where it has one.
pub(super) async fn last_patches<T: Table>(
    table: &T,
    verwerkingen: &[&str],
    until: Instant,
) -> Result<BTreeMap<String, String>, ApplyError> {
    let mut last = BTreeMap::new();
    for some in verwerkingen.chunks(MOST_TOGETHER) {
        let keys: Vec<Key> = some.iter().map(|verwerking_id| Key::laatste(verwerking_id)).collect();
        for row in persist(Pauses::BATCH, until, || table.get_many(&keys)).await? {
            let verwerking_id = row.text(names::ACTIE_ID).and_then(|key| key.strip_prefix(names::VERWERKING));
            if let (Some(verwerking_id), Some(tijdstip)) = (verwerking_id, row.text(names::TIJDSTIP_REGISTRATIE)) {
                last.insert(verwerking_id.to_owned(), tijdstip.to_owned());
            }
        }
    }
    Ok(last)
}
