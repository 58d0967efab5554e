//! Java's numbers: how they are written, how Velocity calculates with them, how they compare and hash.

mod decimal;
mod digits;

pub(crate) use decimal::Decimal;
pub(crate) use digits::{double, float};

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use crate::ast::MathOp;
use crate::value::{Store, Value};

/// A whole number in a template: the smallest of Integer, Long, BigInteger that holds it.
#[derive(Debug)]
pub(crate) enum Whole {
    Int(i32),
    Long(i64),
    Big(BigInt),
}

impl Whole {
    pub(crate) fn parse(text: &str) -> Self {
        if let Ok(i) = text.parse::<i32>() {
            Whole::Int(i)
        } else if let Ok(l) = text.parse::<i64>() {
            Whole::Long(l)
        } else {
            Whole::Big(text.parse().unwrap_or_default())
        }
    }

    pub(crate) fn lend(&self) -> Value<'_> {
        match self {
            Whole::Int(n) => Value::Int(*n),
            Whole::Long(n) => Value::Long(*n),
            Whole::Big(n) => Value::BigInt(n),
        }
    }

    pub(crate) fn keep(self, store: &Store) -> Value<'_> {
        match self {
            Whole::Int(n) => Value::Int(n),
            Whole::Long(n) => Value::Long(n),
            Whole::Big(n) => Value::BigInt(store.integer(n)),
        }
    }
}

/// Size order of Velocity's number types; `None` for what is no primitive.
fn size(v: &Value<'_>) -> Option<u8> {
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

pub(crate) fn is_number(v: &Value<'_>) -> bool {
    size(v).is_some() || matches!(v, Value::BigInt(_) | Value::BigDec(_))
}

fn is_integer(v: &Value<'_>) -> bool {
    matches!(v, Value::Byte(_) | Value::Short(_) | Value::Int(_) | Value::Long(_) | Value::BigInt(_))
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
pub(crate) fn to_i64(v: &Value<'_>) -> i64 {
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
pub(crate) fn to_i32(v: &Value<'_>) -> i32 {
    match v {
        Value::Float(n) => *n as i32,
        Value::Double(n) => *n as i32,
        _ => to_i64(v) as i32,
    }
}

/// Java's `doubleValue`.
pub(crate) fn to_f64(v: &Value<'_>) -> f64 {
    match v {
        Value::Float(n) => f64::from(*n),
        Value::Double(n) => *n,
        Value::BigInt(n) => n.to_string().parse().unwrap_or(f64::NAN),
        Value::BigDec(n) => n.to_f64(),
        _ => to_i64(v) as f64,
    }
}

fn to_f32(v: &Value<'_>) -> f32 {
    match v {
        Value::Float(n) => *n,
        Value::Double(n) => *n as f32,
        Value::BigInt(_) | Value::BigDec(_) => to_f64(v) as f32,
        _ => to_i64(v) as f32,
    }
}

fn to_big(v: &Value<'_>) -> BigInt {
    match v {
        Value::BigInt(n) => (**n).clone(),
        _ => BigInt::from(to_i64(v)),
    }
}

fn to_decimal(v: &Value<'_>) -> Result<Decimal, String> {
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

fn base(a: &Value<'_>, b: &Value<'_>) -> Base {
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
fn wrap<'r>(value: i64, a: &Value<'_>, b: &Value<'_>) -> Value<'r> {
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

pub(crate) fn is_zero(v: &Value<'_>) -> bool {
    match v {
        Value::BigInt(n) => n.sign() == Sign::NoSign,
        Value::BigDec(d) => d.unscaled.sign() == Sign::NoSign,
        Value::Float(n) => *n == 0.0,
        Value::Double(n) => *n == 0.0,
        _ => to_i64(v) == 0,
    }
}

/// Velocity's arithmetic on two numbers; null where it gives none (division by zero).
pub(crate) fn calculate<'r>(op: MathOp, a: &Value<'_>, b: &Value<'_>, store: &'r Store) -> Result<Value<'r>, String> {
    let big = |n: BigInt| Value::BigInt(store.integer(n));
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
                MathOp::Add => x.checked_add(y).map_or_else(|| big(to_big(a) + to_big(b)), |n| wrap(n, a, b)),
                MathOp::Subtract => x.checked_sub(y).map_or_else(|| big(to_big(a) - to_big(b)), |n| wrap(n, a, b)),
                MathOp::Multiply => {
                    // Velocity's overflow check divides back, and misses Long.MIN_VALUE times minus one.
                    let n = x.wrapping_mul(y);
                    if y != 0 && n.wrapping_div(y) != x { big(to_big(a) * to_big(b)) } else { wrap(n, a, b) }
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
            Value::BigDec(store.decimal(match op {
                MathOp::Add => Decimal { unscaled: m + n, scale },
                MathOp::Subtract => Decimal { unscaled: m - n, scale },
                MathOp::Multiply => Decimal { unscaled: &x.unscaled * &y.unscaled, scale: x.scale + y.scale },
                MathOp::Divide => x.divide(&y).ok_or_else(|| "Division by zero".to_owned())?,
                MathOp::Modulo => {
                    return Err("Cannot calculate the modulo of BigDecimals.".to_owned());
                }
            }))
        }
    })
}

/// Velocity's comparison: NaN is equal to everything.
pub(crate) fn compare(a: &Value<'_>, b: &Value<'_>) -> Result<Ordering, String> {
    Ok(match base(a, b) {
        Base::BigInteger => to_big(a).cmp(&to_big(b)),
        Base::Long => to_i64(a).cmp(&to_i64(b)),
        Base::Float => to_f32(a).partial_cmp(&to_f32(b)).unwrap_or(Ordering::Equal),
        Base::Double => to_f64(a).partial_cmp(&to_f64(b)).unwrap_or(Ordering::Equal),
        Base::BigDecimal => to_decimal(a)?.compare(&to_decimal(b)?),
    })
}

pub(crate) fn double_bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}

pub(crate) fn float_bits(value: f32) -> u32 {
    if value.is_nan() { 0x7fc0_0000 } else { value.to_bits() }
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
    if n.sign() == Sign::Minus { hash.wrapping_neg() } else { hash }
}

/// Java's `hashCode` of a number.
pub(crate) fn hash_code(v: &Value<'_>) -> i32 {
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
