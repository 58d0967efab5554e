//! How long an actie is kept (R08): an ISO 8601 duration as xs:duration has it.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// The last second that a moment may have: what ends later is kept until then, which is as good as for ever.
pub const LAATSTE_SECONDE: i64 = 253_402_207_200;

/// A bewaartermijn: the text as the client gave it, and what it means.
///
/// `P`, then years, months, weeks and days, then `T` with hours, minutes and seconds; each at most once, in this order,
/// in upper case, at least one of them. Only seconds may have a fraction. Nothing is kept for a negative time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bewaartermijn {
    tekst: String,
    maanden: i64,
    dagen: i64,
    seconden: i64,
    nanoseconden: i64,
}

/// A text that is no bewaartermijn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 duration such as P7Y or P1Y6M")]
pub struct GeenBewaartermijn;

impl Bewaartermijn {
    /// Reads a bewaartermijn.
    ///
    /// # Errors
    /// The text has another shape. Numbers of any length are accepted: a term that never ends is a long one.
    pub fn lees(tekst: &str) -> Result<Self, GeenBewaartermijn> {
        let rest = tekst.strip_prefix('P').ok_or(GeenBewaartermijn)?;
        let (datum, tijd) = match rest.split_once('T') {
            Some((datum, tijd)) => (datum, Some(tijd)),
            None => (rest, None),
        };
        if tijd == Some("") || (datum.is_empty() && tijd.is_none()) {
            return Err(GeenBewaartermijn);
        }
        let [jaren, maanden, weken, dagen] = delen(datum, ['Y', 'M', 'W', 'D'])?.0;
        let ([uren, minuten, seconden], nanoseconden) = delen(tijd.unwrap_or_default(), ['H', 'M', 'S'])?;
        Ok(Self {
            tekst: tekst.to_owned(),
            maanden: jaren.saturating_mul(12).saturating_add(maanden),
            dagen: weken.saturating_mul(7).saturating_add(dagen),
            seconden: uren.saturating_mul(3600).saturating_add(minuten.saturating_mul(60)).saturating_add(seconden),
            nanoseconden,
        })
    }

    /// The text as it was given.
    pub fn tekst(&self) -> &str {
        &self.tekst
    }

    /// The epoch second from which on nothing that began at this moment is kept any more; rounded up, so that nothing
    /// goes before its time, and never after [`LAATSTE_SECONDE`].
    ///
    /// Years and months are added first, to the local date of the moment, and a day that the month has not becomes its
    /// last (XML Schema part 2, appendix E); then weeks and days; then the time part, as time that passes.
    pub(crate) fn einde(&self, lokaal: DateTime, offset: Offset) -> i64 {
        self.einde_of_te_laat(lokaal, offset).unwrap_or(LAATSTE_SECONDE).min(LAATSTE_SECONDE)
    }

    fn einde_of_te_laat(&self, lokaal: DateTime, offset: Offset) -> Option<i64> {
        let datum = lokaal
            .checked_add(Span::new().try_months(self.maanden).ok()?)
            .and_then(|lokaal| lokaal.checked_add(Span::new().try_days(self.dagen)?))
            .ok()?;
        let nanoseconden = i32::try_from(self.nanoseconden).ok()?;
        let einde = offset
            .to_timestamp(datum)
            .and_then(|einde| einde.checked_add(SignedDuration::new(self.seconden, nanoseconden)))
            .ok()?;
        // Before 1970 the part of a second is negative: there the whole second is already the later one.
        Some(einde.as_second() + i64::from(einde.subsec_nanosecond() > 0))
    }
}

impl TryFrom<String> for Bewaartermijn {
    type Error = GeenBewaartermijn;

    fn try_from(tekst: String) -> Result<Self, Self::Error> {
        Self::lees(&tekst)
    }
}

impl From<Bewaartermijn> for String {
    fn from(termijn: Bewaartermijn) -> Self {
        termijn.tekst
    }
}

