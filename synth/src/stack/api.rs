//! The API: its body, its stage, and what stands in front of it.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::functions::{Functions, boundary};
use super::{encryption, table};
use crate::apigateway::{self, Options, Route, TableOperation, TableResponse, Targets};
use crate::cloudformation::resources::apigateway::{
    AccessLogSetting, Account, ApiKey, ApiStage, BasePathMapping, Deployment, DomainName, MethodSetting, RestApi,
    Stage, UsagePlan, UsagePlanKey,
};
use crate::cloudformation::resources::iam::{InlinePolicy, Role};
use crate::cloudformation::resources::lambda::Function;
use crate::cloudformation::resources::logs::LogGroup;
use crate::cloudformation::resources::route53::{AliasTarget, RecordSet};
use crate::cloudformation::resources::wafv2::{WebAcl, WebAclAssociation};
use crate::cloudformation::{self as cfn, Handle, Policy, Stack, Statement, Template, Text};
use crate::mapping::{self, OperationTemplates, Templates};
use crate::report::Diagnostic;
use crate::settings::{Period, Settings, StackFile, Throttling};
use crate::specification::{Method, Operation, Specification};
use crate::text;

const API: &str = "Api";
pub(super) const DEPLOYMENT: &str = "ApiDeployment";

/// TLS 1.2 and 1.3, only ciphers with forward secrecy. An API without a policy of its own takes TLS 1.0.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html>
const TLS: &str = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09";
/// Has to be said with such a policy. `STRICT` would also refuse what comes through a proxy under another host name.
const ACCESS_MODE: &str = "BASIC";

/// What the API uses.
pub(super) struct Parts<'a> {
    pub(super) key: &'a encryption::Handle,
    pub(super) table: &'a table::Handle,
    pub(super) functions: &'a Functions,
}

/// The API.
pub(super) struct Api {
    pub(super) url: Text,
    pub(super) notes: Vec<Diagnostic>,
    pub(super) operations: usize,
    stage: String,
}

