//! What API Gateway answers when a request does not reach an integration, for every kind of failure that it has:
//! "Gateway response types for API Gateway",
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
//!
//! The statuses follow R72. `DEFAULT_4XX` and `DEFAULT_5XX` have a status of their own too: without one the
//! body could not agree with it. Because every other type is listed here, they do not change the statuses of those.

use contract::fout;
use serde_json::{Map, Value as Json, json};

use super::fault::{Fault, Invalid, NOT_FOUND};

const INTERNAL: Fault = Fault {
    soort: fout::INTERN,
    detail: "Er ging iets mis in de API. Geef bij een melding de waarde van instance door.",
    invalid: Invalid::No,
    retry_after: None,
};

/// No token, or one that is not valid (R72).
const NO_VALID_TOKEN: Fault = Fault {
    soort: fout::NIET_AANGEMELD,
    detail: "Een geldig token in de header Authorization ontbreekt.",
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
            soort: fout::NIET_TOEGESTAAN,
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
            soort: fout::ONGELDIG,
            detail: "De inhoud van het verzoek voldoet niet aan de specificatie.",
            invalid: Invalid::Part(
                "body",
                fout::VELD_ONGELDIG,
                "De inhoud voldoet niet aan het schema van de specificatie.",
            ),
            retry_after: None,
        },
    ),
    (
        "BAD_REQUEST_PARAMETERS",
        Fault {
            soort: fout::ONGELDIG,
            detail: "Een verplichte parameter ontbreekt of is leeg.",
            invalid: Invalid::Part(
                "parameters",
                fout::VELD_VERPLICHT,
                "Een verplichte parameter ontbreekt of is leeg.",
            ),
            retry_after: None,
        },
    ),
    (
        "DEFAULT_4XX",
        Fault {
            soort: fout::ONGELDIG,
            detail: "Het verzoek kan niet worden verwerkt.",
            invalid: Invalid::Unknown,
            retry_after: None,
        },
    ),
    ("DEFAULT_5XX", INTERNAL),
    ("EXPIRED_TOKEN", NO_VALID_TOKEN),
    (
        "INTEGRATION_FAILURE",
        Fault {
            soort: fout::NIET_BESCHIKBAAR,
            detail: "Een onderdeel van de API is niet bereikbaar. Probeer het later opnieuw.",
            invalid: Invalid::No,
            retry_after: Some(5),
        },
    ),
    (
        "INTEGRATION_TIMEOUT",
        Fault {
            soort: fout::TE_LAAT,
            detail: "Het verzoek duurde te lang. Het is niet zeker of het is verwerkt.",
            invalid: Invalid::No,
            retry_after: Some(5),
        },
    ),
    (
        "INVALID_API_KEY",
        Fault {
            soort: fout::NIET_TOEGESTAAN,
            detail: "De API-sleutel in de header x-api-key ontbreekt of is niet geldig.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    ("INVALID_SIGNATURE", NO_VALID_TOKEN),
    // API Gateway's answer to a route or method that does not exist.
    ("MISSING_AUTHENTICATION_TOKEN", UNKNOWN_ROUTE),
    (
        "QUOTA_EXCEEDED",
        Fault {
            soort: fout::TE_VEEL_VERZOEKEN,
            detail: "Het afgesproken aantal verzoeken is bereikt.",
            invalid: Invalid::No,
            retry_after: Some(3600),
        },
    ),
    (
        "REQUEST_TOO_LARGE",
        Fault {
            soort: fout::TE_GROOT,
            detail: "Het verzoek is groter dan 10 MB.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    ("RESOURCE_NOT_FOUND", UNKNOWN_ROUTE),
    (
        "THROTTLED",
        Fault {
            soort: fout::TE_VEEL_VERZOEKEN,
            detail: "Er komen te veel verzoeken tegelijk binnen. Probeer het later opnieuw.",
            invalid: Invalid::No,
            retry_after: Some(1),
        },
    ),
    ("UNAUTHORIZED", NO_VALID_TOKEN),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        Fault {
            soort: fout::MEDIATYPE_NIET_ONDERSTEUND,
            detail: "De Content-Type van het verzoek wordt niet ondersteund. Gebruik application/json.",
            invalid: Invalid::No,
            retry_after: None,
        },
    ),
    (
        "WAF_FILTERED",
        Fault {
            soort: fout::NIET_TOEGESTAAN,
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
            headers.insert(format!("gatewayresponse.header.{name}"), json!(format!("'{value}'")));
        };
        header("API-version", version.to_owned());
        // The template stands under application/json, the type that API Gateway falls back on whatever the
        // client accepts; this header is what the client sees.
        header("Content-Type", fout::MEDIA_TYPE.to_owned());
        if let Some(seconds) = fault.retry_after {
            header("Retry-After", seconds.to_string());
        }
        if fault.soort.status == 401 {
            header("WWW-Authenticate", "Bearer".to_owned());
        }
        responses.insert(
            kind.to_owned(),
            json!({
                "statusCode": fault.soort.status.to_string(),
                "responseParameters": headers,
                "responseTemplates": { "application/json": fault.template() },
            }),
        );
    }
    Json::Object(responses)
}
