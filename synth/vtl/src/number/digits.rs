//! Floating point numbers as text.

use num_bigint::{BigInt, Sign};

use super::big_to_i64;

/// A binary floating point number, taken apart: its value is `fraction` / 2^52 * 2^`exponent`, with the highest of
/// the 53 bits set.
struct Parts {
    fraction: u64,
    exponent: i32,
    significant_bits: i32,
}

/// The decimal digits that Java before 19 prints, and the decimal exponent of the point before the first of them.
///
/// They are not always the shortest ones: whole numbers beyond the fraction's precision are cut by a rule of thumb
/// (2^31 as a float is `2.14748365E9`), and numbers in scientific notation get at least two digits looked at.
fn java_digits(parts: &Parts) -> (Vec<u8>, i32) {
    let tail_zeros = parts.fraction.trailing_zeros() as i32;
    let fraction_bits = 53 - tail_zeros;
    let tiny_bits = (fraction_bits - parts.exponent - 1).max(0);
    if tiny_bits == 0 && (-21..=62).contains(&parts.exponent) {
        return whole_digits(parts);
    }
    let mantissa = f64::from_bits(0x3ff0_0000_0000_0000 | (parts.fraction & ((1 << 52) - 1)));
    #[expect(clippy::approx_constant, reason = "Java's constants, to the digit")]
    let estimate = (mantissa - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(parts.exponent) * 0.301_029_995_663_981;
    let mut decimal = estimate.floor() as i32;
    let b5 = (-decimal).max(0);
    let mut b2 = b5 + tiny_bits + parts.exponent;
    let s5 = decimal.max(0);
    let mut s2 = s5 + tiny_bits;
    let mut m2 = b2 - parts.significant_bits;
    b2 -= fraction_bits - 1;
    let common = b2.min(s2);
    b2 -= common;
    s2 -= common;
    m2 -= common;
    if fraction_bits == 1 {
        m2 -= 1;
    }
    if m2 < 0 {
        b2 -= m2;
        s2 -= m2;
        m2 = 0;
    }
    let fraction = parts.fraction >> tail_zeros;
    let bits_of = |five: i32| {
        if five == 0 { 0 } else { (BigInt::from(5u8).pow(five as u32)).bits() as i32 }
    };
    let value_bits = fraction_bits + b2 + if b5 < 27 { bits_of(b5) } else { b5 * 3 };
    let tens_bits = s2 + 1 + if s5 + 1 < 27 { bits_of(s5 + 1) } else { (s5 + 1) * 3 };
    // Small numbers are calculated in 32 or 64 bits, and where those overflow the digits end early.
    let width = match value_bits.max(tens_bits) {
        ..32 => Some(32),
        32..64 => Some(64),
        _ => None,
    };
    let fit = |n: BigInt| match width {
        Some(32) => BigInt::from(big_to_i64(&n) as i32),
        Some(_) => BigInt::from(big_to_i64(&n)),
        None => n,
    };
    let scaled =
        |n: u64, five: i32, two: i32| fit((BigInt::from(n) * BigInt::from(5u8).pow(five as u32)) << two as u32);
    let mut value = scaled(fraction, b5, b2);
    let unit = scaled(1, s5, s2);
    let mut half_ulp = scaled(1, b5, m2);
    let tens = fit(&unit * 10);
    let mut digits = Vec::new();
    let (mut low, mut high);
    let mut first = true;
    loop {
        let quotient = &value / &unit;
        value = fit((&value % &unit) * 10);
        half_ulp = fit(half_ulp * 10);
        if first || half_ulp.sign() == Sign::Plus {
            low = value < half_ulp;
            high = fit(&value + &half_ulp) > tens;
        } else {
            (low, high) = (true, true);
        }
        let digit = quotient.to_string().bytes().next_back().unwrap_or(b'0') - b'0';
        if first {
            first = false;
            if digit == 0 && !high {
                decimal -= 1;
            } else {
                digits.push(digit);
            }
            if !(-3..8).contains(&decimal) {
                (low, high) = (false, false);
            }
        } else {
            digits.push(digit);
        }
        if low || high {
            break;
        }
    }
    let twice: BigInt = fit(value * 2);
    let difference = fit(twice - tens).sign();
    let odd = digits.last().is_some_and(|d| d % 2 == 1);
    let up = high && (!low || difference == Sign::Plus || (difference == Sign::NoSign && odd));
    let exponent = decimal + 1;
    if up { round_up(digits, exponent) } else { (digits, exponent) }
}

fn round_up(mut digits: Vec<u8>, exponent: i32) -> (Vec<u8>, i32) {
    for i in (0..digits.len()).rev() {
        if digits[i] < 9 {
            digits[i] += 1;
            return (digits, exponent);
        }
        digits[i] = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
    }
    (digits, exponent + 1)
}

/// Whole numbers that fit in 63 bits.
fn whole_digits(parts: &Parts) -> (Vec<u8>, i32) {
    let surplus = parts.exponent - parts.significant_bits - 1;
    let dropped = if parts.exponent > parts.significant_bits && surplus > 1 {
        (f64::from(surplus) * std::f64::consts::LOG10_2).floor() as u32
    } else {
        0
    };
    let mut value = if parts.exponent >= 52 {
        parts.fraction << (parts.exponent - 52)
    } else {
        parts.fraction >> (52 - parts.exponent)
    };
    if dropped > 0 {
        let power = 10u64.pow(dropped);
        let residue = value % power;
        value /= power;
        if residue >= power / 2 {
            value += 1;
        }
    }
    let digits: Vec<u8> = value.to_string().bytes().map(|b| b - b'0').collect();
    let exponent = digits.len() as i32 + dropped as i32;
    (digits, exponent)
}

fn format_digits(negative: bool, (mut digits, exponent): (Vec<u8>, i32)) -> String {
    while digits.len() > 1 && digits.last() == Some(&0) {
        digits.pop();
    }
    let text: String = digits.iter().map(|d| char::from(b'0' + d)).collect();
    let sign = if negative { "-" } else { "" };
    let or_zero = |s: &str| {
        if s.is_empty() { "0".to_owned() } else { s.to_owned() }
    };
    match exponent {
        1..8 => {
            let whole = exponent as usize;
            let padded = format!("{text:0<whole$}");
            let (a, b) = padded.split_at(whole);
            format!("{sign}{a}.{}", or_zero(b))
        }
        -2..=0 => format!("{sign}0.{}{text}", "0".repeat(-exponent as usize)),
        _ => {
            let (a, b) = text.split_at(1);
            format!("{sign}{a}.{}E{}", or_zero(b), exponent - 1)
        }
    }
}

/// Java's `Double.toString`, as it was before Java 19.
pub(crate) fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    let bits = value.to_bits();
    let raw = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    format_digits(value < 0.0, java_digits(&parts(fraction, raw, 1023, 53)))
}