impl Api {
    /// CloudWatch's dimensions of the API's metrics.
    pub(super) fn dimensions(&self) -> [(&'static str, Text); 2] {
        [("ApiName", cfn::stack_name()), ("Stage", self.stage.as_str().into())]
    }
}

/// Makes the API.
///
/// # Errors
/// What API Gateway would refuse, and what is wrong in the templates.
pub(super) fn api(
    stack: &mut Stack,
    file: &StackFile,
    specifications: &[Specification],
    templates: &Templates,
    parts: &Parts<'_>,
) -> Result<Api, Vec<Diagnostic>> {
    let settings = &file.settings;
    let (routed, mut notes) = route(specifications, templates, settings)?;
    let invoke = invoke_role(stack, settings, parts.functions);
    let call = table_role(stack, settings, parts, routed.values().filter_map(|(_, templates)| templates.as_ref()));
    let routes: IndexMap<_, _> = routed.into_iter().map(|(id, (route, _))| (id, route)).collect();
    let options = Options {
        request_validation: settings.api.request_validation,
        api_key_required: settings.api.api_keys.is_some(),
        ..Options::default()
    };
    let targets = Targets {
        gen_uri: json!(invocation_uri(&parts.functions.answering)),
        authorizer_uri: json!(invocation_uri(&parts.functions.authorizing)),
        invoke_credentials: json!(invoke.arn()),
        table_credentials: json!(call.arn()),
        dynamodb_uri: &|action| {
            json!(text!["arn:", cfn::partition(), ":apigateway:", cfn::region(), ":dynamodb:action/", action])
        },
    };
    let body = apigateway::body(specifications, &routes, &targets, &options)?;

    let api = stack.add(
        API,
        RestApi {
            name: cfn::stack_name(),
            description: settings.description.clone(),
            endpoint_configuration: json!({ "Types": ["REGIONAL"] }),
            security_policy: TLS,
            endpoint_access_mode: ACCESS_MODE,
            // With a domain of its own, the API has one address and not two.
            disable_execute_api_endpoint: settings.api.domain.is_some(),
            body: body.document,
        },
    );
    let deployment =
        stack.add(DEPLOYMENT, Deployment { rest_api_id: api.reference(), description: "One state of the body" });
    let stage = stage(stack, settings, parts, &api, &deployment);
    if let Some(keys) = &settings.api.api_keys {
        usage_plan(stack, keys, &api, &stage);
    }
    if let Some(domain) = &settings.api.domain {
        custom_domain(stack, domain, &api, &stage);
    }
    if let Some(waf) = &settings.api.waf {
        firewall(stack, waf, &api, &stage);
    }
    let url = match &settings.api.domain {
        Some(domain) => text!["https://", domain.name.as_str()],
        None => {
            let host = text![api.reference(), ".execute-api.", cfn::region(), ".", cfn::url_suffix()];
            text!["https://", host, "/", stage.reference()]
        }
    };
    let stage = settings.api.stage.as_str().to_owned();
    notes.extend(body.notes);
    Ok(Api { url, notes, operations: body.routes.len(), stage })
}

/// Gives the deployment its final name, from the API as it will be deployed, overrides included. A deployment is a
/// snapshot that CloudFormation never takes again, so another API needs another deployment, and the same API the same.
/// The body counts, and what API Gateway applies only when it deploys: the TLS policy, whether the generated address is
/// open. The name, the description and the tags do not.
pub(super) fn name_deployment(template: &mut Template) {
    let Some(api) = template.resources.get(API) else { return };
    let mut deployed = api.properties.clone();
    deployed.retain(|key, _| !matches!(key.as_str(), "Name" | "Description" | "Tags"));
    let hex: String =
        Sha256::digest(Json::Object(deployed).to_string()).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    template.rename(DEPLOYMENT, &format!("{DEPLOYMENT}{hex}"));
}

type Routed = IndexMap<String, (Route, Option<OperationTemplates>)>;

/// Decides for each operation: straight to the table where there are templates, else to `gen`. The messages are
/// warnings about the templates.
fn route(
    specifications: &[Specification],
    templates: &Templates,
    settings: &Settings,
) -> Result<(Routed, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (mut routed, mut warnings, mut wrong) = (Routed::new(), Vec::new(), Vec::new());
    let options = mapping::Settings { page_size: settings.api.page_size.get() };
    for specification in specifications {
        for operation in &specification.operations {
            let id = &operation.id;
            if templates.has(id) {
                match templates.render(id, &options) {
                    Ok((rendered, found)) => {
                        mapping::merge(&mut warnings, found);
                        let route = Route::Table(table_operation(&rendered));
                        routed.insert(id.clone(), (route, Some(rendered)));
                    }
                    Err(found) => mapping::merge(&mut wrong, found),
                }
            } else if fits_gen(operation) {
                routed.insert(id.clone(), (Route::Gen, None));
            } else {
                wrong.push(fits_nowhere(specification, operation));
            }
        }
    }
    if wrong.is_empty() { Ok((routed, warnings)) } else { Err(wrong) }
}

fn table_operation(templates: &OperationTemplates) -> TableOperation {
    TableOperation {
        action: templates.action.clone(),
        request: json!(templates.request),
        responses: templates
            .responses
            .iter()
            .map(|response| TableResponse {
                selection_pattern: response.selection_pattern.clone(),
                status: response.status,
                template: json!(response.template),
            })
            .collect(),
    }
}

/// `gen` accepts changes, and the reads that have to be logged before they are answered (R64).
fn fits_gen(operation: &Operation) -> bool {
    matches!(operation.method, Method::Post | Method::Put | Method::Patch)
        || contract::functions::GEN_READS.contains(&operation.id.as_str())
}

fn fits_nowhere(specification: &Specification, operation: &Operation) -> Diagnostic {
    let (id, method) = (&operation.id, operation.method.key().to_uppercase());
    Diagnostic::error(format!(
        "operation `{id}` has no mapping templates, and the function `gen` does not answer {method}"
    ))
    .at(&specification.source, operation.span.clone(), format!("{method} {}", operation.path.text))
    .help(format!("add `{id}.request.vtl` and `{id}.response.vtl` to a folder, and pass it with `--templates`"))
}

fn invocation_uri(function: &Handle<Function>) -> Text {
    let path = text![":lambda:path/2015-03-31/functions/", function.arn(), "/invocations"];
    text!["arn:", cfn::partition(), ":apigateway:", cfn::region(), path]
}

fn gateway_role(
    stack: &mut Stack,
    settings: &Settings,
    id: &str,
    description: &str,
    statements: Vec<Statement>,
) -> Handle<Role> {
    stack.add(
        id,
        Role {
            description: description.to_owned(),
            assume_role_policy_document: Policy::assumed_by("apigateway.amazonaws.com"),
            policies: Some(vec![InlinePolicy { policy_name: "api", policy_document: Policy::new(statements) }]),
            managed_policy_arns: None,
            permissions_boundary: boundary(settings),
        },
    )
}

/// The role with which API Gateway calls the functions. A role names the functions; a permission on a function would
/// have to name the API, and an authorizer's only with a wildcard.
fn invoke_role(stack: &mut Stack, settings: &Settings, functions: &Functions) -> Handle<Role> {
    let targets = [functions.answering.arn(), functions.authorizing.arn()];
    let statement = Statement::allow("Invoke", ["lambda:InvokeFunction"], targets);
    gateway_role(stack, settings, "ApiInvokeRole", "API Gateway's calls of the functions", vec![statement])
}

/// The role with which the templates call DynamoDB: exactly the actions that they make, where they make them.
fn table_role<'a>(
    stack: &mut Stack,
    settings: &Settings,
    parts: &Parts<'_>,
    templates: impl Iterator<Item = &'a OperationTemplates>,
) -> Handle<Role> {
    let mut calls: Vec<_> = templates.map(|called| (called.action.as_str(), called.index.as_deref())).collect();
    calls.sort_unstable();
    calls.dedup();
    let mut statements: Vec<_> = calls
        .into_iter()
        .map(|(action, index)| {
            let resource = index.map_or_else(|| parts.table.arn(), |index| parts.table.index_arn(index));
            let place: String = index.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
            Statement::allow(&format!("{action}{place}"), [format!("dynamodb:{action}").as_str()], [resource])
        })
        .collect();
    if statements.is_empty() {
        // A role may not be without a statement; this one allows nothing.
        statements.push(Statement::deny("NoTemplates", ["dynamodb:GetItem"], [parts.table.arn()]));
    } else {
        statements.push(encryption::read_with_key(parts.key));
    }
    gateway_role(stack, settings, "ApiTableRole", "API Gateway's calls of the table", statements)
}

