//! The acties of a verwerking, as far as a PATCH has to know them: whether there is one (R32), and whether one of them is not
//! `normaal` (R33).
//!
//! Where they are looked for may be behind or hold too much; each of them is then looked up for certain.

use std::collections::HashSet;

use contract::{table, vertrouwelijkheid};
use domain::rows::Row;
use domain::tijd::TijdstipRegistratie;
use domain::versies::State;
use domain::verwerkingsactie::Vertrouwelijkheid;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use super::Gen;
use super::current::{Known, ON_ITS_WAY, Patches};
use super::keys::{self, Kind, Name};
use crate::aws::{Backup, Failure, Queue, Table};
use crate::retry::{Pauses, persist};

/// How many acties are looked up at the same time.
const AT_ONCE: usize = 16;

/// What a PATCH has to know.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether the verwerking has an actie.
    pub(super) exists: bool,
    /// Whether one of its acties is not `normaal`; looked for only where it matters.
    pub(super) vertrouwelijk: bool,
    /// The latest moment of registration that was seen, which the PATCH must come after.
    pub(super) latest: Option<TijdstipRegistratie>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Any,
    Vertrouwelijk,
}

/// An actie that may be what is looked for, and a message of it that is known.
type Candidate = (String, Option<Name>);

struct Search<'a, T, Q, B> {
    r#gen: &'a Gen<T, Q, B>,
    verwerking_id: &'a str,
    patches: Patches,
    until: Instant,
    now: Timestamp,
    seen: HashSet<String>,
    found: Found,
}

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    /// Looks at a verwerking; `only_normaal`: also whether all its acties are.
    pub(super) async fn verwerking(
        &self,
        verwerking_id: &str,
        only_normaal: bool,
        until: Instant,
    ) -> Result<Found, Failure> {
        let now = Timestamp::now();
        let long_ago = now - ON_ITS_WAY;
        let pointers = |kind: Kind, since: Timestamp| async move {
            let after = keys::since(verwerking_id, kind, since);
            self.list(&keys::pointers(verwerking_id, kind), Some(&after), until).await
        };
        // What lies in the future was registered by a clock that is ahead of this one.
        let (patches, vertrouwelijk, ahead, members, index) = tokio::try_join!(
            pointers(Kind::Patch, long_ago),
            pointers(Kind::Vertrouwelijk, if only_normaal { long_ago } else { now }),
            pointers(Kind::Normaal, now),
            self.members(verwerking_id, None, until),
            self.not_normaal(verwerking_id, only_normaal, until),
        )?;
        let patches = keys::pointed(&patches);
        let pointed = |keys: &[String]| -> Vec<Candidate> {
            keys::pointed(keys).into_iter().map(|(name, actie)| (actie.to_owned(), Some(name))).collect()
        };
        let vertrouwelijk = pointed(&vertrouwelijk);
        let names = patches.iter().map(|(name, _)| name);
        let names = names.chain(vertrouwelijk.iter().filter_map(|(_, name)| name.as_ref())).cloned();
        let latest = names.chain(pointed(&ahead).into_iter().filter_map(|(_, name)| name)).max();
        let mut search = Search {
            r#gen: self,
            verwerking_id,
            patches: Patches::new(verwerking_id.to_owned(), patches.iter().map(|(name, _)| name.clone()).collect()),
            until,
            now,
            seen: HashSet::new(),
            found: Found { latest: latest.and_then(|name| name.tijdstip()), ..Found::default() },
        };

        let mut goal = Goal::Any;
        if only_normaal {
            // A PATCH that is not applied yet may have made all of them what it says.
            let last =
                patches.iter().rev().map(|(_, says)| *says).find(|says| Vertrouwelijkheid::parse(says).is_some());
            if last.is_some_and(|says| says != vertrouwelijkheid::NORMAAL) {
                goal = Goal::Vertrouwelijk;
            }
            search.look_at(newest_first(vertrouwelijk), Goal::Vertrouwelijk).await?;
            search.look_at(index, Goal::Vertrouwelijk).await?;
        }
        let (mut page, mut next) = members;
        loop {
            search.look_at(page, goal).await?;
            if search.done(goal) || next.is_none() {
                break;
            }
            (page, next) = self.members(verwerking_id, next.as_ref(), until).await?;
        }
        if !search.done(goal) {
            let (normaal, other) =
                tokio::try_join!(pointers(Kind::Normaal, long_ago), pointers(Kind::Vertrouwelijk, long_ago))?;
            search.look_at(newest_first(pointed(&normaal)), goal).await?;
            search.look_at(newest_first(pointed(&other)), goal).await?;
        }
        Ok(search.found)
    }

    /// Some acties that ever were in the verwerking and were stored.
    async fn members(
        &self,
        verwerking_id: &str,
        after: Option<&Row>,
        until: Instant,
    ) -> Result<(Vec<Candidate>, Option<Row>), Failure> {
        let page = persist(Pauses::REQUEST, until, || self.table.members(verwerking_id, after)).await?;
        let members = page.rows.iter().filter_map(|row| row.soort().strip_prefix(table::SOORT_LID));
        Ok((members.map(|actie_id| (actie_id.to_owned(), None)).collect(), page.next))
    }

    /// What the index, which may be behind, has of acties that are not `normaal`.
    async fn not_normaal(&self, verwerking_id: &str, wanted: bool, until: Instant) -> Result<Vec<Candidate>, Failure> {
        let mut acties = Vec::new();
        let other = |row: &&Row| {
            row.text(table::VERTROUWELIJKHEID) != Some(vertrouwelijkheid::NORMAAL) && !row.is(table::VERVALLEN)
        };
        let mut next = None;
        let mut more = wanted;
        while more {
            let page =
                persist(Pauses::REQUEST, until, || self.table.of_verwerking(verwerking_id, next.as_ref())).await?;
            acties.extend(page.rows.iter().filter(other).map(|row| (row.key().actie_id, None)));
            next = page.next;
            more = next.is_some();
        }
        Ok(acties)
    }
}

