//! Trouble on purpose: latency, indexes that are behind, and errors, lost answers and duplicates at rates.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use local::{Call, Fault, Service};

/// What goes wrong with the calls of one service, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    service: Option<Service>,
    /// Each a share of the calls, from 0 to 1.
    error: f64,
    throttle: f64,
    lost: f64,
    duplicate: f64,
    /// Of every call.
    latency: Duration,
    /// Share of the messages of a queue that come after later ones.
    pub(crate) reorder: f64,
    /// How much later than a table its indexes have what was written.
    index_lag: Duration,
}

const FORM: &str = "SERVICE:WHAT=HOW,..., such as sqs:error=0.1,latency=50ms; SERVICE is dynamodb, sqs, s3, secrets or \
                    all, WHAT is error, throttle, lost, duplicate or reorder with a share from 0 to 1, or latency or index-lag \
                    with a duration such as 50ms";

/// It is not written as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; it is {FORM}")]
pub struct ChaosError {
    what: String,
}

impl FromStr for Trouble {
    type Err = ChaosError;

    fn from_str(text: &str) -> Result<Self, ChaosError> {
        let wrong = |what: String| ChaosError { what };
        let (service, rules) = text.split_once(':').ok_or_else(|| wrong(format!("`{text}` has no colon")))?;
        let service = match service {
            "dynamodb" => Some(Service::DynamoDb),
            "sqs" => Some(Service::Sqs),
            "s3" => Some(Service::S3),
            "secrets" => Some(Service::SecretsManager),
            "all" => None,
            other => return Err(wrong(format!("there is no service `{other}`"))),
        };
        let mut trouble = Self {
            service,
            error: 0.0,
            throttle: 0.0,
            lost: 0.0,
            duplicate: 0.0,
            latency: Duration::ZERO,
            reorder: 0.0,
            index_lag: Duration::ZERO,
        };
        for rule in rules.split(',') {
            let (what, how) = rule.split_once('=').ok_or_else(|| wrong(format!("`{rule}` has no `=`")))?;
            let share = || {
                let share = how.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
                share.ok_or_else(|| wrong(format!("`{how}` is no share from 0 to 1")))
            };
            let duration = || arguments::duration(how).map_err(wrong);
            match what {
                "error" => trouble.error = share()?,
                "throttle" => trouble.throttle = share()?,
                "lost" => trouble.lost = share()?,
                "duplicate" => trouble.duplicate = share()?,
                "reorder" => trouble.reorder = share()?,
                "latency" => trouble.latency = duration()?,
                "index-lag" => trouble.index_lag = duration()?,
                other => return Err(wrong(format!("there is no `{other}`"))),
            }
        }
        if trouble.reorder > 0.0 && !matches!(service, None | Some(Service::Sqs)) {
            return Err(wrong("only messages of sqs can be reordered".to_owned()));
        }
        if !trouble.index_lag.is_zero() && !matches!(service, None | Some(Service::DynamoDb)) {
            return Err(wrong("only indexes of dynamodb can lag".to_owned()));
        }
        Ok(trouble)
    }
}

/// Numbers that look random and are the same for the same seed (splitmix64; Steele, Lea and Flood, 2014).
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Whether something that happens this often happens now.
    pub(crate) fn happens(&self, share: f64) -> bool {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        // The upper 53 bits are exact in a double.
        ((mixed >> 11) as f64) < share * (1_u64 << 53) as f64
    }
}

/// How far indexes are behind, all in all.
pub(crate) fn index_lag(troubles: &[Trouble]) -> Duration {
    troubles.iter().map(|trouble| trouble.index_lag).sum()
}

/// What decides about each call.
pub(crate) fn script(troubles: Vec<Trouble>, seed: u64) -> impl FnMut(&Call) -> Fault + Send + 'static {
    let dice = Dice::new(seed);
    move |call| {
        let mut latency = Duration::ZERO;
        let mut fault = Fault::None;
        for trouble in troubles.iter().filter(|trouble| trouble.service.is_none_or(|service| service == call.service)) {
            latency += trouble.latency;
            // Doing a change twice is what a client's own retry does; of a message, it makes two. What is received twice is
            // a batch that nobody hears of.
            let twice = call.operation != "ReceiveMessage" && dice.happens(trouble.duplicate);
            if dice.happens(trouble.error) {
                fault = Fault::internal(call.service);
            } else if dice.happens(trouble.throttle) {
                fault = Fault::throttled(call.service);
            } else if dice.happens(trouble.lost) {
                fault = Fault::AnswerLost;
            } else if twice {
                fault = Fault::Twice;
            }
        }
        if latency.is_zero() { fault } else { fault.after(tokio::time::sleep(latency)) }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service.map_or_else(|| "all services".to_owned(), |service| format!("{service:?}"));
        write!(f, "{service}:")?;
        for (what, share) in [
            ("error", self.error),
            ("throttle", self.throttle),
            ("lost", self.lost),
            ("duplicate", self.duplicate),
            ("reorder", self.reorder),
        ] {
            if share > 0.0 {
                write!(f, " {what} {share}")?;
            }
        }
        for (what, duration) in [("latency", self.latency), ("index-lag", self.index_lag)] {
            if !duration.is_zero() {
                write!(f, " {what} {} ms", duration.as_millis())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_read_as_it_is_written() {
        let trouble: Trouble = "sqs:error=0.1,latency=50ms,reorder=1".parse().unwrap();
        assert_eq!(trouble.to_string(), "Sqs: error 0.1 reorder 1 latency 50 ms");
        let trouble: Trouble = "dynamodb:index-lag=2s".parse().unwrap();
        assert_eq!(trouble.to_string(), "DynamoDb: index-lag 2000 ms");
        assert_eq!(index_lag(&[trouble, "all:index-lag=1ms".parse().unwrap()]), Duration::from_millis(2001));
        for (text, why) in [
            ("sqs", "`sqs` has no colon"),
            ("sns:error=1", "there is no service `sns`"),
            ("sqs:error", "`error` has no `=`"),
            ("sqs:error=2", "`2` is no share from 0 to 1"),
            ("sqs:fout=1", "there is no `fout`"),
            ("s3:reorder=1", "only messages of sqs can be reordered"),
            ("s3:index-lag=1s", "only indexes of dynamodb can lag"),
            ("dynamodb:index-lag=0.5", "`0.5` is no duration such as 500ms, 30s, 15m, 1h or 7d"),
            ("s3:latency=5", "`5` is no duration such as 500ms, 30s, 15m, 1h or 7d"),
        ] {
            assert_eq!(text.parse::<Trouble>().unwrap_err().what, why);
        }
    }

    #[test]
    fn a_share_of_the_calls_fails_the_same_ones_for_the_same_seed() {
        let run = |seed| {
            let dice = Dice::new(seed);
            (0..10_000).map(|_| dice.happens(0.25)).collect::<Vec<_>>()
        };
        let first = run(7);
        assert_eq!(first, run(7));
        assert_ne!(first, run(8));
        let happened = first.iter().filter(|happened| **happened).count();
        assert!((2_300..2_700).contains(&happened), "{happened}");
        assert!(!Dice::new(1).happens(0.0) && Dice::new(1).happens(1.0));
    }
}
