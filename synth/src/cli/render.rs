//! `synth render`: a mapping template with real input, before it is deployed.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use apigateway_vtl::Position;
use bytes::Bytes;
use clap::{Args, ValueHint};
use gateway::ServiceAnswer;
use gateway::integration::{Api, Call, HttpRequest, HttpResponse, IntegrationError};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use synth::mapping;
use synth::report::{Diagnostic, nearest};
use synth::source::{self, Source};

use super::failure::{Failure, print, unprinted};
use super::inputs::{Inputs, Stack};
use super::request;

pub(super) const EXAMPLES: &str = "\
Examples:
  synth render verwerkingsactie_read --request request.yaml
      Shows what DynamoDB would get.
  synth render verwerkingsactie_read --request request.yaml --response answer.yaml
      Shows what the client would get.
  synth render --batch <cases.jsonl
      Renders one case a line.

A request file (YAML or JSON), all of it optional:
  path: /verwerkingsacties/7a22eb38-bca6-463f-9955-54ab040287cb
  query: { objecttype: persoon, vertrouwelijkheid: [normaal, opgeheven] }
  headers: { Accept: application/json }
  body: { any: thing }
  authorizer: { scopes: 'read:normal', clientId: zaaksysteem }
  context: { requestId: 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0 }

A response file holds what DynamoDB answers:
  status: 200
  body: { Item: { document: { S: '{}' } } }

Exit codes: 0 done, 1 a template fails or renders no JSON, 2 usage or a mistake in the input.";

/// What to render.
#[derive(Debug, Args)]
pub(crate) struct Render {
    /// Operation whose templates are rendered, by its operationId
    #[arg(required_unless_present = "batch")]
    operation_id: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
    /// Request of a client [default: one without parameters, headers and body]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    request: Option<PathBuf>,
    /// Answer of DynamoDB; shows the client's response instead of DynamoDB's request
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    response: Option<PathBuf>,
    /// Renders JSON lines from stdin, `{id, template, body, params, context, stageVariables}`, to JSON lines on stdout,
    /// `{id, output}` or `{id, error}`
    #[arg(long, conflicts_with_all = ["operation_id", "request", "response", "stack", "spec", "templates", "verbose"])]
    batch: bool,
}

pub(crate) fn run(arguments: &Render) -> Result<(), Failure> {
    match &arguments.operation_id {
        Some(operation) => render(operation, arguments),
        None => batch(),
    }
}

fn render(operation: &str, arguments: &Render) -> Result<(), Failure> {
    let stack = arguments.inputs.build()?;
    let cannot = |error: IntegrationError| cannot(operation, &stack, &error);
    let template = serde_json::to_value(&stack.built.template).expect("a template is texts, numbers, lists and maps");
    let api = Api::of(&template).map_err(cannot)?;
    let integration = api.operation(operation).map_err(cannot)?;
    let request = match &arguments.request {
        Some(path) => {
            let (source, node) = source::read(path).map_err(|error| vec![error])?;
            request::read(&source, &node).map_err(|error| vec![error])?
        }
        None => HttpRequest::default(),
    };
    let call = integration.call(&request).map_err(cannot)?;
    match &arguments.response {
        None => show_call(operation, &integration.action, &call),
        Some(path) => {
            let answer = read_answer(path)?;
            show_response(operation, integration.answer(&call, &answer).map_err(cannot)?)
        }
    }
}

/// What DynamoDB gets, as HTTP has it.
fn show_call(operation: &str, action: &str, call: &Call) -> Result<(), Failure> {
    let head = "POST / HTTP/1.1\nContent-Type: application/x-amz-json-1.0\n";
    print(&format!("{head}X-Amz-Target: DynamoDB_20120810.{action}\n\n{}\n", pretty(&call.body)))?;
    must_be_json(&format!("the request of {operation}"), &call.body)
}

/// What the client gets, as HTTP has it.
fn show_response(operation: &str, response: HttpResponse) -> Result<(), Failure> {
    let HttpResponse { status, headers, body } = response;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    // HTTP gives a 204 no body, whatever the template writes.
    if status == 204 {
        return print(&format!("HTTP/1.1 {status}\n{headers}"));
    }
    print(&format!("HTTP/1.1 {status}\n{headers}\n{}\n", pretty(&body)))?;
    must_be_json(&format!("the response of {operation}"), &body)
}

/// Indented where it is JSON, as it is where it is not.
fn pretty(text: &str) -> String {
    let parsed = serde_json::from_str::<Json>(text);
    match parsed.as_ref().map(serde_json::to_string_pretty) {
        Ok(Ok(pretty)) => pretty,
        _ => text.trim().to_owned(),
    }
}

