//! Java's numbers: how they are written, how Velocity calculates with them, how they compare and hash.

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use crate::ast::MathOp;
use crate::value::Value;

/// Java's `BigDecimal`: `unscaled` / 10^`scale`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    pub(crate) unscaled: BigInt,
    pub(crate) scale: i32,
}

fn ten_to(n: u32) -> BigInt {
    BigInt::from(10u8).pow(n)
}

impl Decimal {
    fn from_int(n: BigInt) -> Self {
        Decimal {
            unscaled: n,
            scale: 0,
        }
    }

    /// Every binary fraction is an exact decimal one.
    fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        if value == 0.0 {
            return Some(Self::from_int(BigInt::from(0)));
        }
        let bits = value.to_bits();
        let raw_exponent = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mut mantissa, mut exponent) = if raw_exponent == 0 {
            (fraction, -1074)
        } else {
            (fraction | (1 << 52), raw_exponent - 1075)
        };
        while mantissa % 2 == 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        let mut unscaled = BigInt::from(mantissa);
        if value < 0.0 {
            unscaled = -unscaled;
        }
        Some(if exponent >= 0 {
            Decimal {
                unscaled: unscaled << exponent as u32,
                scale: 0,
            }
        } else {
            Decimal {
                unscaled: unscaled * BigInt::from(5u8).pow(-exponent as u32),
                scale: -exponent,
            }
        })
    }

    /// A number as JSON writes it. The exponent is bounded by the caller.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (
                &text[..at],
                text[at + 1..].trim_start_matches('+').parse::<i32>().ok()?,
            ),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if fraction.starts_with(['+', '-']) || text.contains('_') {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let unscaled: BigInt = digits.parse().ok()?;
        Some(Decimal {
            unscaled,
            scale: i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?,
        })
    }

    fn rescaled(&self, scale: i32) -> BigInt {
        &self.unscaled * ten_to((scale - self.scale).max(0) as u32)
    }

    fn pair(&self, other: &Self) -> (BigInt, BigInt, i32) {
        let scale = self.scale.max(other.scale);
        (self.rescaled(scale), other.rescaled(scale), scale)
    }

    fn divide(&self, other: &Self) -> Option<Self> {
        // `divide(x, ROUND_HALF_DOWN)` keeps the dividend's scale.
        let shift = other.scale;
        let (mut n, mut d) = (self.unscaled.clone(), other.unscaled.clone());
        if shift >= 0 {
            n *= ten_to(shift as u32);
        } else {
            d *= ten_to(-shift as u32);
        }
        if d.sign() == Sign::NoSign {
            return None;
        }
        let (mut quotient, remainder) = (&n / &d, &n % &d);
        let twice = remainder.magnitude() * 2u8;
        if &twice > d.magnitude() {
            quotient += if (n.sign() == Sign::Minus) == (d.sign() == Sign::Minus) {
                1
            } else {
                -1
            };
        }
        Some(Decimal {
            unscaled: quotient,
            scale: self.scale,
        })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let sign = |d: &Self| d.unscaled.sign();
        if sign(self) != sign(other) || sign(self) == Sign::NoSign {
            return sign(self).cmp(&sign(other));
        }
        // Orders of magnitude first: an exponent can be far larger than anything that fits in memory.
        let magnitude =
            |d: &Self| d.unscaled.magnitude().to_string().len() as i64 - i64::from(d.scale);
        match magnitude(self).cmp(&magnitude(other)) {
            Ordering::Equal => {
                let (a, b, _) = self.pair(other);
                a.cmp(&b)
            }
            order if sign(self) == Sign::Minus => order.reverse(),
            order => order,
        }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        format!("{}e{}", self.unscaled, -i64::from(self.scale))
            .parse()
            .unwrap_or(f64::NAN)
    }

    pub(crate) fn to_big_int(&self) -> BigInt {
        if self.scale <= 0 {
            &self.unscaled * ten_to(-self.scale as u32)
        } else {
            &self.unscaled / ten_to(self.scale as u32)
        }
    }

    fn hash_code(&self) -> i32 {
        big_hash(&self.unscaled)
            .wrapping_mul(31)
            .wrapping_add(self.scale)
    }
}

