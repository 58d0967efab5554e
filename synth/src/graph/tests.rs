//! On templates made by hand: what is found in them, and that it is written so that a reader can read it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Picture, mermaid, picture, svg};
use crate::cloudformation::{Resource, Template};

/// A template of resources, given as CloudFormation reads them.
fn template(resources: Json) -> Template {
    let mut template = Template::default();
    template.description = "A <stack> & \"more\"".to_owned();
    for (id, resource) in resources.as_object().unwrap() {
        let resource = Resource {
            kind: resource["Type"].as_str().unwrap().to_owned(),
            properties: resource.get("Properties").and_then(Json::as_object).cloned().unwrap_or_default(),
            ..Resource::default()
        };
        template.resources.insert(id.clone(), resource);
    }
    template
}

fn of_type(kind: &str) -> Json {
    json!({ "Type": kind })
}

fn function(role: &str) -> Json {
    json!({ "Type": "AWS::Lambda::Function", "Properties": { "Role": { "Fn::GetAtt": [role, "Arn"] } } })
}

fn role(statements: Json) -> Json {
    let document = json!({ "Statement": statements });
    json!({ "Type": "AWS::IAM::Role", "Properties": { "Policies": [{ "PolicyDocument": document }] } })
}

fn allow(actions: Json, resource: Json) -> Json {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn edges(picture: &Picture) -> Vec<String> {
    let id = |node: usize| picture.nodes[node].id.as_str();
    picture.edges.iter().map(|edge| format!("{} -[{}]-> {}", id(edge.from), edge.label(), id(edge.to))).collect()
}

fn groups(picture: &Picture) -> Vec<String> {
    picture.nodes.iter().map(|node| format!("{:?} {}", node.group, node.id)).collect()
}

/// An API as this project emits it: a function, a table behind a role, an authorizer, a refusal.
fn with_api() -> Template {
    let lambda = |function: &str| {
        let arn = format!("${{{function}.Arn}}");
        json!({ "Fn::Sub": format!("arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{arn}/invocations") })
    };
    let to_table = |action: &str| {
        let uri = format!("arn:aws:apigateway:${{AWS::Region}}:dynamodb:action/{action}");
        let credentials = json!({ "Fn::GetAtt": ["TableRole", "Arn"] });
        json!({ "x-amazon-apigateway-integration": { "uri": { "Fn::Sub": uri }, "credentials": credentials } })
    };
    let to_function = json!({ "x-amazon-apigateway-integration": { "type": "aws_proxy", "uri": lambda("Answer") } });
    let authorizer = json!({ "x-amazon-apigateway-authorizer": { "authorizerUri": lambda("Check") } });
    let body = json!({
        "paths": {
            "/x": { "post": to_function, "get": to_table("Query") },
            "/x/{id}": {
                "delete": to_table("UpdateItem"),
                "get": to_table("GetItem"),
                "put": to_function,
                "options": { "x-amazon-apigateway-integration": { "type": "mock" } },
            },
            "/y": { "get": to_table("Scan") },
        },
        "components": { "securitySchemes": { "JWT": authorizer } },
    });
    let table = json!({ "Fn::GetAtt": ["Rows", "Arn"] });
    template(json!({
        "Rows": of_type("AWS::DynamoDB::Table"),
        "Other": of_type("AWS::DynamoDB::Table"),
        "TableRole": role(json!([
            allow(json!(["dynamodb:GetItem", "dynamodb:UpdateItem"]), json!([table])),
            allow(json!("dynamodb:Query"), json!({ "Fn::Sub": "${Rows.Arn}/index/by" })),
            allow(json!("dynamodb:Scan"), json!({ "Fn::GetAtt": "Other.Arn" })),
        ])),
        "Check": of_type("AWS::Lambda::Function"),
        "Answer": of_type("AWS::Lambda::Function"),
        "Front": { "Type": "AWS::ApiGateway::RestApi", "Properties": { "Body": body } },
    }))
}

/// A queue and a stream, each with a function behind it.
fn with_events() -> Template {
    let arn = |id: &str| json!({ "Fn::GetAtt": [id, "Arn"] });
    let stream = json!({ "Fn::GetAtt": ["Rows", "StreamArn"] });
    let queue = json!({ "RedrivePolicy": { "deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 3 } });
    let from_queue = json!({ "FunctionName": { "Ref": "Apply" }, "EventSourceArn": arn("Work"), "BatchSize": 7 });
    let from_stream = json!({
        "FunctionName": { "Ref": "Follow" },
        "EventSourceArn": stream,
        "BatchSize": 9,
        "DestinationConfig": { "OnFailure": { "Destination": arn("Failed") } },
    });
    template(json!({
        "Dead": of_type("AWS::SQS::Queue"),
        "Failed": of_type("AWS::SQS::Queue"),
        "Work": { "Type": "AWS::SQS::Queue", "Properties": queue },
        "Rows": of_type("AWS::DynamoDB::Table"),
        "Apply": function("ApplyRole"),
        "Follow": function("FollowRole"),
        "ApplyRole": role(json!([allow(json!(["sqs:ReceiveMessage", "sqs:DeleteMessage"]), arn("Work"))])),
        "FollowRole": role(json!([
            allow(json!("dynamodb:GetRecords"), stream),
            allow(json!("sqs:SendMessage"), arn("Failed")),
        ])),
        "WorkSource": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": from_queue },
        "RowsSource": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": from_stream },
    }))
}

#[test]
fn finds_where_each_operation_goes() {
    let drawn = picture(&with_api(), false);
    let expected = [
        "API client -[HTTPS]-> Front",
        "Front -[token]-> Check",
        "Front -[POST · PUT]-> Answer",
        "Front -[GET · DELETE]-> Rows",
        "Front -[GET]-> Other",
    ];
    assert_eq!(edges(&drawn), expected.map(str::to_owned).to_vec());
    let expected =
        ["Outside API client", "Waiting Front", "Waiting Check", "Waiting Answer", "Kept Rows", "Kept Other"];
    assert_eq!(groups(&drawn), expected);
}

#[test]
fn finds_what_events_start_and_where_failures_go() {
    let drawn = picture(&with_events(), false);
    // Receiving and sending the failures are said once: the event source says them already.
    let expected = [
        "Work -[batches of 7]-> Apply",
        "Work -[after 3 tries]-> Dead",
        "Rows -[stream]-> Follow",
        "Follow -[failures]-> Failed",
    ];
    let mut found = edges(&drawn);
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let expected =
        ["Kept Work", "Kept Rows", "Afterwards Dead", "Afterwards Failed", "Afterwards Apply", "Afterwards Follow"];
    assert_eq!(groups(&drawn), expected);
}

#[test]
fn tells_reading_from_writing_by_what_the_role_allows() {
    let cases = [
        (json!("s3:GetObject"), "F -[reads]-> B"),
        (json!(["s3:GetObject", "s3:PutObject"]), "F -[writes · reads]-> B"),
        (json!("dynamodb:Query"), "F -[reads]-> B"),
        (json!("dynamodb:BatchWriteItem"), "F -[writes]-> B"),
        (json!("sqs:SendMessage"), "F -[sends]-> B"),
        (json!("sqs:ReceiveMessage"), "B -[receives]-> F"),
        (json!("secretsmanager:GetSecretValue"), "F -[reads]-> B"),
        (json!("s3:*"), "F -[uses]-> B"),
        (json!("*"), "F -[uses]-> B"),
    ];
    for (action, expected) in cases {
        let statement = allow(action.clone(), json!({ "Fn::Sub": "${B.Arn}/*" }));
        // A single statement may stand without a list around it.
        let resources = json!({ "B": of_type("AWS::S3::Bucket"), "F": function("R"), "R": role(statement) });
        assert_eq!(edges(&picture(&template(resources), false)), [expected], "{action}");
    }
}

#[test]
fn a_policy_of_its_own_counts_and_a_denial_does_not() {
    let bucket = json!({ "Fn::GetAtt": ["B", "Arn"] });
    let document = json!({ "Statement": [
        allow(json!("s3:PutObject"), bucket.clone()),
        { "Effect": "Deny", "Action": "s3:GetObject", "Resource": bucket },
    ] });
    let policy = json!({ "Roles": [{ "Ref": "R" }], "PolicyDocument": document });
    let resources = json!({
        "B": of_type("AWS::S3::Bucket"),
        "F": function("R"),
        "R": of_type("AWS::IAM::Role"),
        "P": { "Type": "AWS::IAM::Policy", "Properties": policy },
    });
    assert_eq!(edges(&picture(&template(resources), false)), ["F -[writes]-> B"]);
}

#[test]
fn the_rest_is_drawn_only_on_request() {
    let resources = json!({
        "Own": { "Type": "Custom::Thing", "Properties": { "On": { "Ref": "Work" } } },
        "Work": of_type("AWS::SQS::Queue"),
    });
    assert_eq!(groups(&picture(&template(resources.clone()), false)), ["Kept Work"]);
    let all = picture(&template(resources), true);
    assert_eq!(groups(&all), ["Kept Work", "Supporting Own"]);
    assert_eq!(edges(&all), ["Own -[]-> Work"]);
    assert!(mermaid(&all).contains("r_Own[\"Own<br/>Custom Thing\"]:::other"), "{}", mermaid(&all));
    assert!(mermaid(&all).contains("  r_Own -.-> r_Work\n"), "{}", mermaid(&all));
}

#[test]
fn mermaid_has_groups_shapes_and_edges() {
    let text = mermaid(&picture(&with_events(), false));
    assert!(
        text.starts_with("flowchart TB\n  subgraph Kept[\"kept\"]\n    r_Work[/\"Work<br/>SQS queue\"/]:::queue\n"),
        "{text}"
    );
    assert!(text.contains("  r_Work -->|\"batches of 7\"| r_Apply\n"), "{text}");
    assert!(text.contains("  r_Work -.->|\"after 3 tries\"| r_Dead\n"), "{text}");
    assert_eq!(text.matches("subgraph ").count(), text.lines().filter(|line| *line == "  end").count());
}

const STRANGE: &str = "end\"]; <b>&[x](y) `z` #35; a_b\u{1}\n";

#[test]
fn mermaid_keeps_strange_names_in_their_place() {
    let text = mermaid(&picture(&template(json!({ STRANGE: of_type("AWS::SQS::Queue") })), false));
    let line = text.lines().find(|line| line.contains("SQS queue")).unwrap();
    let (name, label) = line.trim().split_once("[/\"").unwrap();
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
    let label = label.strip_suffix("<br/>SQS queue\"/]:::queue").unwrap();
    assert_eq!(label, "end#quot;]; #60;b#62;#38;[x](y) #96;z#96; #35;35; a#95;b  ");
}

#[test]
fn two_names_never_become_one_in_mermaid() {
    let text = mermaid(&picture(
        &template(json!({ "a-b": of_type("AWS::SQS::Queue"), "a_b": of_type("AWS::SQS::Queue") })),
        false,
    ));
    assert!(text.contains("r_a_2d_b[") && text.contains("r_a_5f_b["), "{text}");
}

#[test]
fn svg_is_well_formed_and_tells_what_it_shows() {
    for (template, all) in [(with_api(), false), (with_events(), true), (template(json!({})), true)] {
        let drawn = picture(&template, all);
        let text = svg(&drawn);
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        let child = |name: &str| root.children().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
        assert_eq!(child("title"), Some("A <stack> & \"more\""));
        let labels = root.attribute("aria-labelledby").unwrap();
        assert!(labels.split(' ').all(|id| root.children().any(|node| node.attribute("id") == Some(id))), "{labels}");
        let told = child("desc").unwrap_or_default().to_owned();
        for edge in drawn.edges.iter().filter(|edge| edge.relation != super::Relation::Refers) {
            let (from, to) = (&drawn.nodes[edge.from].id, &drawn.nodes[edge.to].id);
            assert!(told.contains(&format!("{from} to {to}: ")), "{from} to {to} is missing in {told}");
        }
        let ids =
            document.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("id")));
        assert_eq!(ids.count(), drawn.nodes.len());
        let lines = document
            .descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("edge ")));
        // Three of them are the legend's.
        assert_eq!(lines.count(), drawn.edges.len() + 3);
    }
}