fn stage(
    stack: &mut Stack,
    settings: &Settings,
    parts: &Parts<'_>,
    api: &Handle<RestApi>,
    deployment: &Handle<Deployment>,
) -> Handle<Stage> {
    let log_group = stack.add_disposable(
        "ApiLogGroup",
        LogGroup { retention_in_days: settings.logs.retention_days.days(), kms_key_id: parts.key.arn() },
    );
    let limits = &settings.api.throttling;
    let stage = stack.add(
        "ApiStage",
        Stage {
            rest_api_id: api.reference(),
            deployment_id: deployment.reference(),
            stage_name: settings.api.stage.as_str().to_owned(),
            variables: stage_variables(settings, parts.table),
            // A trace of API Gateway quotes the address with its query string, and so holds BSNs (R09): who wants it all
            // the same has to say so.
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-understanding-xray-traces.html>
            tracing_enabled: settings.api.tracing,
            access_log_setting: AccessLogSetting { destination_arn: log_group.arn(), format: access_log_format() },
            method_settings: vec![MethodSetting {
                resource_path: "/*",
                http_method: "*",
                metrics_enabled: true,
                // An execution log quotes requests, query string and body included, and so would hold BSNs (R09).
                logging_level: "OFF",
                data_trace_enabled: false,
                throttling_rate_limit: f64::from(limits.rate_limit.get()),
                throttling_burst_limit: limits.burst_limit.get(),
            }],
        },
    );
    if settings.api.account_role {
        let account = account(stack, settings);
        stack.depends(&stage, &account);
    }
    stage
}

