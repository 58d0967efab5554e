//! Mistakes in the input: exit code 2, a message that says what, where and what would be right, and nothing written.
//!
//! `errors/` has a stack file for each mistake, and beside it what is said about it.

use std::fs;

use crate::run::{Folder, golden, here};

#[test]
fn each_mistake_in_a_stack_file_is_told_as_it_was_reviewed() {
    let mut mistakes: Vec<_> = fs::read_dir(here("errors")).unwrap().map(|entry| entry.unwrap().path()).collect();
    mistakes.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    mistakes.sort();
    assert!(mistakes.len() > 20, "where are they?");
    for path in mistakes {
        let folder = Folder::with("stack.yaml", fs::read(&path).unwrap());
        folder.write("not-openapi.yaml", "swagger: '2.0'\n");
        folder.write("read.yaml", READ);
        let said = folder.refuses(&["--stack", "stack.yaml"]);
        assert!(said.contains(" --> "), "no place:\n{said}");
        golden(&path.with_extension("stderr"), &said);
    }
}

/// An operation that neither a template nor `gen` answers.
const READ: &str = "\
openapi: 3.0.3
info: { title: Lezen, version: 1.0.0 }
paths:
  /iets:
    get:
      operationId: iets_lezen
      responses:
        '200': { description: Gelezen. }
";

#[test]
fn files_that_are_none() {
    let folder = Folder::with("file.yaml", "name: s\n");
    let said = folder.refuses(&["--stack", "nergens.yaml"]);
    assert!(said.contains("there is no file `nergens.yaml`") && said.contains("help: "), "{said}");
    for option in ["--stack", "--spec"] {
        let said = folder.refuses(&[option, "."]);
        assert!(said.contains("`.` is a folder, a file is needed"), "{said}");
    }
    let said = folder.refuses(&["--spec", "nergens.yaml", "--spec", "ook-niet.yaml"]);
    assert!(said.contains("`nergens.yaml`") && said.contains("`ook-niet.yaml`"), "only the first is told: {said}");
    let said = folder.refuses(&["--templates", "nergens"]);
    assert!(said.contains("there is no folder `nergens`"), "{said}");
    let said = folder.refuses(&["--templates", "file.yaml"]);
    assert!(said.contains("`file.yaml` is a file, a folder is needed"), "{said}");
}

#[test]
fn templates_that_are_none() {
    let folder = Folder::with("spec.yaml", READ);
    let all = ["--spec", "spec.yaml", "--templates", "t"];
    folder.write("t/iets_lezen.request.vtl", "<% set action = \"GetItem\" %>\n<< nergens >>\n");
    let said = folder.refuses(&all);
    assert!(said.contains("t/iets_lezen.request.vtl:1:1") && said.contains("add iets_lezen.response.vtl"), "{said}");
    folder.write("t/iets_lezen.response.vtl", "<% set success = 200 %>");
    let said = folder.refuses(&all);
    assert!(said.contains("t/iets_lezen.request.vtl:2:4") && said.contains("`nergens` is undefined"), "{said}");
    folder.write("t/iets_lezen.request.vtl", b"\xff");
    let said = folder.refuses(&all);
    assert!(said.contains("`t/iets_lezen.request.vtl` is not UTF-8"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with("s.yaml", "name: s\n");
    let path = folder.path().join("s.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // Permissions do not bind root. A file that nobody can read is one that is a link to itself.
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("s.yaml", &path).unwrap();
    }
    let said = folder.refuses(&["--stack", "s.yaml"]);
    assert!(said.contains("`s.yaml` may not be read") || said.contains("`s.yaml` cannot be read"), "{said}");
}

#[test]
fn bytes_that_are_no_yaml() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("empty", Vec::new(), ":1:1"),
        ("only a comment", b"# nothing\n".to_vec(), ":1:1"),
        ("latin 1", b"name: s\ndescription: \xe9\xe9n\n".to_vec(), ":2:14"),
        ("utf 16", b"\xff\xfen\0a\0m\0e\0".to_vec(), ":1:1"),
        ("binary", b"name: s\n\0\0\0".to_vec(), ":2:1"),
        ("nested", format!("name: s\ntags: {}", "[".repeat(200_000)).into_bytes(), ":2:"),
        ("alias bomb", bomb.into_bytes(), "input.yaml:"),
    ];
    for (name, content, place) in cases {
        let folder = Folder::with("input.yaml", content);
        for option in ["--stack", "--spec"] {
            let said = folder.refuses(&[option, "input.yaml"]);
            assert!(
                said.contains(&format!(" --> input.yaml{}", place.trim_start_matches("input.yaml"))),
                "{name}: {said}"
            );
            assert!(said.len() < 2_000, "{name} is told at length: {said}");
        }
    }
}

#[test]
fn a_file_of_100_mb_is_not_read() {
    let folder = Folder::with("input.yaml", "");
    let file = fs::OpenOptions::new().write(true).open(folder.path().join("input.yaml")).unwrap();
    file.set_len(100 * 1024 * 1024).unwrap();
    for option in ["--stack", "--spec"] {
        let said = folder.refuses(&[option, "input.yaml"]);
        assert!(said.contains("`input.yaml` is too large: 104857600 bytes"), "{said}");
    }
}
