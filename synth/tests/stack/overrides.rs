//! Overrides: they do what they say, and say so where they do nothing.

use serde_json::json;
use synth::cloudformation::Retention;
use synth::report::render;

use crate::{properties, stack, try_stack};

fn with(overrides: &str) -> String {
    format!("name: x\noverrides:\n{overrides}")
}

#[test]
fn a_property_is_set_and_its_neighbours_stay() {
    let built =
        stack(&with("  Table: { Properties: { TableClass: STANDARD, StreamSpecification: { ResourcePolicy: {} } } }"));
    let table = properties(&built, "Table");
    assert_eq!(table["TableClass"], "STANDARD");
    assert_eq!(table["StreamSpecification"], json!({ "StreamViewType": "NEW_AND_OLD_IMAGES", "ResourcePolicy": {} }));
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
}

#[test]
fn null_removes() {
    let built = stack(&with(
        "  GenFunction: { Properties: { KmsKeyArn: null, Environment: { Variables: { ELFPROEF: null } } } }",
    ));
    let function = properties(&built, "GenFunction");
    assert!(!function.contains_key("KmsKeyArn"));
    let variables = function["Environment"]["Variables"].as_object().expect("variables");
    assert!(!variables.contains_key("ELFPROEF") && variables.contains_key("TABLE_NAME"));
}

#[test]
fn a_list_or_an_intrinsic_function_is_replaced_as_a_whole() {
    let built = stack(&with(
        "  GenFunction: { Properties: { Architectures: [x86_64], Role: { Ref: ProcRole } } }\n  Api: { Properties: { Name: plat } }",
    ));
    let function = properties(&built, "GenFunction");
    assert_eq!(function["Architectures"], json!(["x86_64"]));
    assert_eq!(function["Role"], json!({ "Ref": "ProcRole" }));
    assert_eq!(properties(&built, "Api")["Name"], "plat");
}

#[test]
fn policies_dependencies_and_metadata_are_set() {
    let built = stack(&with(
        "  Table: { DeletionPolicy: Delete, UpdateReplacePolicy: null }\n  Queue: { DependsOn: [Table], Metadata: { a: 1 } }",
    ));
    let resources = &built.template.resources;
    assert_eq!(resources["Table"].deletion_policy, Some(Retention::Delete));
    assert_eq!(resources["Table"].update_replace_policy, None);
    assert_eq!(resources["Queue"].depends_on, ["Table"]);
    assert_eq!(resources["Queue"].other["Metadata"], json!({ "a": 1 }));
}

/// Place, message and help of the one error.
fn refused(overrides: &str) -> (String, String) {
    let errors = try_stack(&with(overrides)).expect_err("an error");
    let [error] = &errors[..] else { panic!("one error: {errors:#?}") };
    let help = error.help.clone().unwrap_or_default();
    assert!(!help.is_empty(), "what would be right: {error}");
    assert!(render(&errors, false).contains(&error.message), "it is shown with its line");
    (error.to_string(), help)
}

#[test]
fn an_override_that_hits_nothing_is_an_error_with_its_place() {
    let (error, help) = refused("  Tabel: { Properties: { TableClass: STANDARD } }");
    assert_eq!(error, "stack.yaml:3:3: the override of `Tabel` hits nothing");
    assert_eq!(help, "did you mean `Table`?");

    let (error, help) = refused("  Table:\n    Properties:\n      BilingMode: null");
    assert_eq!(error, "stack.yaml:5:7: there is no `BilingMode` to remove");
    assert_eq!(help, "did you mean `BillingMode`?");

    let (error, _) = refused("  Table: { Properties: { StreamSpecification: { Nothing: null } } }");
    assert_eq!(error, "stack.yaml:3:49: there is no `Nothing` to remove");

    let (error, help) = refused("  Table:\n    TableClass: STANDARD");
    assert_eq!(error, "stack.yaml:4:5: a resource has no `TableClass`");
    assert!(help.contains("stands under `Properties`"), "{help}");

    let (error, _) = refused("  Table: { DeletionPolicy: Keep }");
    assert!(error.starts_with("stack.yaml:3:12: `DeletionPolicy` takes no"), "{error}");

    let (error, _) = refused("  Table: { Metadata: null }");
    assert_eq!(error, "stack.yaml:3:12: there is no `Metadata` to remove");
}

#[test]
fn a_reference_to_nothing_is_shown_where_the_override_makes_it() {
    let (error, _) = refused("  Queue:\n    Properties:\n      KmsMasterKeyId: { Ref: Keye }");
    let expected = "`Queue` refers to `Keye`, which the template does not have (at /Properties/KmsMasterKeyId)";
    assert_eq!(error, format!("stack.yaml:5:23: {expected}"));

    let (error, _) = refused("  ApiStage: { DependsOn: [Api, Nowhere] }");
    assert!(error.starts_with("stack.yaml:3:32: `ApiStage` refers to `Nowhere`"), "{error}");

    // The deployment is renamed after the overrides; its own is found all the same.
    let (error, _) = refused("  ApiDeployment: { Properties: { Description: { Ref: Nowhere } } }");
    assert!(error.starts_with("stack.yaml:3:47: `ApiDeployment"), "{error}");
}

#[test]
fn a_circle_is_shown_where_the_override_closes_it() {
    let (error, help) = refused("  GenRole: { DependsOn: Api }");
    assert!(error.starts_with("stack.yaml:3:12: resources depend on each other in a circle: "), "{error}");
    assert!(error.contains("Api") && error.contains("GenRole"), "{error}");
    assert!(help.contains("DependsOn"), "{help}");
}
