//! How long rendering a list response and parsing a long template take.
//!
//! Prints `name microseconds` a line, the median of many rounds, so that `peers/run` can put others beside it.

use std::hint::black_box;
use std::time::Instant;

use apigateway_vtl::{Inputs, Template};
use serde_json::{Value, json};

/// The median time of one call, in microseconds.
fn median(mut call: impl FnMut()) -> f64 {
    for _ in 0..200 {
        call();
    }
    let mut times: Vec<f64> = (0..1001)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let cases: Value = serde_json::from_str(include_str!("cases.json")).expect("the cases are JSON");
    let text = |case: &str, key: &str| cases[case][key].as_str().expect("the case has this text").to_owned();
    let items: Vec<Value> = (0..100)
        .map(|i| {
            json!({"id": {"S": format!("item-{i}")}, "n": {"N": i.to_string()}, "title": {"S": format!("It's \"number\" {i}, a/b")}, "opt": {"S": if i % 2 == 0 { "yes" } else { "" }}})
        })
        .collect();
    let inputs = Inputs { body: json!({"Items": items}).to_string(), ..Inputs::default() };
    let list = Template::parse(&text("list", "template")).expect("the list's template parses");
    let output = list.render(&inputs).expect("the list renders").text;
    assert!(serde_json::from_str::<Value>(&output).is_ok(), "the list is no JSON:\n{output}");
    println!("render-100-items {:.1}", median(|| drop(black_box(list.render(black_box(&inputs))))));
    let piece = text("long", "piece");
    let long = piece.repeat(8192 / piece.len() + 1);
    println!("parse-{}-bytes {:.1}", long.len(), median(|| drop(black_box(Template::parse(black_box(&long))))));
}
