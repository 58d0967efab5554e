//! Keys of the objects in the backup bucket.
//!
//! A message lies at [`Bericht::backup_key`]: `jjjj/mm/dd/<actieId or verwerkingId>/<name>.json`, where the name is its
//! `tijdstipRegistratie` and its id, so that names sort as [`Bericht::order`] does. What belongs to a verwerking has a second
//! object, empty, whose key says all there is to know:
//!
//! - `verwerkingen/<verwerkingId>/normaal/<name>/<actieId>`, and the same with `vertrouwelijk`: a POST or PUT with that
//!   vertrouwelijkheid;
//! - `verwerkingen/<verwerkingId>/patch/<name>/<vertrouwelijkheid that it sets, or ->`.
//!
//! So one LIST finds what is asked for since a moment, however many acties a verwerking has.
//!
//! A change that could not be accepted may lie there all the same. Beside it lies then an empty `<name>.ingetrokken`, and beside
//! its pointer `<name>/ingetrokken`; both are passed over here, and have to be by whoever submits messages again.

use std::collections::HashSet;

use contract::table::INGETROKKEN;
use contract::vertrouwelijkheid;
use domain::bericht::{Bericht, Change};
use domain::tijd::TijdstipRegistratie;
use domain::verwerkingsactie::Vertrouwelijkheid;
use jiff::Timestamp;
use jiff::civil::Date;

/// What a pointer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A POST or PUT that is `normaal`.
    Normaal,
    /// A POST or PUT that is not.
    Vertrouwelijk,
    /// A PATCH.
    Patch,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Normaal => vertrouwelijkheid::NORMAAL,
            Self::Vertrouwelijk => vertrouwelijkheid::VERTROUWELIJK,
            Self::Patch => "patch",
        }
    }
}

/// A message by its key alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(String);

impl Name {
    /// Of a message.
    pub(super) fn of(bericht: &Bericht) -> Self {
        Self::new(bericht.tijdstip_registratie(), bericht.id())
    }

    /// Of the message with this moment and id.
    pub(super) fn new(tijdstip: &TijdstipRegistratie, id: &str) -> Self {
        Self(format!("{}-{id}", compact(tijdstip)))
    }

    /// From the end of a key.
    fn parse(name: &str) -> Option<Self> {
        Self(name.to_owned()).checked()
    }

    /// Some name with a moment and an id in it; nothing else is expected in the bucket, and it is passed over.
    fn checked(self) -> Option<Self> {
        (self.0.is_ascii() && self.0.len() > MOMENT && self.tijdstip().is_some()).then_some(self)
    }

    /// When it was registered.
    pub(super) fn tijdstip(&self) -> Option<TijdstipRegistratie> {
        let (date, time) = self.0.get(..MOMENT)?.split_once('T')?;
        let (year, day) = (date.get(..4)?, date.get(4..)?);
        let text = format!(
            "{year}-{}-{}T{}:{}:{}",
            day.get(..2)?,
            day.get(2..)?,
            time.get(..2)?,
            time.get(2..4)?,
            time.get(4..)?
        );
        TijdstipRegistratie::parse(&text).ok()
    }

    /// Where the message lies, given what it is about.
    pub(super) fn key(&self, subject: &str) -> String {
        let day = &self.0;
        format!("{}/{}/{}/{subject}/{}.json", &day[..4], &day[4..6], &day[6..8], self.0)
    }
}

/// Bytes of a moment in a name: `20240229T090001.000000Z`.
const MOMENT: usize = 23;

fn compact(tijdstip: &TijdstipRegistratie) -> String {
    tijdstip.text().replace(['-', ':'], "")
}

/// Begins the keys of all messages about an actie on a day.
pub(super) fn day(day: Date, actie_id: &str) -> String {
    format!("{}/{actie_id}/", day.strftime("%Y/%m/%d"))
}

/// Begins the keys of a verwerking's pointers of a kind.
pub(super) fn pointers(verwerking_id: &str, kind: Kind) -> String {
    format!("verwerkingen/{verwerking_id}/{}/", kind.folder())
}

/// Comes just before the pointers of what was registered at this moment or later.
pub(super) fn since(verwerking_id: &str, kind: Kind, moment: Timestamp) -> String {
    format!("{}{}", pointers(verwerking_id, kind), moment.strftime("%Y%m%dT%H%M%S.%6fZ"))
}

/// Comes just after the pointer of this message.
pub(super) fn after(verwerking_id: &str, kind: Kind, name: &Name) -> String {
    // A tilde sorts after every character of an id.
    format!("{}{}/~", pointers(verwerking_id, kind), name.0)
}

/// The key of a message's pointer; none where it belongs to no verwerking.
pub(super) fn pointer(bericht: &Bericht) -> Option<String> {
    let (verwerking_id, kind, last) = match bericht.change() {
        Change::Post { inhoud } | Change::Put { inhoud } => {
            let actie = inhoud.actie();
            let normaal = actie.content.vertrouwelijkheid == Vertrouwelijkheid::Normaal;
            let kind = if normaal { Kind::Normaal } else { Kind::Vertrouwelijk };
            (actie.content.verwerking_id.as_ref()?.to_ascii_lowercase(), kind, actie.actie_id.as_str())
        }
        Change::Patch { verwerking_id, aanpassing } => {
            (verwerking_id.clone(), Kind::Patch, aanpassing.vertrouwelijkheid.map_or("-", Vertrouwelijkheid::text))
        }
        Change::Delete { .. } => return None,
    };
    Some(format!("{}{}/{last}", pointers(&verwerking_id, kind), Name::of(bericht).0))
}

