//! The template sources themselves: which are accepted, and what is said of the others.

use std::fs;
use std::path::Path;

use synth::mapping::{Settings, TEMPLATE_LIMIT, Templates};
use synth::report::Diagnostic;

use crate::client::templates;

const REQUEST: &str = "<% set action = \"GetItem\" %>\n{}";
const RESPONSE: &str = "<% set success = 200 %>\n{}";

pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn render(files: &[(&str, &str)]) -> Result<(), Vec<Diagnostic>> {
    let folder = folder(files);
    let templates = Templates::from_dir(folder.path())?;
    templates.render("x", &Settings::default()).map(drop)
}

/// The one message, the name of the file that it points into, and the text that it points at.
fn one(result: Result<(), Vec<Diagnostic>>) -> (String, String, String) {
    let diagnostics = result.expect_err("something is wrong");
    let [diagnostic] = &diagnostics[..] else { panic!("one message: {diagnostics:#?}") };
    assert!(diagnostic.help.as_ref().is_some_and(|help| !help.is_empty()), "what would be right: {diagnostic:?}");
    let place = diagnostic.places.first();
    let file = place
        .and_then(|place| Path::new(&place.source.name).file_name())
        .map(|name| name.to_string_lossy().into_owned());
    let text = place.map(|place| place.source.text[place.span.clone()].to_owned());
    (diagnostic.message.clone(), file.unwrap_or_default(), text.unwrap_or_default())
}

#[test]
fn r53_the_list_get_and_delete_go_straight_to_the_table() {
    let ids: Vec<_> = templates().operation_ids().collect();
    assert_eq!(ids, ["verwerkingsactie_delete", "verwerkingsactie_list", "verwerkingsactie_read"]);
    assert!(ids.iter().all(|id| templates().has(id)));
    for other in
        ["verwerkingsactie_create", "verwerkingsactie_update", "verwerkingsactie_list_patch", "shared/answer", ""]
    {
        assert!(!templates().has(other));
    }
    let calls: Vec<_> = ids
        .iter()
        .map(|id| {
            let (operation, _) = templates().render(id, &Settings::default()).expect("renders");
            (operation.action, operation.index)
        })
        .collect();
    let index = Some("objectSleutel-index".to_owned());
    assert_eq!(calls, [("UpdateItem".to_owned(), None), ("Query".to_owned(), index), ("GetItem".to_owned(), None)]);
}

#[test]
fn the_folder_and_the_embedded_copy_render_alike() {
    let folder =
        Templates::from_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../templates"))).expect("in order");
    for id in templates().operation_ids() {
        let settings = Settings::default();
        let (folder, _) = folder.render(id, &settings).expect("renders");
        assert_eq!(folder, templates().render(id, &settings).expect("renders").0);
    }
}

#[test]
fn every_template_is_far_below_api_gateways_limit() {
    for id in templates().operation_ids() {
        let (operation, _) = templates().render(id, &Settings::default()).expect("renders");
        for template in operation.responses.iter().map(|response| &response.template).chain([&operation.request]) {
            assert!(template.len() < TEMPLATE_LIMIT / 10, "{id}: {} bytes", template.len());
            assert!(
                !template.contains("<%") && !template.contains("<#") && !template.contains("<<"),
                "{id}: left of minijinja"
            );
        }
    }
}

#[test]
fn a_request_without_a_response_is_named() {
    let (message, file, _) = one(render(&[("x.request.vtl", REQUEST)]));
    assert_eq!((message.as_str(), file.as_str()), ("`x` has only one half of its templates", "x.request.vtl"));
    let (_, file, _) = one(render(&[("x.response.vtl", RESPONSE)]));
    assert_eq!(file, "x.response.vtl");
}

#[test]
fn a_file_that_is_no_template_is_named() {
    for name in ["x.vtl", "notes.txt", "x.requests.vtl", "shared/x.txt"] {
        let (_, file, _) = one(render(&[("x.request.vtl", REQUEST), ("x.response.vtl", RESPONSE), (name, "")]));
        assert_eq!(Path::new(name).file_name().expect("a name").to_string_lossy(), file);
    }
}

