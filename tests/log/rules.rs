//! Every rule has a test.

use std::collections::BTreeSet;

use tests::{root, shared};

/// Rules of the Inzage API, whose log this is not.
const INZAGE: std::ops::RangeInclusive<u8> = 60..=69;

/// `R15` at the beginning of a text is 15.
fn number(text: &str) -> Option<u8> {
    text.get(..2)?.parse().ok()
}

#[test]
fn every_rule_has_a_test_here_that_is_named_after_it() {
    let text = std::fs::read_to_string(shared("vng/rules.md")).expect("the rules can be read");
    let rules = text.lines().filter_map(|line| number(line.strip_prefix("- R")?));
    let rules: BTreeSet<u8> = rules.filter(|rule| !INZAGE.contains(rule)).collect();
    assert!(rules.len() > 40, "these are not all rules: {rules:?}");

    let mut tested = BTreeSet::new();
    for file in std::fs::read_dir(root().join("tests/log")).expect("the folder of this file") {
        let source = std::fs::read_to_string(file.expect("an entry").path()).expect("a source can be read");
        // The numbers stand at the beginning of the name: `r20_r22_a_put_...`.
        let test = "#[tokio::test]\nasync fn ";
        for name in source.split(test).skip(1) {
            tested.extend(name.split('_').map_while(|part| number(part.strip_prefix('r')?)));
        }
    }
    let untested: Vec<_> = rules.difference(&tested).map(|rule| format!("R{rule:02}")).collect();
    assert!(untested.is_empty(), "no test is named after {}", untested.join(", "));
}
