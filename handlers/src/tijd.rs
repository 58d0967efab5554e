//! Moments: the client's `tijdstip`, the log's `tijdstipRegistratie`, and the days of a list.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bewaartermijn::Bewaartermijn;

/// A text that is no moment of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time of the expected form")]
pub struct GeenTijdstip;

/// When an actie took place: the text as the client gave it, which it gets back unchanged, and the instant that it
/// names, by which acties are compared and sorted (R07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tijdstip {
    tekst: String,
    lokaal: DateTime,
    offset: Offset,
    instant: Timestamp,
}

impl Tijdstip {
    /// Reads a `date-time` of RFC 3339, which always says how far it is from UTC.
    ///
    /// # Errors
    /// Another shape; a date or time that does not exist; a fraction of more than nine digits, which could not be
    /// sorted by; an instant outside the years 0000 to 9999 in UTC, in which the table's keys keep their width.
    pub fn lees(tekst: &str) -> Result<Self, GeenTijdstip> {
        Self::ontleed(tekst).ok_or(GeenTijdstip)
    }

    fn ontleed(tekst: &str) -> Option<Self> {
        let bytes = tekst.as_bytes();
        let scheiding = |plaats: usize, tekens: &[u8]| bytes.get(plaats).is_some_and(|teken| tekens.contains(teken));
        let op_hun_plaats = scheiding(4, b"-")
            && scheiding(7, b"-")
            && scheiding(10, b"Tt")
            && scheiding(13, b":")
            && scheiding(16, b":");
        if !tekst.is_ascii() || !op_hun_plaats {
            return None;
        }
        let (maand, dag) = (getal(&tekst[5..7])?, getal(&tekst[8..10])?);
        let datum = Date::new(getal(&tekst[..4])?, i8::try_from(maand).ok()?, i8::try_from(dag).ok()?).ok()?;
        let (uur, minuut, seconde) = (getal(&tekst[11..13])?, getal(&tekst[14..16])?, getal(tekst.get(17..19)?)?);

        let zone = tekst[19..].find(['Z', 'z', '+', '-'])? + 19;
        let nano = match tekst[19..zone].strip_prefix('.') {
            Some(fractie) if (1..=9).contains(&fractie.len()) => nanoseconden(fractie)?,
            None if zone == 19 => 0,
            _ => return None,
        };
        let offset = offset(&tekst[zone..])?;

        // A leap second is the 60th of the last minute of a day in UTC: the same instant as the next second.
        let schrikkel = i64::from(seconde == 60);
        let seconde = if seconde == 60 { 59 } else { seconde };
        let tijd =
            Time::new(i8::try_from(uur).ok()?, i8::try_from(minuut).ok()?, i8::try_from(seconde).ok()?, nano).ok()?;
        let lokaal = datum.to_datetime(tijd);
        let mut instant = offset.to_timestamp(lokaal).ok()?;
        if schrikkel == 1 {
            if instant.as_second().rem_euclid(86_400) != 86_399 {
                return None;
            }
            instant = instant.checked_add(SignedDuration::from_secs(1)).ok()?;
        }
        let eerste = Date::constant(0, 1, 1).to_datetime(Time::midnight());
        (instant >= Offset::UTC.to_timestamp(eerste).ok()?).then(|| Self {
            tekst: tekst.to_owned(),
            lokaal,
            offset,
            instant,
        })
    }

    /// The text as it was given.
    pub fn tekst(&self) -> &str {
        &self.tekst
    }

    /// The instant that it names.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The epoch second at which what happened at this moment has been kept long enough (R08).
    pub fn einde(&self, termijn: &Bewaartermijn) -> i64 {
        termijn.einde(self.lokaal, self.offset)
    }

    /// The sort key of the rows per person: [`instant_sleutel`], `#`, the actieId.
    pub fn sleutel(&self, actie_id: &str) -> String {
        format!("{}#{actie_id}", instant_sleutel(self.instant))
    }
}

impl TryFrom<String> for Tijdstip {
    type Error = GeenTijdstip;

    fn try_from(tekst: String) -> Result<Self, Self::Error> {
        Self::lees(&tekst)
    }
}

