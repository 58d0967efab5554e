//! What keeps data: encrypted, over TLS only, and not lost with the stack.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use synth::cloudformation::Retention;

use crate::{MAXIMAL, all, of_type, properties, read, stack, written};

#[test]
fn everything_at_rest_is_encrypted_with_the_one_key() {
    // Where each type says its key.
    let places = [
        ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
        ("AWS::SQS::Queue", "/KmsMasterKeyId"),
        (
            "AWS::S3::Bucket",
            "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
        ),
        ("AWS::SecretsManager::Secret", "/KmsKeyId"),
        ("AWS::Logs::LogGroup", "/KmsKeyId"),
        ("AWS::Lambda::Function", "/KmsKeyArn"),
    ];
    for (path, built) in all() {
        for (kind, pointer) in places {
            let resources = of_type(&built, kind);
            assert!(!resources.is_empty(), "{path}: no {kind}");
            for (id, properties) in resources {
                let key = Json::Object(properties.clone()).pointer(pointer).cloned();
                assert_eq!(key, Some(json!({ "Fn::GetAtt": ["DataKey", "Arn"] })), "{path}: {id}");
            }
        }
        assert_eq!(of_type(&built, "AWS::KMS::Key").len(), 1, "{path}");
        assert_eq!(properties(&built, "DataKey")["EnableKeyRotation"], true, "{path}");
        assert_eq!(properties(&built, "Table")["SSESpecification"]["SSEType"], "KMS", "{path}");
    }
}

#[test]
fn the_key_serves_the_logs_of_this_stack_only() {
    let built = read("stacks/local.yaml");
    let statements = properties(&built, "DataKey")["KeyPolicy"]["Statement"].as_array().expect("a list").clone();
    assert_eq!(statements.len(), 2);
    let logs = &statements[1];
    assert_eq!(written(&logs["Principal"]["Service"]), "logs.${AWS::Region}.${AWS::URLSuffix}");
    let context = written(&logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]);
    let groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*";
    assert_eq!(context, groups);
    // CloudFormation begins the name of a group that is not given one with the name of the stack.
    for (id, group) in of_type(&built, "AWS::Logs::LogGroup") {
        assert!(!group.contains_key("LogGroupName"), "{id}");
    }
}

#[test]
fn buckets_and_queues_are_reached_over_tls_only() {
    for (path, built) in all() {
        for (store, policy, reference, action) in [
            ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
            ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3:*"),
        ] {
            let policies = of_type(&built, policy);
            for (id, _) in of_type(&built, store) {
                let own = policies.iter().find(|(_, properties)| {
                    let target = &properties[reference];
                    target == &json!({ "Ref": id }) || target == &json!([{ "Ref": id }])
                });
                let (_, properties) = own.unwrap_or_else(|| panic!("{path}: {id} has no policy"));
                let statement = &properties["PolicyDocument"]["Statement"][0];
                assert_eq!(statement["Effect"], "Deny", "{path}: {id}");
                assert_eq!(statement["Principal"], "*", "{path}: {id}");
                assert_eq!(statement["Action"], json!([action]), "{path}: {id}");
                assert_eq!(
                    statement["Condition"],
                    json!({ "Bool": { "aws:SecureTransport": "false" } }),
                    "{path}: {id}"
                );
                let resources: Vec<_> = statement["Resource"].as_array().into_iter().flatten().map(written).collect();
                let expected =
                    if store == "AWS::S3::Bucket" { vec![id.into(), format!("{id}/*")] } else { vec![id.into()] };
                assert_eq!(resources, expected, "{path}");
            }
        }
    }
}

