//! Numbers, booleans and characters.

use std::cmp::Ordering;

use super::{illegal, int, null_pointer};
use crate::ast::MathOp;
use crate::error::ErrorKind;
use crate::number;
use crate::string::JStr;
use crate::value::{Class, Heap, Outcome, Value, unsupported};

fn text<'v, 'r>(value: &'v Value<'r>) -> Outcome<&'v JStr<'r>> {
    match value {
        Value::Str(s) => Ok(s),
        _ => Err(ErrorKind::Exception("java.lang.NumberFormatException: null".to_owned()).into()),
    }
}

fn sign<'r>(order: Ordering) -> Value<'r> {
    Value::Int(order as i32)
}

/// Digits as Java reads them, with an optional sign.
fn parse_whole<'r>(s: &JStr<'r>, radix: u32) -> Option<i128> {
    let text = s.as_str()?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) || digits.trim_start_matches('0').len() > 64 {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    Some(if text.starts_with('-') { -value } else { value })
}

fn number_format<'r, T>(s: &JStr<'r>) -> Outcome<T> {
    illegal(format!("java.lang.NumberFormatException: For input string: {:?}", s.to_text()))
}

fn parse_int<'r>(s: &JStr<'r>, radix: u32) -> Outcome<Value<'r>> {
    match parse_whole(s, radix).and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(Value::Int(n)),
        None => number_format(s),
    }
}

fn parse_long<'r>(s: &JStr<'r>, radix: u32) -> Outcome<Value<'r>> {
    match parse_whole(s, radix).and_then(|n| i64::try_from(n).ok()) {
        Some(n) => Ok(Value::Long(n)),
        None => number_format(s),
    }
}

fn radix<'r>(value: &Value<'r>) -> Outcome<u32> {
    match u32::try_from(int(value)) {
        Ok(r @ 2..=36) => Ok(r),
        _ => illegal("java.lang.NumberFormatException: radix out of range"),
    }
}

/// Java's `Double.parseDouble`, without hexadecimal numbers.
fn parse_double<'r>(s: &JStr<'r>) -> Outcome<f64> {
    let trimmed = s.to_text().trim_matches(|c| c <= ' ').to_owned();
    let body = trimmed.strip_prefix(['+', '-']).unwrap_or(&trimmed);
    let negative = trimmed.starts_with('-');
    let signed = |v: f64| if negative { -v } else { v };
    match body {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(signed(f64::INFINITY)),
        _ => {}
    }
    if body.starts_with("0x") || body.starts_with("0X") {
        return unsupported("a hexadecimal floating point number");
    }
    let digits = body.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(body);
    if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && let Ok(value) = digits.parse::<f64>()
    {
        return Ok(signed(value));
    }
    number_format(s)
}

pub(super) fn invoke<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    class: Class,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    if number::is_number(on) {
        match method {
            "intValue()" => return Ok(Value::Int(number::to_i32(on))),
            "longValue()" => return Ok(Value::Long(number::to_i64(on))),
            "doubleValue()" => return Ok(Value::Double(number::to_f64(on))),
            "floatValue()" => return Ok(Value::Float(number::to_f64(on) as f32)),
            "shortValue()" => return Ok(Value::Short(number::to_i32(on) as i16)),
            "byteValue()" => return Ok(Value::Byte(number::to_i32(on) as i8)),
            "compareTo(Object)" if heap.class(&a[0]) != Some(class) => {
                return if a[0].is_null() {
                    null_pointer()
                } else {
                    illegal("java.lang.ClassCastException: numbers of two classes cannot be compared")
                };
            }
            m if m.starts_with("compareTo(") => {
                if a[0].is_null() {
                    return null_pointer();
                }
                return Ok(match (on, &a[0]) {
                    (Value::Double(x), Value::Double(y)) => sign(number::java_double_order(*x, *y)),
                    (Value::Float(x), Value::Float(y)) => sign(number::java_double_order(f64::from(*x), f64::from(*y))),
                    (Value::Byte(x), Value::Byte(y)) => Value::Int(i32::from(*x) - i32::from(*y)),
                    (Value::Short(x), Value::Short(y)) => Value::Int(i32::from(*x) - i32::from(*y)),
                    _ => sign(number::compare(on, &a[0]).map_err(ErrorKind::Exception)?),
                });
            }
            _ => {}
        }
    }
    match class {
        Class::Integer => integer(heap, method, a),
        Class::Long => long(heap, method, a),
        Class::Double | Class::Float => floating(heap, on, class, method, a),
        Class::BigInteger | Class::BigDecimal => big(heap, on, method, a),
        Class::Boolean => boolean(heap, on, method, a),
        Class::Character => character(heap, on, method, a),
        _ => unsupported(format!("{method} of {class:?}")),
    }
}

