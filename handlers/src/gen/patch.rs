//! PATCH: of all acties of a verwerking (R30-R33).

use domain::bericht::{Bericht, Change};
use domain::fout::Rejection;
use domain::rows::patch_fits;
use domain::verwerkingsactie::Vertrouwelijkheid;
use jiff::Timestamp;

use super::answer::{Answer, Refusal};
use super::{Asked, Gen, new_key};
use crate::aws::{Backup, Queue, Table};

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    pub(super) async fn patch(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let event = asked.event;
        let scopes = event.scopes();
        scopes.may_ever_update()?;
        let verwerking_ids = event.query("verwerkingId");
        let (verwerking_id, aanpassing) =
            self.validator().patch(&verwerking_ids, asked.content_type(), &event.body()?)?;
        scopes.may_patch([], &aanpassing)?;
        patch_fits(&aanpassing)?;

        // Whoever may change acties that are not normaal needs not know whether there are such.
        let of_others = scopes.may_patch([Vertrouwelijkheid::Vertrouwelijk], &aanpassing);
        let found = self.verwerking(&verwerking_id, of_others.is_err(), asked.time.work).await?;
        if !found.exists {
            return Err(Rejection::UnknownVerwerking.into());
        }
        if found.vertrouwelijk {
            of_others?;
        }

        let now = Timestamp::now();
        let registered = match &found.latest {
            Some(latest) => self.clock.next_after(now, latest),
            None => self.clock.next(now),
        };
        let change = Change::Patch { verwerking_id, aanpassing };
        let bericht = Bericht::new(new_key(), event.client_id().to_owned(), registered, change);
        self.accept_change(&bericht, asked).await?;
        Ok(Answer::empty(204))
    }
}
