//! What happened lately: each request on its way through gateway, function, queue and table.

use std::collections::BTreeSet;
use std::time::Duration;

use gateway::{AuthorizerOutcome, IntegrationTarget, IntegrationTrace, Trace};
use minijinja::{Value, context};
use serde_json::Value as Json;

use super::fields::Fields;
use super::links::links;
use super::views::{indented, pretty};
use super::{Page, Wrong};
use crate::journal::{Batch, Event, Note, Numbered, Outcome};

impl Page {
    /// The last events, the newest first.
    pub(super) fn flow(&self) -> Value {
        let events = self.inside.journal.newest_first();
        let links = links(&events);
        let batches = |numbers: Option<&BTreeSet<u64>>| batches(&events, numbers);
        let lines = events.iter().map(|(number, event)| match event.as_ref() {
            Event::Request(request) => {
                let (trace, steps) = (request_line(&request.trace), steps(&request.trace));
                context! { number, kind => "request", steps, batches => batches(links.get(number)), ..trace }
            }
            Event::Batch(batch) => context! { kind => "batch", ..batch_line(*number, batch) },
            Event::Note(note) => context! { kind => "note", number, ..note_line(note) },
        });
        context! { lines => lines.collect::<Vec<_>>() }
    }

    fn event(&self, fields: &Fields) -> Result<(u64, std::sync::Arc<Event>), Wrong> {
        let number = fields.get("number").and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| Wrong::Bad("number has to be that of an event".to_owned()))?;
        let event = self.inside.journal.get(number);
        event.map(|event| (number, event)).ok_or_else(|| {
            Wrong::NotFound("this event is not known any more, or not yet; only the last ones are kept".to_owned())
        })
    }

    /// All that is known of a request.
    pub(super) fn request(&self, fields: &Fields) -> Result<Value, Wrong> {
        let (number, event) = self.event(fields)?;
        let Event::Request(request) = event.as_ref() else { return Err(Wrong::no_page()) };
        let (trace, events) = (&request.trace, self.inside.journal.newest_first());
        let links = links(&events);
        let authorizer = trace.authorizer.as_ref().map(|authorizer| {
            let context: Vec<_> = authorizer.context.iter().map(|(name, value)| (name.clone(), text(value))).collect();
            context! {
                name => authorizer.name.as_ref(), outcome => outcome(authorizer.outcome), cached => authorizer.cached,
                took => took(authorizer.took), context,
            }
        });
        let integration = trace.integration.as_ref().map(|integration| {
            context! {
                target => target(&integration.target), status => integration.status, took => took(integration.took),
                request => asked(integration), answer => integration.answer.as_ref().map(|answer| pretty(answer)),
            }
        });
        Ok(context! {
            number, authorizer, integration,
            request_id => &trace.request_id, query => &trace.query, resource => trace.resource.as_deref(),
            body => pretty(&trace.body), response => pretty(&trace.response),
            gateway_response => trace.gateway_response.map(|kind| kind.name()), reason => &trace.reason,
            xray => request.xray.as_ref().and_then(|header| header.to_str().ok()),
            batches => batches(&events, links.get(&number)), ..request_line(trace)
        })
    }

    /// All that is known of a batch.
    pub(super) fn batch(&self, fields: &Fields) -> Result<Value, Wrong> {
        let (number, event) = self.event(fields)?;
        let Event::Batch(batch) = event.as_ref() else { return Err(Wrong::no_page()) };
        let events = self.inside.journal.newest_first();
        let links = links(&events);
        let requests = events.iter().rev().filter(|(of, _)| links.get(of).is_some_and(|some| some.contains(&number)));
        let requests = requests.filter_map(|(of, event)| match event.as_ref() {
            Event::Request(request) => Some(context! { number => of, ..request_line(&request.trace) }),
            _ => None,
        });
        let requests: Vec<_> = requests.collect();
        Ok(context! { requests, event => batch.event.as_ref().map(indented), ..batch_line(number, batch) })
    }

    /// What somebody did.
    pub(super) fn note(&self, fields: &Fields) -> Result<Value, Wrong> {
        let (_, event) = self.event(fields)?;
        let Event::Note(note) = event.as_ref() else { return Err(Wrong::no_page()) };
        Ok(context! { details => &note.details, ..note_line(note) })
    }
}

