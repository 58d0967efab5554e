//! One rendering a line, in JSON: for tools that compare or test templates.

use serde_json::{Map, Value as Json, json};

use crate::{Inputs, Limits, Template};

/// Renders one case.
///
/// The line is an object with `template`, and where needed `id`, `body` (a text; anything else stands for its JSON
/// text), `params` (with `path`, `querystring`, `header`), `context` and `stageVariables`. The answer is an object with
/// `id` and either `output` (and `requestOverride`, `responseOverride` where the template set something) or `error`.
/// A line that is no such object gives an `error` too; nothing panics.
pub fn render_line(line: &str) -> String {
    let mut answer = Map::new();
    match serde_json::from_str::<Json>(line) {
        Ok(Json::Object(case)) => {
            if let Some(id) = case.get("id") {
                answer.insert("id".to_owned(), id.clone());
            }
            render_case(&case, &mut answer);
        }
        Ok(_) => {
            answer.insert("error".to_owned(), json!("expected a JSON object with `template`"));
        }
        Err(e) => {
            answer.insert("error".to_owned(), json!(format!("not JSON: {e}")));
        }
    }
    Json::Object(answer).to_string()
}

fn object(value: Option<&Json>) -> Map<String, Json> {
    match value {
        Some(Json::Object(map)) => map.clone(),
        _ => Map::new(),
    }
}

fn render_case(case: &Map<String, Json>, answer: &mut Map<String, Json>) {
    let Some(Json::String(template)) = case.get("template") else {
        answer.insert("error".to_owned(), json!("expected `template`, a text"));
        return;
    };
    let params = object(case.get("params"));
    let inputs = Inputs {
        body: match case.get("body") {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(body)) => body.clone(),
            Some(other) => other.to_string(),
        },
        path: object(params.get("path")),
        querystring: object(params.get("querystring")),
        header: object(params.get("header")),
        context: object(case.get("context")),
        stage_variables: object(case.get("stageVariables")),
    };
    let rendered = Template::parse(template)
        .map_err(|e| e.to_string())
        .and_then(|t| t.render_within(&inputs, &Limits::default()).map_err(|e| e.to_string()));
    match rendered {
        Ok(rendered) => {
            answer.insert("output".to_owned(), Json::String(rendered.text));
            if let Some(request) = rendered.request_override {
                answer.insert("requestOverride".to_owned(), request);
            }
            if let Some(response) = rendered.response_override {
                answer.insert("responseOverride".to_owned(), response);
            }
        }
        Err(message) => {
            answer.insert("error".to_owned(), Json::String(message));
        }
    }
}