/// What the mapping templates read from the stage.
fn stage_variables(settings: &Settings, table: &table::Handle) -> IndexMap<&'static str, Text> {
    let mut variables = IndexMap::from([(contract::stage::TABEL, table.reference())]);
    if let Some(domain) = &settings.api.domain {
        variables.insert(contract::stage::ADRES, text!["https://", domain.name.as_str()]);
    }
    variables
}

/// One line of JSON a request. No query string and no path, only the route: they can hold identifiers of persons.
fn access_log_format() -> String {
    let fields = [
        ("requestId", "$context.requestId"),
        ("extendedRequestId", "$context.extendedRequestId"),
        ("requestTime", "$context.requestTime"),
        ("clientId", "$context.authorizer.clientId"),
        ("sourceIp", "$context.identity.sourceIp"),
        ("httpMethod", "$context.httpMethod"),
        ("resourcePath", "$context.resourcePath"),
        ("protocol", "$context.protocol"),
        ("status", "$context.status"),
        ("errorType", "$context.error.responseType"),
        ("responseLength", "$context.responseLength"),
        ("responseLatency", "$context.responseLatency"),
        ("authorizerStatus", "$context.authorizer.status"),
        ("authorizerLatency", "$context.authorizer.integrationLatency"),
        ("integrationStatus", "$context.integration.status"),
        ("integrationLatency", "$context.integration.latency"),
    ];
    let fields: serde_json::Map<_, _> = fields.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    Json::Object(fields).to_string()
}

/// The account's log role. It stays when the stack goes, since other APIs of the account may log through it.
fn account(stack: &mut Stack, settings: &Settings) -> Handle<Account> {
    let managed = text!["arn:", cfn::partition(), ":iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"];
    let role = stack.add_retained(
        "ApiAccountRole",
        Role {
            description: "API Gateway's log lines".to_owned(),
            assume_role_policy_document: Policy::assumed_by("apigateway.amazonaws.com"),
            policies: None,
            managed_policy_arns: Some(vec![managed]),
            permissions_boundary: boundary(settings),
        },
    );
    stack.add_retained("ApiAccount", Account { cloud_watch_role_arn: role.arn() })
}

fn throttle(limits: &Throttling) -> Json {
    json!({ "RateLimit": limits.rate_limit.get(), "BurstLimit": limits.burst_limit.get() })
}

fn usage_plan(stack: &mut Stack, keys: &crate::settings::ApiKeys, api: &Handle<RestApi>, stage: &Handle<Stage>) {
    let plan = stack.add(
        "UsagePlan",
        UsagePlan {
            api_stages: vec![ApiStage { api_id: api.reference(), stage: stage.reference() }],
            description: "What the holders of API keys may ask",
            quota: keys.quota.as_ref().map(|quota| {
                let period = match quota.period {
                    Period::Day => "DAY",
                    Period::Week => "WEEK",
                    Period::Month => "MONTH",
                };
                json!({ "Limit": quota.limit.get(), "Period": period })
            }),
            throttle: keys.throttling.as_ref().map(throttle),
        },
    );
    for name in &keys.names {
        let id = camel(name.as_str());
        let key = stack.add(
            &format!("ApiKey{id}"),
            ApiKey { description: format!("API key of {}", name.as_str()), enabled: true },
        );
        stack.depends(&key, stage);
        stack.add(
            &format!("UsagePlanKey{id}"),
            UsagePlanKey { key_id: key.reference(), key_type: "API_KEY", usage_plan_id: plan.reference() },
        );
    }
}

