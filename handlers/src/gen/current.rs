//! An actie as it is once everything that was accepted is applied, also what is still on its way (R22, R32).
//!
//! The table is read consistently. What proc has not come to yet lies in the backup: a whole actie in the newest POST or PUT,
//! and what PATCHes made of it since in those of its verwerking. A POST or PUT replaces everything, so the newest of them and
//! the PATCHes after it are all that it takes.

use std::collections::BTreeMap;

use contract::table;
use domain::bericht::{Bericht, Change};
use domain::rows::{CurrentRow, Key, Row};
use domain::versies::State;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::keys::{self, Kind, Name};
use super::{Gen, unreadable};
use crate::aws::{Backup, Failure, Queue, Table};
use crate::retry::{Pauses, persist};

/// How far back something may still be on its way: SQS keeps a message 14 days, and a day is begun.
pub(super) const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(15 * 24);
/// How far the clock of another instance may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// How many messages are read at the same time.
const AT_ONCE: usize = 16;

/// What is known of an actie before it is looked up.
#[derive(Default)]
pub(super) struct Known<'a> {
    /// A POST or PUT of it.
    pub(super) message: Option<Name>,
    /// What was found of the verwerking that it may be part of.
    pub(super) patches: Option<&'a Patches>,
}

/// The PATCHes of a verwerking that are in the backup.
pub(super) struct Patches {
    verwerking_id: String,
    names: Vec<Name>,
    /// Those that were read already.
    read: Mutex<BTreeMap<Name, Bericht>>,
}

impl Patches {
    pub(super) fn new(verwerking_id: String, names: Vec<Name>) -> Self {
        Self { verwerking_id, names, read: Mutex::default() }
    }
}

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    /// The actie; none where it never was there or was deleted. It may be past its bewaartermijn.
    pub(super) async fn current(
        &self,
        actie_id: &str,
        known: &Known<'_>,
        until: Instant,
    ) -> Result<Option<State>, Failure> {
        let days = Days::of(Timestamp::now());
        let key = Key::actueel(actie_id);
        let row = persist(Pauses::REQUEST, until, || self.table.get(&key));
        let (row, mut names) = tokio::try_join!(row, self.messages(actie_id, days.recent, until))?;
        if row.as_ref().is_some_and(|row| row.is(table::VERVALLEN)) {
            return Ok(None);
        }
        if row.is_none() && names.is_empty() && known.message.is_none() {
            names = self.messages(actie_id, days.earlier, until).await?;
        }
        names.extend(known.message.clone());
        names.sort();
        names.dedup();

        let row = row.map(|row| applied(&row)).transpose()?;
        let newest = self.newest(actie_id, &names, row.as_ref().map(|(name, _)| name), until).await?;
        let newest = match newest {
            Some(base) => Some(self.patched(base, known.patches, until).await?),
            None => None,
        };
        Ok(match (newest, row) {
            // Not all that led to the row can be seen in the backup, to which a change comes while it goes to the queue.
            (Some((name, _)), Some(row)) if name < row.0 => Some(self.patched(row, known.patches, until).await?.1),
            (Some((_, state)), _) => Some(state),
            (None, Some(row)) => Some(self.patched(row, known.patches, until).await?.1),
            (None, None) => None,
        })
    }

    /// The messages about an actie on these days.
    async fn messages(&self, actie_id: &str, days: Vec<Date>, until: Instant) -> Result<Vec<Name>, Failure> {
        let lists = days.into_iter().map(|day| async move {
            let prefix = keys::day(day, actie_id);
            self.list(&prefix, None, until).await
        });
        Ok(keys::messages(&try_join_all(lists).await?.concat()))
    }

    /// The newest POST or PUT, unless it is what the row was last changed by.
    async fn newest(
        &self,
        actie_id: &str,
        names: &[Name],
        applied: Option<&Name>,
        until: Instant,
    ) -> Result<Option<(Name, State)>, Failure> {
        for name in names.iter().rev() {
            if Some(name) == applied {
                return Ok(None);
            }
            // A client may give a verwerking the number of an actie; then its PATCHes lie here too.
            if let Some(bericht) = self.message(&name.key(actie_id), until).await?
                && let Change::Post { inhoud } | Change::Put { inhoud } = bericht.change()
            {
                return Ok(Some((name.clone(), State::new(inhoud.clone()))));
            }
        }
        Ok(None)
    }

    /// The state after the PATCHes that came after it.
    async fn patched(
        &self,
        (mut name, mut state): (Name, State),
        known: Option<&Patches>,
        until: Instant,
    ) -> Result<(Name, State), Failure> {
        let Some(verwerking_id) = state.stored.actie().content.verwerking_id.as_deref() else {
            return Ok((name, state));
        };
        let verwerking_id = verwerking_id.to_ascii_lowercase();
        let own;
        let patches = match known {
            Some(known) if known.verwerking_id == verwerking_id => known,
            _ => {
                let long_ago = keys::since(&verwerking_id, Kind::Patch, Timestamp::now() - ON_ITS_WAY);
                let after = keys::after(&verwerking_id, Kind::Patch, &name).max(long_ago);
                let found = self.list(&keys::pointers(&verwerking_id, Kind::Patch), Some(&after), until).await?;
                let names = keys::pointed(&found).into_iter().map(|(name, _)| name);
                own = Patches::new(verwerking_id, names.collect());
                &own
            }
        };
        let later: Vec<&Name> = patches.names.iter().filter(|patch| **patch > name).collect();
        for some in later.chunks(AT_ONCE) {
            let read = try_join_all(some.iter().map(|patch| self.patch_message(patches, patch, until))).await?;
            // One that is pointed at and not there is just being accepted.
            for bericht in read.into_iter().flatten() {
                name = Name::of(&bericht);
                let Some(after) = State::after(Some(state.clone()), &bericht) else { continue };
                state = after;
            }
        }
        Ok((name, state))
    }

    async fn patch_message(&self, patches: &Patches, name: &Name, until: Instant) -> Result<Option<Bericht>, Failure> {
        if let Some(bericht) = patches.read.lock().await.get(name) {
            return Ok(Some(bericht.clone()));
        }
        let bericht = self.message(&name.key(&patches.verwerking_id), until).await?;
        if let Some(bericht) = &bericht {
            patches.read.lock().await.insert(name.clone(), bericht.clone());
        }
        Ok(bericht)
    }

    async fn message(&self, key: &str, until: Instant) -> Result<Option<Bericht>, Failure> {
        let json = persist(Pauses::REQUEST, until, || self.backup.get(key)).await?;
        json.map(|json| Bericht::parse(&json).map_err(|_| unreadable("Bericht"))).transpose()
    }

    /// All keys that begin with `prefix` and come after `after`.
    pub(super) async fn list(&self, prefix: &str, after: Option<&str>, until: Instant) -> Result<Vec<String>, Failure> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let after = keys.last().map(String::as_str).or(after);
            let page = persist(Pauses::REQUEST, until, || self.backup.list(prefix, after)).await?;
            let more = page.more && !page.keys.is_empty();
            keys.extend(page.keys);
            if !more {
                return Ok(keys);
            }
        }
    }
}