#[test]
fn svg_holds_strange_names_as_text() {
    let text = svg(&picture(&template(json!({ STRANGE: of_type("AWS::SQS::Queue") })), false));
    let document = roxmltree::Document::parse(&text).unwrap();
    let title =
        document.descendants().filter_map(|node| node.text()).find(|text| text.ends_with(": SQS queue")).unwrap();
    assert_eq!(title, "end\"]; <b>&[x](y) `z` #35; a_b  : SQS queue");
}

/// The boxes of the nodes: left, top, right, bottom.
fn boxes(text: &str) -> Vec<[f64; 4]> {
    let document = roxmltree::Document::parse(text).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let nodes = document.descendants().filter(|node| node.attribute("class") == Some("node"));
    nodes
        .map(|node| {
            let (x, y) = (number(node, "x"), number(node, "y"));
            [x, y, x + number(node, "width"), y + number(node, "height")]
        })
        .collect()
}

#[test]
fn nothing_stands_on_anything_else() {
    for (template, all) in [(with_api(), true), (with_events(), true), (many(16), false)] {
        let boxes = boxes(&svg(&picture(&template, all)));
        for (index, a) in boxes.iter().enumerate() {
            for b in &boxes[..index] {
                assert!(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1], "{a:?} and {b:?}");
            }
        }
    }
}