impl std::fmt::Display for Decimal {
    /// Java's `BigDecimal.toString`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.unscaled);
        }
        let digits = self.unscaled.magnitude().to_string();
        let sign = if self.unscaled.sign() == Sign::Minus {
            "-"
        } else {
            ""
        };
        let adjusted = -i64::from(self.scale) + (digits.len() as i64 - 1);
        if self.scale >= 0 && adjusted >= -6 {
            let scale = self.scale as usize;
            if digits.len() > scale {
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                return write!(f, "{sign}{whole}.{fraction}");
            }
            return write!(f, "{sign}0.{}{digits}", "0".repeat(scale - digits.len()));
        }
        let (first, rest) = digits.split_at(1);
        write!(f, "{sign}{first}")?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        if adjusted != 0 {
            write!(f, "E{adjusted:+}")?;
        }
        Ok(())
    }
}

/// A whole number in a template: the smallest of Integer, Long, BigInteger that holds it.
pub(crate) fn integer_literal(text: &str) -> Value {
    if let Ok(i) = text.parse::<i32>() {
        Value::Int(i)
    } else if let Ok(l) = text.parse::<i64>() {
        Value::Long(l)
    } else {
        Value::BigInt(Arc::new(text.parse().unwrap_or_default()))
    }
}

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
    let estimate = (mantissa - 1.5) * 0.289_529_654
        + 0.176_091_259
        + f64::from(parts.exponent) * 0.301_029_995_663_981;
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
        if five == 0 {
            0
        } else {
            (BigInt::from(5u8).pow(five as u32)).bits() as i32
        }
    };
    let value_bits = fraction_bits + b2 + if b5 < 27 { bits_of(b5) } else { b5 * 3 };
    let tens_bits = s2
        + 1
        + if s5 + 1 < 27 {
            bits_of(s5 + 1)
        } else {
            (s5 + 1) * 3
        };
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
    let scaled = |n: u64, five: i32, two: i32| {
        fit((BigInt::from(n) * BigInt::from(5u8).pow(five as u32)) << two as u32)
    };
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
    if up {
        round_up(digits, exponent)
    } else {
        (digits, exponent)
    }
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
        if s.is_empty() {
            "0".to_owned()
        } else {
            s.to_owned()
        }
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
        return if value.is_sign_negative() {
            "-0.0"
        } else {
            "0.0"
        }
        .to_owned();
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
        Parts {
            fraction: fraction << shift,
            exponent: 1 - shift - bias,
            significant_bits,
        }
    } else {
        Parts {
            fraction: fraction | (1 << 52),
            exponent: raw_exponent - bias,
            significant_bits: precision,
        }
    }
}

/// Size order of Velocity's number types; `None` for what is no primitive.
fn size(v: &Value) -> Option<u8> {
    Some(match v {
        Value::Byte(_) => 0,
        Value::Short(_) => 1,
        Value::Int(_) => 2,
        Value::Long(_) => 3,
        Value::Float(_) => 4,
        Value::Double(_) => 5,
        _ => return None,
    })
}

pub(crate) fn is_number(v: &Value) -> bool {
    size(v).is_some() || matches!(v, Value::BigInt(_) | Value::BigDec(_))
}

fn is_integer(v: &Value) -> bool {
    matches!(
        v,
        Value::Byte(_) | Value::Short(_) | Value::Int(_) | Value::Long(_) | Value::BigInt(_)
    )
}

fn big_to_i64(n: &BigInt) -> i64 {
    // The low 64 bits, as Java's `longValue`.
    let bytes = n.to_signed_bytes_le();
    let fill = if n.sign() == Sign::Minus { 0xff } else { 0 };
    let mut low = [fill; 8];
    for (to, from) in low.iter_mut().zip(&bytes) {
        *to = *from;
    }
    i64::from_le_bytes(low)
}

/// Java's `longValue`.
pub(crate) fn to_i64(v: &Value) -> i64 {
    match v {
        Value::Byte(n) => i64::from(*n),
        Value::Short(n) => i64::from(*n),
        Value::Int(n) => i64::from(*n),
        Value::Long(n) => *n,
        Value::Float(n) => *n as i64,
        Value::Double(n) => *n as i64,
        Value::BigInt(n) => big_to_i64(n),
        Value::BigDec(n) => big_to_i64(&n.to_big_int()),
        _ => 0,
    }
}

/// Java's `intValue`.
pub(crate) fn to_i32(v: &Value) -> i32 {
    match v {
        Value::Float(n) => *n as i32,
        Value::Double(n) => *n as i32,
        _ => to_i64(v) as i32,
    }
}

