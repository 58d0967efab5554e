//! What the gateway says itself, instead of what is behind it:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.

use std::collections::HashMap;
use std::fmt;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::definition::DefinitionError;
use crate::integration::{constant, is_status};
use crate::request::media_type;

const EXTENSION: &str = "x-amazon-apigateway-gateway-responses";

/// Why the gateway answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are AWS's, and AWS's page says what each is for")]
pub enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    Default4xx,
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

use ResponseType as T;

/// Name, status where the body has none, and `x-amzn-ErrorType`. The last is documented nowhere: these are the values that
/// clients were seen to get.
const TYPES: [(T, &str, u16, &str); 21] = [
    (T::AccessDenied, "ACCESS_DENIED", 403, "AccessDeniedException"),
    (T::ApiConfigurationError, "API_CONFIGURATION_ERROR", 500, "InternalServerErrorException"),
    (T::AuthorizerConfigurationError, "AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException"),
    (T::AuthorizerFailure, "AUTHORIZER_FAILURE", 500, "AuthorizerFailureException"),
    (T::BadRequestBody, "BAD_REQUEST_BODY", 400, "BadRequestException"),
    (T::BadRequestParameters, "BAD_REQUEST_PARAMETERS", 400, "BadRequestException"),
    (T::Default4xx, "DEFAULT_4XX", 400, "BadRequestException"),
    (T::Default5xx, "DEFAULT_5XX", 500, "InternalServerErrorException"),
    (T::ExpiredToken, "EXPIRED_TOKEN", 403, "ExpiredTokenException"),
    (T::IntegrationFailure, "INTEGRATION_FAILURE", 504, "InternalServerErrorException"),
    (T::IntegrationTimeout, "INTEGRATION_TIMEOUT", 504, "InternalServerErrorException"),
    (T::InvalidApiKey, "INVALID_API_KEY", 403, "ForbiddenException"),
    (T::InvalidSignature, "INVALID_SIGNATURE", 403, "InvalidSignatureException"),
    (T::MissingAuthenticationToken, "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException"),
    (T::QuotaExceeded, "QUOTA_EXCEEDED", 429, "LimitExceededException"),
    (T::RequestTooLarge, "REQUEST_TOO_LARGE", 413, "RequestTooLargeException"),
    (T::ResourceNotFound, "RESOURCE_NOT_FOUND", 404, "NotFoundException"),
    (T::Throttled, "THROTTLED", 429, "TooManyRequestsException"),
    (T::Unauthorized, "UNAUTHORIZED", 401, "UnauthorizedException"),
    (T::UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException"),
    (T::WafFiltered, "WAF_FILTERED", 403, "ForbiddenException"),
];

impl ResponseType {
    /// Every type that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(|(kind, ..)| *kind)
    }

    fn row(self) -> &'static (Self, &'static str, u16, &'static str) {
        TYPES.iter().find(|(kind, ..)| *kind == self).unwrap_or(&TYPES[7])
    }

    /// Its name in the body: `ACCESS_DENIED`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its status where nothing else is said.
    pub fn status(self) -> u16 {
        self.row().2
    }

    fn error_type(self) -> &'static str {
        self.row().3
    }

    fn fallback(self) -> Self {
        if self.status() < 500 { Self::Default4xx } else { Self::Default5xx }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request that the gateway refuses, or fails to carry out.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: ResponseType,
    /// Where it differs from the type's.
    pub(crate) status: u16,
    /// `$context.error.message`
    pub(crate) message: Option<String>,
    /// `$context.error.validationErrorString`
    pub(crate) validation: Option<String>,
    /// Why, for the trace.
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(kind: ResponseType, message: &str, reason: impl Into<String>) -> Self {
        let message = Some(message.to_owned());
        Self { kind, status: kind.status(), message, validation: None, reason: reason.into() }
    }

    /// "Internal server error", which says nothing to the client.
    pub(crate) fn internal(kind: ResponseType, reason: impl Into<String>) -> Self {
        Self::new(kind, "Internal server error", reason)
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// `x-amazon-apigateway-gateway-responses`:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html>.
#[derive(Debug, Default)]
pub(crate) struct GatewayResponses(HashMap<ResponseType, Definition>);

#[derive(Debug)]
struct Definition {
    status: Option<u16>,
    headers: Vec<(String, String)>,
    templates: IndexMap<String, String>,
}

/// What a mapping can name of a request.
const SOURCES: [&str; 7] = [
    "context.",
    "method.request.header.",
    "method.request.multivalueheader.",
    "method.request.multivaluequerystring.",
    "method.request.path.",
    "method.request.querystring.",
    "stageVariables.",
];

/// A mapping to a header, and what it comes from: a constant, or one of [`SOURCES`]. "`param-position` can be `header`,
/// `path`, or `querystring`", of which a response has but the first:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.responseParameters.html>.
fn header(to: &str, from: String) -> Result<Option<(String, String)>, String> {
    let named = |source: &&str| from.strip_prefix(source).is_some_and(|name| !name.is_empty());
    if constant(&from).is_none() && !SOURCES.iter().any(named) {
        return Err(format!(
            "the parameter mapping `{from}` is not known here: it is a '...', or starts with one of {}",
            SOURCES.join(", ")
        ));
    }
    match to.strip_prefix("gatewayresponse.").and_then(|rest| rest.split_once('.')) {
        Some(("header", name)) => Ok(Some((name.to_owned(), from))),
        Some(("path" | "querystring", _)) => Ok(None),
        _ => Err(format!("`{to}` is not `gatewayresponse.header.<name>`")),
    }
}

/// A response of the gateway's own.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl GatewayResponses {
    pub(crate) fn parse(body: &Json) -> Result<Self, DefinitionError> {
        let mut all = HashMap::new();
        let wrong = |reason: String| DefinitionError::new(format!("Body.{EXTENSION}"), reason);
        for (name, definition) in body.get(EXTENSION).and_then(Json::as_object).into_iter().flatten() {
            let kind = ResponseType::all().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| wrong(format!("there is no gateway response `{name}`")))?;
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let entries = |key: &str| definition.get(key).and_then(Json::as_object).into_iter().flatten();
            let status = definition.get("statusCode").map(text);
            let status = status.map(|status| {
                let number = status.parse().ok().filter(|number| is_status(*number));
                number.ok_or_else(|| wrong(format!("`{name}` has the status `{status}`, and not one of 200 to 599")))
            });
            let mut headers = Vec::new();
            for (to, from) in entries("responseParameters") {
                let at = || format!("Body.{EXTENSION}.{name}.responseParameters");
                let mapped = header(to, text(from)).map_err(|reason| DefinitionError::new(at(), reason))?;
                headers.extend(mapped);
            }
            let definition = Definition {
                status: status.transpose()?,
                headers,
                templates: entries("responseTemplates").map(|(name, source)| (name.clone(), text(source))).collect(),
            };
            all.insert(kind, definition);
        }
        Ok(Self(all))
    }

    /// Renders a refusal. `lookup` gives what a mapping or `$context.x` stands for; `context` has the request's.
    pub(crate) fn render(
        &self,
        refusal: &Refusal,
        accept: Option<&str>,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Rendered {
        let own = self.0.get(&refusal.kind);
        let definition = own.or_else(|| self.0.get(&refusal.kind.fallback()));
        let message = refusal.message.as_deref();
        let lookup = |path: &str| match path {
            "context.error.message" => message.map(str::to_owned),
            // "The quoted value of $context.error.message", and without one what it is in JSON.
            "context.error.messageString" => Some(Json::from(message).to_string()),
            "context.error.responseType" => Some(refusal.kind.name().to_owned()),
            "context.error.validationErrorString" => refusal.validation.clone(),
            other => lookup(other),
        };
        let mut headers = vec![("x-amzn-ErrorType".to_owned(), refusal.kind.error_type().to_owned())];
        let chosen = definition.and_then(|definition| definition.template(accept));
        let (media_type, template) = chosen.unwrap_or(("application/json", default_template(refusal.kind)));
        headers.push(("Content-Type".to_owned(), media_type.to_owned()));
        for (name, value) in definition.into_iter().flat_map(|definition| &definition.headers) {
            let Some(value) = constant(value).map(str::to_owned).or_else(|| lookup(value)) else { continue };
            headers.retain(|(set, _)| !set.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value));
        }
        Rendered {
            status: definition.and_then(|definition| definition.status).unwrap_or(refusal.status),
            headers,
            body: substitute(template, lookup),
        }
    }
}

