//! The one line of a request or batch.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where CloudWatch keeps the metrics of all functions.
const NAMESPACE: &str = "Verwerkingenlog";

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}

/// What a request or batch was and what became of it, in CloudWatch's embedded metric format.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
#[derive(Debug)]
#[must_use = "a line has to be written"]
pub struct Line {
    now: Timestamp,
    fields: Map<String, Value>,
    dimensions: Vec<&'static str>,
    metrics: Vec<Value>,
}

impl Line {
    /// A line of a function; its name in AWS, where it has one, tells apart the metrics of stacks in one account.
    pub fn new(functie: &'static str, message: &'static str) -> Self {
        let now = Timestamp::now();
        let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty());
        let mut fields = Map::new();
        fields.insert("timestamp".to_owned(), now.to_string().into());
        fields.insert("level".to_owned(), "INFO".into());
        fields.insert("message".to_owned(), message.into());
        let line = Self { now, fields, dimensions: Vec::new(), metrics: Vec::new() };
        line.dimension("functie", name.as_deref().unwrap_or(functie))
    }

    /// What the metrics are told apart by. Every value of it makes metrics of its own: for few values only.
    pub fn dimension(mut self, name: &'static str, value: &str) -> Self {
        self.dimensions.push(name);
        self.text(name, value)
    }

    /// A text that is no metric.
    pub fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.field(name, value.into().into())
    }

    /// A number that is no metric.
    pub fn number(self, name: &'static str, value: u64) -> Self {
        self.field(name, value.into())
    }

    /// A metric.
    pub fn metric(mut self, name: &'static str, unit: Unit, value: f64) -> Self {
        self.metrics.push(json!({ "Name": name, "Unit": unit.name() }));
        self.field(name, value.into())
    }

    /// Writes it, where somebody reads lines.
    pub fn write(mut self) {
        if !tracing::enabled!(target: super::LINE, tracing::Level::ERROR) {
            return;
        }
        if !self.metrics.is_empty() {
            let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [self.dimensions], "Metrics": self.metrics });
            let now = self.now.as_millisecond();
            let metadata = json!({ "Timestamp": now, "CloudWatchMetrics": [directive] });
            self.fields.insert("_aws".to_owned(), metadata);
        }
        let line = Value::Object(self.fields);
        tracing::error!(target: super::LINE, "{line}");
    }

    fn field(mut self, name: &'static str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }
}
