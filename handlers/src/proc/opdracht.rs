//! What a message of the queue asks for.

use domain::bericht::{Bericht, BerichtError, Change};
use domain::verwerkingsactie::is_uuid;
use serde::Deserialize;
use tokio::time::Instant;

use crate::aws::{Backup, Failure};
use crate::retry::{Pauses, persist};

/// A change to apply, or what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opdracht {
    /// The change.
    pub(super) bericht: Bericht,
    /// Which acties of a PATCH are left.
    pub(super) rest: Rest,
}

/// Which acties of a PATCH are left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rest {
    /// All of them.
    All,
    /// Those after this actieId.
    After(String),
    /// This one, which could not be changed when its turn came.
    Only(String),
}

/// Why a message cannot be applied. Never repeats what stands in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the message has no body")]
    Empty,
    #[error(transparent)]
    Bericht(#[from] BerichtError),
    #[error("the message's format is not known")]
    Format,
    #[error("a key in the message is no UUID")]
    Key,
    #[error("a DELETE does not go through the queue")]
    Delete,
    #[error("the backup does not have what the message refers to")]
    NotInBackup,
    #[error(transparent)]
    Backup(#[from] Failure),
}

/// What may stand beside the change, or in its place.
#[derive(Deserialize)]
struct Header {
    /// Key of the object that is the change: it was too large for the queue.
    backup: Option<String>,
    na: Option<String>,
    alleen: Option<String>,
}

impl Opdracht {
    /// Reads a message, and what it refers to.
    pub(super) async fn read<B: Backup>(backup: &B, body: Option<&str>, until: Instant) -> Result<Self, Unreadable> {
        let body = body.ok_or(Unreadable::Empty)?;
        // What is no object at all is reported by `Bericht::parse`, with its place.
        let header = serde_json::from_str(body).unwrap_or(Header { backup: None, na: None, alleen: None });
        let bericht = match header.backup {
            Some(key) => {
                let object: Option<String> = persist(Pauses::BATCH, until, || backup.get(&key)).await?;
                Bericht::parse(&object.ok_or(Unreadable::NotInBackup)?)?
            }
            None => Bericht::parse(body)?,
        };
        let rest = match (header.na, header.alleen) {
            (None, None) => Rest::All,
            (Some(na), None) => Rest::After(na),
            (None, Some(alleen)) => Rest::Only(alleen),
            (Some(_), Some(_)) => return Err(Unreadable::Format),
        };
        let opdracht = Self { bericht, rest };
        opdracht.check()?;
        Ok(opdracht)
    }

    /// These become keys of the table.
    fn check(&self) -> Result<(), Unreadable> {
        let keys = match (self.bericht.change(), &self.rest) {
            (Change::Delete { .. }, _) => return Err(Unreadable::Delete),
            (Change::Post { inhoud } | Change::Put { inhoud }, Rest::All) => [Some(&inhoud.actie().actie_id), None],
            (Change::Post { .. } | Change::Put { .. }, _) => return Err(Unreadable::Format),
            (Change::Patch { verwerking_id, .. }, Rest::All) => [Some(verwerking_id), None],
            (Change::Patch { verwerking_id, .. }, Rest::After(id) | Rest::Only(id)) => [Some(verwerking_id), Some(id)],
        };
        let all_uuids = keys.into_iter().flatten().all(|key| is_uuid(key)) && is_uuid(self.bericht.id());
        if all_uuids { Ok(()) } else { Err(Unreadable::Key) }
    }

    /// The message that asks for this.
    pub(super) fn json(&self) -> Result<String, serde_json::Error> {
        let mut message = serde_json::to_value(&self.bericht)?;
        match &self.rest {
            Rest::All => {}
            Rest::After(actie_id) => message["na"] = actie_id.as_str().into(),
            Rest::Only(actie_id) => message["alleen"] = actie_id.as_str().into(),
        }
        Ok(message.to_string())
    }
}
