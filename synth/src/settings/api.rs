//! The API: its stage, limits, domain and firewall.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::*;

/// The API.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Api {
    /// Name of the stage, the first part of every path.
    pub stage: StageName,
    /// How many results a page of a list holds at most.
    pub page_size: Whole<1, 500>,
    /// How much is let through, for all clients together.
    pub throttling: Throttling,
    /// Whether API Gateway holds requests against the specification before they reach a function. It reports one fault
    /// only and no field path, which is less than the standard asks (R71), so the functions do it by default.
    pub request_validation: bool,
    /// Whether API Gateway traces requests with X-Ray. A trace holds the whole address, and so the BSN that a list is
    /// asked for (R09): off by default. The functions are always traced.
    pub tracing: bool,
    /// Whether the stack sets the role with which API Gateway writes logs, one for the account and region. `false`
    /// where another stack does.
    pub account_role: bool,
    /// API keys, beside tokens.
    pub api_keys: Option<ApiKeys>,
    /// A domain name of one's own. The API's generated address is then closed.
    pub domain: Option<Domain>,
    /// A firewall.
    pub waf: Option<Waf>,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            stage: StageName::new("v1").expect("`v1` is letters and digits"),
            page_size: Whole::of(100),
            throttling: Throttling::default(),
            request_validation: false,
            tracing: false,
            account_role: true,
            api_keys: None,
            domain: None,
            waf: None,
        }
    }
}

/// How much is let through; more gets 429.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Throttling {
    /// Requests a second.
    pub rate_limit: Whole<1, 10_000>,
    /// Requests at once.
    pub burst_limit: Whole<1, 5_000>,
}

impl Default for Throttling {
    fn default() -> Self {
        Self { rate_limit: Whole::of(1_000), burst_limit: Whole::of(500) }
    }
}

/// API keys: every request must carry one in `x-api-key`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApiKeys {
    /// A key for each of these is generated.
    pub names: Vec<ApiKeyName>,
    /// How much each key may ask in a period.
    #[serde(default)]
    pub quota: Option<Quota>,
    /// How much is let through for each key.
    #[serde(default)]
    pub throttling: Option<Throttling>,
}

/// How much a key may ask in a period.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Quota {
    /// Requests.
    pub limit: Whole<1, 2_000_000_000>,
    /// In which time.
    pub period: Period,
}

/// A period of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "API Gateway's own names")]
pub enum Period {
    Day,
    Week,
    Month,
}

/// A domain name of one's own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Domain {
    /// The name.
    pub name: DomainName,
    /// Its certificate, in the region of the stack.
    pub certificate_arn: CertificateArn,
    /// Hosted zone in which the DNS record is made. Left out: you make the record.
    #[serde(default)]
    pub hosted_zone_id: Option<HostedZoneId>,
}

/// A firewall.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Waf {
    /// An existing web ACL. Left out: the stack makes one, with AWS's rules for common attacks.
    pub web_acl_arn: Option<WebAclArn>,
    /// Requests from one address in five minutes above which the stack's own web ACL blocks it.
    pub rate_limit: Whole<100, 2_000_000_000>,
}

impl Default for Waf {
    fn default() -> Self {
        Self { web_acl_arn: None, rate_limit: Whole::of(100_000) }
    }
}
