//! PUT: another actie in the place of the current one (R20-R24).

use domain::bericht::{Bericht, Change};
use domain::fout::Rejection;
use domain::replacement::replace;
use jiff::Timestamp;

use super::answer::{Answer, Refusal};
use super::current::Known;
use super::post::fit;
use super::{Asked, Gen, new_key};
use crate::aws::{Backup, Queue, Table};

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    pub(super) async fn put(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let event = asked.event;
        let scopes = event.scopes();
        scopes.may_ever_update()?;
        let (actie_id, request) = self.validator().put(event.path("actieId"), asked.content_type(), &event.body()?)?;

        let now = Timestamp::now();
        let current = self.current(&actie_id, &Known::default(), asked.time.work).await?;
        let current = current.filter(|state| state.exists(now)).ok_or(Rejection::UnknownActie)?.stored;
        let earlier = current.actie();
        scopes.may_replace(earlier.content.vertrouwelijkheid, request.content.vertrouwelijkheid)?;

        let registered = self.clock.next_after(now, &earlier.tijdstip_registratie);
        let addresses = event.addresses(self.settings.api_url.as_deref());
        let actie = replace(request, &current, registered.clone(), &addresses, &self.keys, new_key)?;
        let inhoud = self.keys.pseudonymize(actie.clone(), Some(&current));
        let change = Change::Put { inhoud };
        let bericht = Bericht::new(new_key(), event.client_id().to_owned(), registered, change);
        fit(&bericht)?;
        self.accept_change(&bericht, asked).await?;
        Answer::json(200, &actie)
    }
}
