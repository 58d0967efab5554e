//! Lambda.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::properties;
use crate::cloudformation::{Handle, Text};

properties! {
    /// A function. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html>
    Function = "AWS::Lambda::Function" tagged {
        description: &'static str,
        runtime: &'static str,
        handler: &'static str,
        architectures: Vec<&'static str>,
        code: Json,
        role: Text,
        /// MB.
        memory_size: u32,
        /// Seconds.
        timeout: u32,
        reserved_concurrent_executions: Option<u32>,
        environment: Environment,
        kms_key_arn: Text,
        tracing_config: Json,
        logging_config: LoggingConfig,
        vpc_config: Option<Json>,
    }
}

properties! {
    /// Environment variables.
    Environment { variables: IndexMap<String, Text> }
}

properties! {
    /// Where a function logs, and how.
    LoggingConfig { log_group: Text, log_format: &'static str }
}

properties! {
    /// What feeds a function from a queue or a stream.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-eventsourcemapping.html>
    EventSourceMapping = "AWS::Lambda::EventSourceMapping" tagged {
        function_name: Text,
        event_source_arn: Text,
        batch_size: u32,
        /// Seconds.
        maximum_batching_window_in_seconds: u32,
        function_response_types: Vec<&'static str>,
        scaling_config: Option<Json>,
        starting_position: Option<&'static str>,
        filter_criteria: Option<Json>,
        bisect_batch_on_function_error: Option<bool>,
        maximum_retry_attempts: Option<u32>,
        parallelization_factor: Option<u32>,
        destination_config: Option<Json>,
    }
}

impl Handle<Function> {
    /// ARN of the function.
    pub fn arn(&self) -> Text {
        self.attribute("Arn")
    }
}
