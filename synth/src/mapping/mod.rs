//! The mapping templates: from the sources in `templates/` to the VTL that API Gateway runs.
//!
//! A source is a minijinja template whose output is VTL. What is known when the stack is synthesized (the
//! shared names, the settings, what several operations have in common) is minijinja's; what is known only
//! when a request comes is VTL's. Since VTL uses `#`, `$` and braces itself, minijinja's delimiters are
//! `<% block %>`, `<< value >>` and `<# comment #>`.
//!
//! An operation has two sources, named after its operationId:
//!
//! - `<operationId>.request.vtl` says which DynamoDB call it is, `<% set action = "Query" %>` and where the call
//!   reads an index `<% set index = ... %>`, and writes the body of that call;
//! - `<operationId>.response.vtl` is rendered once per kind of answer that DynamoDB gives, with `answer` being
//!   `"200"`, `"400"` or `"5xx"`, and says which status its success has: `<% set success = 204 %>`.
//!
//! What they share lies in folders beside them and is only ever included.

mod checks;
mod errors;
mod names;
mod source_map;
mod sources;

use minijinja::{Environment, Value};

use crate::report::{self, Diagnostic, Severity};
use errors::Place;
pub use sources::Templates;

/// The largest template that API Gateway accepts, in bytes ("Quotas for configuring and running a REST API").
pub const TEMPLATE_LIMIT: usize = 300 * 1024;

/// The largest page: API Gateway ends a `#foreach` after 1000 rounds (same quotas).
pub const PAGE_SIZE_LIMIT: u32 = 1000;

/// What a stack decides about the templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Rows that one page of a list reads; 1 to [`PAGE_SIZE_LIMIT`].
    pub page_size: u32,
}

impl Default for Settings {
    /// A page size of 100.
    fn default() -> Self {
        Self { page_size: 100 }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Diagnostic> {
        if (1..=PAGE_SIZE_LIMIT).contains(&self.page_size) {
            return Ok(());
        }
        let message = format!("page size {} is out of range", self.page_size);
        Err(errors::plain(message, format!("a page has 1 to {PAGE_SIZE_LIMIT} rows")))
    }
}

/// The templates of one operation, ready for its integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationTemplates {
    /// DynamoDB's name of the call, such as `Query`; also what its role must be allowed.
    pub action: String,
    /// The index that the call reads, where it reads one.
    pub index: Option<String>,
    /// Writes the body of the call.
    pub request: String,
    /// What becomes of each kind of answer; one of them is for `default`.
    pub responses: Vec<MappedResponse>,
}

/// What becomes of one kind of answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedResponse {
    /// Regular expression over DynamoDB's status, as `x-amazon-apigateway-integration.responses` has it for its
    /// keys; `default` is for what no other matches.
    pub selection_pattern: String,
    /// Status where the template does not override it.
    pub status: u16,
    /// Writes the body of the response.
    pub template: String,
}

/// DynamoDB's calls on rows of one table, which is what a mapping template may start.
const ACTIONS: &[&str] = &["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"];

/// Kinds of answer: what the source calls them, what selects them, and the status where none is set.
const ANSWERS: &[(&str, &[&str], Option<u16>)] = &[
    ("200", &["200"], None),
    ("400", &["400"], Some(500)),
    // What DynamoDB is not known to answer is no success either.
    ("5xx", &[r"5\d{2}", "default"], Some(503)),
];

impl Templates {
    /// The VTL of an operation, and warnings: the traps that it falls into.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its two sources: a syntax error, an unknown name, a call that is none, VTL
    /// over API Gateway's limit or that API Gateway would not take; or an operation without sources, for which
    /// [`Templates::has`] is false.
    pub fn render(
        &self,
        operation_id: &str,
        settings: &Settings,
    ) -> Result<(OperationTemplates, Vec<Diagnostic>), Vec<Diagnostic>> {
        let operation = self.expand_both(operation_id, settings)?;
        let (wrong, warnings): (Vec<_>, Vec<_>) = checks::check(self, operation_id, settings, &operation)
            .into_iter()
            .partition(|found| found.severity == Severity::Error);
        if wrong.is_empty() { Ok((operation, warnings)) } else { Err(wrong) }
    }