fn request_line(trace: &Trace) -> Value {
    context! {
        at => trace.at, method => &trace.method, path => &trace.path, status => trace.status, took => took(trace.took),
        operation => trace.operation.as_deref(),
    }
}

/// What a request went through before its response.
fn steps(trace: &Trace) -> Vec<String> {
    let authorizer = trace.authorizer.as_ref().filter(|authorizer| authorizer.outcome != AuthorizerOutcome::Allowed);
    let refused = authorizer.map(|authorizer| format!("{}: {}", authorizer.name, outcome(authorizer.outcome)));
    let integration = trace.integration.as_ref();
    let asked = integration.map(|asked| format!("{} {} ms", target(&asked.target), took(asked.took)));
    let own = trace.gateway_response.map(|kind| kind.name().to_owned());
    refused.into_iter().chain(asked).chain(own).collect()
}

fn batch_line(number: u64, batch: &Batch) -> Value {
    let (done, outcome) = match &batch.outcome {
        Outcome::Done => (true, "done".to_owned()),
        Outcome::Partly(failed) => (false, format!("{failed} failed")),
        Outcome::Failed(why) => (false, why.clone()),
    };
    context! {
        number, at => batch.at, function => &batch.function, source => &batch.source, size => batch.size, done, outcome,
        took => took(batch.took),
    }
}

fn note_line(note: &Note) -> Value {
    context! { at => note.at, what => &note.what, outcome => &note.outcome }
}

/// These batches, the one that began first at the beginning: a batch of the stream may be done before that of the queue.
fn batches(events: &[Numbered], numbers: Option<&BTreeSet<u64>>) -> Vec<Value> {
    let wanted = events.iter().filter(|(number, _)| numbers.is_some_and(|numbers| numbers.contains(number)));
    let mut batches: Vec<(u64, &Batch)> = wanted
        .filter_map(|(number, event)| match event.as_ref() {
            Event::Batch(batch) => Some((*number, batch)),
            _ => None,
        })
        .collect();
    batches.sort_by_key(|(number, batch)| (batch.began(), *number));
    batches.into_iter().map(|(number, batch)| batch_line(number, batch)).collect()
}

fn outcome(outcome: AuthorizerOutcome) -> &'static str {
    match outcome {
        AuthorizerOutcome::Allowed => "allowed",
        AuthorizerOutcome::Denied => "denied",
        AuthorizerOutcome::NotAsked => "not asked: there is no token",
        AuthorizerOutcome::Unauthorized => "unauthorized",
        AuthorizerOutcome::Failed => "failed",
    }
}

fn target(target: &IntegrationTarget) -> String {
    match target {
        IntegrationTarget::Service { service, action } => format!("{service} {action}"),
        IntegrationTarget::Function(arn) => arn.rsplit(':').next().unwrap_or_default().to_owned(),
        IntegrationTarget::Mock => "mock".to_owned(),
    }
}

/// What an integration was asked, without what a client identifies itself with.
fn asked(integration: &IntegrationTrace) -> String {
    match serde_json::from_slice(&integration.request) {
        Ok(mut json) => {
            hide(&mut json);
            indented(&json)
        }
        Err(_) => pretty(&integration.request),
    }
}

fn hide(json: &mut Json) {
    let values: Vec<&mut Json> = match json {
        Json::Object(fields) => {
            let values = fields.iter_mut().map(|(name, value)| {
                if ["authorization", "x-api-key", "apikey", "cookie"]
                    .iter()
                    .any(|secret| name.eq_ignore_ascii_case(secret))
                {
                    *value = "(not shown)".into();
                }
                value
            });
            values.collect()
        }
        Json::Array(values) => values.iter_mut().collect(),
        _ => Vec::new(),
    };
    values.into_iter().for_each(hide);
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// In milliseconds.
fn took(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() * 1e3)
}
