//! What no input may do: panic, overflow the stack, or take for ever.

use proptest::prelude::*;
use serde_json::Value as Json;
use synth::report::render;
use synth::source;
use synth::specification;

use crate::shared::{expect_lowered, lower, published_text};

/// Far less than any thread gets by default.
const SMALL_STACK: usize = 512 * 1024;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK).spawn(work).expect("a thread can be started");
    thread.join().expect("the work is done");
}

#[test]
fn nesting_of_any_depth_is_an_error_and_no_overflow() {
    const DEPTH: usize = 100_000;
    for (text, column) in [
        ("[".repeat(DEPTH), 101),
        (format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)), 101),
        ("{a: ".repeat(DEPTH), 401),
        ("[{a: ".repeat(DEPTH), 251),
        ("- ".repeat(DEPTH), 201),
    ] {
        on_a_small_stack(move || {
            let error = source::parse("deep.yaml", text).expect_err("too deep");
            let shown = render(std::slice::from_ref(&error), false);
            assert!(shown.len() < 2000, "{shown}");
            assert_eq!(error.message, "values are nested more than 100 deep");
            assert_eq!(error.line_column(), Some((1, column)), "{shown}");
        });
    }
    let mut block = String::new();
    for depth in 0..3_000 {
        block.push_str(&" ".repeat(depth));
        block.push_str("a:\n");
    }
    on_a_small_stack(move || {
        let error = source::parse("deep.yaml", block).expect_err("too deep");
        assert_eq!(error.message, "values are nested more than 100 deep");
        assert_eq!(error.line_column(), Some((101, 101)));
    });
}

#[test]
fn the_deepest_that_is_read_fits_on_a_small_stack() {
    let nested = format!("{}{}", "[".repeat(source::MAX_DEPTH), "]".repeat(source::MAX_DEPTH));
    on_a_small_stack(move || {
        let (_, node) = source::parse("deep.yaml", nested).expect("just right");
        let copy = node.clone();
        assert_eq!(copy.to_json().to_string().len(), 2 * source::MAX_DEPTH);
    });
    let mut schema = "{type: string}".to_owned();
    for _ in 0..47 {
        schema = format!("{{properties: {{a: {schema}}}, allOf: [{{type: object}}]}}");
    }
    let text = document(&format!("components: {{schemas: {{A: {schema}}}}}"));
    on_a_small_stack(move || {
        let (specification, _) = expect_lowered(lower(&text));
        let schema = specification::SchemaRef::Named("A".to_owned(), 0..0);
        specification::flatten(&specification, &schema).expect("it merges");
    });
}

#[test]
fn aliases_cannot_multiply() {
    // A few hundred bytes that stand for 10^9 values.
    let mut small = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let previous = format!("*a{}, ", level - 1).repeat(10);
        small.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
    }
    // 160 KB that stand for gigabytes.
    let item = "*a, ".repeat(40_000);
    let large = format!("a: &a [{}]\nb: [{item}]\n", "x, ".repeat(40_000 / 3));
    let text = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(20_000), "*a, ".repeat(100_001));
    for text in [small, large, text] {
        let error = source::parse("bomb.yaml", text).expect_err("too much");
        assert_eq!(error.message, "anchors and aliases stand for more than 100000 values");
        assert!(error.line_column().is_some());
    }
    // Aliases of aliases are no way around the limit on depth.
    let mut deep = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n".to_owned();
    for level in 1..20 {
        deep.push_str(&format!("a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]\n", level - 1));
    }
    let error = source::parse("deep.yaml", deep).expect_err("too deep");
    assert_eq!(error.message, "values are nested more than 100 deep");
}

#[test]
fn references_cannot_multiply() {
    // Each response refers to many headers, each path to many responses.
    let mut text = "components:\n  headers:\n    H: {schema: {type: string}}\n  responses:\n    R:\n      description: d\n      headers:\n".to_owned();
    for header in 0..3_000 {
        text.push_str(&format!("        h{header}: {{$ref: '#/components/headers/H'}}\n"));
    }
    text.push_str("  schemas:\n");
    for level in 0..30 {
        let next = format!("#/components/schemas/S{}/properties/p", level + 1);
        text.push_str(&format!(
            "    S{level}: {{properties: {{p: {{properties: {{a: {{$ref: '{next}'}}, b: {{$ref: '{next}'}}}}}}}}}}\n"
        ));
    }
    text.push_str("    S30: {properties: {p: {type: string}}}\npaths:\n");
    for path in 0..3_000 {
        text.push_str(&format!(
            "  /p{path}: {{get: {{operationId: p{path}, responses: {{'200': {{$ref: '#/components/responses/R'}}}}}}}}\n"
        ));
    }
    let text = format!("openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\n{text}");
    let errors = lower(&text).expect_err("too much");
    assert!(errors[0].message.starts_with("with its references resolved"), "{}", errors[0]);
}