/// Each actie once, with its newest message.
fn newest_first(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.reverse();
    candidates
}

impl<T: Table, Q: Queue, B: Backup> Search<'_, T, Q, B> {
    fn done(&self, goal: Goal) -> bool {
        match goal {
            Goal::Any => self.found.exists,
            Goal::Vertrouwelijk => self.found.vertrouwelijk,
        }
    }

    /// Looks acties up until it is done: the first alone, since it mostly is enough, the others some at a time.
    async fn look_at(&mut self, mut candidates: Vec<Candidate>, goal: Goal) -> Result<(), Failure> {
        candidates.retain(|(actie, _)| self.seen.insert(actie.clone()));
        let mut left = candidates.into_iter();
        let mut at_once = 1;
        while !self.done(goal) && left.len() > 0 {
            let some = left.by_ref().take(at_once);
            let states = try_join_all(some.map(|candidate| self.look_up(candidate))).await?;
            for state in states.iter().flatten() {
                self.found.add(state, self.verwerking_id, self.now);
            }
            at_once = AT_ONCE;
        }
        Ok(())
    }

    async fn look_up(&self, (actie_id, message): Candidate) -> Result<Option<State>, Failure> {
        let known = Known { message, patches: Some(&self.patches) };
        self.r#gen.current(&actie_id, &known, self.until).await
    }
}

impl Found {
    fn add(&mut self, state: &State, verwerking_id: &str, now: Timestamp) {
        let actie = state.stored.actie();
        let here = actie.content.verwerking_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(verwerking_id));
        if !here || !state.exists(now) {
            return;
        }
        self.exists = true;
        self.vertrouwelijk |= actie.content.vertrouwelijkheid != Vertrouwelijkheid::Normaal;
        self.latest = self.latest.take().max(Some(actie.tijdstip_registratie.clone()));
    }
}
