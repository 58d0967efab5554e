//! Reading files and text, before anybody asks what is in them.

use std::fs;
use std::path::PathBuf;

use synth::report::{Diagnostic, render};
use synth::source::{self, MAX_BYTES};

use crate::shared::lines;

/// Name, text, error.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "a key twice",
        "\
a: 1
b: 2
a: 3
",
        "3:1: the key `a` is used twice | remove one of the two",
    ),
    (
        "a key twice, with and without quotes",
        "\
200: a
'200': b
",
        "2:1: the key `200` is used twice | remove one of the two",
    ),
    (
        "a key twice in JSON",
        "\
{\"a\": 1,
 \"a\": 2}",
        "2:2: the key `a` is used twice | remove one of the two",
    ),
    ("empty", "", "1:1: `a.yaml` is empty | a YAML or JSON document is needed"),
    (
        "nothing but a comment",
        "\
# nothing
---
",
        "1:1: `a.yaml` is empty | a YAML or JSON document is needed",
    ),
    (
        "two documents",
        "\
a: 1
---
b: 2
",
        "2:1: the file holds more than one document | put each document in a file of its own",
    ),
    (
        "a list as key",
        "\
? [a]
: b
",
        "1:3: a list or an object cannot be a key | use text as the key; text with brackets or braces needs quotes",
    ),
    (
        "an object as key",
        "\
{a: 1}: b
",
        "1:1: a list or an object cannot be a key | use text as the key; text with brackets or braces needs quotes",
    ),
    (
        "no key",
        "\
a: 1
: b
",
        "2:1: a key is missing before the colon | name the key; an empty one is written as \"\"",
    ),
    (
        "a merge key",
        "\
a: &a {b: 1}
c:
  <<: *a
",
        "3:3: merge keys (`<<`) are not part of YAML 1.2 | write the keys out where they are meant",
    ),
    (
        "an alias as key",
        "\
a: &a b
*a : c
",
        "2:1: an alias cannot be a key | write the key out",
    ),
    (
        "an anchor on a key",
        "\
&a a: b
",
        "1:4: an anchor on a key has no use here | put the anchor before the value",
    ),
    (
        "an unknown alias",
        "\
a: *b
",
        "1:4: this alias has no anchor | define it earlier with `&name`, or quote text that begins with `*`",
    ),
    (
        "an alias in itself",
        "\
a: &a [*a]
",
        "1:8: an alias stands inside of what it stands for | write out what is meant",
    ),
    (
        "a tab as indentation",
        "\
a:
\u{9}b: 1
",
        "2:2: a tab stands where YAML wants spaces | indent with spaces instead of tabs",
    ),
    (
        "a tab further in",
        "\
a:
  b:
  \u{9}c: 1
",
        "3:4: a tab stands where YAML wants spaces | indent with spaces instead of tabs",
    ),
    (
        "a NUL",
        "\
a: b
é: \u{0}
",
        "2:4: a NUL byte (U+0000) cannot stand in YAML | remove it, or write it between double quotes as \"\\u0000\"",
    ),
    (
        "a control character",
        "\
a: \"\u{1b}[31m\"
",
        "1:5: a control character (U+001B) cannot stand in YAML | remove it, or write it between double quotes as \"\\u001B\"",
    ),
    (
        "an escape character of eight bits",
        "\
a: \"\u{9b}\"
",
        "1:5: a control character (U+009B) cannot stand in YAML | remove it, or write it between double quotes as \"\\u009B\"",
    ),
    (
        "a tag",
        "\
a: !Ref b
",
        "1:9: the tag `!Ref` cannot be used here | remove the tag; `!!str`, or quotes, make text of a value",
    ),
    (
        "a wrong tag",
        "\
a: !!int b
",
        "1:10: the tag `!!int` cannot be used here | remove the tag; `!!str`, or quotes, make text of a value",
    ),
    (
        "a bracket that is not closed",
        "\
a: [1, 2
b: 3
",
        "2:2: this is not YAML: illegal placement of ':' indicator | check the indentation, the quotes and the brackets around it",
    ),
    (
        "a quote that is not closed",
        "\
a: \"b
c: d
",
        "1:4: this is not YAML: unclosed quote | check the indentation, the quotes and the brackets around it",
    ),
    (
        "a colon in text",
        "\
a: b: c
",
        "1:5: a key with its colon cannot stand here | check the indentation; text that contains `: ` needs quotes",
    ),
    (
        "wrong indentation",
        "\
a:
    b: 1
  c: 2
",
        "3:3: this is not YAML: while parsing a block mapping, did not find expected key | check the indentation, the quotes and the brackets around it",
    ),
    (
        "a character that YAML keeps for itself",
        "\
a: @b
",
        "1:4: `@` cannot begin a value | put the value in quotes if text is meant",
    ),
    (
        "a large number",
        "\
a: 18446744073709551616
",
        "1:4: the number `18446744073709551616` does not fit in 64 bits | put it in quotes if text is meant",
    ),
    (
        "a precise number",
        "\
a: [1.5, 0.1234567890123456789]
",
        "1:10: the number `0.1234567890123456789` cannot be kept exactly | put it in quotes if text is meant",
    ),
    (
        "infinity",
        "\
a: .inf
",
        "1:4: `.inf` is no number that JSON has | put it in quotes if text is meant",
    ),
];