impl Definition {
    fn template(&self, accept: Option<&str>) -> Option<(&str, &str)> {
        let wanted = accept.map(media_type).into_iter().chain(["application/json".to_owned()]);
        let mut found = wanted.filter_map(|wanted| self.templates.get_key_value(wanted.as_str()));
        let found = found.next().or_else(|| self.templates.first());
        found.map(|(media_type, template)| (media_type.as_str(), template.as_str()))
    }
}

/// What a type says without a template. That of `ACCESS_DENIED` was seen with a capital.
fn default_template(kind: ResponseType) -> &'static str {
    match kind {
        T::AccessDenied => r#"{"Message":$context.error.messageString}"#,
        _ => r#"{"message":$context.error.messageString}"#,
    }
}

/// Puts values in the place of `$context.a.b`, `$stageVariables.a`, `$method.request.header.a` and `${...}` around these:
/// simple variables, and no VTL. One that is not known gives the empty text.
fn substitute(template: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (path, tail) = braced.unwrap_or_else(|| after.split_at(reference(after)));
        let known = ["context.", "stageVariables.", "method.request."].iter().any(|prefix| path.starts_with(prefix));
        if known {
            text.push_str(&lookup(path).unwrap_or_default());
            rest = tail;
        } else {
            text.push('$');
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

/// How far a reference goes: names with dots between them, and none at the end.
fn reference(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-')).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-']).len()
}

/// The value of `a.b` in the maps that a template can name.
pub(crate) fn at(root: &Map<String, Json>, path: &str) -> Option<String> {
    let mut names = path.split('.');
    let first = root.get(names.next()?)?;
    match names.try_fold(first, |value, name| value.get(name))? {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::substitute;

    #[test]
    fn variables_are_replaced_and_nothing_else_is() {
        let lookup = |path: &str| (path == "context.requestId").then(|| "r-1".to_owned());
        for (template, expected) in [
            ("a $context.requestId b", "a r-1 b"),
            ("$context.requestId.", "r-1."),
            ("${context.requestId}x", "r-1x"),
            ("[$context.unknown]", "[]"),
            ("$5 and $", "$5 and $"),
            ("#set($x = 1)$x", "#set($x = 1)$x"),
        ] {
            assert_eq!(substitute(template, lookup), expected);
        }
    }
}
