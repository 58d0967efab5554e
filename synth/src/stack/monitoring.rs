//! Alarms, and a dashboard that shows the way of a request to the table.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::{api, functions, queue, table};
use crate::cloudformation::resources::cloudwatch::{Alarm, Dashboard, dimensions};
use crate::cloudformation::{self as cfn, Stack, Text};
use crate::settings::Settings;

const MINUTE: u32 = 60;

/// A metric and which one of it.
struct Metric {
    namespace: &'static str,
    name: &'static str,
    dimensions: IndexMap<&'static str, Text>,
}

fn metric<const N: usize>(namespace: &'static str, name: &'static str, of: [(&'static str, Text); N]) -> Metric {
    Metric { namespace, name, dimensions: IndexMap::from(of) }
}

/// Makes the alarms. They go to the topic of the stack file, where it names one.
pub(super) fn alarms(
    stack: &mut Stack,
    settings: &Settings,
    queues: &queue::Queues,
    functions: &functions::Functions,
    api: &api::Api,
) {
    let limits = &settings.monitoring;
    let actions = limits.topic_arn.as_ref().map(|topic| vec![Text::from(topic.as_str())]);
    let alarm = |description: &'static str, metric: Metric, threshold: f64| Alarm {
        alarm_description: description,
        namespace: metric.namespace,
        metric_name: metric.name,
        dimensions: dimensions(metric.dimensions),
        statistic: Some("Maximum"),
        extended_statistic: None,
        period: MINUTE,
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        threshold,
        comparison_operator: "GreaterThanThreshold",
        treat_missing_data: "notBreaching",
        alarm_actions: actions.clone(),
        ok_actions: actions.clone(),
    };
    // Visible messages, not those sent: a redriven message reaches a DLQ without being counted as sent.
    let waiting =
        |queue: &cfn::Handle<_>| metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", [("QueueName", queue.name())]);
    stack.add(
        "DeadLetterAlarm",
        alarm("Messages could not be applied and wait in the DLQ", waiting(&queues.dead_letters), 0.0),
    );
    stack.add(
        "ProjFailureAlarm",
        alarm("Stream batches could not be handled and wait in their queue", waiting(&queues.proj_failures), 0.0),
    );
    let age = metric("AWS/SQS", "ApproximateAgeOfOldestMessage", [("QueueName", queues.main.name())]);
    stack.add(
        "OldestMessageAlarm",
        Alarm {
            evaluation_periods: 3,
            datapoints_to_alarm: 3,
            ..alarm(
                "An accepted change has been waiting for too long",
                age,
                f64::from(limits.oldest_message_seconds.get()),
            )
        },
    );
    for (name, function) in functions.all() {
        let of = |what| metric("AWS/Lambda", what, [("FunctionName", function.reference())]);
        let sum = |description, metric| Alarm { statistic: Some("Sum"), ..alarm(description, metric, 0.0) };
        // The authorizer answers an invalid token with an error, which is the only way to 401: any stranger could raise that
        // alarm. What goes wrong in it is a 500 of the API, of which there is an alarm below.
        if name != "Auth" {
            stack.add(&format!("{name}ErrorsAlarm"), sum("The function ended with an error", of("Errors")));
        }
        stack.add(
            &format!("{name}ThrottlesAlarm"),
            sum("The function was not started for want of room", of("Throttles")),
        );
    }
    let of_api = |what| metric("AWS/ApiGateway", what, api.dimensions());
    stack.add(
        "ServerErrorAlarm",
        Alarm {
            // The average of a metric that is 0 or 1 a request is the share of requests.
            statistic: Some("Average"),
            period: 5 * MINUTE,
            ..alarm(
                "Too many requests fail with 5xx",
                of_api("5XXError"),
                f64::from(limits.server_error_percent.get()) / 100.0,
            )
        },
    );
    stack.add(
        "LatencyAlarm",
        Alarm {
            statistic: None,
            extended_statistic: Some("p99"),
            period: 5 * MINUTE,
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            ..alarm("The API answers slowly", of_api("Latency"), f64::from(limits.latency_p99_ms.get()))
        },
    );
    let iterator = metric("AWS/Lambda", "IteratorAge", [("FunctionName", functions.projecting.reference())]);
    stack.add(
        "IteratorAgeAlarm",
        Alarm {
            evaluation_periods: 3,
            datapoints_to_alarm: 3,
            ..alarm(
                "Changes of the table wait too long for proj",
                iterator,
                f64::from(limits.iterator_age_seconds.get()) * 1000.0,
            )
        },
    );
}

/// Makes the dashboard: one widget a step, in the order in which a request takes them.
pub(super) fn dashboard(
    stack: &mut Stack,
    table: &table::Handle,
    queues: &queue::Queues,
    functions: &functions::Functions,
    api: &api::Api,
) {
    let of_api = |what, stat: &str, label: &str| line(&metric("AWS/ApiGateway", what, api.dimensions()), stat, label);
    let of_queue = |queue: &cfn::Handle<_>, what, stat: &str, label: &str| {
        line(&metric("AWS/SQS", what, [("QueueName", queue.name())]), stat, label)
    };
    let of_table = |what, stat: &str, label: &str| {
        line(&metric("AWS/DynamoDB", what, [("TableName", table.reference())]), stat, label)
    };
    let of_functions = |what, stat: &str| -> Vec<Json> {
        let of = |(name, function): (&str, &cfn::Handle<_>)| {
            let metric = metric("AWS/Lambda", what, [("FunctionName", function.reference())]);
            line(&metric, stat, &name.to_lowercase())
        };
        functions.all().into_iter().map(of).collect()
    };
    let widgets = [
        (
            "API: requests",
            vec![of_api("Count", "Sum", "all"), of_api("4XXError", "Sum", "4xx"), of_api("5XXError", "Sum", "5xx")],
        ),
        (
            "API: latency (ms)",
            vec![
                of_api("Latency", "p50", "p50"),
                of_api("Latency", "p99", "p99"),
                of_api("IntegrationLatency", "p99", "behind the API p99"),
            ],
        ),
        ("Functions: calls", of_functions("Invocations", "Sum")),
        ("Functions: duration p99 (ms)", of_functions("Duration", "p99")),
        ("Functions: errors", of_functions("Errors", "Sum")),
        ("Functions: throttles", of_functions("Throttles", "Sum")),
        (
            "Queue: messages",
            vec![
                of_queue(&queues.main, "NumberOfMessagesSent", "Sum", "accepted"),
                of_queue(&queues.main, "NumberOfMessagesDeleted", "Sum", "applied"),
                of_queue(&queues.main, "ApproximateNumberOfMessagesVisible", "Maximum", "waiting"),
            ],
        ),
        (
            "Queue: oldest message (s), failed messages",
            vec![
                of_queue(&queues.main, "ApproximateAgeOfOldestMessage", "Maximum", "oldest"),
                of_queue(&queues.dead_letters, "ApproximateNumberOfMessagesVisible", "Maximum", "DLQ"),
                of_queue(&queues.proj_failures, "ApproximateNumberOfMessagesVisible", "Maximum", "proj failures"),
            ],
        ),
        (
            "Table: capacity used",
            vec![
                of_table("ConsumedWriteCapacityUnits", "Sum", "written"),
                of_table("ConsumedReadCapacityUnits", "Sum", "read"),
            ],
        ),
        (
            "Stream: age of the oldest change (ms)",
            vec![line(
                &metric("AWS/Lambda", "IteratorAge", [("FunctionName", functions.projecting.reference())]),
                "Maximum",
                "proj",
            )],
        ),
    ];
    let widgets: Vec<Json> = widgets
        .into_iter()
        .enumerate()
        .map(|(index, (title, metrics))| {
            json!({
                "type": "metric",
                "x": (index % 2) * 12,
                "y": (index / 2) * 6,
                "width": 12,
                "height": 6,
                "properties": { "title": title, "region": cfn::region(), "view": "timeSeries", "period": 60, "metrics": metrics },
            })
        })
        .collect();
    let body = json!({ "widgets": widgets });
    stack.add(
        "Dashboard",
        Dashboard { dashboard_name: Some(cfn::stack_name()), dashboard_body: Text::json_document(&body) },
    );
}

/// A line in a graph: namespace, name, dimensions, and how to draw it.
fn line(metric: &Metric, stat: &str, label: &str) -> Json {
    let mut line = vec![json!(metric.namespace), json!(metric.name)];
    for (name, value) in &metric.dimensions {
        line.extend([json!(name), json!(value)]);
    }
    line.push(json!({ "stat": stat, "label": label }));
    Json::Array(line)
}
