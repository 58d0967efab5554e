//! How long an actie is kept (R08): an ISO 8601 duration as xs:duration has it.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// The last second that a moment may have: what ends later is kept until then, which is as good as for ever.
pub const LAST_SECOND: i64 = 253_402_207_200;

/// A bewaartermijn: the text as the client gave it, and what it means.
///
/// `P`, then years, months, weeks and days, then `T` with hours, minutes and seconds; each at most once, in this order,
/// in upper case, at least one of them. Only seconds may have a fraction. Nothing is kept for a negative time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Bewaartermijn {
    text: String,
    months: i64,
    days: i64,
    seconds: i64,
    nanoseconds: i64,
}

/// A text that is no bewaartermijn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 duration such as P7Y or P1Y6M")]
pub struct NotABewaartermijn;

impl Bewaartermijn {
    /// Reads a bewaartermijn.
    ///
    /// # Errors
    /// The text has another shape. Numbers of any length are accepted: a term that never ends is a long one.
    pub fn parse(text: &str) -> Result<Self, NotABewaartermijn> {
        let rest = text.strip_prefix('P').ok_or(NotABewaartermijn)?;
        let (date, tijd) = match rest.split_once('T') {
            Some((date, tijd)) => (date, Some(tijd)),
            None => (rest, None),
        };
        if tijd == Some("") || (date.is_empty() && tijd.is_none()) {
            return Err(NotABewaartermijn);
        }
        let [years, months, weeks, days] = parts(date, ['Y', 'M', 'W', 'D'])?.0;
        let ([hours, minutes, seconds], nanoseconds) = parts(tijd.unwrap_or_default(), ['H', 'M', 'S'])?;
        Ok(Self {
            text: text.to_owned(),
            months: years.saturating_mul(12).saturating_add(months),
            days: weeks.saturating_mul(7).saturating_add(days),
            seconds: hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds),
            nanoseconds,
        })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The epoch second from which on nothing that began at this moment is kept any more; rounded up, so that nothing
    /// goes before its time, and never after [`LAST_SECOND`].
    ///
    /// Years and months are added first, to the local date of the moment, and a day that the month has not becomes its
    /// last (XML Schema part 2, appendix E); then weeks and days; then the time part, as time that passes.
    pub(crate) fn end(&self, local: DateTime, offset: Offset) -> i64 {
        self.end_or_too_late(local, offset).unwrap_or(LAST_SECOND).min(LAST_SECOND)
    }

    fn end_or_too_late(&self, local: DateTime, offset: Offset) -> Option<i64> {
        let date = local
            .checked_add(Span::new().try_months(self.months).ok()?)
            .and_then(|local| local.checked_add(Span::new().try_days(self.days)?))
            .ok()?;
        let nanoseconds = i32::try_from(self.nanoseconds).ok()?;
        let end = offset
            .to_timestamp(date)
            .and_then(|end| end.checked_add(SignedDuration::new(self.seconds, nanoseconds)))
            .ok()?;
        // Before 1970 the part of a second is negative: there the whole second is already the later one.
        Some(end.as_second() + i64::from(end.subsec_nanosecond() > 0))
    }
}

