//! Decimal numbers without bounds.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::big_hash;

/// Java's `BigDecimal`: `unscaled` / 10^`scale`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Decimal {
    pub(crate) unscaled: BigInt,
    pub(crate) scale: i32,
}

fn ten_to(n: u32) -> BigInt {
    BigInt::from(10u8).pow(n)
}

impl Decimal {
    pub(super) fn from_int(n: BigInt) -> Self {
        Decimal { unscaled: n, scale: 0 }
    }

    /// Every binary fraction is an exact decimal one.
    pub(super) fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        if value == 0.0 {
            return Some(Self::from_int(BigInt::from(0)));
        }
        let bits = value.to_bits();
        let raw_exponent = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mut mantissa, mut exponent) =
            if raw_exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), raw_exponent - 1075) };
        while mantissa % 2 == 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        let mut unscaled = BigInt::from(mantissa);
        if value < 0.0 {
            unscaled = -unscaled;
        }
        Some(if exponent >= 0 {
            Decimal { unscaled: unscaled << exponent as u32, scale: 0 }
        } else {
            Decimal { unscaled: unscaled * BigInt::from(5u8).pow(-exponent as u32), scale: -exponent }
        })
    }

    /// A number as JSON writes it. The exponent is bounded by the caller.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].trim_start_matches('+').parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if fraction.starts_with(['+', '-']) || text.contains('_') {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let unscaled: BigInt = digits.parse().ok()?;
        Some(Decimal { unscaled, scale: i32::try_from(fraction.len()).ok()?.checked_sub(exponent)? })
    }

    fn rescaled(&self, scale: i32) -> BigInt {
        &self.unscaled * ten_to((scale - self.scale).max(0) as u32)
    }

    pub(super) fn pair(&self, other: &Self) -> (BigInt, BigInt, i32) {
        let scale = self.scale.max(other.scale);
        (self.rescaled(scale), other.rescaled(scale), scale)
    }

    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
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
            quotient += if (n.sign() == Sign::Minus) == (d.sign() == Sign::Minus) { 1 } else { -1 };
        }
        Some(Decimal { unscaled: quotient, scale: self.scale })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let sign = |d: &Self| d.unscaled.sign();
        if sign(self) != sign(other) || sign(self) == Sign::NoSign {
            return sign(self).cmp(&sign(other));
        }
        // Orders of magnitude first: an exponent can be far larger than anything that fits in memory.
        let magnitude = |d: &Self| d.unscaled.magnitude().to_string().len() as i64 - i64::from(d.scale);
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
        format!("{}e{}", self.unscaled, -i64::from(self.scale)).parse().unwrap_or(f64::NAN)
    }

    pub(crate) fn to_big_int(&self) -> BigInt {
        if self.scale <= 0 {
            &self.unscaled * ten_to(-self.scale as u32)
        } else {
            &self.unscaled / ten_to(self.scale as u32)
        }
    }

    pub(super) fn hash_code(&self) -> i32 {
        big_hash(&self.unscaled).wrapping_mul(31).wrapping_add(self.scale)
    }
}

impl std::fmt::Display for Decimal {
    /// Java's `BigDecimal.toString`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.unscaled);
        }
        let digits = self.unscaled.magnitude().to_string();
        let sign = if self.unscaled.sign() == Sign::Minus { "-" } else { "" };
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

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn decimals_with_huge_exponents_compare_without_being_written_out() {
        let huge = Decimal::parse("1e999999999").expect("a number");
        let small = Decimal::parse("-1e999999999").expect("a number");
        assert!(small.compare(&huge).is_lt());
        assert!(Decimal::parse("1.50").expect("a number").compare(&Decimal::parse("1.5").expect("a number")).is_eq());
    }
}