#[test]
fn a_long_chain_of_schemas_is_no_deep_recursion() {
    let mut schemas = String::new();
    for level in 0..20_000 {
        schemas
            .push_str(&format!("S{level}: {{properties: {{p: {{$ref: '#/components/schemas/S{}'}}}}}}, ", level + 1));
    }
    let last = "S20000: {type: string}";
    let text = document(&format!("components: {{schemas: {{{schemas}{last}}}}}"));
    on_a_small_stack(move || {
        expect_lowered(lower(&text));
    });

    // Merging does recurse, so a long chain of `allOf` is refused.
    let mut schemas = String::new();
    for level in 0..1_000 {
        schemas.push_str(&format!("S{level}: {{allOf: [{{$ref: '#/components/schemas/S{}'}}]}}, ", level + 1));
    }
    let text = document(&format!("components: {{schemas: {{{schemas} S1000: {{type: string}}}}}}"));
    on_a_small_stack(move || {
        let errors = lower(&text).expect_err("too long");
        assert_eq!(errors[0].message, "this `allOf` takes in too many schemas");
    });
}

#[test]
fn at_most_fifty_errors_are_shown() {
    let mut text = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n".to_owned();
    for path in 0..120 {
        text.push_str(&format!("  /p{path}: {{gte: {{}}}}\n"));
    }
    let errors = lower(&text).expect_err("wrong");
    assert_eq!(errors.len(), 51);
    assert_eq!(errors[50].message, "70 more errors");
}

/// A document with one operation, and what is given.
fn document(rest: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\n\
         paths: {{/a: {{get: {{operationId: a, responses: {{'200': {{description: d}}}}}}}}}}\n{rest}\n"
    )
}

/// JSON of any shape, numbers that YAML keeps included.
fn json() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        prop::sample::select(vec![
            "",
            " ",
            "no",
            "017",
            "1_000",
            "null",
            "~",
            "true",
            "- a",
            "a: b",
            "#",
            "*a",
            "&a",
            "!a",
            "<<",
            "%",
            "@",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{2028}",
            "\u{feff}",
            "\u{1f600}",
            "\0",
            "\t",
            "\r\n",
            "'",
            "\"",
            "\\",
            "---",
            "...",
            "2020-10-24",
            "0x1F",
            ".inf",
            "1e5",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// JSON may hold a few control characters as they are; YAML has them escaped, which JSON allows.
fn escaped(text: &str) -> String {
    let excluded =
        |character: char| matches!(character, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|character| match excluded(character) {
            true => format!("\\u{:04x}", u32::from(character)),
            false => character.to_string(),
        })
        .collect()
}

fn published() -> &'static str {
    static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TEXT.get_or_init(|| published_text("bewerking-openapi.yaml"))
}

/// What is done to one line.
#[derive(Debug, Clone)]
enum Change {
    Delete,
    Duplicate,
    Replace(String),
    Indent(usize),
    Swap(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let line = prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        prop::sample::select(vec![
            "  $ref: '#/components/schemas/Verwerkingsactie'",
            "      - $ref: '#/components/schemas/VerwerkingsactieUitgebreid'",
            "security: []",
            "  type: array",
            "required: true",
            "  - []",
            "paths:",
            "    allOf: [{}]",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        Just(Change::Delete),
        Just(Change::Duplicate),
        line.prop_map(Change::Replace),
        (0..12_usize).prop_map(Change::Indent),
        (0..2_000_usize).prop_map(Change::Swap),
    ]
}

fn mutated(changes: Vec<(usize, Change)>) -> String {
    let mut lines: Vec<String> = published().lines().map(str::to_owned).collect();
    for (at, change) in changes {
        let at = at % lines.len();
        match change {
            Change::Delete => {
                lines.remove(at);
            }
            Change::Duplicate => lines.insert(at, lines[at].clone()),
            Change::Replace(line) => lines[at] = line,
            Change::Indent(spaces) => lines[at] = format!("{}{}", " ".repeat(spaces), lines[at].trim_start()),
            Change::Swap(other) => {
                let other = other % lines.len();
                lines.swap(at, other);
            }
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back_as_it_was(value in json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("it is JSON")] {
            let text = escaped(&text);
            let parsed = source::parse("a.json", text.clone());
            let (_, node) = parsed.map_err(|error| TestCaseError::fail(format!("{text}\n{}", render(&[error], false))))?;
            prop_assert_eq!(node.to_json(), value.clone(), "{}", text);
        }
    }

    #[test]
    fn no_change_to_the_published_document_makes_it_panic(changes in prop::collection::vec((0..1500_usize, change()), 1..6)) {
        match lower(&mutated(changes)) {
            Ok((specification, found)) => {
                render(&found, true);
                for name in specification.schemas.keys() {
                    let schema = specification::SchemaRef::Named(name.clone(), 0..0);
                    prop_assert!(specification::flatten(&specification, &schema).is_ok());
                }
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in &errors {
                    prop_assert!(!error.places.is_empty() || error.message.ends_with("more errors"), "{error}");
                }
                render(&errors, false);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        if let Err(errors) = lower(&text) {
            render(&errors, true);
        }
    }
}
