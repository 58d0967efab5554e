//! POST: a new actie (R10-R12), and the same one again for the same `Idempotency-Key` (S09).

use contract::fout;
use domain::bericht::{Bericht, Change};
use domain::fout::{InvalidParam, Rejection};
use domain::rows;
use domain::versies::Versie;
use domain::verwerkingsactie::{Request, Verwerkingsactie, VerwerktObject};
use jiff::Timestamp;

use super::answer::{Answer, Refusal};
use super::{Asked, Gen, keys, new_key};
use crate::aws::{Backup, Failure, Put, Queue, Table};
use crate::retry::{Pauses, persist};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Characters, as the specification has it.
const LONGEST_KEY: usize = 255;

impl<T: Table, Q: Queue, B: Backup> Gen<T, Q, B> {
    pub(super) async fn post(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let event = asked.event;
        let scopes = event.scopes();
        scopes.may_ever_create()?;
        let idempotency_key = idempotency_key(&event.header(IDEMPOTENCY_KEY));
        let request = self.validator().post(asked.content_type(), &event.body()?);
        let (idempotency_key, request) = both(idempotency_key, request)?;
        scopes.may_create(request.content.vertrouwelijkheid)?;

        let registered = self.clock.next(Timestamp::now());
        let addresses = event.addresses(self.settings.api_url.as_deref());
        let again = idempotency_key.is_some().then(|| request.clone());
        let actie = Verwerkingsactie::new(request, new_key(), registered, &addresses, new_key);
        let bericht = self.recorded(asked, &actie)?;
        let Some((key, request)) = idempotency_key.zip(again) else {
            self.accept_once(&bericht, asked).await?;
            return created(&actie);
        };
        match self.first_attempt(key, &bericht, asked).await? {
            None => {
                self.accept_again(&bericht, asked).await?;
                created(&actie)
            }
            Some(first) => {
                let actie = self.repeated(request, &first)?;
                self.accept_again(&first, asked).await?;
                created(&actie)
            }
        }
    }

    /// The message of a new actie, which fits in the table.
    fn recorded(&self, asked: &Asked<'_>, actie: &Verwerkingsactie) -> Result<Bericht, Refusal> {
        let inhoud = self.keys.pseudonymize(actie.clone(), None);
        let registered = actie.tijdstip_registratie.clone();
        let client_id = asked.event.client_id().to_owned();
        let bericht = Bericht::new(new_key(), client_id, registered, Change::Post { inhoud });
        fit(&bericht)?;
        Ok(bericht)
    }

    /// Keeps the message as the first one with this key; or gives that, where there is one.
    async fn first_attempt(&self, key: &str, bericht: &Bericht, asked: &Asked<'_>) -> Result<Option<Bericht>, Refusal> {
        let until = asked.time.work;
        let place = keys::idempotency(&self.keys.fingerprint(asked.event.client_id(), key));
        let json = bericht.json().map_err(|_| Rejection::Internal)?;
        if persist(Pauses::REQUEST, until, || self.backup.put_new(&place, json.clone())).await? == Put::Written {
            return Ok(None);
        }
        let unreadable = |code: &str| Failure::Refused { service: "backup", code: code.to_owned() };
        let first =
            persist(Pauses::REQUEST, until, || self.backup.get(&place)).await?.ok_or_else(|| unreadable("Gone"))?;
        // It may be that of this very request, where the answer to its own writing got lost; that makes no difference.
        Ok(Some(Bericht::parse(&first).map_err(|_| unreadable("Idempotency"))?))
    }

    /// The actie of the first attempt as this request has it: with the numbers as they were sent.
    ///
    /// # Errors
    /// 422 where it asks for something else.
    fn repeated(&self, request: Request, first: &Bericht) -> Result<Verwerkingsactie, Refusal> {
        let Change::Post { inhoud } = first.change() else { return Err(Rejection::Internal.into()) };
        let recorded = inhoud.actie();
        let objecten = request.verwerkte_objecten;
        if objecten.len() != recorded.verwerkte_objecten.len() {
            return Err(Refusal::KeyReused);
        }
        let objecten =
            objecten.into_iter().zip(&recorded.verwerkte_objecten).map(|(object, recorded)| VerwerktObject {
                url: recorded.url.clone(),
                verwerkt_object_id: recorded.verwerkt_object_id.clone(),
                content: object.content,
            });
        let actie = Verwerkingsactie {
            url: recorded.url.clone(),
            actie_id: recorded.actie_id.clone(),
            content: request.content,
            tijdstip_registratie: recorded.tijdstip_registratie.clone(),
            verwerkte_objecten: objecten.collect(),
        };
        if self.keys.pseudonymize(actie.clone(), None) == *inhoud { Ok(actie) } else { Err(Refusal::KeyReused) }
    }
}

/// R10.
fn created(actie: &Verwerkingsactie) -> Result<Answer, Refusal> {
    Ok(Answer::json(201, actie)?.with("Location", actie.url.as_str()))
}

/// R72: whether the table can keep it.
pub(super) fn fit(bericht: &Bericht) -> Result<(), Rejection> {
    let versie = Versie::first(bericht).ok_or(Rejection::Internal)?;
    rows::fit(&versie)
}

/// The one key that there may be.
fn idempotency_key<'a>(values: &[&'a str]) -> Result<Option<&'a str>, InvalidParam> {
    match values {
        [] => Ok(None),
        [""] => Err(InvalidParam::invalid(IDEMPOTENCY_KEY, "Moet ten minste één teken hebben.")),
        [key] if key.chars().count() <= LONGEST_KEY => Ok(Some(key)),
        [_] => Err(InvalidParam::new(IDEMPOTENCY_KEY, fout::VELD_TE_LANG, "Ten hoogste 255 tekens.")),
        _ => Err(InvalidParam::invalid(IDEMPOTENCY_KEY, "Komt meer dan eens voor.")),
    }
}

/// R71: what is wrong with the header is told along with what is wrong with the body.
fn both<A, B>(header: Result<A, InvalidParam>, body: Result<B, Rejection>) -> Result<(A, B), Rejection> {
    match (header, body) {
        (Ok(header), Ok(body)) => Ok((header, body)),
        (Err(fault), Ok(_)) => Err(Rejection::Invalid(vec![fault])),
        (Err(fault), Err(Rejection::Invalid(mut faults))) => {
            faults.insert(0, fault);
            Err(Rejection::invalid(faults))
        }
        (_, Err(rejection)) => Err(rejection),
    }
}