impl TryFrom<String> for Bewaartermijn {
    type Error = NotABewaartermijn;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Bewaartermijn> for String {
    fn from(term: Bewaartermijn) -> Self {
        term.text
    }
}

/// Numbers followed by the given letters, in that order and each at most once; the fraction of `S` in nanoseconds.
fn parts<const N: usize>(mut text: &str, letters: [char; N]) -> Result<([i64; N], i64), NotABewaartermijn> {
    let mut numbers = [0; N];
    let mut nanoseconds = 0;
    for (number, letter) in numbers.iter_mut().zip(letters) {
        let Some((part, rest)) = text.split_once(letter) else {
            continue;
        };
        let (whole, fraction) = match part.split_once('.') {
            Some((whole, fraction)) if letter == 'S' => (whole, Some(fraction)),
            Some(_) => return Err(NotABewaartermijn),
            None => (part, None),
        };
        *number = digits(whole)?;
        if let Some(fraction) = fraction {
            digits(fraction)?;
            let nano: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            nanoseconds = digits(&nano)?;
        }
        text = rest;
    }
    if text.is_empty() { Ok((numbers, nanoseconds)) } else { Err(NotABewaartermijn) }
}

fn digits(text: &str) -> Result<i64, NotABewaartermijn> {
    if text.is_empty() || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Err(NotABewaartermijn);
    }
    // Nothing but digits: what does not parse is too large.
    Ok(text.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tijd::Tijdstip;
    use proptest::prelude::*;

    fn end(tijdstip: &str, term: &str) -> i64 {
        Tijdstip::parse(tijdstip).unwrap().end(&Bewaartermijn::parse(term).unwrap())
    }

    fn second(tijdstip: &str) -> i64 {
        tijdstip.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    #[test]
    fn r08_the_shape_is_that_of_xs_duration() {
        for good in [
            "P7Y",
            "P1Y6M",
            "P10Y",
            "P2W",
            "P1Y2M3W4DT5H6M7S",
            "PT1.5S",
            "PT0S",
            "P0D",
            "P007D",
            "P99999999999999999999Y",
        ] {
            assert_eq!(Bewaartermijn::parse(good).map(|term| term.text().to_owned()), Ok(good.to_owned()));
        }
        for fout in [
            "",
            "P",
            "PT",
            "P1YT",
            "10Y",
            "p1y",
            "P10y",
            "-P1Y",
            "+P1Y",
            "P-1Y",
            "P+1Y",
            "P1.5D",
            "P1,5Y",
            "PT1.5H",
            "PT.5S",
            "PT1.S",
            "P1M1Y",
            "P1Y1Y",
            "P1H",
            "PT1D",
            "P1",
            "P1Y ",
            " P1Y",
            "P1Y\n",
            "P\u{661}Y",
            "P1Y2",
            "PT1S1",
        ] {
            assert_eq!(Bewaartermijn::parse(fout), Err(NotABewaartermijn), "{fout:?}");
        }
    }

    #[test]
    fn r08_the_end_is_counted_by_the_calendar() {
        for (tijdstip, term, expected) in [
            ("2024-02-29T10:00:00Z", "P10Y", "2034-02-28T10:00:00Z"),
            ("2024-02-29T10:00:00Z", "P4Y", "2028-02-29T10:00:00Z"),
            ("2024-01-31T00:00:00Z", "P1M", "2024-02-29T00:00:00Z"),
            // Years and months together: 13 months, and not first to the 28th of February.
            ("2024-02-29T00:00:00Z", "P1Y1M", "2025-03-29T00:00:00Z"),
            // Months before days.
            ("2023-01-31T00:00:00Z", "P1M1D", "2023-03-01T00:00:00Z"),
            ("2024-01-01T00:00:00Z", "P1W2DT3H", "2024-01-10T03:00:00Z"),
            // The local date counts: in Amsterdam it is already the 1st of March.
            ("2024-03-01T00:30:00+01:00", "P1M", "2024-03-31T23:30:00Z"),
            // Rounded up to a whole second.
            ("2024-01-01T00:00:00.5Z", "PT1S", "2024-01-01T00:00:02Z"),
            ("2024-01-01T00:00:00Z", "PT0.000000001S", "2024-01-01T00:00:01Z"),
            ("1969-12-31T23:59:58.5Z", "PT0S", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(end(tijdstip, term), second(expected), "{tijdstip} + {term}");
        }
    }

    #[test]
    fn r08_a_term_that_outlasts_the_calendar_ends_with_it() {
        for term in ["P9000Y", "P99999999999999999999Y", "P99999999999999999999D", "PT99999999999999999999H"] {
            assert_eq!(end("2024-01-01T00:00:00Z", term), LAST_SECOND);
        }
    }

    proptest! {
        #[test]
        fn r08_any_text_is_read_or_refused(text in "\\PC*|P?[0-9YMWDTHS.]{0,12}") {
            if let Ok(term) = Bewaartermijn::parse(&text) {
                prop_assert_eq!(term.text(), text);
            }
        }

        #[test]
        fn r08_a_longer_term_never_ends_earlier(
            second in -62_135_596_800_i64..253_402_207_200, months in 0_u32..20_000, days in 0_u32..100_000, more in 0_u32..1000,
        ) {
            let tijdstip = jiff::Timestamp::from_second(second).unwrap().to_string();
            let short = end(&tijdstip, &format!("P{months}M{days}D"));
            prop_assert!(short >= second);
            let more_days = end(&tijdstip, &format!("P{months}M{}D", days + more));
            let more_months = end(&tijdstip, &format!("P{}M{days}D", months + more));
            prop_assert!(short <= more_days && short <= more_months);
        }
    }
}