/// Numbers followed by the given letters, in that order and each at most once; the fraction of `S` in nanoseconds.
fn delen<const N: usize>(mut tekst: &str, letters: [char; N]) -> Result<([i64; N], i64), GeenBewaartermijn> {
    let mut getallen = [0; N];
    let mut nanoseconden = 0;
    for (getal, letter) in getallen.iter_mut().zip(letters) {
        let Some((deel, rest)) = tekst.split_once(letter) else {
            continue;
        };
        let (geheel, fractie) = match deel.split_once('.') {
            Some((geheel, fractie)) if letter == 'S' => (geheel, Some(fractie)),
            Some(_) => return Err(GeenBewaartermijn),
            None => (deel, None),
        };
        *getal = cijfers(geheel)?;
        if let Some(fractie) = fractie {
            cijfers(fractie)?;
            let nano: String = fractie.chars().chain("000000000".chars()).take(9).collect();
            nanoseconden = cijfers(&nano)?;
        }
        tekst = rest;
    }
    if tekst.is_empty() { Ok((getallen, nanoseconden)) } else { Err(GeenBewaartermijn) }
}

fn cijfers(tekst: &str) -> Result<i64, GeenBewaartermijn> {
    if tekst.is_empty() || !tekst.bytes().all(|teken| teken.is_ascii_digit()) {
        return Err(GeenBewaartermijn);
    }
    // Nothing but digits: what does not parse is too large.
    Ok(tekst.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tijd::Tijdstip;
    use proptest::prelude::*;

    fn einde(tijdstip: &str, termijn: &str) -> i64 {
        Tijdstip::lees(tijdstip).unwrap().einde(&Bewaartermijn::lees(termijn).unwrap())
    }

    fn seconde(tijdstip: &str) -> i64 {
        tijdstip.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    #[test]
    fn r08_the_shape_is_that_of_xs_duration() {
        for goed in [
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
            assert_eq!(Bewaartermijn::lees(goed).map(|termijn| termijn.tekst().to_owned()), Ok(goed.to_owned()));
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
            assert_eq!(Bewaartermijn::lees(fout), Err(GeenBewaartermijn), "{fout:?}");
        }
    }

    #[test]
    fn r08_the_end_is_counted_by_the_calendar() {
        for (tijdstip, termijn, verwacht) in [
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
            assert_eq!(einde(tijdstip, termijn), seconde(verwacht), "{tijdstip} + {termijn}");
        }
    }

    #[test]
    fn r08_a_term_that_outlasts_the_calendar_ends_with_it() {
        for termijn in ["P9000Y", "P99999999999999999999Y", "P99999999999999999999D", "PT99999999999999999999H"] {
            assert_eq!(einde("2024-01-01T00:00:00Z", termijn), LAATSTE_SECONDE);
        }
    }

    proptest! {
        #[test]
        fn r08_any_text_is_read_or_refused(tekst in "\\PC*|P?[0-9YMWDTHS.]{0,12}") {
            if let Ok(termijn) = Bewaartermijn::lees(&tekst) {
                prop_assert_eq!(termijn.tekst(), tekst);
            }
        }

        #[test]
        fn r08_a_longer_term_never_ends_earlier(
            seconde in -62_135_596_800_i64..253_402_207_200, maanden in 0_u32..20_000, dagen in 0_u32..100_000, meer in 0_u32..1000,
        ) {
            let tijdstip = jiff::Timestamp::from_second(seconde).unwrap().to_string();
            let kort = einde(&tijdstip, &format!("P{maanden}M{dagen}D"));
            prop_assert!(kort >= seconde);
            let meer_dagen = einde(&tijdstip, &format!("P{maanden}M{}D", dagen + meer));
            let meer_maanden = einde(&tijdstip, &format!("P{}M{dagen}D", maanden + meer));
            prop_assert!(kort <= meer_dagen && kort <= meer_maanden);
        }
    }
}
