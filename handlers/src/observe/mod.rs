//! What a function writes down of itself: JSON lines on its standard output, which Lambda takes to CloudWatch.
//!
//! Each request or batch has one line ([`Line`]), which is CloudWatch's embedded metric format at the same time, so that
//! what is counted and what can be read are one. Anything else is a `tracing` event. No line ever holds content, a number of a
//! person or a token (R09).

mod line;

use std::io;
use std::panic;
use std::sync::OnceLock;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{self, FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

pub use line::{Line, Unit};

/// Set by Lambda to the level that the function is configured with.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const ENV_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Events of this target are a [`Line`]: their message is written as it is.
const LINE: &str = "line";

/// Begins writing to the standard output. To be called once, when a function starts.
pub fn init() {
    let level = std::env::var(ENV_LEVEL).ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    // Fails where there is a subscriber already, which then stays.
    let _ = tracing::subscriber::set_global_default(subscriber(level, io::stdout));
    // The message of a panic may quote what it was about: a slice that was cut wrongly, a value that was not expected.
    panic::set_hook(Box::new(|panic| {
        let plaats = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(plaats, "panic");
    }));
}

/// What turns events into lines: ours from `level` on, those of the libraries only where they are warnings, since what an
/// SDK tells at lower levels is the request itself.
pub fn subscriber(
    level: LevelFilter,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let ours = env!("CARGO_CRATE_NAME");
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN));
    writes(targets.with_target(ours, level).with_target(LINE, LevelFilter::TRACE), writer)
}

/// What turns only what went wrong into lines: no request or batch has one.
pub fn troubles(writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) -> impl Subscriber + Send + Sync {
    writes(Targets::new().with_default(LevelFilter::WARN).with_target(LINE, LevelFilter::OFF), writer)
}

fn writes(
    targets: Targets,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    // While a process has one subscriber alone, `tracing` asks only the thread that comes to an event first whether it is
    // wanted, and remembers that for all: a thread that listens would miss what another thread, that does not, was first to
    // say. A second one, which wants nothing, makes it ask all of them.
    static SECOND: OnceLock<Dispatch> = OnceLock::new();
    SECOND.get_or_init(|| Dispatch::new(NoSubscriber::default()));
    let json = fmt::format().json().flatten_event(true).with_span_list(false);
    let lines = fmt::layer().fmt_fields(JsonFields::new()).event_format(Lines(json)).with_writer(writer);
    tracing_subscriber::registry().with(targets).with(lines)
}

/// Writes a [`Line`] as it is, and any other event as `tracing` does.
struct Lines(Format<Json>);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        if event.metadata().target() != LINE {
            return self.0.format_event(context, writer, event);
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        writeln!(writer, "{}", message.0)
    }
}

/// The message of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::sync::{Arc, Mutex, PoisonError};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(level: LevelFilter, happens: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        tracing::subscriber::with_default(subscriber(level, move || writer.clone()), happens);
        let bytes = written.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_a_json_line_that_says_which_request_it_belongs_to() {
        let lines = lines(LevelFilter::INFO, || {
            let _request = tracing::info_span!("verzoek", requestId = "a").entered();
            tracing::warn!(code = "SlowDown", "S3 \"faalt\"\n");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "S3 \"faalt\"\n");
        assert_eq!(lines[0]["code"], "SlowDown");
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[0]["span"]["requestId"], "a");
    }

    #[test]
    fn who_wants_to_hear_of_troubles_alone_hears_of_nothing_else() {
        let written = Written::default();
        let writer = written.clone();
        tracing::subscriber::with_default(troubles(move || writer.clone()), || {
            Line::new("gen", "verzoek").metric("verzoeken", Unit::Count, 1.0).write();
            tracing::info!("nothing");
            tracing::warn!("a trouble");
        });
        let bytes = written.0.lock().unwrap().clone();
        let line: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(line["message"], "a trouble");
    }

    #[test]
    fn r09_what_a_library_says_below_a_warning_is_not_written() {
        let lines = lines(LevelFilter::TRACE, || {
            tracing::info!(target: "aws_smithy_runtime", "the request");
            tracing::warn!(target: "aws_smithy_runtime", "a warning");
            tracing::debug!("ours");
        });
        let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["a warning", "ours"]);
    }

    #[test]
    fn a_line_is_a_metric_of_cloudwatch_at_every_level() {
        let lines = lines(LevelFilter::ERROR, || {
            let line = Line::new("gen", "verzoek").dimension("operatie", "verwerkingsactie_create");
            line.text("requestId", "a")
                .metric("duur", Unit::Milliseconds, 1.5)
                .metric("verzoeken", Unit::Count, 1.0)
                .write();
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["requestId"], "a");
        assert_eq!(line["duur"], 1.5);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], serde_json::json!([["functie", "operatie"]]));
        assert_eq!(directive["Metrics"][0], serde_json::json!({"Name": "duur", "Unit": "Milliseconds"}));
        for name in ["functie", "operatie", "duur", "verzoeken"] {
            assert!(line.get(name).is_some(), "{name} is referred to and must be there");
        }
        assert!(line["_aws"]["Timestamp"].as_u64().is_some());
    }
}