/// The state that a current row holds, and the message that made it so.
fn applied(row: &Row) -> Result<(Name, State), Failure> {
    let state = CurrentRow::of(row).state().map_err(|_| unreadable("Row"))?;
    let bericht = row.text(table::BERICHT).unwrap_or_default();
    Ok((Name::new(&state.stored.actie().tijdstip_registratie, bericht), state))
}

/// The days, in UTC, on which a message may have been registered that is still on its way.
struct Days {
    /// Where nearly all of them are.
    recent: Vec<Date>,
    /// The rest.
    earlier: Vec<Date>,
}

impl Days {
    fn of(now: Timestamp) -> Self {
        let date = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).date();
        let (last, today) = (date(now + AHEAD), date(now));
        let yesterday = today.saturating_sub(1.day());
        let mut recent = vec![today, yesterday];
        recent.extend((last != today).then_some(last));
        let earlier = (1..=14).map(|days| yesterday.saturating_sub(days.days())).collect();
        Self { recent, earlier }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r22_a_message_is_looked_for_on_the_days_on_which_it_may_have_been_registered() {
        let days = |now: &str| {
            let days = Days::of(now.parse().unwrap());
            let text = |days: Vec<Date>| days.into_iter().map(|day| day.to_string()).collect::<Vec<_>>();
            (text(days.recent), text(days.earlier))
        };
        let (recent, earlier) = days("2024-03-01T12:00:00Z");
        assert_eq!(recent, ["2024-03-01", "2024-02-29"]);
        assert_eq!((earlier.len(), earlier[0].as_str(), earlier[13].as_str()), (14, "2024-02-28", "2024-02-15"));
        // Another instance's clock is past midnight already.
        assert_eq!(days("2024-02-29T23:58:00Z").0, ["2024-02-29", "2024-02-28", "2024-03-01"]);
    }
}
