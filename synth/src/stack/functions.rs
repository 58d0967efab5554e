//! The functions, each with a role and a log group of its own, and what feeds them.

use contract::functions as names;
use contract::table;
use indexmap::IndexMap;
use serde_json::json;

use super::assets::{Assets, RUNTIME};
use super::{backup, encryption, queue, secrets};
use crate::cloudformation::resources::iam::{InlinePolicy, Role};
use crate::cloudformation::resources::lambda::{Environment, EventSourceMapping, Function, LoggingConfig};
use crate::cloudformation::resources::logs::LogGroup;
use crate::cloudformation::{self as cfn, Handle, Parameter, Policy, Stack, Statement, Text};
use crate::settings::{Settings, StackFile};
use crate::specification::Specification;
use crate::text;

/// What the functions use.
pub(super) struct Parts<'a> {
    pub(super) key: &'a encryption::Handle,
    pub(super) table: &'a super::table::Handle,
    pub(super) queues: &'a queue::Queues,
    pub(super) backup: &'a backup::Handle,
    pub(super) secrets: &'a secrets::Secrets,
}

/// The functions.
pub(super) struct Functions {
    pub(super) answering: Handle<Function>,
    pub(super) processing: Handle<Function>,
    pub(super) authorizing: Handle<Function>,
    pub(super) projecting: Handle<Function>,
}

