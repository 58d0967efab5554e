//! Random templates render as the real engine renders them.
//!
//! The reference is Apache Velocity 1.7 itself, run once for all cases. `VTL_CASES` sets how many cases there are,
//! `VTL_SEED` where the random numbers start; the seed is printed, so that a failure can be repeated. The first run of
//! the reference installs it (a JVM and some libraries).

#[path = "../common/mod.rs"]
mod common;
mod generate;
mod paths;
mod random;
mod tables;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use generate::Generator;
use serde_json::{Map, Value};

/// Our way of saying that we will not guess. Such cases are counted and not compared.
const REFUSED: &str = "is not supported by this interpreter";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn reference(cases: &[Value]) -> Vec<Map<String, Value>> {
    let mut engine = Command::new(common::shared("vtl/oracle"))
        .arg("--batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the reference engine starts");
    let mut input = engine.stdin.take().expect("stdin is piped");
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = BufReader::new(engine.stdout.take().expect("stdout is piped"));
    let answers: Vec<Map<String, Value>> = output
        .lines()
        .map(|line| serde_json::from_str(&line.expect("the answer is UTF-8")).expect("the answer is JSON"))
        .collect();
    writer.join().expect("the writer ends").expect("the engine reads its input");
    assert!(engine.wait().expect("the engine ends").success(), "the reference engine failed");
    answers
}

/// Equal JSON; numbers by value, since the two sides print large ones differently.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(x)), Some(Value::Number(y))) => x == y || x.as_f64() == y.as_f64(),
        (Some(Value::Array(x)), Some(Value::Array(y))) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(Some(x), Some(y)))
        }
        (Some(Value::Object(x)), Some(Value::Object(y))) => {
            x.len() == y.len() && x.iter().all(|(k, v)| same(Some(v), y.get(k)))
        }
        _ => a == b,
    }
}

#[test]
fn random_templates_render_as_the_reference_engine_renders_them() {
    let seed = number("VTL_SEED", 20_260_101);
    let count = number("VTL_CASES", 3000);
    println!("VTL_SEED={seed} VTL_CASES={count}");
    let mut generator = Generator::new(seed);
    let cases: Vec<Value> = (0..count).map(|id| generator.case(id)).collect();
    let started = std::time::Instant::now();
    let expected = reference(&cases);
    println!("the reference took {:?}", started.elapsed());
    let started = std::time::Instant::now();
    assert_eq!(expected.len(), cases.len(), "the reference answered another number of cases");
    let (mut wrong, mut refused, mut failed) = (Vec::new(), 0, 0);
    for (case, expected) in cases.iter().zip(&expected) {
        let got = common::render(case);
        if got.get("error").and_then(Value::as_str).is_some_and(|e| e.contains(REFUSED)) {
            refused += 1;
            if std::env::var_os("VTL_REFUSED").is_some() {
                println!("refused {} {}", got["error"], case["template"]);
            }
            continue;
        }
        failed += u64::from(expected.contains_key("error"));
        let equal = expected.contains_key("error") == got.contains_key("error")
            && ["output", "requestOverride", "responseOverride"].iter().all(|k| same(expected.get(*k), got.get(*k)));
        if !equal {
            wrong.push((case, expected, got));
        }
    }
    println!("this crate took {:?}", started.elapsed());
    println!("{count} cases: {failed} fail in both, {refused} refused, {} differ", wrong.len());
    wrong.sort_by_key(|(case, ..)| {
        case["template"].as_str().map_or(0, str::len) + case["body"].as_str().map_or(0, str::len)
    });
    let report: Vec<String> = wrong
        .iter()
        .take(number("VTL_SHOW", 10) as usize)
        .map(|(case, expected, got)| {
            format!(
                "case {case}\n  expected {}\n  got      {}",
                Value::Object((*expected).clone()),
                Value::Object(got.clone())
            )
        })
        .collect();
    assert!(wrong.is_empty(), "seed {seed}: {} of {count} cases differ:\n{}", wrong.len(), report.join("\n"));
    assert!(refused * 10 <= count, "{refused} of {count} cases were refused: too many to prove anything");
}