#[test]
fn the_same_template_is_the_same_picture() {
    for template in [with_api(), with_events(), many(12)] {
        for all in [false, true] {
            let (one, other) = (picture(&template, all), picture(&template, all));
            assert_eq!(svg(&one), svg(&other));
            assert_eq!(mermaid(&one), mermaid(&other));
        }
    }
}

/// Functions that each feed the next through a queue, which all read one table.
fn many(count: usize) -> Template {
    let mut resources = json!({ "Rows": of_type("AWS::DynamoDB::Table") });
    for index in 0..count {
        resources[format!("F{index}")] = function(&format!("R{index}"));
        let next = format!("Q{}", (index + 1) % count);
        resources[format!("R{index}")] = role(json!([
            allow(json!("sqs:SendMessage"), json!({ "Fn::GetAtt": [next, "Arn"] })),
            allow(json!("dynamodb:GetItem"), json!({ "Fn::GetAtt": ["Rows", "Arn"] })),
        ]));
        resources[format!("Q{index}")] = of_type("AWS::SQS::Queue");
        resources[format!("S{index}")] = json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": { "Ref": format!("F{index}") },
                "EventSourceArn": { "Fn::GetAtt": [format!("Q{index}"), "Arn"] },
            },
        });
    }
    template(resources)
}

