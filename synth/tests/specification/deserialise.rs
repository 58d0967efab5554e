//! Typed structures from a tree.

use std::collections::BTreeMap;

use serde::Deserialize;
use synth::report::Diagnostic;
use synth::source::{self, de};

use crate::shared::lines;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stack {
    name: String,
    #[serde(default)]
    memory_size: Option<u16>,
    #[serde(default)]
    elfproef: bool,
    #[serde(default)]
    size: Size,
    #[serde(default)]
    clients: Vec<Client>,
    #[serde(default)]
    limits: BTreeMap<u16, f64>,
    #[serde(default)]
    trust: Option<Trust>,
    #[serde(default)]
    issuer: Option<Issuer>,
    #[serde(default)]
    scopes: Option<Scopes>,
    #[serde(default)]
    url: Option<de::Spanned<String>>,
}

#[derive(Debug, Deserialize, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
enum Size {
    #[default]
    Small,
    VeryLarge,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Client {
    id: ClientId,
}

#[derive(Debug, Deserialize, PartialEq)]
struct ClientId(String);

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Trust {
    Nobody,
    One(String),
    Some { names: Vec<String> },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
enum Issuer {
    Secret { name: String },
    Jwks { url: String },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

fn read(text: &str) -> Result<Stack, Diagnostic> {
    let (source, node) = source::parse("stack.yaml", text)?;
    de::from_node(&source, &node)
}

#[test]
fn everything_arrives() {
    let stack = read(
        "name: log\nmemorySize: 512\nelfproef: true\nsize: veryLarge\nclients: [{id: a}, {id: b}]\n\
         limits: {10: 1, 20: 2.5}\ntrust: {some: {names: [x]}}\nissuer: {type: jwks, url: u}\nscopes: [r]\nurl: 'é'\n",
    )
    .expect("it is right");
    assert_eq!(stack.memory_size, Some(512));
    assert!(stack.elfproef);
    assert_eq!(stack.size, Size::VeryLarge);
    assert_eq!(stack.clients[1].id, ClientId("b".to_owned()));
    assert_eq!(stack.limits, BTreeMap::from([(10, 1.0), (20, 2.5)]));
    assert_eq!(stack.trust, Some(Trust::Some { names: vec!["x".to_owned()] }));
    assert_eq!(stack.issuer, Some(Issuer::Jwks { url: "u".to_owned() }));
    assert_eq!(stack.scopes, Some(Scopes::List(vec!["r".to_owned()])));
    let url = stack.url.expect("it is given");
    assert_eq!((url.value.as_str(), url.span.len()), ("é", 4));

    let stack = read("name: log\nmemorySize:\ntrust: nobody\nscopes: r w\n").expect("it is right");
    assert_eq!((stack.memory_size, stack.size, stack.trust), (None, Size::Small, Some(Trust::Nobody)));
    assert_eq!(stack.scopes, Some(Scopes::Text("r w".to_owned())));
    assert_eq!(read("{name: log, trust: {one: x}}").expect("it is right").trust, Some(Trust::One("x".to_owned())));
}

const KEYS: &str = "`name`, `memorySize`, `elfproef`, `size`, `clients`, `limits`, `trust`, `issuer`, `scopes`, `url`";

#[test]
fn errors_know_their_place() {
    for (text, expected) in [
        ("elfproef: true", "1:1: the key `name` is missing".to_owned()),
        (
            "name: a\nmemorysize: 1",
            format!("2:1: unknown key `memorysize` | did you mean `memorySize`? allowed: {KEYS}"),
        ),
        ("name: a\nqqq: 1", format!("2:1: unknown key `qqq` | allowed: {KEYS}")),
        ("name: 5", "1:7: `name` must be text | put it in quotes".to_owned()),
        ("name:", "1:5: `name` must be text | give it a value, or leave out a key that has a default".to_owned()),
        ("name: [a]", "1:7: `name` must be text".to_owned()),
        ("name: a\nmemorySize: 70000", "2:13: `memorySize` must be a whole number from 0 to 65535".to_owned()),
        ("name: a\nmemorySize: -1", "2:13: `memorySize` must be a whole number from 0 to 65535".to_owned()),
        ("name: a\nmemorySize: 1.5", "2:13: `memorySize` must be a whole number from 0 to 65535".to_owned()),
        (
            "name: a\nelfproef: yes",
            "2:11: `elfproef` must be `true` or `false` | YAML 1.2 writes it as `true`".to_owned(),
        ),
        (
            "name: a\nsize: verylarge",
            "2:7: `size` cannot be `verylarge` | did you mean `veryLarge`? allowed: `small`, `veryLarge`".to_owned(),
        ),
        ("name: a\nsize: [small]", "2:7: `size` must be `small` or `veryLarge`".to_owned()),
        ("name: a\nsize: {small: 1}", "2:15: `small` takes no value".to_owned()),
        ("name: a\nclients: {}", "2:10: `clients` must be a list".to_owned()),
        (
            "name: a\nclients:\n- {id: x}\n- {idd: x}",
            "4:4: unknown key `idd` | did you mean `id`? allowed: `id`".to_owned(),
        ),
        ("name: a\nclients: [{}]", "2:11: the key `id` is missing".to_owned()),
        ("name: a\nclients: [{id: 7}]", "2:16: `id` must be text | put it in quotes".to_owned()),
        ("name: a\nlimits: {ten: 1}", "2:10: this value must be a whole number from 0 to 65535".to_owned()),
        ("name: a\nlimits: {10: ten}", "2:14: `10` must be a number".to_owned()),
        ("name: a\ntrust: one", "2:8: `one` needs a value: write it as a key".to_owned()),
        (
            "name: a\ntrust: {on: x}",
            "2:9: this value cannot be `on` | did you mean `one`? allowed: `nobody`, `one`, `some`".to_owned(),
        ),
        ("name: a\ntrust: {some: {}}", "2:15: the key `names` is missing".to_owned()),
        (
            "name: a\nissuer: {type: jwk, url: u}",
            "2:16: `type` cannot be `jwk` | did you mean `jwks`? allowed: `secret`, `jwks`".to_owned(),
        ),
        (
            "name: a\nissuer: {type: jwks, ulr: u}",
            "2:22: unknown key `ulr` | did you mean `url`? allowed: `url`".to_owned(),
        ),
        ("name: a\nissuer: {url: u}", "2:9: the key `type` is missing".to_owned()),
        ("name: a\nurl: 5", "2:6: `url` must be text | put it in quotes".to_owned()),
        ("[]", "1:1: this value must be an object".to_owned()),
        ("text", "1:1: this value must be an object".to_owned()),
    ] {
        let error = read(text).expect_err(text);
        assert_eq!(lines(&[error]), expected, "{text}");
    }
}