/// The keys that say of a message, and of its pointer, that it was never accepted.
pub(super) fn withdrawn(bericht: &Bericht) -> impl Iterator<Item = String> {
    let message = bericht.backup_key();
    let message = message.strip_suffix(".json").map(|stem| format!("{stem}.{INGETROKKEN}"));
    let pointer = pointer(bericht);
    let pointer =
        pointer.as_deref().and_then(|key| key.rsplit_once('/')).map(|(name, _)| format!("{name}/{INGETROKKEN}"));
    message.into_iter().chain(pointer)
}

/// The messages among these keys.
pub(super) fn messages(keys: &[String]) -> Vec<Name> {
    let files = || keys.iter().filter_map(|key| key.rsplit('/').next()?.rsplit_once('.'));
    let withdrawn: HashSet<&str> = files().filter(|(_, end)| *end == INGETROKKEN).map(|(name, _)| name).collect();
    let kept = files().filter(|(name, end)| *end == "json" && !withdrawn.contains(name));
    kept.filter_map(|(name, _)| Name::parse(name)).collect()
}

/// The pointers among these keys: the message, and the actieId or the vertrouwelijkheid at the end.
pub(super) fn pointed(keys: &[String]) -> Vec<(Name, &str)> {
    let parts = || {
        keys.iter().filter_map(|key| {
            let (rest, last) = key.rsplit_once('/')?;
            Some((rest.rsplit('/').next()?, last))
        })
    };
    let withdrawn: HashSet<&str> = parts().filter(|(_, last)| *last == INGETROKKEN).map(|(name, _)| name).collect();
    let kept = parts().filter(|(name, _)| !withdrawn.contains(name));
    kept.filter_map(|(name, last)| Some((Name::parse(name)?, last))).collect()
}

/// Where the first attempt with an `Idempotency-Key` lies.
pub(super) fn idempotency(fingerprint: &str) -> String {
    format!("idempotentie/{fingerprint}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verwerkingsactie::Patch;

    const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";
    const ID: &str = "00000000-0000-4000-8000-000000000009";

    fn moment(text: &str) -> TijdstipRegistratie {
        TijdstipRegistratie::parse(text).unwrap()
    }

    fn patch(tijdstip: &str, vertrouwelijkheid: Option<Vertrouwelijkheid>) -> Bericht {
        let aanpassing = Patch { bewaartermijn: None, vertrouwelijkheid };
        let change = Change::Patch { verwerking_id: VERWERKING.to_owned(), aanpassing };
        Bericht::new(ID.to_owned(), "zaaksysteem".to_owned(), moment(tijdstip), change)
    }

    #[test]
    fn r32_a_message_is_found_by_its_pointer() {
        let bericht = patch("2024-02-29T09:00:01.000042Z", Some(Vertrouwelijkheid::Opgeheven));
        let key = pointer(&bericht).unwrap();
        assert_eq!(key, format!("verwerkingen/{VERWERKING}/patch/20240229T090001.000042Z-{ID}/opgeheven"));
        let keys = [key];
        let [(name, last)] = &pointed(&keys)[..] else { panic!("not read") };
        assert_eq!(*last, "opgeheven");
        assert_eq!(name.key(VERWERKING), bericht.backup_key());
        assert_eq!(name.tijdstip().as_ref(), Some(bericht.tijdstip_registratie()));
        assert_eq!(messages(&[bericht.backup_key()]).first(), Some(name));
        assert!(pointer(&patch("2024-02-29T09:00:01.000042Z", None)).unwrap().ends_with("/-"));
    }

    #[test]
    fn r32_pointers_are_listed_from_a_moment_and_after_a_message() {
        let bericht = patch("2024-02-29T09:00:01.000042Z", None);
        let key = pointer(&bericht).unwrap();
        let since = |moment: &str| since(VERWERKING, Kind::Patch, moment.parse().unwrap());
        assert!(since("2024-02-29T09:00:01.000042Z") < key);
        assert!(since("2024-02-29T09:00:01.000043Z") > key);
        assert!(after(VERWERKING, Kind::Patch, &Name::of(&bericht)) > key);
        assert!(
            after(VERWERKING, Kind::Patch, &Name::of(&bericht))
                < pointer(&patch("2024-02-29T09:00:01.000043Z", None)).unwrap()
        );
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        for key in
            ["", "a", "a/b.json", "2024/02/29/a/gisteren.json", "2024/02/29/a/20240229T090001.000042Z.json", "é/é/é"]
        {
            assert_eq!(messages(&[key.to_owned()]), [], "{key}");
            assert_eq!(pointed(&[key.to_owned()]), [], "{key}");
        }
    }

    #[test]
    fn r13_what_was_withdrawn_is_passed_over() {
        let [gone, kept] = ["2024-02-29T09:00:01.000042Z", "2024-02-29T09:00:01.000043Z"].map(|then| patch(then, None));
        let mut all = vec![gone.backup_key(), kept.backup_key()];
        all.extend([&gone, &kept].map(|bericht| pointer(bericht).unwrap()));
        all.extend(withdrawn(&gone));
        let [messages_, pointers] = [all.split_at(0), all.split_at(2)].map(|(_, keys)| keys.to_vec());
        assert_eq!(messages(&messages_), [Name::of(&kept)]);
        assert_eq!(pointed(&pointers), [(Name::of(&kept), "-")]);
    }
}