fn any_json() -> impl Strategy<Value = Json> {
    let id = prop::sample::select(vec!["A", "B", "C", "D", "AWS::Region", "*", ""]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<i64>().prop_map(Json::from),
        prop::sample::select(vec!["Allow", "s3:PutObject", "sqs:SendMessage", ":", "x:action/", "x:path/"])
            .prop_map(Json::from),
        id.clone().prop_map(|id| json!({ "Ref": id })),
        id.clone().prop_map(|id| json!({ "Fn::GetAtt": [id, "StreamArn"] })),
        id.prop_map(|id| json!({ "Fn::Sub": format!("a:dynamodb:action/${{{id}.Arn}}") })),
    ];
    let keys = prop::sample::select(vec![
        "Policies",
        "PolicyDocument",
        "Statement",
        "Effect",
        "Action",
        "Resource",
        "paths",
        "/",
        "get",
        "x-amazon-apigateway-integration",
        "uri",
        "credentials",
        "components",
        "securitySchemes",
        "x-amazon-apigateway-authorizer",
        "deadLetterTargetArn",
        "OnFailure",
    ]);
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map(keys.clone(), inner, 0..4)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_template_can_be_drawn(
        resources in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "AWS::ApiGateway::RestApi", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping",
                    "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "", "x",
                ]),
                prop::collection::vec(
                    (
                        prop::sample::select(vec![
                            "Body", "Role", "Roles", "Policies", "PolicyDocument", "RedrivePolicy", "FunctionName",
                            "EventSourceArn", "DestinationConfig", "Description",
                        ]),
                        any_json(),
                    ),
                    0..5,
                ),
            ),
            0..5,
        ),
    ) {
        let mut template = Template::default();
        for ((kind, properties), id) in resources.into_iter().zip(["A", "B", "C", "D"]) {
            let properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let resource = Resource { kind: kind.to_owned(), properties, ..Resource::default() };
            template.resources.insert(id.to_owned(), resource);
        }
        for all in [false, true] {
            let drawn = picture(&template, all);
            prop_assert!(roxmltree::Document::parse(&svg(&drawn)).is_ok());
            prop_assert!(mermaid(&drawn).starts_with("flowchart TB\n"));
        }
    }
}
