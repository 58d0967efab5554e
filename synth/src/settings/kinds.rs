//! The kinds of value that a stack file holds. Each says what it takes once: for reading and for the schema.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex_lite::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::report::{nearest, quoted};

/// A whole number in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// A number known to be in range, for defaults; a wrong one does not compile where it is a constant.
    pub const fn of(number: u32) -> Self {
        assert!(number >= MIN && number <= MAX, "default out of range");
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Range<const MIN: u32, const MAX: u32>;
        impl<const MIN: u32, const MAX: u32> Visitor<'_> for Range<MIN, MAX> {
            type Value = Whole<MIN, MAX>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                let small = u32::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
                small.map(Whole).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_u32(Range)
    }
}

impl<const MIN: u32, const MAX: u32> Serialize for Whole<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<const MIN: u32, const MAX: u32> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// Text that must match a pattern.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident = $pattern:literal, $wanted:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether this is one.
            pub fn new(text: &str) -> Result<Self, String> {
                static PATTERN: LazyLock<Regex> =
                    LazyLock::new(|| Regex::new($pattern).expect("the pattern is a constant, and a test reads it"));
                if PATTERN.is_match(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!("`{text}` is not {}", $wanted))
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &$wanted))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )*};
}

texts! {
    /// Name of a stack. CloudFormation takes 128 characters, SQS 80 for a queue, which is called `<stack>-queue`.
    StackName = r"^[A-Za-z][A-Za-z0-9-]{0,73}$",
        "a stack name: a letter, then letters, digits and hyphens, 74 at most";
    /// Name of a stage.
    StageName = r"^[A-Za-z0-9_-]{1,128}$", "a stage name: letters, digits, `-` and `_`, 128 at most";
    /// Key of a tag. `aws:` is reserved.
    TagKey = r"^(?:[b-zB-Z0-9_.:/=+@-]|[aA](?:$|[a-vx-zA-VX-Z0-9_ .:/=+@-]|[wW](?:$|[a-rt-zA-RT-Z0-9_ .:/=+@-]|[sS](?:$|[\w ./=+@-]))))[\w .:/=+@-]{0,124}$",
        "a tag key: 125 letters, digits, spaces and `_.:/=+-@` at most, not beginning with `aws:`";
    /// Value of a tag.
    TagValue = r"^[\w .:/=+@-]{0,256}$", "a tag value: 256 letters, digits, spaces and `_.:/=+-@` at most";
    /// An address that is reached over TLS.
    HttpsUrl = r"^https://[^\s/$.?#][^\s]*$", "an address that begins with `https://`";
    /// Name of a bucket.
    BucketName = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "a bucket name: 3 to 63 lower case letters, digits, dots and hyphens";
    /// A domain name.
    DomainName = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", "a domain name in lower case";
    /// A hosted zone of Route 53.
    HostedZoneId = r"^Z[A-Z0-9]{1,31}$", "the id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`";
    /// A certificate of ACM.
    CertificateArn = r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$",
        "the ARN of an ACM certificate, such as `arn:aws:acm:eu-west-1:111122223333:certificate/...`";
    /// A topic of SNS.
    TopicArn = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$",
        "the ARN of an SNS topic, such as `arn:aws:sns:eu-west-1:111122223333:alarms`";
    /// A policy of IAM.
    PolicyArn = r"^arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9+=,.@_/-]+$",
        "the ARN of an IAM policy, such as `arn:aws:iam::111122223333:policy/boundary`";
    /// A firewall of WAF.
    WebAclArn = r"^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[A-Za-z0-9_-]+/[a-f0-9-]+$",
        "the ARN of a regional WAF web ACL";
    /// A subnet.
    SubnetId = r"^subnet-[0-9a-f]{8,17}$", "the id of a subnet, such as `subnet-0123456789abcdef0`";
    /// A security group.
    SecurityGroupId = r"^sg-[0-9a-f]{8,17}$", "the id of a security group, such as `sg-0123456789abcdef0`";
    /// Name of an API key.
    ApiKeyName = r"^[A-Za-z][A-Za-z0-9-]{0,63}$", "a name: a letter, then letters, digits and hyphens, 64 at most";
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Tijdzone(String);

impl Tijdzone {
    /// Its IANA name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tijdzone {
    fn default() -> Self {
        Self("Europe/Amsterdam".to_owned())
    }
}

impl<'de> Deserialize<'de> for Tijdzone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = jiff::tz::db();
        if let Ok(zone) = known.get(&name) {
            // It is found in any case of letters; others look it up as the database writes it.
            return Ok(Self(zone.iana_name().unwrap_or(&name).to_owned()));
        }
        let zones: Vec<_> = known.available().map(|zone| zone.to_string()).collect();
        let hint = match nearest(&name, zones.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "it is written as `Europe/Amsterdam`".to_owned(),
        };
        Err(D::Error::custom(format!("{} is no time zone of the IANA database; {hint}", quoted(&name))))
    }
}

/// Days for which CloudWatch can keep log lines.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogRetention(u32);

impl LogRetention {
    const POSSIBLE: &[u32] =
        &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

    /// Days.
    pub fn days(self) -> u32 {
        self.0
    }
}

impl Default for LogRetention {
    fn default() -> Self {
        Self(365)
    }
}

impl<'de> Deserialize<'de> for LogRetention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Days;
        impl Visitor<'_> for Days {
            type Value = LogRetention;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let possible: Vec<_> = LogRetention::POSSIBLE.iter().map(u32::to_string).collect();
                write!(formatter, "a number of days that CloudWatch takes: {}", possible.join(", "))
            }

            fn visit_u64<E: Error>(self, days: u64) -> Result<LogRetention, E> {
                let known = LogRetention::POSSIBLE.iter().find(|possible| u64::from(**possible) == days);
                known.map(|days| LogRetention(*days)).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(days), &self))
            }
        }
        deserializer.deserialize_u32(Days)
    }
}

impl JsonSchema for LogRetention {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LogRetention".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "enum": Self::POSSIBLE })
    }
}

/// One path, or a list of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany(pub Vec<String>);

impl OneOrMany {
    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Paths;
        impl<'de> Visitor<'de> for Paths {
            type Value = OneOrMany;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a path, or a list of paths")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![path.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut paths: A) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(path) = paths.next_element()? {
                    all.push(path);
                }
                if all.is_empty() {
                    return Err(A::Error::custom("this list has no path in it: name one, or leave the key out"));
                }
                Ok(OneOrMany(all))
            }
        }
        deserializer.deserialize_any(Paths)
    }
}

impl JsonSchema for OneOrMany {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] })
    }
}
