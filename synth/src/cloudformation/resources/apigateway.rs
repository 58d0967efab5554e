//! API Gateway's REST APIs.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::properties;
use crate::cloudformation::{Handle, Text};

properties! {
    /// An API. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-restapi.html>
    RestApi = "AWS::ApiGateway::RestApi" tagged {
        name: Text,
        description: String,
        endpoint_configuration: Json,
        security_policy: &'static str,
        endpoint_access_mode: &'static str,
        disable_execute_api_endpoint: bool,
        body: Json,
    }
}

properties! {
    /// A state of an API that stages can serve. It never changes: another body is another deployment.
    Deployment = "AWS::ApiGateway::Deployment" { rest_api_id: Text, description: &'static str }
}

properties! {
    /// A served deployment.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-stage.html>
    Stage = "AWS::ApiGateway::Stage" tagged {
        rest_api_id: Text,
        deployment_id: Text,
        stage_name: String,
        variables: IndexMap<&'static str, Text>,
        tracing_enabled: bool,
        access_log_setting: AccessLogSetting,
        method_settings: Vec<MethodSetting>,
    }
}

properties! {
    /// Where the access log goes, and what a line holds.
    AccessLogSetting { destination_arn: Text, format: String }
}

properties! {
    /// What holds for all methods of a stage.
    MethodSetting {
        resource_path: &'static str,
        http_method: &'static str,
        metrics_enabled: bool,
        logging_level: &'static str,
        data_trace_enabled: bool,
        /// Requests a second.
        throttling_rate_limit: f64,
        /// Requests at once.
        throttling_burst_limit: u32,
    }
}

properties! {
    /// The account's settings: with which role API Gateway writes logs. One an account and region.
    Account = "AWS::ApiGateway::Account" { cloud_watch_role_arn: Text }
}

properties! {
    /// An API key.
    ApiKey = "AWS::ApiGateway::ApiKey" tagged { description: String, enabled: bool }
}

properties! {
    /// How much the holders of API keys may ask.
    UsagePlan = "AWS::ApiGateway::UsagePlan" tagged {
        api_stages: Vec<ApiStage>,
        description: &'static str,
        quota: Option<Json>,
        throttle: Option<Json>,
    }
}

properties! {
    /// The stage that a usage plan is for.
    ApiStage { api_id: Text, stage: Text }
}

properties! {
    /// Puts an API key under a usage plan.
    UsagePlanKey = "AWS::ApiGateway::UsagePlanKey" { key_id: Text, key_type: &'static str, usage_plan_id: Text }
}

properties! {
    /// A domain name of one's own.
    DomainName = "AWS::ApiGateway::DomainName" tagged {
        domain_name: String,
        regional_certificate_arn: String,
        security_policy: &'static str,
        endpoint_access_mode: &'static str,
        endpoint_configuration: Json,
    }
}

properties! {
    /// Puts a stage under a domain name.
    BasePathMapping = "AWS::ApiGateway::BasePathMapping" { domain_name: Text, rest_api_id: Text, stage: Text }
}

impl Handle<DomainName> {
    /// The name that a DNS record points at.
    pub fn regional_domain_name(&self) -> Text {
        self.attribute("RegionalDomainName")
    }

    /// The hosted zone of that name.
    pub fn regional_hosted_zone_id(&self) -> Text {
        self.attribute("RegionalHostedZoneId")
    }
}