    /// Where a place in one of the operation's VTLs comes from: the place in the sources, and then, from the inside
    /// out, what had it written. Empty for a text that none of them is.
    pub fn trace(
        &self,
        operation_id: &str,
        settings: &Settings,
        vtl: &str,
        position: apigateway_vtl::Position,
    ) -> Vec<report::Place> {
        checks::trace(self, operation_id, settings, vtl, position)
    }

    fn expand_both(&self, operation_id: &str, settings: &Settings) -> Result<OperationTemplates, Vec<Diagnostic>> {
        settings.check().map_err(|error| vec![error])?;
        if !self.has(operation_id) {
            return Err(vec![errors::plain(
                format!("operation `{operation_id}` has no mapping templates"),
                format!("add templates/{operation_id}.request.vtl and templates/{operation_id}.response.vtl"),
            )]);
        }
        let environment = sources::environment(self.texts()).map_err(|error| vec![errors::diagnostic(self, &error)])?;
        let request = self.request(&environment, operation_id, settings);
        let responses = self.responses(&environment, operation_id, settings);
        match (request, responses) {
            (Ok(request), Ok(responses)) => Ok(OperationTemplates { responses, ..request }),
            (request, responses) => {
                let (request, responses) = (request.err(), responses.err());
                let mut wrong = Vec::new();
                // Both halves may include the same faulty file.
                merge(&mut wrong, request.into_iter().chain(responses).collect());
                Err(wrong)
            }
        }
    }

    fn request(
        &self,
        environment: &Environment<'_>,
        operation_id: &str,
        settings: &Settings,
    ) -> Result<OperationTemplates, Diagnostic> {
        let name = format!("{operation_id}.request.vtl");
        let rendered = self.expand(environment, &name, names::context(settings, None))?;
        let action = rendered.text("action").filter(|action| ACTIONS.contains(&action.as_str()));
        let Some(action) = action else {
            return Err(errors::at(
                self,
                &name,
                Place::Set("action"),
                "`action` does not name a DynamoDB call",
                format!("one of {}", ACTIONS.join(", ")),
            ));
        };
        Ok(OperationTemplates { action, index: rendered.text("index"), request: rendered.vtl, responses: Vec::new() })
    }

    fn responses(
        &self,
        environment: &Environment<'_>,
        operation_id: &str,
        settings: &Settings,
    ) -> Result<Vec<MappedResponse>, Diagnostic> {
        let name = format!("{operation_id}.response.vtl");
        let mut responses = Vec::new();
        for &(answer, patterns, status) in ANSWERS {
            let rendered = self.expand(environment, &name, names::context(settings, Some(answer)))?;
            let success = rendered.number("success").filter(|status| (200..300).contains(status));
            let Some(success) = success else {
                return Err(errors::at(
                    self,
                    &name,
                    Place::Set("success"),
                    "`success` is not a status of success",
                    "200 to 299",
                ));
            };
            responses.extend(patterns.iter().map(|&pattern| MappedResponse {
                selection_pattern: pattern.to_owned(),
                status: status.unwrap_or(success),
                template: rendered.vtl.clone(),
            }));
        }
        Ok(responses)
    }

    fn expand(&self, environment: &Environment<'_>, name: &str, context: Value) -> Result<Rendered, Diagnostic> {
        let captured = environment
            .get_template(name)
            .and_then(|template| template.render_captured(context))
            .map_err(|error| errors::diagnostic(self, &error))?;
        let sets = ["action", "index", "success"].map(|set| (set, captured.state().lookup(set)));
        let vtl = captured.into_output();
        if vtl.len() > TEMPLATE_LIMIT {
            return Err(errors::at(
                self,
                name,
                Place::Start,
                format!("the template has {} bytes", vtl.len()),
                format!("API Gateway accepts {TEMPLATE_LIMIT}"),
            ));
        }
        Ok(Rendered { vtl, sets })
    }
}

/// Adds messages to others. What several operations share, and is wrong once, is said once.
pub fn merge(all: &mut Vec<Diagnostic>, more: Vec<Diagnostic>) {
    more.into_iter().for_each(|message| checks::add(all, message));
}

/// What a source became, and what it set at its top level.
struct Rendered {
    vtl: String,
    sets: [(&'static str, Option<Value>); 3],
}

impl Rendered {
    fn value(&self, name: &str) -> Option<&Value> {
        self.sets.iter().find(|(set, _)| *set == name).and_then(|(_, value)| value.as_ref())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<u16> {
        u16::try_from(self.value(name)?.clone()).ok()
    }
}