impl Functions {
    /// Each with its name as it begins logical ids.
    pub(super) fn all(&self) -> [(&'static str, &Handle<Function>); 4] {
        [("Gen", &self.answering), ("Proc", &self.processing), ("Auth", &self.authorizing), ("Proj", &self.projecting)]
    }
}

/// What differs from function to function.
struct Plan {
    /// Begins its logical ids.
    id: &'static str,
    /// Its binary.
    binary: &'static str,
    description: &'static str,
    memory: u32,
    timeout: u32,
    reserved: Option<u32>,
    environment: Vec<(&'static str, Text)>,
    statements: Vec<Statement>,
}

/// Makes all four.
pub(super) fn functions(
    stack: &mut Stack,
    file: &StackFile,
    specifications: &[Specification],
    parts: &Parts<'_>,
    assets: &Assets,
) -> Functions {
    let settings = &file.settings;
    let bucket = assets_bucket(stack, settings);
    let mut make = |plan: Plan| function(stack, settings, parts.key, assets, &bucket, plan);
    let functions = Functions {
        answering: make(answering(settings, specifications, parts)),
        processing: make(processing(settings, parts)),
        authorizing: make(authorizing(settings, parts)),
        projecting: make(projecting(settings, parts)),
    };
    feed(stack, settings, parts, &functions);
    functions
}

/// `gen`: accepts changes. It reads the table for what a PUT or PATCH changes, and the backup for what is still queued.
fn answering(settings: &Settings, specifications: &[Specification], parts: &Parts<'_>) -> Plan {
    let sizing = &settings.functions.r#gen;
    let mut environment = vec![
        (names::ENV_TABLE, parts.table.reference()),
        (names::ENV_QUEUE, parts.queues.main.url()),
        (names::ENV_BUCKET, parts.backup.reference()),
        (names::ENV_PSEUDONYM_SECRET, parts.secrets.pseudonym.arn()),
        (names::ENV_ELFPROEF, settings.elfproef.to_string().into()),
        (names::ENV_API_VERSION, specifications.first().map_or("", |first| first.version.as_str()).into()),
    ];
    if let Some(domain) = &settings.api.domain {
        environment.push((names::ENV_API_URL, text!["https://", domain.name.as_str()]));
    }
    Plan {
        id: "Gen",
        binary: names::GEN,
        description: "Answers POST, PUT and PATCH: validates, backs up, queues",
        memory: sizing.memory.get(),
        timeout: sizing.timeout.get(),
        reserved: sizing.reserved_concurrency.map(crate::settings::Whole::get),
        environment,
        statements: vec![
            Statement::allow("Backup", ["s3:GetObject", "s3:PutObject"], [parts.backup.objects_arn("")]),
            Statement::allow("FindInBackup", ["s3:ListBucket"], [parts.backup.arn()]),
            Statement::allow("Send", ["sqs:SendMessage"], [parts.queues.main.arn()]),
            // It writes one row only: that of an actie which could not be accepted, so that its message is dropped.
            Statement::allow(
                "ActieInTable",
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
                [parts.table.arn()],
            ),
            Statement::allow("FindVerwerking", ["dynamodb:Query"], [parts.table.index_arn(table::VERWERKING_ID_INDEX)]),
            read_secrets([&parts.secrets.pseudonym]),
            encryption::use_key(parts.key),
        ],
    }
}

/// `proc`: applies the queue. It sends to the queue too, to go on with a PATCH that is too large for one call.
fn processing(settings: &Settings, parts: &Parts<'_>) -> Plan {
    let sizing = &settings.functions.proc;
    Plan {
        id: "Proc",
        binary: names::PROC,
        description: "Applies the queue's messages to the table",
        memory: sizing.memory.get(),
        timeout: sizing.timeout.get(),
        reserved: Some(sizing.reserved_concurrency.get()),
        environment: vec![
            (names::ENV_TABLE, parts.table.reference()),
            (names::ENV_QUEUE, parts.queues.main.url()),
            (names::ENV_BUCKET, parts.backup.reference()),
        ],
        statements: vec![
            Statement::allow(
                "Receive",
                [
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ReceiveMessage",
                    "sqs:SendMessage",
                ],
                [parts.queues.main.arn()],
            ),
            Statement::allow("ReadBackup", ["s3:GetObject"], [parts.backup.objects_arn("")]),
            // A transaction asks for what is done in it.
            Statement::allow(
                "ChangeTable",
                [
                    "dynamodb:BatchGetItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                ],
                [parts.table.arn()],
            ),
            encryption::use_key(parts.key),
        ],
    }
}

/// `auth`: checks tokens, and computes the pseudonym that a list is asked by.
fn authorizing(settings: &Settings, parts: &Parts<'_>) -> Plan {
    let sizing = &settings.functions.auth;
    let issuers = serde_json::to_string(&settings.tokens.issuers).expect("issuers are strings");
    let mut environment = vec![
        (names::ENV_PSEUDONYM_SECRET, parts.secrets.pseudonym.arn()),
        (names::ENV_ISSUERS, issuers.into()),
        (names::ENV_TIJDZONE, settings.tijdzone.as_str().into()),
    ];
    environment.extend(parts.secrets.clients.iter().map(|clients| (names::ENV_CLIENTS_SECRET, clients.arn())));
    Plan {
        id: "Auth",
        binary: names::AUTH,
        description: "Authorizes every request by its token",
        memory: sizing.memory.get(),
        timeout: sizing.timeout.get(),
        reserved: sizing.reserved_concurrency.map(crate::settings::Whole::get),
        environment,
        statements: vec![
            read_secrets([&parts.secrets.pseudonym].into_iter().chain(&parts.secrets.clients)),
            encryption::read_with_key(parts.key),
        ],
    }
}

/// `proj`: follows the table's stream.
fn projecting(settings: &Settings, parts: &Parts<'_>) -> Plan {
    let sizing = &settings.functions.proj;
    Plan {
        id: "Proj",
        binary: names::PROJ,
        description: "Follows the table's stream: version history, rows per person, removal at the end of retention",
        memory: sizing.memory.get(),
        timeout: sizing.timeout.get(),
        reserved: sizing.reserved_concurrency.map(crate::settings::Whole::get),
        environment: vec![(names::ENV_TABLE, parts.table.reference())],
        statements: vec![
            Statement::allow(
                "ReadStream",
                ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                [parts.table.stream_arn()],
            ),
            // Lambda asks for it before it reads a stream; IAM knows no resource for it.
            Statement::allow("ListStreams", ["dynamodb:ListStreams"], ["*".into()]),
            change_table(parts.table),
            Statement::allow("KeepFailures", ["sqs:SendMessage"], [parts.queues.proj_failures.arn()]),
            encryption::use_key(parts.key),
        ],
    }
}

fn change_table(table: &super::table::Handle) -> Statement {
    let actions = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
    Statement::allow("ChangeTable", actions, [table.arn()])
}

fn read_secrets<'a>(
    secrets: impl IntoIterator<Item = &'a Handle<cfn::resources::secretsmanager::Secret>>,
) -> Statement {
    Statement::allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secrets.into_iter().map(|secret| secret.arn()))
}

/// The bucket that holds the code: what the stack file says, else the template's parameter, else the conventional name.
fn assets_bucket(stack: &mut Stack, settings: &Settings) -> serde_json::Value {
    if let Some(bucket) = &settings.assets.bucket {
        return json!(bucket);
    }
    let parameter = stack.parameter(
        "AssetsBucket",
        Parameter {
            kind: "String",
            description: "Bucket with the packaged functions; empty: synth-assets-<account>-<region>".to_owned(),
            default: Some(String::new()),
            allowed_pattern: Some("^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$".to_owned()),
        },
    );
    let given = stack.condition("AssetsBucketGiven", parameter.is_given());
    let conventional = text!["synth-assets-", cfn::account_id(), "-", cfn::region()];
    given.choose(&parameter.reference(), &conventional)
}

fn function(
    stack: &mut Stack,
    settings: &Settings,
    key: &encryption::Handle,
    assets: &Assets,
    bucket: &serde_json::Value,
    plan: Plan,
) -> Handle<Function> {
    let id = plan.id;
    let log_group = stack.add_disposable(
        &format!("{id}LogGroup"),
        LogGroup { retention_in_days: settings.logs.retention_days.days(), kms_key_id: key.arn() },
    );
    let role = role(stack, settings, &log_group, &plan);
    let vpc = settings.functions.vpc.as_ref();
    stack.add(
        &format!("{id}Function"),
        Function {
            description: plan.description,
            runtime: RUNTIME,
            handler: "bootstrap",
            architectures: vec![settings.functions.architecture.as_str()],
            code: json!({ "S3Bucket": bucket, "S3Key": assets.key(plan.binary) }),
            role: role.arn(),
            memory_size: plan.memory,
            timeout: plan.timeout,
            reserved_concurrent_executions: plan.reserved,
            environment: Environment {
                variables: plan
                    .environment
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<IndexMap<_, _>>(),
            },
            kms_key_arn: key.arn(),
            tracing_config: json!({ "Mode": "Active" }),
            logging_config: LoggingConfig { log_group: log_group.reference(), log_format: "JSON" },
            vpc_config: vpc
                .map(|vpc| json!({ "SubnetIds": vpc.subnet_ids, "SecurityGroupIds": vpc.security_group_ids })),
        },
    )
}

fn role(stack: &mut Stack, settings: &Settings, log_group: &Handle<LogGroup>, plan: &Plan) -> Handle<Role> {
    let mut statements = plan.statements.clone();
    statements.push(Statement::allow(
        "WriteLog",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [log_group.streams_arn()],
    ));
    // X-Ray knows no resources for these.
    statements.push(Statement::allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*".into()]));
    if settings.functions.vpc.is_some() {
        // What AWSLambdaVPCAccessExecutionRole allows. Lambda checks for it on any resource before it takes the VPC.
        let actions = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ];
        statements.push(Statement::allow("JoinVpc", actions, ["*".into()]));
        // Lambda's own calls do not name the function as their source, those of the code do: it may not use them.
        // <https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>
        let functions =
            text!["arn:", cfn::partition(), ":lambda:", cfn::region(), ":", cfn::account_id(), ":function:*"];
        let deny = Statement::deny("NotFromCode", actions, ["*".into()]);
        statements.push(deny.when("ArnLike", "lambda:SourceFunctionArn", functions));
    }
    stack.add(
        &format!("{}Role", plan.id),
        Role {
            description: format!("What the function {} may do", plan.binary),
            assume_role_policy_document: Policy::assumed_by("lambda.amazonaws.com"),
            policies: Some(vec![InlinePolicy { policy_name: plan.binary, policy_document: Policy::new(statements) }]),
            managed_policy_arns: None,
            permissions_boundary: boundary(settings),
        },
    )
}

/// The policy that bounds every role of the stack.
pub(super) fn boundary(settings: &Settings) -> Option<String> {
    settings.functions.permissions_boundary.as_ref().map(|arn| arn.as_str().to_owned())
}

fn feed(stack: &mut Stack, settings: &Settings, parts: &Parts<'_>, functions: &Functions) {
    let proc = &settings.functions.proc;
    let mapping = |function: &Handle<Function>, source: Text, batch_size: u32, window: u32| EventSourceMapping {
        function_name: function.reference(),
        event_source_arn: source,
        batch_size,
        maximum_batching_window_in_seconds: window,
        function_response_types: vec!["ReportBatchItemFailures"],
        scaling_config: None,
        starting_position: None,
        filter_criteria: None,
        bisect_batch_on_function_error: None,
        maximum_retry_attempts: None,
        parallelization_factor: None,
        destination_config: None,
    };
    stack.add(
        "ProcQueueSource",
        EventSourceMapping {
            scaling_config: Some(json!({ "MaximumConcurrency": proc.maximum_concurrency.get() })),
            ..mapping(&functions.processing, parts.queues.main.arn(), proc.batch_size.get(), proc.batch_window.get())
        },
    );
    let proj = &settings.functions.proj;
    // Changes of current acties, and of rows that keep a POST or PUT where there was such a row before: DynamoDB may have
    // removed it. What is new is the most of what `proc` writes, and what `proj` writes itself, and starts nothing.
    let actueel = json!({ "dynamodb": { "Keys": { table::SOORT: { "S": [table::SOORT_ACTUEEL] } } } });
    let versie = json!({ "dynamodb": {
        "Keys": { table::SOORT: { "S": [{ "prefix": table::SOORT_VERSIE }] } },
        "OldImage": { table::OPERATIE: { "S": [{ "exists": true }] } },
    } });
    let filters = [actueel, versie].map(|pattern| json!({ "Pattern": pattern.to_string() }));
    stack.add(
        "ProjStreamSource",
        EventSourceMapping {
            starting_position: Some("TRIM_HORIZON"),
            filter_criteria: Some(json!({ "Filters": filters })),
            bisect_batch_on_function_error: Some(true),
            maximum_retry_attempts: Some(proj.maximum_retries.get()),
            parallelization_factor: Some(proj.parallelization.get()),
            destination_config: Some(json!({ "OnFailure": { "Destination": parts.queues.proj_failures.arn() } })),
            ..mapping(&functions.projecting, parts.table.stream_arn(), proj.batch_size.get(), 0)
        },
    );
}
