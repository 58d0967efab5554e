//! The end of an actie: all its rows, and that it was in a verwerking (R08).

use std::collections::BTreeSet;

use contract::table as names;
use domain::rows::{Key, Row};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::aws::{Failure, Table, Write, WriteError};
use crate::proc::rows::{put, put_new, remove, unchanged};
use crate::proc::{ApplyError, settle_existing};
use crate::retry::{Pauses, persist};

/// What removing uses.
pub(super) struct Removal<'a, T> {
    pub(super) table: &'a T,
    /// Rows that are removed at the same time.
    pub(super) concurrency: usize,
    pub(super) until: Instant,
}

impl<T: Table> Removal<'_, T> {
    /// Removes what is left of an actie whose row, which was `old`, is gone. Where it broke off it may be done again: the
    /// rows that say which verwerkingen it was in go after what they tell about.
    pub(super) async fn clear(&self, old: &Row) -> Result<(), ApplyError> {
        let actie_id = old.text(names::ACTIE_ID).unwrap_or_default();
        let mut verwerkingen: BTreeSet<String> = verwerking_of(old).into_iter().collect();
        let mut after = None;
        loop {
            let page =
                persist(Pauses::BATCH, self.until, || self.table.partition(actie_id, "", after.as_ref())).await?;
            // Asked after reading the rows: what a change that made the actie anew has written is not among them, unless
            // the current row is there by now.
            if let Some(actueel) = self.actueel(actie_id).await? {
                return self.keep(actie_id, &actueel).await;
            }
            verwerkingen.extend(page.rows.iter().filter_map(verwerking_of));
            let members = std::mem::take(&mut verwerkingen);
            self.remove_all(members.iter().map(|verwerking_id| Row::lid(verwerking_id, actie_id).key())).await?;
            self.remove_all(page.rows.iter().map(Row::key)).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        match self.actueel(actie_id).await? {
            Some(actueel) => self.keep(actie_id, &actueel).await,
            None => Ok(()),
        }
    }

    /// What has to happen when a row is gone that kept a change. Where the actie is past its end, everything goes, lest
    /// what tells of its verwerkingen goes before. Where it is not, the end was put off when the row was about to go, and
    /// nothing may be lost before its time (R04): the row comes back.
    pub(super) async fn lost(&self, old: Row, now: Timestamp) -> Result<(), ApplyError> {
        let actie_id = old.text(names::ACTIE_ID).unwrap_or_default().to_owned();
        loop {
            let Some(actueel) = self.actueel(&actie_id).await? else { return self.clear(&old).await };
            let end = actueel.number(names::BEWAARD_TOT);
            if end.is_none_or(|end| end > now.as_second()) {
                // Where it is there already, an earlier attempt has put it back.
                self.write(put_new(old.with_bewaard_tot(end))).await?;
                return settle_existing(self.table, &actie_id, self.until).await;
            }
            let gone = Write { condition: unchanged(Some(&actueel)), ..remove(actueel.key()) };
            if self.write(gone).await? {
                return self.clear(&old).await;
            }
        }
    }

    /// The actie was made anew meanwhile, so what was removed of it has to come back.
    async fn keep(&self, actie_id: &str, actueel: &Row) -> Result<(), ApplyError> {
        if let Some(verwerking_id) = verwerking_of(actueel) {
            self.write(put(Row::lid(&verwerking_id, actie_id))).await?;
        }
        settle_existing(self.table, actie_id, self.until).await
    }

    async fn actueel(&self, actie_id: &str) -> Result<Option<Row>, Failure> {
        let key = Key::actueel(actie_id);
        persist(Pauses::BATCH, self.until, || self.table.get(&key)).await
    }

    async fn remove_all(&self, keys: impl Iterator<Item = Key>) -> Result<(), Failure> {
        let removed = keys.map(|key| self.write(remove(key))).collect::<Vec<_>>();
        let mut removed = stream::iter(removed).buffer_unordered(self.concurrency);
        while let Some(result) = removed.next().await {
            result?;
        }
        Ok(())
    }

    /// Writes if the condition holds; whether it did. After an answer that got lost it may not hold any more.
    async fn write(&self, write: Write) -> Result<bool, Failure> {
        match persist(Pauses::BATCH, self.until, || self.table.write(vec![write.clone()])).await {
            Ok(()) => Ok(true),
            Err(WriteError::Condition) => Ok(false),
            Err(WriteError::Failure(failure)) => Err(failure),
        }
    }
}

/// The verwerking that a row says its actie was in. One that cannot be read says nothing, and goes all the same.
fn verwerking_of(row: &Row) -> Option<String> {
    if let Some(verwerking_id) = row.text(names::VERWERKING_ID) {
        return Some(verwerking_id.to_owned());
    }
    let bericht = row.bericht().ok().flatten()?;
    bericht.change().inhoud()?.actie().content.verwerking_id.clone()
}
