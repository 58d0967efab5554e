//! The errors that API Gateway gives by itself, in the shape that the standard prescribes (R70, R71).

use contract::fout::{self, Soort};
use serde_json::{Value as Json, json};

/// What an error response says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// Its kind, as everything else that answers with errors knows it.
    pub(super) soort: Soort,
    pub(super) detail: &'static str,
    /// What is wrong with the request, where that is known: makes it a `ValidatieFout`. For 400 only.
    pub(super) invalid: Invalid,
    /// Seconds after which trying again makes sense.
    pub(super) retry_after: Option<u32>,
}

/// What a `ValidatieFout` lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum Invalid {
    /// Not a `ValidatieFout`.
    No,
    /// API Gateway does not say which part of the request is at fault.
    Unknown,
    /// This part: name, code and reason.
    Part(&'static str, &'static str, &'static str),
}

/// Known route, other method (R72).
pub(super) const METHOD_NOT_ALLOWED: Fault = Fault {
    soort: fout::METHODE_NIET_TOEGESTAAN,
    detail: "Deze methode bestaat niet voor deze URL. De header Allow noemt de methoden die wel bestaan.",
    invalid: Invalid::No,
    retry_after: None,
};

/// No such route (R72).
pub(super) const NOT_FOUND: Fault = Fault {
    soort: fout::NIET_GEVONDEN,
    detail: "Deze URL bestaat niet in deze API.",
    invalid: Invalid::No,
    retry_after: None,
};

impl Fault {
    /// The body as a template. `$context.requestId` is the only variable: it is filled in alike by mapping
    /// templates and by the simpler templates of gateway responses. The text of API Gateway's own error
    /// (`$context.error.message`) is never echoed: it is not escaped, and not meant for clients.
    pub(super) fn template(&self) -> String {
        let mut body = json!({
            "type": fout::TYPE,
            "code": self.soort.code,
            "title": self.soort.title,
            "status": self.soort.status,
            "detail": self.detail,
            "instance": "urn:uuid:$context.requestId",
        });
        match self.invalid {
            Invalid::No => {}
            Invalid::Unknown => body["invalidParams"] = json!([]),
            Invalid::Part(name, code, reason) => {
                body["invalidParams"] = json!([{ "name": name, "code": code, "reason": reason }]);
            }
        }
        Json::to_string(&body)
    }
}