fn in_radix(mut n: u64, radix: u64, negative: bool) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((n % radix) as u32, radix as u32).unwrap_or('0'));
        n /= radix;
        if n == 0 {
            break;
        }
    }
    if negative {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

fn integer<'r>(heap: &mut Heap<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let result = match method {
        "parseInt(String)" | "valueOf(String)" => return parse_int(text(&a[0])?, 10),
        "parseInt(String,int)" | "valueOf(String,int)" => {
            return parse_int(text(&a[0])?, radix(&a[1])?);
        }
        "valueOf(int)" => return Ok(Value::Int(int(&a[0]))),
        "max(int,int)" => return Ok(Value::Int(int(&a[0]).max(int(&a[1])))),
        "min(int,int)" => return Ok(Value::Int(int(&a[0]).min(int(&a[1])))),
        "sum(int,int)" => return Ok(Value::Int(int(&a[0]).wrapping_add(int(&a[1])))),
        "signum(int)" => return Ok(Value::Int(int(&a[0]).signum())),
        "compare(int,int)" => return Ok(sign(int(&a[0]).cmp(&int(&a[1])))),
        "bitCount(int)" => return Ok(Value::Int(int(&a[0]).count_ones() as i32)),
        "hashCode(int)" => return Ok(Value::Int(int(&a[0]))),
        "toString(int)" => int(&a[0]).to_string(),
        "toString(int,int)" => {
            let radix = match int(&a[1]) {
                r @ 2..=36 => r as u64,
                _ => 10,
            };
            in_radix(u64::from(int(&a[0]).unsigned_abs()), radix, int(&a[0]) < 0)
        }
        "toHexString(int)" => format!("{:x}", int(&a[0])),
        "toBinaryString(int)" => format!("{:b}", int(&a[0])),
        "toOctalString(int)" => format!("{:o}", int(&a[0])),
        _ => return unsupported(format!("java.lang.Integer.{method}")),
    };
    heap.made(result)
}

fn long<'r>(heap: &mut Heap<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let n = |i: usize| number::to_i64(&a[i]);
    let result = match method {
        "parseLong(String)" | "valueOf(String)" => return parse_long(text(&a[0])?, 10),
        "parseLong(String,int)" | "valueOf(String,int)" => {
            return parse_long(text(&a[0])?, radix(&a[1])?);
        }
        "valueOf(long)" => return Ok(Value::Long(n(0))),
        "max(long,long)" => return Ok(Value::Long(n(0).max(n(1)))),
        "min(long,long)" => return Ok(Value::Long(n(0).min(n(1)))),
        "sum(long,long)" => return Ok(Value::Long(n(0).wrapping_add(n(1)))),
        "signum(long)" => return Ok(Value::Int(n(0).signum() as i32)),
        "compare(long,long)" => return Ok(sign(n(0).cmp(&n(1)))),
        "hashCode(long)" => return Ok(Value::Int(number::hash_code(&Value::Long(n(0))))),
        "toString(long)" => n(0).to_string(),
        "toString(long,int)" => {
            let radix = match int(&a[1]) {
                r @ 2..=36 => r as u64,
                _ => 10,
            };
            in_radix(n(0).unsigned_abs(), radix, n(0) < 0)
        }
        "toHexString(long)" => format!("{:x}", n(0)),
        "toBinaryString(long)" => format!("{:b}", n(0)),
        _ => return unsupported(format!("java.lang.Long.{method}")),
    };
    heap.made(result)
}