impl From<Tijdstip> for String {
    fn from(tijdstip: Tijdstip) -> Self {
        tijdstip.tekst
    }
}

fn getal(tekst: &str) -> Option<i16> {
    tekst.bytes().all(|teken| teken.is_ascii_digit()).then(|| tekst.parse().ok())?
}

fn nanoseconden(fractie: &str) -> Option<i32> {
    let cijfers = fractie.bytes().all(|teken| teken.is_ascii_digit());
    cijfers.then(|| format!("{fractie:0<9}").parse().ok())?
}

fn offset(tekst: &str) -> Option<Offset> {
    if tekst == "Z" || tekst == "z" {
        return Some(Offset::UTC);
    }
    if tekst.len() != 6 || !tekst[3..].starts_with(':') {
        return None;
    }
    let (uren, minuten) = (getal(&tekst[1..3])?, getal(&tekst[4..])?);
    if uren > 23 || minuten > 59 {
        return None;
    }
    let seconden = i32::from(uren) * 3600 + i32::from(minuten) * 60;
    Offset::from_seconds(if tekst.starts_with('-') { -seconden } else { seconden }).ok()
}

/// An instant in UTC with nine digits of a second: one width, so that texts sort as instants do.
pub fn instant_sleutel(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// Where a day begins, given as `jjjj-mm-dd`, in the form of [`instant_sleutel`] (R46).
///
/// # Errors
/// The text is no day of the calendar in that form.
pub fn dag_begin(dag: &str, zone: &TimeZone) -> Result<String, GeenTijdstip> {
    let vorm = dag.len() == 10
        && dag
            .bytes()
            .enumerate()
            .all(|(plaats, teken)| if matches!(plaats, 4 | 7) { teken == b'-' } else { teken.is_ascii_digit() });
    if !vorm {
        return Err(GeenTijdstip);
    }
    let datum: Date = dag.parse().map_err(|_| GeenTijdstip)?;
    // Where summer time begins at midnight the day has no 00:00; its begin is then the first moment that it has.
    let begin = datum.to_zoned(zone.clone()).and_then(|dag| dag.start_of_day()).map_err(|_| GeenTijdstip)?;
    // East of Greenwich the first day of the year 0000 begins in the year before, which the form cannot express.
    if begin.timestamp().to_zoned(TimeZone::UTC).year() < 0 {
        return Err(GeenTijdstip);
    }
    Ok(instant_sleutel(begin.timestamp()))
}

/// When a change was registered: `YYYY-MM-DDThh:mm:ss.uuuuuuZ`, so that texts sort as instants do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TijdstipRegistratie(String);

impl TijdstipRegistratie {
    /// Reads one that the log wrote.
    ///
    /// # Errors
    /// The text has another form.
    pub fn lees(tekst: &str) -> Result<Self, GeenTijdstip> {
        let instant: Timestamp = tekst.parse().map_err(|_| GeenTijdstip)?;
        let tijdstip = Self::van(instant);
        if tijdstip.0 == tekst { Ok(tijdstip) } else { Err(GeenTijdstip) }
    }

    fn van(instant: Timestamp) -> Self {
        Self(instant.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
    }

    /// The text.
    pub fn tekst(&self) -> &str {
        &self.0
    }

    fn microseconde(&self) -> i64 {
        // The constructors admit nothing else than an instant.
        self.0.parse::<Timestamp>().map_or(0, Timestamp::as_microsecond)
    }
}

impl fmt::Display for TijdstipRegistratie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TijdstipRegistratie {
    type Error = GeenTijdstip;

    fn try_from(tekst: String) -> Result<Self, Self::Error> {
        Self::lees(&tekst)
    }
}

impl From<TijdstipRegistratie> for String {
    fn from(tijdstip: TijdstipRegistratie) -> Self {
        tijdstip.0
    }
}

/// Gives each change its `tijdstipRegistratie`: later than the one before it, also when the machine's clock is set back.
///
/// Time is counted in steps of 100 microseconds and the last two digits are the instance's own, so that two instances
/// that register something in the same step nearly always differ. Where they do not, the message's id decides (see
/// [`crate::versies`]).
#[derive(Debug)]
pub struct Klok {
    kenmerk: i64,
    laatste: AtomicI64,
}

/// Microseconds in a step of the clock.
const STAP: i64 = 100;

impl Klok {
    /// A clock of an instance; `kenmerk` is any number that differs between instances, such as a random one.
    pub fn new(kenmerk: u64) -> Self {
        let rest = kenmerk % STAP.unsigned_abs();
        Self { kenmerk: i64::try_from(rest).unwrap_or(0), laatste: AtomicI64::new(i64::MIN) }
    }

    /// The next moment of registration, given the time.
    pub fn volgende(&self, nu: Timestamp) -> TijdstipRegistratie {
        self.vanaf(nu.as_microsecond().div_euclid(STAP))
    }

    /// The next moment of registration, which is later than that of the version that the change builds upon, whichever
    /// instance registered that and however far ahead its clock was.
    pub fn volgende_na(&self, nu: Timestamp, vorige: &TijdstipRegistratie) -> TijdstipRegistratie {
        self.vanaf(nu.as_microsecond().max(vorige.microseconde() + STAP).div_euclid(STAP))
    }

    fn vanaf(&self, stap: i64) -> TijdstipRegistratie {
        let later = |laatste: i64| stap.max(laatste.saturating_add(1));
        let vorige = self.laatste.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |laatste| Some(later(laatste)));
        // The closure always gives a value, so both arms are the same value: the one before.
        let (Ok(vorige) | Err(vorige)) = vorige;
        let microseconde = later(vorige).saturating_mul(STAP).saturating_add(self.kenmerk);
        TijdstipRegistratie::van(Timestamp::from_microsecond(microseconde).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(tekst: &str) -> Option<String> {
        Tijdstip::lees(tekst).ok().map(|tijdstip| instant_sleutel(tijdstip.instant()))
    }

    #[test]
    fn r07_a_tijdstip_is_kept_as_it_was_given_and_compared_by_its_instant() {
        let tijdstip = Tijdstip::lees("2024-04-05T14:35:42+01:00").unwrap();
        assert_eq!(serde_json::to_string(&tijdstip).unwrap(), r#""2024-04-05T14:35:42+01:00""#);
        assert_eq!(instant("2024-04-05T14:35:42+01:00"), instant("2024-04-05t13:35:42.000z"));
        assert_eq!(instant("2024-04-05T14:35:42.123456789-00:30").unwrap(), "2024-04-05T15:05:42.123456789Z");
        assert_eq!(instant("2016-12-31T23:59:60Z").unwrap(), "2017-01-01T00:00:00.000000000Z");
        assert_eq!(instant("2017-01-01T00:59:60+01:00").unwrap(), "2017-01-01T00:00:00.000000000Z");
        assert_eq!(instant("0000-01-01T00:00:00Z").unwrap(), "0000-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn r07_a_tijdstip_says_its_time_zone() {
        for fout in [
            "",
            "2024-04-05",
            "2024-04-05T14:35:42",
            "2024-04-05 14:35:42Z",
            "2024-04-05T14:35Z",
            "2024-4-5T14:35:42Z",
            "2024-02-30T14:35:42Z",
            "2023-02-29T00:00:00Z",
            "2024-04-05T24:00:00Z",
            "2024-04-05T14:60:00Z",
            "2024-04-05T14:35:61Z",
            "2024-04-05T14:35:60Z",
            "2024-04-05T14:35:42+1",
            "2024-04-05T14:35:42+0100",
            "2024-04-05T14:35:42+24:00",
            "2024-04-05T14:35:42+01:60",
            "2024-04-05T14:35:42.Z",
            "2024-04-05T14:35:42,5Z",
            "2024-04-05T14:35:42.1234567890Z",
            "2024-04-05T14:35:42[Europe/Amsterdam]",
            "+2024-04-05T14:35:42Z",
            "2024-04-05T14:35:42Z ",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2024-04-05T14:35:42\u{e9}",
            "2024-04-05T14:35:4",
            "2024-04-05T+4:35:42Z",
        ] {
            assert_eq!(Tijdstip::lees(fout), Err(GeenTijdstip), "{fout:?}");
        }
    }

    #[test]
    fn r46_a_day_begins_at_midnight_in_amsterdam_with_its_summer_time() {
        let amsterdam = TimeZone::get("Europe/Amsterdam").unwrap();
        for (dag, begin) in [
            ("2024-01-15", "2024-01-14T23:00:00.000000000Z"),
            ("2024-07-15", "2024-07-14T22:00:00.000000000Z"),
            // The clock goes forward on this day and back on the other: 23 and 25 hours.
            ("2024-03-31", "2024-03-30T23:00:00.000000000Z"),
            ("2024-04-01", "2024-03-31T22:00:00.000000000Z"),
            ("2024-10-27", "2024-10-26T22:00:00.000000000Z"),
            ("2024-10-28", "2024-10-27T23:00:00.000000000Z"),
            ("2024-02-29", "2024-02-28T23:00:00.000000000Z"),
        ] {
            assert_eq!(dag_begin(dag, &amsterdam).as_deref(), Ok(begin), "{dag}");
        }
        // A zone whose summer time begins at midnight: there is no 00:00 that day.
        let santiago = TimeZone::get("America/Santiago").unwrap();
        assert_eq!(dag_begin("2024-09-08", &santiago).as_deref(), Ok("2024-09-08T04:00:00.000000000Z"));
        for fout in [
            "2024-02-30",
            "2024-1-01",
            "20240101",
            "2024-01-01T00:00:00Z",
            "",
            "0000-01-01",
            "2024-01-0\u{661}",
            "2024/01/01",
        ] {
            assert_eq!(dag_begin(fout, &amsterdam), Err(GeenTijdstip), "{fout:?}");
        }
    }

    #[test]
    fn r34_the_clock_never_goes_back() {
        let klok = Klok::new(1_042);
        let nu: Timestamp = "2026-01-15T08:30:01.25Z".parse().unwrap();
        let eerder: Timestamp = "2026-01-15T08:30:00Z".parse().unwrap();
        let gegeven = [klok.volgende(nu), klok.volgende(nu), klok.volgende(eerder)];
        assert_eq!(
            gegeven.map(String::from),
            ["2026-01-15T08:30:01.250042Z", "2026-01-15T08:30:01.250142Z", "2026-01-15T08:30:01.250242Z"]
        );
    }

    #[test]
    fn r34_a_change_is_later_than_the_version_that_it_builds_upon() {
        let nu: Timestamp = "2026-01-15T08:30:01Z".parse().unwrap();
        let vooruit = Klok::new(99).volgende("2026-01-15T08:30:02Z".parse().unwrap());
        let volgende = Klok::new(0).volgende_na(nu, &vooruit);
        assert!(volgende > vooruit, "{volgende} after {vooruit}");
    }

    proptest! {
        #[test]
        fn r07_any_text_is_read_or_refused(tekst in "\\PC*|[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-9:.]{0,12}[Zz+-]?[0-9:]{0,6}") {
            if let Ok(tijdstip) = Tijdstip::lees(&tekst) {
                prop_assert_eq!(tijdstip.tekst(), tekst);
            }
        }

        #[test]
        fn r07_keys_sort_as_instants_do(een in -62_135_596_800_i64..253_402_207_200, ander in -62_135_596_800_i64..253_402_207_200) {
            let [een, ander] = [een, ander].map(|seconde| Timestamp::from_second(seconde).unwrap());
            prop_assert_eq!(een.cmp(&ander), instant_sleutel(een).cmp(&instant_sleutel(ander)));
        }

        #[test]
        fn r34_two_instances_differ_by_their_last_digits(microseconde in 0_i64..4_000_000_000_000_000, een in 0_u64..100, ander in 0_u64..100) {
            prop_assume!(een != ander);
            let nu = Timestamp::from_microsecond(microseconde).unwrap();
            let [een, ander] = [een, ander].map(|kenmerk| Klok::new(kenmerk).volgende(nu));
            prop_assert_eq!(een.tekst().len(), 27);
            prop_assert!(een != ander);
            prop_assert_eq!(TijdstipRegistratie::lees(een.tekst()), Ok(een));
        }
    }
}