#[test]
fn what_an_editor_leaves_behind_is_no_template() {
    render(&[("x.request.vtl", REQUEST), ("x.response.vtl", RESPONSE), (".y.request.vtl", ""), (".cache/y.txt", "")])
        .expect("ignored");
}

#[test]
fn an_unknown_name_is_pointed_at() {
    let request = format!("{REQUEST}\n<< table.actieid >>");
    let (message, file, text) = one(render(&[("x.request.vtl", &request), ("x.response.vtl", RESPONSE)]));
    assert!(message.starts_with("undefined value"), "{message}");
    assert_eq!((file.as_str(), text.as_str()), ("x.request.vtl", "table.actieid"));
}

#[test]
fn an_unknown_name_in_a_shared_part_is_pointed_at_there_and_once() {
    let files = [
        ("x.request.vtl", format!("{REQUEST}<% include \"shared/y.vtl\" %>")),
        ("x.response.vtl", format!("{RESPONSE}<% include \"shared/y.vtl\" %>")),
        ("shared/y.vtl", "\n\n<< nope >>".to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (_, file, text) = one(render(&files));
    assert_eq!((file.as_str(), text.as_str()), ("y.vtl", "nope"));
}

#[test]
fn a_syntax_error_is_pointed_at() {
    let response = format!("{RESPONSE}\n<% if answer %>\n");
    let (message, file, _) = one(render(&[("x.request.vtl", REQUEST), ("x.response.vtl", &response)]));
    assert!(message.starts_with("syntax error"), "{message}");
    assert_eq!(file, "x.response.vtl");
}

#[test]
fn a_call_that_a_template_cannot_make_is_pointed_at() {
    for action in ["Scan", "getItem", "DeleteTable", "Query\""] {
        let line = format!("<% set action = '{action}' %>");
        let (_, file, text) =
            one(render(&[("x.request.vtl", &format!("{{}}\n{line}\n")), ("x.response.vtl", RESPONSE)]));
        assert_eq!((file.as_str(), text.as_str()), ("x.request.vtl", line.as_str()));
    }
    let (message, ..) = one(render(&[("x.request.vtl", "{}"), ("x.response.vtl", RESPONSE)]));
    assert_eq!(message, "`action` does not name a DynamoDB call");
}

#[test]
fn a_success_that_is_none_is_pointed_at() {
    for success in ["404", "'200'", "99999999"] {
        let line = format!("<% set success = {success} %>");
        let (_, _, text) = one(render(&[("x.request.vtl", REQUEST), ("x.response.vtl", &line)]));
        assert_eq!(text, line);
    }
}

#[test]
fn a_template_over_the_limit_is_refused() {
    let long = format!("{REQUEST}{}", " ".repeat(TEMPLATE_LIMIT));
    let (message, file, _) = one(render(&[("x.request.vtl", &long), ("x.response.vtl", RESPONSE)]));
    assert!(message.contains("bytes"), "{message}");
    assert_eq!(file, "x.request.vtl");
}

#[test]
fn a_page_that_api_gateway_cannot_write_is_refused() {
    let render = |page_size| templates().render("verwerkingsactie_list", &Settings { page_size });
    for page_size in [0, 1001] {
        assert_eq!(render(page_size).expect_err("refused").len(), 1);
    }
    render(1000).expect("accepted");
}

#[test]
fn an_operation_without_templates_is_named() {
    let diagnostics = templates().render("verwerkingsactie_create", &Settings::default()).expect_err("has none");
    assert!(diagnostics[0].message.contains("verwerkingsactie_create"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let diagnostics = Templates::from_dir(Path::new("no/such/folder")).expect_err("is not there");
    assert!(diagnostics[0].message.contains("no/such/folder"));
}
