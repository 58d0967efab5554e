//! `$context`: what API Gateway knows of a request beside what the client sent.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>

use serde_json::{Map, Value as Json, json};

/// What a context is made of.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) api_id: &'a str,
    pub(crate) authorizer: Option<&'a Map<String, Json>>,
    pub(crate) domain_name: &'a str,
    pub(crate) extended_request_id: &'a str,
    pub(crate) http_method: &'a str,
    /// With the stage.
    pub(crate) path: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) resource_path: &'a str,
    pub(crate) source_ip: String,
    pub(crate) stage: &'a str,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    pub(crate) user_agent: Option<&'a str>,
}

impl Known<'_> {
    /// The context, in the shape that a function's `requestContext` has too.
    pub(crate) fn context(&self) -> Map<String, Json> {
        let mut context = Map::new();
        let mut put = |name: &str, value: Json| context.insert(name.to_owned(), value);
        put("accountId", self.account_id.into());
        put("apiId", self.api_id.into());
        if let Some(authorizer) = self.authorizer {
            put("authorizer", Json::Object(authorizer.clone()));
        }
        put("domainName", self.domain_name.into());
        put("domainPrefix", self.domain_name.split(['.', ':']).next().unwrap_or_default().into());
        put("extendedRequestId", self.extended_request_id.into());
        put("httpMethod", self.http_method.into());
        put("identity", self.identity());
        put("path", self.path.into());
        put("protocol", self.protocol.into());
        put("requestId", self.request_id.into());
        put("requestTime", request_time(self.time).into());
        put("requestTimeEpoch", self.time.into());
        put("resourceId", resource_id(self.resource_path).into());
        put("resourcePath", self.resource_path.into());
        put("stage", self.stage.into());
        context
    }

    /// What nobody knows of a caller without a signature is null, and not absent.
    fn identity(&self) -> Json {
        json!({
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": self.source_ip,
            "user": null,
            "userAgent": self.user_agent,
            "userArn": null,
        })
    }
}

/// `10/Nov/2026:13:55:36 +0000`.
pub(crate) fn request_time(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// AWS gives every resource an id of its own; here it is made of the path, so that it stays the same.
fn resource_id(path: &str) -> String {
    let hash = path
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    (0..6).map(|at| char::from(digits[usize::try_from(hash >> (at * 8) & 0xff).unwrap_or(0) % digits.len()])).collect()
}
