//! PATCH: all acties of a verwerking, however many there are.

use std::collections::HashMap;
use std::time::Duration;

use contract::table as names;
use domain::bericht::{Bericht, Change};
use domain::rows::{Key, Row};
use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::opdracht::{Opdracht, Rest};
use super::rows::{put, unchanged};
use super::settle::{ApplyError, Place, next_rows, place, settle};
use super::{Limits, Time};
use crate::aws::{Condition, Failure, Queue, Table, Write, WriteError};
use crate::retry::{Passing, Pauses, out_of_time, persist};

/// What PATCHes of one batch use together.
pub(super) struct Patches<'a, T, Q> {
    pub(super) table: &'a T,
    pub(super) queue: &'a Q,
    pub(super) limits: &'a Limits,
    pub(super) time: Time,
}

impl<T: Table, Q: Queue> Patches<'_, T, Q> {
    /// Applies a PATCH, or what is left of it. What cannot be done in the time that there is goes into a message of its
    /// own, and so does an actie that cannot be changed, lest it hold up the others. `begun` says whether this call did
    /// some acties already: one that does not get any further must not send itself on for ever.
    pub(super) async fn apply(
        &self,
        opdracht: &Opdracht,
        trace: Option<&str>,
        begun: &mut bool,
    ) -> Result<(), ApplyError> {
        let Change::Patch { verwerking_id, .. } = opdracht.bericht.change() else { return Ok(()) };
        let mut after = match &opdracht.rest {
            Rest::Only(actie_id) => return settle(self.table, actie_id, self.time.until).await,
            Rest::After(actie_id) => Some(Row::lid(verwerking_id, actie_id)),
            Rest::All => {
                self.store(&opdracht.bericht, verwerking_id).await?;
                None
            }
        };
        loop {
            let until = self.time.until;
            let page = persist(Pauses::BATCH, until, || self.table.members(verwerking_id, after.as_ref())).await?;
            let acties: Vec<&str> = page.rows.iter().filter_map(Row::actie_id_of_lid).collect();
            let mut done = None;
            for some in acties.chunks(self.limits.page) {
                let on_time = Instant::now() < self.time.go_on;
                let result = if on_time || !*begun {
                    self.visit_all(&opdracht.bericht, some, trace).await
                } else {
                    Err(out_of_time().into())
                };
                match result {
                    Ok(()) => {
                        *begun = true;
                        done = some.last().map(|actie_id| Row::lid(verwerking_id, actie_id));
                    }
                    Err(fout) if fout.passes() && *begun => {
                        let rest = done.as_ref().or(after.as_ref()).and_then(Row::actie_id_of_lid);
                        let rest = rest.map_or(Rest::All, |actie_id| Rest::After(actie_id.to_owned()));
                        return self.send(&opdracht.bericht, rest, trace).await;
                    }
                    Err(fout) => return Err(fout),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Makes the PATCH known, before it is asked whom it is about.
    async fn store(&self, bericht: &Bericht, verwerking_id: &str) -> Result<(), ApplyError> {
        let Some(aanpassing) = Row::aanpassing(bericht)? else { return Ok(()) };
        let tijdstip = bericht.tijdstip_registratie();
        let laatste = Write {
            condition: Condition::NotLater(tijdstip.text().to_owned()),
            ..put(Row::laatste(verwerking_id, tijdstip))
        };
        for write in [put(aanpassing), laatste] {
            match persist(Pauses::BATCH, self.time.until, || self.table.write(vec![write.clone()])).await {
                // There is a later one, which says all that this one would.
                Ok(()) | Err(WriteError::Condition) => {}
                Err(WriteError::Failure(failure)) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    /// Applies it to some acties; to all of them, or says why not.
    async fn visit_all(&self, bericht: &Bericht, acties: &[&str], trace: Option<&str>) -> Result<(), ApplyError> {
        let keys: Vec<Key> = acties.iter().map(|actie_id| Key::actueel(actie_id)).collect();
        let rows = persist(Pauses::BATCH, self.time.until, || self.table.get_many(&keys)).await?;
        let mut rows: HashMap<String, Row> =
            rows.into_iter().filter_map(|row| Some((row.text(names::ACTIE_ID)?.to_owned(), row))).collect();
        let visits = acties.iter().map(|actie_id| (*actie_id, rows.remove(*actie_id)));
        let visits = visits.map(|(actie_id, row)| async move { (actie_id, self.visit(bericht, actie_id, row).await) });
        let mut visits = stream::iter(visits.collect::<Vec<_>>()).buffer_unordered(self.limits.concurrency);
        while let Some((actie_id, result)) = visits.next().await {
            match result {
                Ok(()) => {}
                Err(fout) if fout.passes() => return Err(fout),
                Err(fout) => {
                    tracing::warn!(actie_id, reason = %fout, "the actie is left to a message of its own");
                    self.send(bericht, Rest::Only(actie_id.to_owned()), trace).await?;
                }
            }
        }
        Ok(())
    }

    /// Applies it to one actie: a single write where it comes after everything that the current row came of.
    async fn visit(&self, bericht: &Bericht, actie_id: &str, row: Option<Row>) -> Result<(), ApplyError> {
        let until = self.time.until;
        // Whoever made the actie a member is still writing the row, or it is gone.
        let Some(row) = row else { return settle(self.table, actie_id, until).await };
        if row.is(names::INGETROKKEN) {
            return Ok(());
        }
        match place(bericht, &row) {
            Place::Same | Place::TooLate => return Ok(()),
            Place::Before => return settle(self.table, actie_id, until).await,
            Place::After => {}
        }
        // A member whose row is not in the verwerking left it, or is about to come: only all that is stored can tell.
        let Some(rows) = next_rows(bericht, &row)? else { return settle(self.table, actie_id, until).await };
        let write = Write { condition: unchanged(Some(&row)), ..put(rows.actueel.alone()) };
        match persist(Pauses::BATCH, until, || self.table.write(vec![write.clone()])).await {
            Ok(()) => Ok(()),
            Err(WriteError::Condition) => settle(self.table, actie_id, until).await,
            Err(WriteError::Failure(failure)) => Err(failure.into()),
        }
    }

    async fn send(&self, bericht: &Bericht, rest: Rest, trace: Option<&str>) -> Result<(), ApplyError> {
        let message = Opdracht { bericht: bericht.clone(), rest }.json()?;
        let sent: Result<(), Failure> =
            persist(Pauses::BATCH, self.time.end, || self.queue.send(&message, trace)).await;
        Ok(sent?)
    }
}

/// Kept free at the end of a call, as far as it is that long: for sending on what is left, and for the answer.
pub(super) const MARGIN: Duration = Duration::from_secs(3);