/// `zaak-systeem` as part of a logical id: `ZaakSysteem`.
fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..word.len().min(1)].to_uppercase() + word.get(1..).unwrap_or_default()).collect()
}

fn custom_domain(stack: &mut Stack, domain: &crate::settings::Domain, api: &Handle<RestApi>, stage: &Handle<Stage>) {
    let name = stack.add(
        "ApiDomain",
        DomainName {
            domain_name: domain.name.as_str().to_owned(),
            regional_certificate_arn: domain.certificate_arn.as_str().to_owned(),
            security_policy: TLS,
            endpoint_access_mode: ACCESS_MODE,
            endpoint_configuration: json!({ "Types": ["REGIONAL"] }),
        },
    );
    stack.add(
        "ApiDomainMapping",
        BasePathMapping { domain_name: name.reference(), rest_api_id: api.reference(), stage: stage.reference() },
    );
    let Some(zone) = &domain.hosted_zone_id else { return };
    for (suffix, kind) in [("", "A"), ("V6", "AAAA")] {
        stack.add(
            &format!("ApiDomainRecord{suffix}"),
            RecordSet {
                hosted_zone_id: zone.as_str().to_owned(),
                name: domain.name.as_str().to_owned(),
                kind,
                alias_target: AliasTarget {
                    dns_name: name.regional_domain_name(),
                    hosted_zone_id: name.regional_hosted_zone_id(),
                    evaluate_target_health: false,
                },
            },
        );
    }
}

fn firewall(stack: &mut Stack, waf: &crate::settings::Waf, api: &Handle<RestApi>, stage: &Handle<Stage>) {
    let acl = match &waf.web_acl_arn {
        Some(arn) => Text::from(arn.as_str()),
        None => stack.add("WebAcl", web_acl(waf)).arn(),
    };
    let path = text!["::/restapis/", api.reference(), "/stages/", stage.reference()];
    let resource_arn = text!["arn:", cfn::partition(), ":apigateway:", cfn::region(), path];
    stack.add("WebAclAssociation", WebAclAssociation { resource_arn, web_acl_arn: acl });
}

fn web_acl(waf: &crate::settings::Waf) -> WebAcl {
    let visible =
        |name: &str| json!({ "CloudWatchMetricsEnabled": true, "MetricName": name, "SampledRequestsEnabled": false });
    let managed = |priority: u32, name: &str, overridden: Json| {
        let mut group = json!({ "VendorName": "AWS", "Name": name });
        if !overridden.is_null() {
            group["RuleActionOverrides"] = overridden;
        }
        json!({
            "Name": name,
            "Priority": priority,
            "OverrideAction": { "None": {} },
            "Statement": { "ManagedRuleGroupStatement": group },
            "VisibilityConfig": visible(name),
        })
    };
    WebAcl {
        scope: "REGIONAL",
        default_action: json!({ "Allow": {} }),
        // Sampled requests would show query strings in the console, and so identifiers of persons (R09).
        visibility_config: visible("WebAcl"),
        rules: vec![
            json!({
                "Name": "RateLimit",
                "Priority": 0,
                "Action": { "Block": {} },
                "Statement": { "RateBasedStatement": { "AggregateKeyType": "IP", "Limit": waf.rate_limit.get() } },
                "VisibilityConfig": visible("RateLimit"),
            }),
            managed(1, "AWSManagedRulesKnownBadInputsRuleSet", Json::Null),
            // It blocks every body over 8 KB, which an actie with many objects has; it only counts here.
            managed(
                2,
                "AWSManagedRulesCommonRuleSet",
                json!([{ "Name": "SizeRestrictions_BODY", "ActionToUse": { "Count": {} } }]),
            ),
        ],
    }
}