/// Java's `doubleValue`.
pub(crate) fn to_f64(v: &Value) -> f64 {
    match v {
        Value::Float(n) => f64::from(*n),
        Value::Double(n) => *n,
        Value::BigInt(n) => n.to_string().parse().unwrap_or(f64::NAN),
        Value::BigDec(n) => n.to_f64(),
        _ => to_i64(v) as f64,
    }
}

fn to_f32(v: &Value) -> f32 {
    match v {
        Value::Float(n) => *n,
        Value::Double(n) => *n as f32,
        Value::BigInt(_) | Value::BigDec(_) => to_f64(v) as f32,
        _ => to_i64(v) as f32,
    }
}

fn to_big(v: &Value) -> BigInt {
    match v {
        Value::BigInt(n) => (**n).clone(),
        _ => BigInt::from(to_i64(v)),
    }
}

fn to_decimal(v: &Value) -> Result<Decimal, String> {
    match v {
        Value::BigDec(d) => Ok((**d).clone()),
        Value::BigInt(n) => Ok(Decimal::from_int((**n).clone())),
        _ => Decimal::from_f64(to_f64(v)).ok_or_else(|| "Infinite or NaN".to_owned()),
    }
}

enum Base {
    Long,
    Float,
    Double,
    BigInteger,
    BigDecimal,
}

fn base(a: &Value, b: &Value) -> Base {
    let whole = is_integer(a) && is_integer(b);
    let big = matches!(a, Value::BigInt(_)) || matches!(b, Value::BigInt(_));
    if matches!(a, Value::BigDec(_)) || matches!(b, Value::BigDec(_)) || (!whole && big) {
        Base::BigDecimal
    } else if whole {
        if big { Base::BigInteger } else { Base::Long }
    } else if matches!(a, Value::Double(_)) || matches!(b, Value::Double(_)) {
        Base::Double
    } else {
        Base::Float
    }
}

/// The smallest type, from the larger operand's on, that holds the result.
fn wrap(value: i64, a: &Value, b: &Value) -> Value {
    let rank = size(a).max(size(b)).unwrap_or(3);
    if rank == 0
        && let Ok(n) = i8::try_from(value)
    {
        return Value::Byte(n);
    }
    if rank <= 1
        && let Ok(n) = i16::try_from(value)
    {
        return Value::Short(n);
    }
    if rank <= 2
        && let Ok(n) = i32::try_from(value)
    {
        return Value::Int(n);
    }
    Value::Long(value)
}

fn big(n: BigInt) -> Value {
    Value::BigInt(Arc::new(n))
}

pub(crate) fn is_zero(v: &Value) -> bool {
    match v {
        Value::BigInt(n) => n.sign() == Sign::NoSign,
        Value::BigDec(d) => d.unscaled.sign() == Sign::NoSign,
        Value::Float(n) => *n == 0.0,
        Value::Double(n) => *n == 0.0,
        _ => to_i64(v) == 0,
    }
}

