//! What a scalar without quotes means, by YAML 1.2's core schema.
//!
//! Two spellings are read more strictly than the core schema has them. `017` is text, since it is octal to a
//! YAML 1.1 reader and decimal to a 1.2 one. A number that would lose digits is an error and never rounded.

use serde_json::Number;

use super::Value;

/// What is wrong with a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// An integer beyond 64 bits.
    TooManyBits,
    /// A decimal number of more digits than a 64-bit float keeps, or beyond its range.
    TooPrecise,
    /// `.inf` and `.nan`, which JSON does not have.
    NotFinite,
}

/// The value of a plain scalar.
pub(super) fn plain(text: &str) -> Result<Value, Trouble> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::String(text.into()),
        },
    })
}

/// `None` where the text is not written as a number.
fn number(text: &str) -> Result<Option<Number>, Trouble> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(Trouble::NotFinite);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            let number = u64::from_str_radix(digits, radix).map_err(|_| Trouble::TooManyBits)?;
            return Ok(Some(number.into()));
        }
    }
    let Some(parts) = Decimal::split(unsigned) else {
        return Ok(None);
    };
    if parts.whole.len() > 1 && parts.whole.starts_with('0') {
        return Ok(None);
    }
    let negative = text.starts_with('-');
    // JSON's `-0` is a float: no integer keeps its sign.
    if parts.is_integer() && !(negative && unsigned == "0") {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let number =
            if negative { digits.parse::<i64>().map(Number::from) } else { digits.parse::<u64>().map(Number::from) };
        return number.map(Some).map_err(|_| Trouble::TooManyBits);
    }
    let float: f64 = text.parse().map_err(|_| Trouble::TooPrecise)?;
    let number = Number::from_f64(float).ok_or(Trouble::TooPrecise)?;
    // What counts is how the number will be written out again: near 17 digits, several decimals mean one float.
    let kept = number.to_string();
    let kept = Decimal::split(kept.trim_start_matches('-'));
    if kept.is_some_and(|kept| kept.normal() == parts.normal()) { Ok(Some(number)) } else { Err(Trouble::TooPrecise) }
}

/// A decimal number in its written parts: `[whole][.fraction][e exponent]`.
struct Decimal<'a> {
    whole: &'a str,
    fraction: Option<&'a str>,
    exponent: Option<&'a str>,
}

impl<'a> Decimal<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let some_digit = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
        let power = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
        (some_digit
            && digits(whole)
            && fraction.is_none_or(digits)
            && power.is_none_or(|power| !power.is_empty() && digits(power)))
        .then_some(Self { whole, fraction, exponent })
    }

    fn is_integer(&self) -> bool {
        self.fraction.is_none() && self.exponent.is_none()
    }

    /// Significant digits without zeros at either end, and the power of ten of the last of them. Two numbers
    /// are equal where these are. An exponent too large to count gives none that equals another.
    fn normal(&self) -> Option<(String, i64)> {
        let fraction = self.fraction.unwrap_or_default();
        let digits = format!("{}{fraction}", self.whole);
        let trimmed = digits.trim_end_matches('0');
        let significant = trimmed.trim_start_matches('0');
        if significant.is_empty() {
            return Some((String::new(), 0));
        }
        let exponent: i64 = self.exponent.unwrap_or("0").parse().ok()?;
        let shift = i64::try_from(digits.len() - trimmed.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        Some((significant.to_owned(), exponent.checked_add(shift)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match plain(text) {
            Ok(Value::Null) => "null".to_owned(),
            Ok(Value::Bool(value)) => value.to_string(),
            Ok(Value::Number(number)) => number.to_string(),
            Ok(Value::String(text)) => format!("'{text}'"),
            Ok(_) => unreachable!("a scalar is no collection"),
            Err(trouble) => format!("{trouble:?}"),
        }
    }

    #[test]
    fn core_schema() {
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("null", "null"),
            ("true", "true"),
            ("TRUE", "true"),
            ("yes", "'yes'"),
            ("no", "'no'"),
            ("on", "'on'"),
            ("017", "'017'"),
            ("-017", "'-017'"),
            ("00.5", "'00.5'"),
            ("1_000", "'1_000'"),
            ("0", "0"),
            ("-0", "-0.0"),
            ("+7", "7"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b1", "'0b1'"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("1e3", "1000.0"),
            ("0e99999999999999999999", "0.0"),
            ("0.9.0", "'0.9.0'"),
            ("2020-10-24", "'2020-10-24'"),
            ("12:30:45", "'12:30:45'"),
            (".", "'.'"),
            ("e5", "'e5'"),
            ("1e", "'1e'"),
            ("-", "'-'"),
            ("inf", "'inf'"),
            ("NaN", "'NaN'"),
            ("9223372036854775807", "9223372036854775807"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551616", "TooManyBits"),
            ("-9223372036854775809", "TooManyBits"),
            ("0xFFFFFFFFFFFFFFFFF", "TooManyBits"),
            ("0.1", "0.1"),
            ("0.12345678901234567890123", "TooPrecise"),
            ("1e999", "TooPrecise"),
            ("-73270402098441.62", "-73270402098441.62"),
            ("-73270402098441.63", "TooPrecise"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
            ("1e-999", "TooPrecise"),
            ("1e99999999999999999999", "TooPrecise"),
            (".inf", "NotFinite"),
            ("-.INF", "NotFinite"),
            (".nan", "NotFinite"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
