//! The templates, and how values are written in them.

use std::fmt::Write as _;

use jiff::Timestamp;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde_json::Value as Json;

/// Every template, with its name.
const TEMPLATES: [(&str, &str); 16] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("overview.html", include_str!("templates/overview.html")),
    ("flow.html", include_str!("templates/flow.html")),
    ("request.html", include_str!("templates/request.html")),
    ("batch.html", include_str!("templates/batch.html")),
    ("note.html", include_str!("templates/note.html")),
    ("queues.html", include_str!("templates/queues.html")),
    ("counts.html", include_str!("templates/counts.html")),
    ("queue.html", include_str!("templates/queue.html")),
    ("tables.html", include_str!("templates/tables.html")),
    ("table.html", include_str!("templates/table.html")),
    ("row.html", include_str!("templates/row.html")),
    ("backup.html", include_str!("templates/backup.html")),
    ("object.html", include_str!("templates/object.html")),
    ("not-emulated.html", include_str!("templates/not-emulated.html")),
    ("wrong.html", include_str!("templates/wrong.html")),
];

/// All templates, read.
#[derive(Debug)]
pub(super) struct Views(Environment<'static>);

impl Views {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        // Whatever a template is called: what is shown was sent by anybody.
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).expect("a test reads every template");
        }
        environment.add_filter("clock", |at: i64| moment(at, "%H:%M:%S%.3f"));
        environment.add_filter("moment", |at: i64| moment(at, "%Y-%m-%d %H:%M:%S%.3f UTC"));
        environment.add_filter("address", |page: &str, fields: minijinja::value::Kwargs| {
            let names: Vec<&str> = fields.args().collect();
            let values = names.iter().map(|name| fields.get::<String>(name)).collect::<Result<Vec<_>, _>>()?;
            let pairs: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            Ok::<_, minijinja::Error>(super::fields::address(page, &pairs))
        });
        Self(environment)
    }

    /// A page. One that cannot be rendered says so, which a test of each page would see.
    pub(super) fn render(&self, view: &str, what: Value) -> String {
        let rendered = self.0.get_template(view).and_then(|template| template.render(what));
        rendered.unwrap_or_else(|why| {
            tracing::error!("the page cannot be shown: {why:#}");
            "this page cannot be shown".to_owned()
        })
    }
}

/// A moment, given in milliseconds since 1970-01-01T00:00:00Z.
fn moment(at: i64, format: &str) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.strftime(format).to_string())
}

/// What a body says: JSON indented, anything else as it is.
pub(super) fn pretty(body: &[u8]) -> String {
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => indented(&json),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

/// JSON, indented.
pub(super) fn indented(json: &Json) -> String {
    format!("{json:#}")
}

/// The beginning of a text, as long as fits in a column.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        let _ = write!(short, "…");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        assert_eq!(Views::new().0.templates().count(), TEMPLATES.len());
    }

    #[test]
    fn a_text_is_cut_at_a_character() {
        assert_eq!(shortened("één", 2), "éé…");
        assert_eq!(shortened("één", 3), "één");
    }
}
