//! Who may do what. The table of roles in `docs/security.md` is what they are held against.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use synth::stack::Built;

use crate::{MAXIMAL, all, document, of_type, properties, read, written};

/// Actions that IAM knows no resource for, so that they can only be allowed on all. Why, says `docs/security.md`.
const ON_ANYTHING: &[&str] = &[
    "dynamodb:ListStreams",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Every statement of every policy in the template, with the resource that it stands in.
fn statements(built: &Built) -> Vec<(String, Json)> {
    fn collect(id: &str, value: &Json, found: &mut Vec<(String, Json)>) {
        match value {
            Json::Object(members) if members.contains_key("Effect") => found.push((id.to_owned(), value.clone())),
            Json::Object(members) => members.values().for_each(|member| collect(id, member, found)),
            Json::Array(items) => items.iter().for_each(|item| collect(id, item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (id, resource) in &built.template.resources {
        resource.properties.values().for_each(|property| collect(id, property, &mut found));
    }
    found
}

fn texts(value: &Json) -> Vec<String> {
    value.as_array().into_iter().flatten().map(written).collect()
}

#[test]
fn nothing_is_allowed_by_wildcard() {
    for (path, built) in all() {
        let statements = statements(&built);
        assert!(statements.len() > 20, "{path}: {}", statements.len());
        for (id, statement) in statements.iter().filter(|(_, statement)| statement["Effect"] == "Allow") {
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{path}: {id} allows {action}");
            }
            assert_ne!(statement["Principal"], "*", "{path}: {id} allows anybody");
            for key in ["NotAction", "NotResource", "NotPrincipal"] {
                assert!(statement.get(key).is_none(), "{path}: {id} allows by {key}");
            }
        }
    }
}

#[test]
fn only_what_has_no_resource_is_allowed_on_all() {
    let document = document("docs/security.md");
    let mut used = BTreeSet::new();
    for (path, built) in all() {
        for (id, statement) in statements(&built) {
            // In a key's own policy, `*` is that key.
            let of_key = built.template.resources[&id].kind == "AWS::KMS::Key";
            let on_all = texts(&statement["Resource"]).iter().any(|resource| resource == "*");
            if statement["Effect"] == "Allow" && on_all && !of_key {
                for action in texts(&statement["Action"]) {
                    assert!(ON_ANYTHING.contains(&action.as_str()), "{path}: {id} allows {action} on all resources");
                    used.insert(action);
                }
            }
        }
    }
    for action in ON_ANYTHING {
        assert!(used.contains(*action), "no stack uses {action}: take it off the list");
        assert!(
            document.contains(&format!("`{action}`")),
            "docs/security.md does not say why {action} is allowed on all"
        );
    }
}

/// What a role allows, as `docs/security.md` writes it: `action on resource`.
fn allowed(role: &Json) -> BTreeSet<String> {
    let statements = role["Policies"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default());
    let allow = statements.filter(|statement| statement["Effect"] == "Allow");
    allow
        .flat_map(|statement| {
            let resources = texts(&statement["Resource"]);
            let actions = texts(&statement["Action"]);
            actions.into_iter().flat_map(move |action| {
                resources.clone().into_iter().map(move |resource| format!("{action} on {resource}"))
            })
        })
        .collect()
}

/// The rows of the document's table of roles: role, actions, resources, each in backquotes.
fn documented(role: &str) -> BTreeSet<String> {
    let quoted = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let document = document("docs/security.md");
    let rows = document.lines().map(|line| line.split('|').map(quoted).collect::<Vec<_>>());
    rows.filter(|cells| cells.len() == 6 && cells[1].iter().any(|id| id == role))
        .flat_map(|cells| {
            let pairs = cells[2]
                .iter()
                .flat_map(|action| cells[3].iter().map(move |resource| format!("{action} on {}", resource)));
            pairs.collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_roles_allow_exactly_what_the_documentation_says() {
    let built = read(MAXIMAL);
    let roles = of_type(&built, "AWS::IAM::Role");
    let ids: Vec<_> = roles.iter().map(|(id, _)| *id).collect();
    let expected = ["GenRole", "ProcRole", "AuthRole", "ProjRole", "ApiInvokeRole", "ApiTableRole", "ApiAccountRole"];
    assert_eq!(ids, expected, "one role a function, and API Gateway's three");
    for (id, role) in roles {
        assert_eq!(allowed(&Json::Object(role.clone())), documented(id), "{id}: left the template, right the document");
    }
}

#[test]
fn less_is_allowed_where_less_is_switched_on() {
    let allowed_in = |path: &str, id: &str| {
        let built = read(path);
        allowed(&Json::Object(properties(&built, id).clone()))
    };
    for id in ["GenRole", "ProcRole", "AuthRole", "ProjRole"] {
        let local = allowed_in("stacks/local.yaml", id);
        assert!(!local.iter().any(|allowed| allowed.starts_with("ec2:")), "{id} may use a VPC that it is not in");
    }
    let clients = "secretsmanager:GetSecretValue on ClientsSecret";
    assert!(allowed_in(MAXIMAL, "AuthRole").contains(clients));
    assert!(!allowed_in("stacks/productie.yaml", "AuthRole").contains(clients));
}

#[test]
fn each_function_has_a_role_of_its_own_that_only_lambda_takes_on() {
    for (path, built) in all() {
        for (id, function) in of_type(&built, "AWS::Lambda::Function") {
            let role = id.replace("Function", "Role");
            assert_eq!(written(&function["Role"]), role, "{path}");
            let trust = &properties(&built, &role)["AssumeRolePolicyDocument"]["Statement"];
            assert_eq!(trust.as_array().map(Vec::len), Some(1), "{path}: {role}");
            assert_eq!(trust[0]["Principal"]["Service"], "lambda.amazonaws.com", "{path}: {role}");
        }
    }
}

#[test]
fn the_rights_for_the_vpc_are_not_for_the_code() {
    let built = read(MAXIMAL);
    for id in ["GenRole", "ProcRole", "AuthRole", "ProjRole"] {
        let of_role = |effect: &str| {
            let all = statements(&built).into_iter();
            let mut found =
                all.filter(|(role, it)| role == id && it["Effect"] == effect && it.to_string().contains("ec2:"));
            let (_, statement) = found.next().unwrap_or_else(|| panic!("{id} has no {effect} about the VPC"));
            statement
        };
        let (allow, deny) = (of_role("Allow"), of_role("Deny"));
        assert_eq!(allow["Action"], deny["Action"], "{id}");
        let condition = written(&deny["Condition"]["ArnLike"]["lambda:SourceFunctionArn"]);
        assert_eq!(condition, "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*", "{id}");
    }
}

#[test]
fn a_boundary_bounds_every_role() {
    let built = read(MAXIMAL);
    for (id, role) in of_type(&built, "AWS::IAM::Role") {
        assert_eq!(role["PermissionsBoundary"], "arn:aws:iam::111122223333:policy/verwerkingenlog-boundary", "{id}");
    }
    let unbound = read("stacks/local.yaml");
    assert!(of_type(&unbound, "AWS::IAM::Role").iter().all(|(_, role)| !role.contains_key("PermissionsBoundary")));
}
