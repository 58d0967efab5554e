//! What an integration asks: read from its type and URI.

use std::sync::Arc;

use serde_json::Value as Json;

/// What an integration asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An AWS service, by its JSON protocol, through mapping templates.
    Service {
        /// `dynamodb`
        service: Arc<str>,
        /// `Query`
        action: Arc<str>,
    },
    /// A function, by its ARN: the request as it is, the response as the function makes it.
    Proxy(Arc<str>),
    /// A function, by its ARN, through mapping templates.
    Function(Arc<str>),
    /// Nothing: the gateway answers by itself.
    Mock,
}

impl Target {
    /// Reads `type` and `uri`:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>.
    pub(super) fn parse(definition: &Json) -> Result<Self, String> {
        let kind = definition.get("type").and_then(Json::as_str).unwrap_or_default().to_ascii_lowercase();
        let uri = definition.get("uri").and_then(Json::as_str).unwrap_or_default();
        if uses_stage_variables(uri) {
            return Err(
                "stage variables in a `uri` are not emulated; it names the function itself, or the action".to_owned()
            );
        }
        match kind.as_str() {
            "mock" => Ok(Self::Mock),
            "aws_proxy" => function_arn(uri).map(Self::Proxy).ok_or_else(|| {
                format!(
                    "`aws_proxy` goes to a function, `...:lambda:path/.../functions/<ARN>/invocations`, not to `{uri}`"
                )
            }),
            "aws" => match function_arn(uri) {
                Some(arn) => Ok(Self::Function(arn)),
                None => service(uri),
            },
            "http" | "http_proxy" => Err(format!("integrations of type `{kind}` are not emulated")),
            "" => Err("it has no `type`".to_owned()),
            other => Err(format!("there is no type `{other}`: it is one of aws, aws_proxy, mock")),
        }
    }
}

/// `arn:aws:apigateway:<region>:dynamodb:action/Query`.
fn service(uri: &str) -> Result<Target, String> {
    let part = uri.split(':').nth(4).zip(uri.splitn(6, ':').nth(5));
    let Some((service, rest)) = part.filter(|_| uri.starts_with("arn:")) else {
        return Err(format!(
            "`{uri}` is no URI of a service, `arn:<partition>:apigateway:<region>:<service>:action/<name>`"
        ));
    };
    let Some(action) = rest.strip_prefix("action/").filter(|action| !action.is_empty()) else {
        return Err(format!("`{uri}` addresses {service} by path; only `action/<name>` is emulated"));
    };
    if service != "dynamodb" {
        return Err(format!("integrations with {service} are not emulated, with dynamodb they are"));
    }
    Ok(Target::Service { service: service.into(), action: action.into() })
}

/// Whether a URI is only known once a request is there, as
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html> has it.
pub(crate) fn uses_stage_variables(uri: &str) -> bool {
    uri.contains("${stageVariables.")
}

/// The ARN in `...:lambda:path/2015-03-31/functions/<ARN>/invocations`.
pub(crate) fn function_arn(uri: &str) -> Option<Arc<str>> {
    let (_, rest) = uri.split_once(":lambda:path/")?;
    let (_, rest) = rest.split_once("/functions/")?;
    rest.strip_suffix("/invocations").filter(|arn| !arn.is_empty()).map(Arc::from)
}
