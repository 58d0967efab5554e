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
pub struct NotATijdstip;

/// When an actie took place: the text as the client gave it, which it gets back unchanged, and the instant that it
/// names, by which acties are compared and sorted (R07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Tijdstip {
    text: String,
    local: DateTime,
    offset: Offset,
    instant: Timestamp,
}

impl Tijdstip {
    /// Reads a `date-time` of RFC 3339, which always says how far it is from UTC.
    ///
    /// # Errors
    /// Another shape; a date or time that does not exist; a fraction of more than nine digits, which could not be
    /// sorted by; an instant outside the years 0000 to 9999 in UTC, in which the table's keys keep their width.
    pub fn parse(text: &str) -> Result<Self, NotATijdstip> {
        Self::read(text).ok_or(NotATijdstip)
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let separator = |place: usize, chars: &[u8]| bytes.get(place).is_some_and(|c| chars.contains(c));
        let in_their_place = separator(4, b"-")
            && separator(7, b"-")
            && separator(10, b"Tt")
            && separator(13, b":")
            && separator(16, b":");
        if !text.is_ascii() || !in_their_place {
            return None;
        }
        let (month, day) = (number(&text[5..7])?, number(&text[8..10])?);
        let date = Date::new(number(&text[..4])?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(text.get(17..19)?)?);

        let zone = text[19..].find(['Z', 'z', '+', '-'])? + 19;
        let nano = match text[19..zone].strip_prefix('.') {
            Some(fraction) if (1..=9).contains(&fraction.len()) => nanoseconds(fraction)?,
            None if zone == 19 => 0,
            _ => return None,
        };
        let offset = offset(&text[zone..])?;

        // A leap second is the 60th of the last minute of a day in UTC: the same instant as the next second.
        let leap = i64::from(second == 60);
        let second = if second == 60 { 59 } else { second };
        let tijd =
            Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nano).ok()?;
        let local = date.to_datetime(tijd);
        let mut instant = offset.to_timestamp(local).ok()?;
        if leap == 1 {
            if instant.as_second().rem_euclid(86_400) != 86_399 {
                return None;
            }
            instant = instant.checked_add(SignedDuration::from_secs(1)).ok()?;
        }
        let first = Date::constant(0, 1, 1).to_datetime(Time::midnight());
        (instant >= Offset::UTC.to_timestamp(first).ok()?).then(|| Self {
            text: text.to_owned(),
            local,
            offset,
            instant,
        })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The instant that it names.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The epoch second at which what happened at this moment has been kept long enough (R08).
    pub fn end(&self, term: &Bewaartermijn) -> i64 {
        term.end(self.local, self.offset)
    }

    /// The sort key of the rows per person: [`instant_key`], `#`, the actieId.
    pub fn key(&self, actie_id: &str) -> String {
        format!("{}#{actie_id}", instant_key(self.instant))
    }
}

impl TryFrom<String> for Tijdstip {
    type Error = NotATijdstip;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Tijdstip> for String {
    fn from(tijdstip: Tijdstip) -> Self {
        tijdstip.text
    }
}

fn number(text: &str) -> Option<i16> {
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())?
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits = fraction.bytes().all(|c| c.is_ascii_digit());
    digits.then(|| format!("{fraction:0<9}").parse().ok())?
}