/// What was rendered must be JSON; where it is not, the place is shown.
fn must_be_json(what: &str, text: &str) -> Result<(), Failure> {
    let Err(error) = serde_json::from_str::<Json>(text) else { return Ok(()) };
    let rendered = Arc::new(Source { name: what.to_owned(), text: text.to_owned() });
    let start = offset(text, error.line(), error.column());
    let place = start..(start + 1).min(text.len()).max(start);
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
    let diagnostic = Diagnostic::error(format!("{what} is no JSON")).at(&rendered, place, reason);
    Err(Failure::Failed(diagnostic.help("put values from outside in quotes, through `json()` of shared/macros.vtl")))
}

/// The byte at a line and column, both from 1; columns count bytes, as `serde_json` has them.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn read_answer(path: &std::path::Path) -> Result<ServiceAnswer, Failure> {
    let (source, node) = source::read(path).map_err(|error| vec![error])?;
    let mut answer = ServiceAnswer { status: 200, headers: IndexMap::new(), body: Bytes::new() };
    for entry in node.expect_mapping(&source, "an answer").map_err(|error| vec![error])? {
        let wrong = |wanted: &str| Failure::Input(vec![entry.value.wrong_kind(&source, &entry.key, wanted)]);
        match &*entry.key {
            "status" => {
                let status = entry.value.as_u64().and_then(|status| u16::try_from(status).ok());
                let status = status.filter(|status| (100..600).contains(status));
                answer.status = status.ok_or_else(|| wrong("a status such as 200"))?;
            }
            "headers" => {
                for header in entry.value.as_mapping().ok_or_else(|| wrong("names and texts"))? {
                    let value = header.value.as_str().ok_or_else(|| wrong("names and texts"))?;
                    answer.headers.insert(header.key.to_string(), value.to_owned());
                }
            }
            "body" => {
                answer.body = match entry.value.as_str() {
                    Some(text) => text.to_owned(),
                    None => entry.value.to_json().to_string(),
                }
                .into();
            }
            other => {
                let error = Diagnostic::error(format!("an answer has no `{other}`"));
                let help = "an answer has `status`, `headers` and `body`";
                return Err(vec![error.at(&source, entry.key_span.clone(), "unknown").help(help)].into());
            }
        }
    }
    Ok(answer)
}

/// An integration that cannot be carried out, with its place where it has one.
fn cannot(operation: &str, stack: &Stack, error: &IntegrationError) -> Failure {
    let message = error.to_string();
    let plain = |help: String| Failure::Input(vec![Diagnostic::error(message.clone()).help(help)]);
    match error {
        IntegrationError::NoOperation { asked, known } => {
            let known_names = known.iter().map(String::as_str);
            plain(match nearest(asked, known_names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", known.join(", ")),
            })
        }
        IntegrationError::NoTemplates { .. } => {
            plain("`synth render` shows operations that go straight to DynamoDB".to_owned())
        }
        IntegrationError::Parse { part, error, template } => {
            let message = format!("the {part} template does not parse: {}", error.message);
            Failure::Input(vec![in_template(operation, stack, Diagnostic::error(message), template, error.position)])
        }
        IntegrationError::Render { part, error, template } => {
            let message = format!("the {part} template fails on this input: {}", error.kind);
            let message = Diagnostic::error(message).help("API Gateway would answer 500");
            Failure::Failed(in_template(operation, stack, message, template, error.position))
        }
        IntegrationError::Path { .. } => plain("give the path without the stage, and parameters in `query`".to_owned()),
        IntegrationError::MediaType { taken, .. } => plain(format!("send {}", taken.join(" or "))),
        _ => Failure::Failed(Diagnostic::error(message)),
    }
}

/// Points into the sources; or, for a template that the stack file's `overrides` put there, into the template itself.
fn in_template(operation: &str, stack: &Stack, error: Diagnostic, template: &str, at: Position) -> Diagnostic {
    let settings = mapping::Settings { page_size: stack.file.settings.api.page_size.get() };
    let places = stack.templates.trace(operation, &settings, template, at);
    if !places.is_empty() {
        return Diagnostic { places, ..error };
    }
    let source = Arc::new(Source { name: format!("template of {operation}"), text: template.to_owned() });
    let start = source::offset(template, at.line, at.column);
    let end = start + template[start..].chars().next().map_or(0, char::len_utf8);
    error.at(&source, start..end, "here")
}

/// One rendering a line. A line that fails says so in its answer and does not end the others.
fn batch() -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Failed(Diagnostic::error(format!("cannot read stdin: {error}")));
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        let answer = match std::str::from_utf8(&line) {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => apigateway_vtl::batch::render_line(text),
            Err(error) => json!({ "error": format!("not UTF-8: {error}") }).to_string(),
        };
        writeln!(out, "{answer}").map_err(|error| unprinted(&error))?;
    }
    out.flush().map_err(|error| unprinted(&error))
}