#[test]
fn what_nobody_can_bring_back_stays_when_the_stack_goes() {
    let kept = |path: &str, wanted: Retention| -> BTreeSet<String> {
        let built = read(path);
        let resources = built.template.resources.iter();
        resources
            .inspect(|(id, it)| assert_eq!(it.deletion_policy, it.update_replace_policy, "{id}"))
            .filter(|(_, resource)| resource.deletion_policy == Some(wanted))
            .map(|(id, _)| id.clone())
            .collect()
    };
    let stays = ["DataKey", "Table", "DeadLetterQueue", "ProjFailureQueue", "BackupBucket", "PseudonymSecret"];
    // Other APIs of the account may log through this one's role.
    let shared = ["ApiAccountRole", "ApiAccount"];
    let expected: BTreeSet<_> = stays.into_iter().chain(shared).chain(["ClientsSecret"]).map(str::to_owned).collect();
    assert_eq!(kept(MAXIMAL, Retention::Retain), expected);
    // The queue has a name that the next stack needs; what was in it stands in the backup. Lines of a log have their
    // own retention, and go with what wrote them.
    let goes = ["Queue", "GenLogGroup", "ProcLogGroup", "AuthLogGroup", "ProjLogGroup", "ApiLogGroup"];
    assert_eq!(kept(MAXIMAL, Retention::Delete), goes.map(str::to_owned).into());
    for (path, built) in all() {
        for id in stays {
            assert_eq!(built.template.resources[id].deletion_policy, Some(Retention::Retain), "{path}: {id}");
        }
    }
}

#[test]
fn a_message_stays_hidden_for_as_long_as_proc_may_take() {
    for (timeout, window) in [(10, 0), (60, 0), (60, 20), (900, 300), (11, 1)] {
        let built = stack(&format!("name: x\nfunctions: {{ proc: {{ timeout: {timeout}, batchWindow: {window} }} }}"));
        let visibility = properties(&built, "Queue")["VisibilityTimeout"].as_u64().expect("a number");
        assert!(visibility >= 6 * timeout + window, "{timeout} and {window} give {visibility}");
        assert_eq!(properties(&built, "ProcFunction")["Timeout"], timeout);
        let source = properties(&built, "ProcQueueSource");
        assert_eq!(source["MaximumBatchingWindowInSeconds"], window);
        assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    }
}

#[test]
fn what_feeds_a_function_keeps_to_lambdas_limits() {
    for (path, built) in all() {
        let source = properties(&built, "ProcQueueSource");
        let number = |key: &str| source[key].as_u64().expect("a number");
        let (batch, window) = (number("BatchSize"), number("MaximumBatchingWindowInSeconds"));
        assert!(batch <= 10 || window >= 1, "{path}: a queue fills no batch of {batch} in {window} seconds");
        let most = source["ScalingConfig"]["MaximumConcurrency"].as_u64().expect("a number");
        let reserved = properties(&built, "ProcFunction")["ReservedConcurrentExecutions"].as_u64().expect("a number");
        assert!((2..=1000).contains(&most) && most <= reserved, "{path}: {most} of {reserved}");

        let source = properties(&built, "ProjStreamSource");
        let failures = &source["DestinationConfig"]["OnFailure"]["Destination"];
        assert_eq!(written(failures), "ProjFailureQueue", "{path}");
        assert_eq!(source["BisectBatchOnFunctionError"], true, "{path}");
        // The rows that `proj` writes most are no current actie, and must not start it again.
        let filters = source["FilterCriteria"]["Filters"].as_array().expect("filters").iter();
        let patterns: Vec<Json> = filters
            .map(|filter| serde_json::from_str(filter["Pattern"].as_str().expect("JSON as text")).expect("JSON"))
            .collect();
        let soort = |value: Json| json!({ contract::table::SOORT: { "S": [value] } });
        let kept = json!({ contract::table::OPERATIE: { "S": [{ "exists": true }] } });
        let expected = [
            json!({ "dynamodb": { "Keys": soort(json!("actueel")) } }),
            json!({ "dynamodb": { "Keys": soort(json!({ "prefix": "versie#" })), "OldImage": kept } }),
        ];
        assert_eq!(patterns, expected, "{path}");
    }
    let error = crate::try_stack("name: x\nfunctions: { proc: { batchSize: 11 } }").expect_err("no window");
    assert_eq!(error[0].line_column(), Some((2, 33)), "{}", error[0]);
}

