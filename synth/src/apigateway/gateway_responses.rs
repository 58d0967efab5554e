//! What API Gateway answers when a request does not reach an integration, for every kind of failure that it has:
//! "Gateway response types for API Gateway",
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
//!
//! The statuses follow R72. `DEFAULT_4XX` and `DEFAULT_5XX` have a status of their own too: without one the
//! body could not agree with it. Because every other type is listed here, they do not change the statuses of those.

use serde_json::{Map, Value as Json, json};

use super::fault::{Fault, Invalid, NOT_FOUND, PROBLEM_JSON};

const BAD_REQUEST: &str = "Ongeldige gegevens";
const FORBIDDEN: &str = "Geen toestemming";
const TOO_MANY: &str = "Te veel verzoeken";
const INTERNAL: Fault = Fault {
    status: 500,
    code: "error",
    title: "Interne fout",
    detail: "Er ging iets mis in de API. Geef bij een melding de waarde van instance door.",
    invalid: Invalid::No,
    retry_after: None,
};

/// No route of this API asks for an AWS signature, so API Gateway complains about one only where it found no
/// route: a bearer token sent to an unknown route is refused as a malformed signature.
const UNKNOWN_ROUTE: Fault = NOT_FOUND;

const ALL: [(&str, Fault); 21] = [
    (
        "ACCESS_DENIED",
        Fault {
            status: 403,
            code: "permission_denied",
            title: FORBIDDEN,
            detail: "Het token geeft geen toestemming voor dit verzoek.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    ("API_CONFIGURATION_ERROR", INTERNAL),
    ("AUTHORIZER_CONFIGURATION_ERROR", INTERNAL),
    ("AUTHORIZER_FAILURE", INTERNAL),
    (
        "BAD_REQUEST_BODY",
        Fault {
            status: 400,
            code: "invalid",
            title: BAD_REQUEST,
            detail: "De inhoud van het verzoek voldoet niet aan de specificatie.",
            invalid: Invalid::Part(
                "body",
                "invalid",
                "De inhoud voldoet niet aan het schema van de specificatie.",
            ),
            retry_after: None,
        },
    ),
    (
        "BAD_REQUEST_PARAMETERS",
        Fault {
            status: 400,
            code: "invalid",
            title: BAD_REQUEST,
            detail: "Een verplichte parameter ontbreekt of is leeg.",
            invalid: Invalid::Part(
                "parameters",
                "required",
                "Een verplichte parameter ontbreekt of is leeg.",
            ),
            retry_after: None,
        },
    ),
    (
        "DEFAULT_4XX",
        Fault {
            status: 400,
            code: "invalid",
            title: BAD_REQUEST,
            detail: "Het verzoek kan niet worden verwerkt.",
            invalid: Invalid::Unknown,
            retry_after: None,
        },
    ),
    ("DEFAULT_5XX", INTERNAL),
    ("EXPIRED_TOKEN", UNKNOWN_ROUTE),
    (
        "INTEGRATION_FAILURE",
        Fault {
            status: 503,
            code: "service_unavailable",
            title: "Dienst niet beschikbaar",
            detail: "Een onderdeel van de API is niet bereikbaar. Probeer het later opnieuw.",
            invalid: Invalid::No,
            retry_after: Some(5),
        },
    ),
    (
        "INTEGRATION_TIMEOUT",
        Fault {
            status: 504,
            code: "gateway_timeout",
            title: "Geen tijdig antwoord",
            detail: "Het verzoek duurde te lang. Het is niet zeker of het is verwerkt.",
            invalid: Invalid::No,
            retry_after: Some(5),
        },
    ),
    (
        "INVALID_API_KEY",
        Fault {
            status: 403,
            code: "permission_denied",
            title: FORBIDDEN,
            detail: "De API-sleutel in de header x-api-key ontbreekt of is niet geldig.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    ("INVALID_SIGNATURE", UNKNOWN_ROUTE),
    // API Gateway's answer to a route or method that does not exist.
    ("MISSING_AUTHENTICATION_TOKEN", UNKNOWN_ROUTE),
    (
        "QUOTA_EXCEEDED",
        Fault {
            status: 429,
            code: "throttled",
            title: TOO_MANY,
            detail: "Het afgesproken aantal verzoeken is bereikt.",
            invalid: Invalid::No,
            retry_after: Some(3600),
        },
    ),
    (
        "REQUEST_TOO_LARGE",
        Fault {
            status: 413,
            code: "request_too_large",
            title: "Verzoek te groot",
            detail: "Het verzoek is groter dan 10 MB.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    ("RESOURCE_NOT_FOUND", UNKNOWN_ROUTE),
    (
        "THROTTLED",
        Fault {
            status: 429,
            code: "throttled",
            title: TOO_MANY,
            detail: "Er komen te veel verzoeken tegelijk binnen. Probeer het later opnieuw.",
            invalid: Invalid::No,
            retry_after: Some(1),
        },
    ),
    (
        "UNAUTHORIZED",
        Fault {
            status: 401,
            code: "not_authenticated",
            title: "Niet geauthenticeerd",
            detail: "Een geldig token in de header Authorization ontbreekt.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        Fault {
            status: 415,
            code: "unsupported_media_type",
            title: "Mediatype niet ondersteund",
            detail: "De Content-Type van het verzoek wordt niet ondersteund. Gebruik application/json.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    (
        "WAF_FILTERED",
        Fault {
            status: 403,
            code: "permission_denied",
            title: FORBIDDEN,
            detail: "Het verzoek is geweigerd door de beveiliging van de API.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
];

/// `x-amazon-apigateway-gateway-responses`.
pub(super) fn gateway_responses(version: &str) -> Json {
    let mut responses = Map::new();
    for (kind, fault) in ALL {
        let mut headers = Map::new();
        let mut header = |name: &str, value: String| {
            headers.insert(
                format!("gatewayresponse.header.{name}"),
                json!(format!("'{value}'")),
            );
        };
        header("API-version", version.to_owned());
        // The template stands under application/json, the type that API Gateway falls back on whatever the
        // client accepts; this header is what the client sees.
        header("Content-Type", PROBLEM_JSON.to_owned());
        if let Some(seconds) = fault.retry_after {
            header("Retry-After", seconds.to_string());
        }
        if fault.status == 401 {
            header("WWW-Authenticate", "Bearer".to_owned());
        }
        responses.insert(
            kind.to_owned(),
            json!({
                "statusCode": fault.status.to_string(),
                "responseParameters": headers,
                "responseTemplates": { "application/json": fault.template() },
            }),
        );
    }
    Json::Object(responses)
}