fn floating<'r>(
    heap: &mut Heap<'r>,
    on: &Value<'r>,
    class: Class,
    method: &str,
    a: &[Value<'r>],
) -> Outcome<Value<'r>> {
    let own = number::to_f64(on);
    let wrap = |v: f64| {
        if class == Class::Double { Value::Double(v) } else { Value::Float(v as f32) }
    };
    let n = |i: usize| number::to_f64(&a[i]);
    match method {
        "isNaN()" => Ok(Value::Bool(own.is_nan())),
        "isInfinite()" => Ok(Value::Bool(own.is_infinite())),
        "isNaN(double)" | "isNaN(float)" => Ok(Value::Bool(n(0).is_nan())),
        "isInfinite(double)" | "isInfinite(float)" => Ok(Value::Bool(n(0).is_infinite())),
        "isFinite(double)" | "isFinite(float)" => Ok(Value::Bool(n(0).is_finite())),
        "valueOf(double)" | "valueOf(float)" => Ok(wrap(n(0))),
        "parseDouble(String)" => Ok(Value::Double(parse_double(text(&a[0])?)?)),
        "valueOf(String)" if class == Class::Double => Ok(Value::Double(parse_double(text(&a[0])?)?)),
        "max(double,double)" if !n(0).is_nan() && !n(1).is_nan() => {
            Ok(wrap(if number::java_double_order(n(0), n(1)) == Ordering::Less { n(1) } else { n(0) }))
        }
        "min(double,double)" if !n(0).is_nan() && !n(1).is_nan() => {
            Ok(wrap(if number::java_double_order(n(0), n(1)) == Ordering::Greater { n(1) } else { n(0) }))
        }
        "sum(double,double)" => Ok(wrap(n(0) + n(1))),
        "compare(double,double)" => Ok(sign(number::java_double_order(n(0), n(1)))),
        "toString(double)" => heap.made(number::double(n(0))),
        _ => unsupported(format!("{method} of {class:?}")),
    }
}

fn big<'r>(heap: &mut Heap<'r>, on: &Value<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let name = method.split('(').next().unwrap_or("");
    let op = match name {
        "add" => Some(MathOp::Add),
        "subtract" => Some(MathOp::Subtract),
        "multiply" => Some(MathOp::Multiply),
        _ => None,
    };
    match (op, a) {
        (Some(_), [Value::Null]) => null_pointer(),
        (Some(op), [other]) => {
            heap.charge(64)?;
            Ok(number::calculate(op, on, other, heap.store).map_err(ErrorKind::Exception)?)
        }
        _ => match (on, method) {
            (Value::BigInt(n), "signum()") => Ok(Value::Int(match n.sign() {
                num_bigint::Sign::Minus => -1,
                num_bigint::Sign::NoSign => 0,
                num_bigint::Sign::Plus => 1,
            })),
            (Value::BigInt(n), "negate()") => Ok(Value::BigInt(heap.store.integer(-(*n).clone()))),
            (Value::BigDec(d), "scale()") => Ok(Value::Int(d.scale)),
            (Value::BigDec(d), "toBigInteger()") => Ok(Value::BigInt(heap.store.integer(d.to_big_int()))),
            _ => unsupported(format!("{method} of a number without bounds")),
        },
    }
}