#[test]
fn the_dead_letter_queue_keeps_messages_for_as_long_as_sqs_can() {
    for (path, built) in all() {
        for id in ["DeadLetterQueue", "ProjFailureQueue"] {
            assert_eq!(properties(&built, id)["MessageRetentionPeriod"], 14 * 24 * 60 * 60, "{path}: {id}");
        }
        let queue = properties(&built, "Queue");
        let dead_letters = properties(&built, "DeadLetterQueue");
        assert_eq!(written(&queue["RedrivePolicy"]["deadLetterTargetArn"]), "DeadLetterQueue", "{path}");
        // The DLQ takes from the one queue, which it names by the name that the queue is given.
        let allow = &dead_letters["RedriveAllowPolicy"];
        assert_eq!(allow["redrivePermission"], "byQueue", "{path}");
        let arn = format!(
            "arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{}",
            written(&queue["QueueName"])
        );
        assert_eq!(allow["sourceQueueArns"].as_array().map(|arns| arns.iter().map(written).collect()), Some(vec![arn]));
        for id in ["Queue", "ProjFailureQueue"] {
            assert_eq!(properties(&built, id)["RedriveAllowPolicy"]["redrivePermission"], "denyAll", "{path}: {id}");
        }
    }
}

#[test]
fn the_name_of_the_queue_is_one_that_sqs_takes() {
    let longest = "a".repeat(74);
    let built = stack(&format!("name: {longest}"));
    assert_eq!(written(&properties(&built, "Queue")["QueueName"]), "${AWS::StackName}-queue");
    assert!(format!("{longest}-queue").len() <= 80, "SQS takes 80 characters");
    let error = crate::try_stack(&format!("name: {longest}a")).expect_err("a name that is too long for the queue");
    assert!(error[0].message.contains("74 at most"), "{}", error[0]);
}

#[test]
fn the_backup_is_private_versioned_and_expires() {
    for (path, built) in all() {
        let bucket = properties(&built, "BackupBucket");
        let access = bucket["PublicAccessBlockConfiguration"].as_object().expect("an object");
        assert_eq!(access.len(), 4, "{path}");
        assert!(access.values().all(|blocked| blocked == true), "{path}");
        assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled", "{path}");
        let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
        assert!(
            rule["ExpirationInDays"].is_u64() && rule["NoncurrentVersionExpiration"]["NoncurrentDays"].is_u64(),
            "{path}"
        );
    }
}

#[test]
fn the_table_forgets_what_may_be_kept_no_longer() {
    let built = read("stacks/local.yaml");
    let expected = json!({ "AttributeName": contract::table::BEWAARD_TOT, "Enabled": true });
    assert_eq!(properties(&built, "Table")["TimeToLiveSpecification"], expected, "R08");
}

#[test]
fn environment_variables_hold_names_and_no_secret() {
    use contract::functions as names;
    let settings =
        [names::ENV_ISSUERS, names::ENV_TIJDZONE, names::ENV_ELFPROEF, names::ENV_API_URL, names::ENV_API_VERSION];
    let references = [
        (names::ENV_TABLE, "Table"),
        (names::ENV_QUEUE, "Queue"),
        (names::ENV_BUCKET, "BackupBucket"),
        (names::ENV_PSEUDONYM_SECRET, "PseudonymSecret"),
        (names::ENV_CLIENTS_SECRET, "ClientsSecret"),
    ];
    for (path, built) in all() {
        for (id, function) in of_type(&built, "AWS::Lambda::Function") {
            let variables = function["Environment"]["Variables"].as_object().expect("variables");
            for (name, value) in variables {
                match references.iter().find(|(known, _)| known == name) {
                    Some((_, target)) => assert_eq!(written(value), *target, "{path}: {id}"),
                    None => assert!(
                        settings.contains(&name.as_str()) && value.is_string(),
                        "{path}: {id} has {name}: {value}"
                    ),
                }
            }
        }
        // A dynamic reference would put a secret's value into whatever holds it.
        assert!(!built.template.to_json().to_string().contains("{{resolve:"), "{path}");
    }
}