/// Velocity's arithmetic on two numbers; null where it gives none (division by zero).
pub(crate) fn calculate(op: MathOp, a: &Value, b: &Value) -> Result<Value, String> {
    if matches!(op, MathOp::Divide | MathOp::Modulo) && is_zero(b) {
        return Ok(Value::Null);
    }
    Ok(match base(a, b) {
        Base::BigInteger => {
            let (x, y) = (to_big(a), to_big(b));
            big(match op {
                MathOp::Add => x + y,
                MathOp::Subtract => x - y,
                MathOp::Multiply => x * y,
                MathOp::Divide => x / y,
                MathOp::Modulo => {
                    if y.sign() == Sign::Minus {
                        return Err("BigInteger: modulus not positive".to_owned());
                    }
                    let r = x % &y;
                    if r.sign() == Sign::Minus { r + y } else { r }
                }
            })
        }
        Base::Long => {
            let (x, y) = (to_i64(a), to_i64(b));
            match op {
                MathOp::Add => x
                    .checked_add(y)
                    .map_or_else(|| big(to_big(a) + to_big(b)), |n| wrap(n, a, b)),
                MathOp::Subtract => x
                    .checked_sub(y)
                    .map_or_else(|| big(to_big(a) - to_big(b)), |n| wrap(n, a, b)),
                MathOp::Multiply => {
                    // Velocity's overflow check divides back, and misses Long.MIN_VALUE times minus one.
                    let n = x.wrapping_mul(y);
                    if y != 0 && n.wrapping_div(y) != x {
                        big(to_big(a) * to_big(b))
                    } else {
                        wrap(n, a, b)
                    }
                }
                MathOp::Divide => wrap(x.wrapping_div(y), a, b),
                MathOp::Modulo => wrap(x.wrapping_rem(y), a, b),
            }
        }
        Base::Float => {
            let (x, y) = (to_f32(a), to_f32(b));
            Value::Float(match op {
                MathOp::Add => x + y,
                MathOp::Subtract => x - y,
                MathOp::Multiply => x * y,
                MathOp::Divide => x / y,
                MathOp::Modulo => x % y,
            })
        }
        Base::Double => {
            let (x, y) = (to_f64(a), to_f64(b));
            Value::Double(match op {
                MathOp::Add => x + y,
                MathOp::Subtract => x - y,
                MathOp::Multiply => x * y,
                MathOp::Divide => x / y,
                MathOp::Modulo => x % y,
            })
        }
        Base::BigDecimal => {
            let (x, y) = (to_decimal(a)?, to_decimal(b)?);
            let (m, n, scale) = x.pair(&y);
            Value::BigDec(Arc::new(match op {
                MathOp::Add => Decimal {
                    unscaled: m + n,
                    scale,
                },
                MathOp::Subtract => Decimal {
                    unscaled: m - n,
                    scale,
                },
                MathOp::Multiply => Decimal {
                    unscaled: &x.unscaled * &y.unscaled,
                    scale: x.scale + y.scale,
                },
                MathOp::Divide => x.divide(&y).ok_or_else(|| "Division by zero".to_owned())?,
                MathOp::Modulo => {
                    return Err("Cannot calculate the modulo of BigDecimals.".to_owned());
                }
            }))
        }
    })
}

/// Velocity's comparison: NaN is equal to everything.
pub(crate) fn compare(a: &Value, b: &Value) -> Result<Ordering, String> {
    Ok(match base(a, b) {
        Base::BigInteger => to_big(a).cmp(&to_big(b)),
        Base::Long => to_i64(a).cmp(&to_i64(b)),
        Base::Float => to_f32(a).partial_cmp(&to_f32(b)).unwrap_or(Ordering::Equal),
        Base::Double => to_f64(a).partial_cmp(&to_f64(b)).unwrap_or(Ordering::Equal),
        Base::BigDecimal => to_decimal(a)?.compare(&to_decimal(b)?),
    })
}

pub(crate) fn double_bits(value: f64) -> u64 {
    if value.is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        value.to_bits()
    }
}

pub(crate) fn float_bits(value: f32) -> u32 {
    if value.is_nan() {
        0x7fc0_0000
    } else {
        value.to_bits()
    }
}

/// Java's `Double.compare`: zeros differ, NaN is largest.
pub(crate) fn java_double_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .filter(|o| *o != Ordering::Equal)
        .unwrap_or_else(|| (double_bits(a) as i64).cmp(&(double_bits(b) as i64)))
}

fn big_hash(n: &BigInt) -> i32 {
    let mut hash = 0i32;
    for word in n.magnitude().to_u32_digits().iter().rev() {
        hash = hash.wrapping_mul(31).wrapping_add(*word as i32);
    }
    if n.sign() == Sign::Minus {
        hash.wrapping_neg()
    } else {
        hash
    }
}

/// Java's `hashCode` of a number.
pub(crate) fn hash_code(v: &Value) -> i32 {
    let fold = |bits: u64| (bits ^ (bits >> 32)) as i32;
    match v {
        Value::Long(n) => fold(*n as u64),
        Value::Float(n) => float_bits(*n) as i32,
        Value::Double(n) => fold(double_bits(*n)),
        Value::BigInt(n) => big_hash(n),
        Value::BigDec(d) => d.hash_code(),
        _ => to_i32(v),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, double, float};

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

    #[test]
    fn decimals_with_huge_exponents_compare_without_being_written_out() {
        let huge = Decimal::parse("1e999999999").expect("a number");
        let small = Decimal::parse("-1e999999999").expect("a number");
        assert!(small.compare(&huge).is_lt());
        assert!(
            Decimal::parse("1.50")
                .expect("a number")
                .compare(&Decimal::parse("1.5").expect("a number"))
                .is_eq()
        );
    }
}