fn boolean<'r>(heap: &mut Heap<'r>, on: &Value<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let flag = |v: &Value<'r>| matches!(v, Value::Bool(true));
    let order = |a: bool, b: bool| Value::Int(i32::from(a) - i32::from(b));
    match method {
        "booleanValue()" => Ok(*on),
        "parseBoolean(String)" | "valueOf(String)" => Ok(Value::Bool(match &a[0] {
            Value::Str(s) => s.to_text().eq_ignore_ascii_case("true"),
            _ => false,
        })),
        "valueOf(boolean)" => Ok(a[0]),
        "logicalAnd(boolean,boolean)" => Ok(Value::Bool(flag(&a[0]) && flag(&a[1]))),
        "logicalOr(boolean,boolean)" => Ok(Value::Bool(flag(&a[0]) || flag(&a[1]))),
        "logicalXor(boolean,boolean)" => Ok(Value::Bool(flag(&a[0]) != flag(&a[1]))),
        "compare(boolean,boolean)" => Ok(order(flag(&a[0]), flag(&a[1]))),
        "toString(boolean)" => heap.string(JStr::from(if flag(&a[0]) { "true" } else { "false" })),
        "hashCode(boolean)" => Ok(Value::Int(heap.hash_code(&a[0])?)),
        "compareTo(Boolean)" | "compareTo(Object)" => match &a[0] {
            Value::Bool(other) => Ok(order(flag(on), *other)),
            Value::Null => null_pointer(),
            _ => illegal("java.lang.ClassCastException: not a java.lang.Boolean"),
        },
        _ => unsupported(format!("java.lang.Boolean.{method}")),
    }
}

fn character<'r>(heap: &mut Heap<'r>, on: &Value<'r>, method: &str, a: &[Value<'r>]) -> Outcome<Value<'r>> {
    let unit = |v: &Value<'r>| match v {
        Value::Char(c) => *c,
        _ => 0,
    };
    let ascii = |v: &Value<'r>| u8::try_from(unit(v)).ok().filter(u8::is_ascii);
    match method {
        "charValue()" => Ok(*on),
        "valueOf(char)" => Ok(a[0]),
        "toString(char)" => heap.made(vec![unit(&a[0])]),
        "compareTo(Character)" | "compareTo(Object)" => match &a[0] {
            Value::Char(other) => Ok(Value::Int(i32::from(unit(on)) - i32::from(*other))),
            Value::Null => null_pointer(),
            _ => illegal("java.lang.ClassCastException: not a java.lang.Character"),
        },
        "compare(char,char)" => Ok(Value::Int(i32::from(unit(&a[0])) - i32::from(unit(&a[1])))),
        "isDigit(char)"
        | "isLetter(char)"
        | "isLetterOrDigit(char)"
        | "isUpperCase(char)"
        | "isLowerCase(char)"
        | "isWhitespace(char)"
        | "toUpperCase(char)"
        | "toLowerCase(char)"
        | "getNumericValue(char)" => {
            let Some(c) = ascii(&a[0]) else {
                return unsupported(format!("{method} beyond ASCII"));
            };
            Ok(match method {
                "isDigit(char)" => Value::Bool(c.is_ascii_digit()),
                "isLetter(char)" => Value::Bool(c.is_ascii_alphabetic()),
                "isLetterOrDigit(char)" => Value::Bool(c.is_ascii_alphanumeric()),
                "isUpperCase(char)" => Value::Bool(c.is_ascii_uppercase()),
                "isLowerCase(char)" => Value::Bool(c.is_ascii_lowercase()),
                "isWhitespace(char)" => Value::Bool(matches!(c, 9..=13 | 28..=32)),
                "toUpperCase(char)" => Value::Char(u16::from(c.to_ascii_uppercase())),
                "toLowerCase(char)" => Value::Char(u16::from(c.to_ascii_lowercase())),
                _ => Value::Int(char::from(c).to_digit(36).map_or(-1, |d| d as i32)),
            })
        }
        _ => unsupported(format!("java.lang.Character.{method}")),
    }
}