fn offset(text: &str) -> Option<Offset> {
    if text == "Z" || text == "z" {
        return Some(Offset::UTC);
    }
    if text.len() != 6 || !text[3..].starts_with(':') {
        return None;
    }
    let (hours, minutes) = (number(&text[1..3])?, number(&text[4..])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

/// An instant in UTC with nine digits of a second: one width, so that texts sort as instants do.
pub fn instant_key(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// Where a day begins, given as `jjjj-mm-dd`, in the form of [`instant_key`] (R46).
///
/// # Errors
/// The text is no day of the calendar in that form.
pub fn day_begin(day: &str, zone: &TimeZone) -> Result<String, NotATijdstip> {
    let shape = day.len() == 10
        && day
            .bytes()
            .enumerate()
            .all(|(place, c)| if matches!(place, 4 | 7) { c == b'-' } else { c.is_ascii_digit() });
    if !shape {
        return Err(NotATijdstip);
    }
    let date: Date = day.parse().map_err(|_| NotATijdstip)?;
    // Where summer time begins at midnight the day has no 00:00; its begin is then the first moment that it has.
    let begin = date.to_zoned(zone.clone()).and_then(|day| day.start_of_day()).map_err(|_| NotATijdstip)?;
    // East of Greenwich the first day of the year 0000 begins in the year before, which the form cannot express.
    if begin.timestamp().to_zoned(TimeZone::UTC).year() < 0 {
        return Err(NotATijdstip);
    }
    Ok(instant_key(begin.timestamp()))
}

/// When a change was registered: `YYYY-MM-DDThh:mm:ss.uuuuuuZ`, so that texts sort as instants do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct TijdstipRegistratie(String);

impl TijdstipRegistratie {
    /// Reads one that the log wrote.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, NotATijdstip> {
        let instant: Timestamp = text.parse().map_err(|_| NotATijdstip)?;
        let tijdstip = Self::of(instant);
        if tijdstip.0 == text { Ok(tijdstip) } else { Err(NotATijdstip) }
    }

    fn of(instant: Timestamp) -> Self {
        Self(instant.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The epoch second in which it lies.
    pub fn second(&self) -> i64 {
        self.microsecond().div_euclid(1_000_000)
    }

    fn microsecond(&self) -> i64 {
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
    type Error = NotATijdstip;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
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
pub struct Clock {
    instance: i64,
    last: AtomicI64,
}

/// Microseconds in a step of the clock.
const STEP: i64 = 100;

impl Clock {
    /// A clock of an instance; `instance` is any number that differs between instances, such as a random one.
    pub fn new(instance: u64) -> Self {
        let rest = instance % STEP.unsigned_abs();
        Self { instance: i64::try_from(rest).unwrap_or(0), last: AtomicI64::new(i64::MIN) }
    }

    /// The next moment of registration, given the time.
    pub fn next(&self, now: Timestamp) -> TijdstipRegistratie {
        self.at_or_after(now.as_microsecond().div_euclid(STEP))
    }

    /// The next moment of registration, which is later than that of the version that the change builds upon, whichever
    /// instance registered that and however far ahead its clock was.
    pub fn next_after(&self, now: Timestamp, previous: &TijdstipRegistratie) -> TijdstipRegistratie {
        self.at_or_after(now.as_microsecond().max(previous.microsecond() + STEP).div_euclid(STEP))
    }

    fn at_or_after(&self, step: i64) -> TijdstipRegistratie {
        let later = |last: i64| step.max(last.saturating_add(1));
        let previous = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last)));
        // The closure always gives a value, so both arms are the same value: the one before.
        let (Ok(previous) | Err(previous)) = previous;
        let microsecond = later(previous).saturating_mul(STEP).saturating_add(self.instance);
        TijdstipRegistratie::of(Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(text: &str) -> Option<String> {
        Tijdstip::parse(text).ok().map(|tijdstip| instant_key(tijdstip.instant()))
    }

    #[test]
    fn r07_a_tijdstip_is_kept_as_it_was_given_and_compared_by_its_instant() {
        let tijdstip = Tijdstip::parse("2024-04-05T14:35:42+01:00").unwrap();
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
            assert_eq!(Tijdstip::parse(fout), Err(NotATijdstip), "{fout:?}");
        }
    }

    #[test]
    fn r46_a_day_begins_at_midnight_in_amsterdam_with_its_summer_time() {
        let amsterdam = TimeZone::get("Europe/Amsterdam").unwrap();
        for (day, begin) in [
            ("2024-01-15", "2024-01-14T23:00:00.000000000Z"),
            ("2024-07-15", "2024-07-14T22:00:00.000000000Z"),
            // The clock goes forward on this day and back on the other: 23 and 25 hours.
            ("2024-03-31", "2024-03-30T23:00:00.000000000Z"),
            ("2024-04-01", "2024-03-31T22:00:00.000000000Z"),
            ("2024-10-27", "2024-10-26T22:00:00.000000000Z"),
            ("2024-10-28", "2024-10-27T23:00:00.000000000Z"),
            ("2024-02-29", "2024-02-28T23:00:00.000000000Z"),
        ] {
            assert_eq!(day_begin(day, &amsterdam).as_deref(), Ok(begin), "{day}");
        }
        // A zone whose summer time begins at midnight: there is no 00:00 that day.
        let santiago = TimeZone::get("America/Santiago").unwrap();
        assert_eq!(day_begin("2024-09-08", &santiago).as_deref(), Ok("2024-09-08T04:00:00.000000000Z"));
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
            assert_eq!(day_begin(fout, &amsterdam), Err(NotATijdstip), "{fout:?}");
        }
    }

    #[test]
    fn r34_the_clock_never_goes_back() {
        let clock = Clock::new(1_042);
        let now: Timestamp = "2026-01-15T08:30:01.25Z".parse().unwrap();
        let earlier: Timestamp = "2026-01-15T08:30:00Z".parse().unwrap();
        let given = [clock.next(now), clock.next(now), clock.next(earlier)];
        assert_eq!(
            given.map(String::from),
            ["2026-01-15T08:30:01.250042Z", "2026-01-15T08:30:01.250142Z", "2026-01-15T08:30:01.250242Z"]
        );
    }

    #[test]
    fn r34_a_change_is_later_than_the_version_that_it_builds_upon() {
        let now: Timestamp = "2026-01-15T08:30:01Z".parse().unwrap();
        let ahead = Clock::new(99).next("2026-01-15T08:30:02Z".parse().unwrap());
        let next = Clock::new(0).next_after(now, &ahead);
        assert!(next > ahead, "{next} after {ahead}");
    }

    proptest! {
        #[test]
        fn r07_any_text_is_read_or_refused(text in "\\PC*|[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-9:.]{0,12}[Zz+-]?[0-9:]{0,6}") {
            if let Ok(tijdstip) = Tijdstip::parse(&text) {
                prop_assert_eq!(tijdstip.text(), text);
            }
        }

        #[test]
        fn r07_keys_sort_as_instants_do(one in -62_135_596_800_i64..253_402_207_200, other in -62_135_596_800_i64..253_402_207_200) {
            let [one, other] = [one, other].map(|second| Timestamp::from_second(second).unwrap());
            prop_assert_eq!(one.cmp(&other), instant_key(one).cmp(&instant_key(other)));
        }

        #[test]
        fn r34_two_instances_differ_by_their_last_digits(microsecond in 0_i64..4_000_000_000_000_000, one in 0_u64..100, other in 0_u64..100) {
            prop_assume!(one != other);
            let now = Timestamp::from_microsecond(microsecond).unwrap();
            let [one, other] = [one, other].map(|instance| Clock::new(instance).next(now));
            prop_assert_eq!(one.text().len(), 27);
            prop_assert!(one != other);
            prop_assert_eq!(TijdstipRegistratie::parse(one.text()), Ok(one));
        }
    }
}