#[test]
fn wrong_text() {
    for (name, text, expected) in WRONG {
        let error = source::parse("a.yaml", *text).expect_err(name);
        assert_eq!(lines(&[error]), *expected, "{name}");
    }
}

fn json(text: &str) -> String {
    let (_, node) = source::parse("a.yaml", text).unwrap_or_else(|error| panic!("{}", render(&[error], false)));
    node.to_json().to_string()
}

#[test]
fn scalars_mean_what_yaml_1_2_says() {
    assert_eq!(
        json("[no, yes, on, 017, 1_000, 2020-10-24, 12:30, 0.9.0, ~, null, true, 1.50, 0x1F, '5', \"true\"]"),
        r#"["no","yes","on","017","1_000","2020-10-24","12:30","0.9.0",null,null,true,1.5,31,"5","true"]"#
    );
    assert_eq!(json("a: !!str 017\nb: ! 5\nc:\nd: |\n  x\n  y\n"), r#"{"a":"017","b":"5","c":null,"d":"x\ny\n"}"#);
}

#[test]
fn keys_keep_their_spelling() {
    assert_eq!(
        json("200: a\n0x10: b\ntrue: c\nnull: d\n1.50: e\n'': f\n'<<': g\n"),
        r#"{"200":"a","0x10":"b","true":"c","null":"d","1.50":"e","":"f","<<":"g"}"#
    );
}

#[test]
fn aliases_stand_for_a_copy() {
    let (source, node) = source::parse("a.yaml", "a: &x {b: [1, 2]}\nc: *x\n").expect("it is right");
    assert_eq!(node.to_json().to_string(), r#"{"a":{"b":[1,2]},"c":{"b":[1,2]}}"#);
    assert_eq!(source.slice(&node.get("c").expect("it is there").span), "*x");
}

#[test]
fn every_node_knows_its_place() {
    let text = "a: één\nb:\n  - {c: 1, 'd e': \"f\"}\n  - >-\n    g\n    h\n\n# end\n";
    let (source, node) = source::parse("a.yaml", text).expect("it is right");
    let slice = |node: &source::Node| source.slice(&node.span).to_owned();
    assert_eq!(slice(node.get("a").expect("it is there")), "één");
    let items = node.get("b").and_then(source::Node::as_sequence).expect("it is a list");
    assert_eq!(slice(&items[0]), "{c: 1, 'd e': \"f\"}");
    let entry = items[0].entry("d e").expect("it is there");
    assert_eq!((source.slice(&entry.key_span), slice(&entry.value).as_str()), ("'d e'", "\"f\""));
    assert_eq!(slice(&items[1]), "g\n    h");
    assert!(slice(&node).starts_with("a: één") && !slice(&node).contains("end"), "{:?}", slice(&node));
    assert_eq!(source.line_column(text.find('f').expect("it is there")), (3, 20));
}

#[test]
fn line_breaks_and_byte_order_marks_make_no_difference() {
    let (source, node) = source::parse("a.yaml", "\u{feff}a: 1\r\nb:\r\n  c: x\r\n").expect("it is right");
    assert_eq!(node.to_json().to_string(), r#"{"a":1,"b":{"c":"x"}}"#);
    let place = node.get("b").and_then(|b| b.get("c")).expect("it is there").span.start;
    assert_eq!(source.line_column(place), (3, 6));
    assert_eq!(json("{\n\t\"a\": [\n\t\t1,\n\t\t2\n\t]\n}\n"), r#"{"a":[1,2]}"#);
}

/// A folder that goes when the test ends, and a file in it.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a file can be written");
    (folder, path)
}

fn wrong(path: &std::path::Path) -> Diagnostic {
    source::read(path).expect_err("it is wrong")
}

#[test]
fn files_are_read() {
    let (_folder, path) = file("a.json", b"\xEF\xBB\xBF{\"a\": \"\xC3\xA9\"}");
    let (source, node) = source::read(&path).expect("it is right");
    assert_eq!(source.name, path.display().to_string());
    assert_eq!(node.get("a").and_then(source::Node::as_str), Some("é"));
}

#[test]
fn no_file() {
    let (folder, path) = file("a.yaml", b"");
    let missing = folder.path().join("b.yaml");
    assert_eq!(wrong(&missing).message, format!("there is no file `{}`", missing.display()));
    assert_eq!(wrong(folder.path()).message, format!("`{}` is a folder, a file is needed", folder.path().display()));
    assert_eq!(wrong(&path).message, format!("`{}` is empty", path.display()));
    assert!(wrong(&path.join("c")).message.contains("cannot be read"), "{}", wrong(&path.join("c")));
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = file("a.yaml", b"a: 1");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("it can be locked");
    // The superuser may read everything.
    if fs::read(&path).is_err() {
        assert_eq!(wrong(&path).message, format!("`{}` may not be read", path.display()));
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let (_folder, path) = file("a.yaml", b"");
    let file = fs::File::options().write(true).open(&path).expect("it can be opened");
    file.set_len(100 * 1024 * 1024).expect("it can grow");
    let error = wrong(&path);
    assert_eq!(
        error.message,
        format!("`{}` is too large: 104857600 bytes, at most {MAX_BYTES} are read", path.display())
    );
    #[cfg(target_os = "linux")]
    assert!(wrong(std::path::Path::new("/dev/zero")).message.contains("is too large: more"));
}

#[test]
fn bytes_that_are_no_utf_8() {
    let (_folder, path) = file("a.yaml", b"a: 1\n\xC3\xA9b: \xE9t\xE9\n");
    let error = wrong(&path);
    assert_eq!(
        lines(std::slice::from_ref(&error)),
        "2:5: this is not UTF-8: byte 0xE9 at offset 10 | save the file as UTF-8"
    );
    assert!(render(&[error], false).contains("éb: \u{FFFD}t\u{FFFD}"));
    let (_folder, path) = file("a.yaml", b"\xFF\xFEa\0:\0");
    assert_eq!(wrong(&path).help.as_deref(), Some("the file seems to be UTF-16: save it as UTF-8"));
}

#[test]
fn json_keys_may_be_long() {
    let key = "k".repeat(5_000);
    assert_eq!(json(&format!("{{\"{key}\": 1}}")), format!("{{\"{key}\":1}}"));
}
