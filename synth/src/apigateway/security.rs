//! Who may call an operation.
//!
//! API Gateway ignores `security` at the top of a document and knows `apiKey` schemes only; a bearer token
//! reaches it as an `apiKey` scheme with a Lambda authorizer ("Amazon API Gateway important notes" and
//! "x-amazon-apigateway-authorizer object" in its developer guide).

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::problems::{Problems, at};
use super::{Options, Targets};
use crate::specification::{Location, Operation, Requirement, SecurityKind, SecurityScheme, Specification};

/// API Gateway's own header for the keys of usage plans.
const API_KEY_HEADER: &str = "x-api-key";
const API_KEY_SCHEME: &str = "api_key";

/// What a caller of an operation must bring along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) authorizer: bool,
    pub(super) api_key: bool,
    /// The scopes that the document lists; the authorizer weighs them.
    pub(super) scopes: Vec<String>,
}

/// The schemes that the operations turned out to need.
#[derive(Default)]
pub(super) struct Schemes {
    authorizer: Option<String>,
    api_key: bool,
}

impl Schemes {
    /// An operation's `security`. In OpenAPI the entries of the list would be alternatives; API Gateway asks for all
    /// of them, and this is the form in which AWS's own Serverless Application Model writes it.
    pub(super) fn requirement(&self, access: &Access) -> Json {
        let mut all = Vec::new();
        if access.authorizer {
            all.push(json!({ self.authorizer_name(): [] }));
        }
        if access.api_key {
            all.push(json!({ API_KEY_SCHEME: [] }));
        }
        Json::Array(all)
    }

    /// `components.securitySchemes`.
    pub(super) fn definitions(&self, targets: &Targets<'_>) -> Map<String, Json> {
        let mut all = Map::new();
        if self.authorizer.is_some() {
            all.insert(
                self.authorizer_name().to_owned(),
                json!({
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "custom",
                    "x-amazon-apigateway-authorizer": {
                        "type": "request",
                        "identitySource": "method.request.header.Authorization",
                        "authorizerUri": targets.authorizer_uri,
                        "authorizerCredentials": targets.invoke_credentials,
                        // What the authorizer hands on depends on the query, so no two requests share it.
                        "authorizerResultTtlInSeconds": 0,
                    },
                }),
            );
        }
        if self.api_key {
            all.insert(API_KEY_SCHEME.to_owned(), json!({ "type": "apiKey", "name": API_KEY_HEADER, "in": "header" }));
        }
        all
    }

    pub(super) fn has_api_key(&self) -> bool {
        self.api_key
    }

    fn authorizer_name(&self) -> &str {
        self.authorizer.as_deref().unwrap_or("authorizer")
    }

    /// Works out what an operation needs; `None` where that could not be said, which is then an error.
    pub(super) fn access(
        &mut self,
        specification: &Specification,
        operation: &Operation,
        options: &Options,
        problems: &mut Problems,
    ) -> Option<Access> {
        let place = || vec![at(specification, &operation.span, "")];
        if operation.security.is_empty() {
            if !options.allow_open {
                problems.error(
                    place(),
                    format!("operation `{}` is open to anybody", operation.id),
                    "give it a security requirement; who may read or write a processing log is never open",
                );
                return None;
            }
            let access = Access { api_key: options.api_key_required, ..Access::default() };
            self.api_key |= access.api_key;
            return Some(access);
        }

        let mut found: Option<Access> = None;
        for requirement in &operation.security {
            if requirement.schemes.is_empty() {
                problems.error(
                    place(),
                    format!("operation `{}` is open to anybody: its security is optional", operation.id),
                    "API Gateway cannot make an authorizer optional: remove the empty alternative",
                );
                return None;
            }
            let access = self.alternative(specification, operation, requirement, problems)?;
            match &mut found {
                None => found = Some(access),
                Some(first) => {
                    if (first.authorizer, first.api_key) != (access.authorizer, access.api_key) {
                        problems.error(
                            place(),
                            format!("operation `{}` has alternatives that are checked in different ways", operation.id),
                            "API Gateway has one way per method: keep one alternative",
                        );
                        return None;
                    }
                    for scope in access.scopes {
                        if !first.scopes.contains(&scope) {
                            first.scopes.push(scope);
                        }
                    }
                }
            }
        }
        let mut access = found?;
        access.api_key |= options.api_key_required;
        self.api_key |= access.api_key;
        if !access.scopes.is_empty() {
            problems.left_out(
                specification,
                &operation.span,
                "list of scopes",
                "API Gateway takes scopes for Cognito only; auth and gen check them",
            );
        }
        Some(access)
    }

    fn alternative(
        &mut self,
        specification: &Specification,
        operation: &Operation,
        requirement: &Requirement,
        problems: &mut Problems,
    ) -> Option<Access> {
        let mut access = Access::default();
        for (name, scopes) in &requirement.schemes {
            let Some(scheme) = specification.security_schemes.get(name) else {
                problems.error(
                    vec![at(specification, &operation.span, "")],
                    format!("operation `{}` names security scheme `{name}`, which does not exist", operation.id),
                    format!("known are: {}", known(&specification.security_schemes)),
                );
                return None;
            };
            match &scheme.kind {
                SecurityKind::Http { scheme: http, .. } if http == "bearer" => {
                    access.authorizer = true;
                    self.name_authorizer(name);
                }
                SecurityKind::OAuth2 | SecurityKind::OpenIdConnect => {
                    access.authorizer = true;
                    self.name_authorizer(name);
                    problems.note(
                        vec![at(specification, &scheme.span, "")],
                        format!("security scheme `{name}` is checked as a bearer token"),
                        "the authorizer function verifies the token, however the client came by it",
                    );
                }
                SecurityKind::Http { scheme: http, .. } => {
                    problems.error(
                        vec![at(specification, &scheme.span, "")],
                        format!("security scheme `{name}` is HTTP {http}"),
                        "the authorizer verifies bearer tokens only: use scheme bearer",
                    );
                    return None;
                }
                SecurityKind::ApiKey { name: header, location } => {
                    let own = *location == Location::Header && header.eq_ignore_ascii_case(API_KEY_HEADER);
                    if !own {
                        problems.error(
                            vec![at(specification, &scheme.span, "")],
                            format!("security scheme `{name}` takes a key that API Gateway cannot check"),
                            "API Gateway takes its keys from the header x-api-key only",
                        );
                        return None;
                    }
                    access.api_key = true;
                }
            }
            for scope in scopes {
                if !access.scopes.contains(scope) {
                    access.scopes.push(scope.clone());
                }
            }
        }
        Some(access)
    }

    /// All tokens go to one function, so there is one authorizer, called after the first scheme that needs it.
    fn name_authorizer(&mut self, scheme: &str) {
        if self.authorizer.is_none() {
            let name: String = scheme.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
            let usable = !name.is_empty() && name != API_KEY_SCHEME;
            self.authorizer = Some(if usable { name } else { "authorizer".to_owned() });
        }
    }
}

fn known(schemes: &IndexMap<String, SecurityScheme>) -> String {
    schemes.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}
