//! `synth`: what is written, where, and that it is the same on every way there.

use serde_json::Value as Json;

use crate::run::{Folder, repository};

const STACK: &str = "verwerkingenlog-local";

/// A specification of one POST, which goes to `gen`.
fn specification(id: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{ title: T, version: 1.0.0 }}\npaths:\n  /{id}:\n    post:\n      operationId: {id}\n      \
         security: [{{ token: [] }}]\n      responses: {{ '201': {{ description: ok }} }}\ncomponents:\n  \
         securitySchemes: {{ token: {{ type: http, scheme: bearer }} }}\n"
    )
}

fn paths(template: &str) -> Vec<String> {
    let template: Json = serde_json::from_str(template).unwrap();
    let paths = template["Resources"]["Api"]["Properties"]["Body"]["paths"].as_object().unwrap();
    // Besides what is specified, the API answers what is not.
    paths.keys().filter(|path| !["/", "/{proxy+}"].contains(&path.as_str())).cloned().collect()
}

#[test]
fn an_empty_folder_is_enough() {
    let folder = Folder::new();
    let run = folder.synth(&[]).well();
    assert_eq!(run.stdout, "", "messages go to stderr");
    let expected = format!("{STACK}: 6 operations, ");
    assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
    assert_eq!(folder.names(""), ["out"]);
    assert_eq!(folder.names("out"), [format!("{STACK}.assets.json"), format!("{STACK}.template.json")]);
    for name in folder.names("out") {
        assert!(run.stderr.contains(&format!("wrote out/{name}\n")), "{}", run.stderr);
        let document: Json = serde_json::from_str(&folder.read(&format!("out/{name}"))).unwrap();
        assert!(document.is_object());
    }
    assert_eq!(
        paths(&folder.read(&format!("out/{STACK}.template.json"))),
        ["/verwerkingsacties", "/verwerkingsacties/{actieId}"]
    );
}

#[test]
fn stdout_has_what_the_file_would_have_and_nothing_is_written() {
    for format in ["json", "yaml"] {
        let folder = Folder::new();
        let printed = folder.synth(&["--stdout", "--format", format]).well();
        assert_eq!(printed.stderr, "");
        assert_eq!(folder.names(""), [""; 0], "something was written");
        folder.synth(&["--format", format]).well();
        assert!(printed.stdout == folder.read(&format!("out/{STACK}.template.{format}")), "{format} is different");
    }
}

#[test]
fn yaml_says_the_same_as_json() {
    let folder = Folder::new();
    let json = folder.synth(&["--stdout"]).well().stdout;
    let yaml = folder.synth(&["--stdout", "--format", "yaml"]).well().stdout;
    let (json, yaml): (Json, Json) = (serde_json::from_str(&json).unwrap(), serde_yaml::from_str(&yaml).unwrap());
    assert!(json == yaml);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, other) = (Folder::new(), Folder::new());
    one.synth(&[]).well();
    other.synth(&[]).well();
    for name in one.names("out") {
        let path = format!("out/{name}");
        assert!(one.read(&path) == other.read(&path), "{name} is different");
    }
}

#[test]
fn files_are_named_after_the_stack() {
    let folder = Folder::with("s.yaml", "name: Log-van-Ons\n");
    folder.synth(&["--stack", "s.yaml", "--out", "a/b", "--format", "yaml"]).well();
    assert_eq!(folder.names("a/b"), ["Log-van-Ons.assets.json", "Log-van-Ons.template.yaml"]);
}

#[test]
fn the_default_stack_file_is_the_one_in_the_folder() {
    let folder = Folder::with("stacks/local.yaml", "name: mine\n");
    folder.synth(&[]).well();
    assert_eq!(folder.names("out"), ["mine.assets.json", "mine.template.json"]);
}

#[test]
fn spec_may_be_repeated_and_takes_the_place_of_the_stack_files() {
    let folder = Folder::with("s.yaml", "name: s\nspec: c.yaml\n");
    for id in ["a", "b", "c"] {
        folder.write(&format!("{id}.yaml"), specification(id));
    }
    let named = folder.synth(&["--stack", "s.yaml", "--stdout"]).well();
    assert_eq!(paths(&named.stdout), ["/c"]);
    let given = folder.synth(&["--stack", "s.yaml", "--spec", "a.yaml", "--spec", "b.yaml", "--stdout"]).well();
    assert_eq!(paths(&given.stdout), ["/a", "/b"]);
}

#[test]
fn a_stack_file_names_documents_from_its_own_folder() {
    let folder = Folder::with("deep/stacks/s.yaml", "name: s\nspec: [../a.yaml, b.yaml]\n");
    folder.write("deep/a.yaml", specification("a"));
    folder.write("deep/stacks/b.yaml", specification("b"));
    let run = folder.synth(&["--stack", "deep/stacks/s.yaml", "--stdout"]).well();
    assert_eq!(paths(&run.stdout), ["/a", "/b"]);
}

#[test]
fn own_templates_take_the_place_of_the_built_in_ones() {
    let folder = Folder::with("a.yaml", specification("a").replace("post:", "get:").replace("'201'", "'200'"));
    folder.write("t/a.request.vtl", "<% set action = \"GetItem\" %>{\"mine\": true}");
    folder.write("t/a.response.vtl", "<% set success = 200 %>mine: << answer >>");
    let run = folder.synth(&["--spec", "a.yaml", "--templates", "t", "--stdout"]).well();
    let template: Json = serde_json::from_str(&run.stdout).unwrap();
    let integration =
        &template["Resources"]["Api"]["Properties"]["Body"]["paths"]["/a"]["get"]["x-amazon-apigateway-integration"];
    assert_eq!(integration["requestTemplates"]["application/json"], "{\"mine\": true}");
    assert_eq!(integration["responses"]["200"]["responseTemplates"]["application/json"], "mine: 200");
}

#[test]
fn notes_are_shown_where_they_are_asked_for_and_on_stderr_only() {
    let folder = Folder::new();
    let quiet = folder.synth(&["--stdout"]).well();
    let verbose = folder.synth(&["--stdout", "-v"]).well();
    assert_eq!(quiet.stderr, "");
    assert!(verbose.stderr.starts_with("note: "), "{}", verbose.stderr);
    assert!(verbose.stderr.contains(" --> openapi/bewerking.yaml:"), "{}", verbose.stderr);
    assert!(verbose.stdout == quiet.stdout, "-v changes the result");
}

#[test]
fn the_stacks_of_the_repository_are_emitted() {
    let folder = Folder::new();
    for stack in ["local", "acceptatie", "productie"] {
        let path = repository(&format!("stacks/{stack}.yaml"));
        folder.synth(&["--stack", path.to_str().unwrap()]).well();
        assert!(folder.read(&format!("out/verwerkingenlog-{stack}.template.json")).contains("\"Resources\""));
    }
}