/// Java's `Float.toString`, as it was before Java 19.
pub(crate) fn float(value: f32) -> String {
    if !value.is_finite() || value == 0.0 {
        return double(f64::from(value));
    }
    let bits = value.to_bits();
    let raw = ((bits >> 23) & 0xff) as i32;
    let fraction = u64::from(bits & ((1 << 23) - 1)) << 29;
    format_digits(value < 0.0, java_digits(&parts(fraction, raw, 127, 24)))
}

fn parts(fraction: u64, raw_exponent: i32, bias: i32, precision: i32) -> Parts {
    if raw_exponent == 0 {
        let shift = fraction.leading_zeros() as i32 - 11;
        let significant_bits = 53 - shift - (53 - precision);
        Parts { fraction: fraction << shift, exponent: 1 - shift - bias, significant_bits }
    } else {
        Parts { fraction: fraction | (1 << 52), exponent: raw_exponent - bias, significant_bits: precision }
    }
}

#[cfg(test)]
mod tests {
    use super::{double, float};

    #[test]
    fn doubles_print_as_java_before_19_prints_them() {
        // Checked against Double.toString of OpenJDK 17.
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (0.001, "0.001"),
            (0.000_99, "9.9E-4"),
            (123_456_789.123_456_79, "1.2345678912345679E8"),
            (1.152_921_504_606_847e18, "1.15292150460684698E18"),
            (2.0e-3, "0.002"),
            (2e23, "1.9999999999999998E23"),
            (5e-324, "4.9E-324"),
            (1e-5, "1.0E-5"),
            (f64::MAX, "1.7976931348623157E308"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn floats_print_as_java_before_19_prints_them() {
        for (value, text) in [
            (1.5, "1.5"),
            (2_147_483_648.0, "2.14748365E9"),
            (1e10, "1.0E10"),
            (0.1, "0.1"),
            (f32::MIN_POSITIVE, "1.17549435E-38"),
        ] {
            assert_eq!(float(value), text);
        }
    }
}
