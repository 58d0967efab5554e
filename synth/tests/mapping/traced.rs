//! What is wrong with the VTL is shown where it was written, whatever minijinja made of it.

use synth::mapping::{Settings, Templates};
use synth::report::{Diagnostic, Severity};

use crate::client::templates;
use crate::sources::folder;

const REQUEST: &str = "<% set action = \"GetItem\" %>\n{}\n";
const RESPONSE: &str = "<% set success = 200 %>\n{}\n";

/// Errors and warnings of an operation `x` with these files instead of blameless ones.
fn found(files: &[(&str, &str)]) -> Vec<(Severity, String)> {
    let mut all = vec![("x.request.vtl", REQUEST), ("x.response.vtl", RESPONSE)];
    all.retain(|(path, _)| files.iter().all(|(given, _)| given != path));
    all.extend(files);
    let folder = folder(&all);
    let templates = Templates::from_dir(folder.path()).expect("the files belong together");
    let diagnostics = match templates.render("x", &Settings::default()) {
        Ok((_, warnings)) => warnings,
        Err(errors) => errors,
    };
    let name = folder.path().display().to_string();
    let line = |diagnostic: &Diagnostic| diagnostic.to_string().replace(&format!("{name}/"), "");
    diagnostics.iter().map(|diagnostic| (diagnostic.severity, line(diagnostic))).collect()
}

/// The one message, as `file:line:column`, and what it says.
fn one(severity: Severity, files: &[(&str, &str)]) -> (String, String) {
    let found = found(files);
    let [(found_severity, line)] = &found[..] else { panic!("one message: {found:#?}") };
    assert_eq!(*found_severity, severity, "{line}");
    let (place, message) = line.split_once(": ").expect("a place and a message");
    (place.to_owned(), message.to_owned())
}

fn error(files: &[(&str, &str)]) -> String {
    one(Severity::Error, files).0
}

fn warning(files: &[(&str, &str)]) -> (String, String) {
    one(Severity::Warning, files)
}

#[test]
fn vtl_that_does_not_parse_is_shown_in_the_operation_s_file() {
    let bad = "<% set action = \"GetItem\" %>\n{\n  <# a note #>\n  \"a\": \"#set($x = )\"\n}\n";
    assert_eq!(error(&[("x.request.vtl", bad)]), "x.request.vtl:4:19");
    let bad = "<% set success = 200 %>\n<% if answer == \"400\" %>\n{\"b\": \"$x.y(\"}\n<% endif %>\n";
    let place = error(&[("x.response.vtl", bad)]);
    assert!(place.starts_with("x.response.vtl:3:"), "{place}");
}

#[test]
fn an_if_that_is_not_closed_is_shown() {
    let bad = "<% set action = \"GetItem\" %>\n{\n#if($a == \"\")\n  1\n}\n";
    let place = error(&[("x.request.vtl", bad)]);
    assert!(place.starts_with("x.request.vtl:"), "{place}");
}

#[test]
fn vtl_that_does_not_parse_is_shown_in_the_included_file_and_once() {
    let request = "<% set action = \"GetItem\" %>\n{\n<% include \"shared/y.vtl\" %>\n}\n";
    let response = "<% set success = 200 %>\n{<% include \"shared/y.vtl\" %>}\n";
    let shared = "<# what both say,\n   on two lines #>\n<% if true %>\n  \"é\": \"#set($x = )\"\n<% endif %>\n";
    let files = [("x.request.vtl", request), ("x.response.vtl", response), ("shared/y.vtl", shared)];
    assert_eq!(error(&files), "shared/y.vtl:4:19");
}

#[test]
fn vtl_that_does_not_parse_is_shown_in_the_macro_and_who_calls_it() {
    let macros = "<% macro set(name, value) %>\n#set($<< name >> = << value >>)\n#set( = 1)\n<% endmacro %>\n";
    let request =
        "<% set action = \"GetItem\" %>\n<% from \"shared/m.vtl\" import set %>\n{\n<< set(\"a\", \"1\") >>\n}\n";
    let folder = folder(&[("x.request.vtl", request), ("x.response.vtl", RESPONSE), ("shared/m.vtl", macros)]);
    let templates = Templates::from_dir(folder.path()).expect("the files belong together");
    let errors = templates.render("x", &Settings::default()).expect_err("does not parse");
    let places: Vec<_> = errors[0]
        .places
        .iter()
        .map(|place| {
            let (line, _) = place.source.line_column(place.span.start);
            (place.source.name.rsplit('/').next().expect("a name").to_owned(), line)
        })
        .collect();
    assert_eq!(places, [("m.vtl".to_owned(), 3), ("x.request.vtl".to_owned(), 4)], "{errors:#?}");
}

#[test]
fn a_value_that_breaks_the_vtl_is_shown_where_it_is_written() {
    let request = "<% set action = \"GetItem\" %>\n{\n  \"a\": \"<< \"#set($x = )\" >>\"\n}\n";
    assert_eq!(error(&[("x.request.vtl", request)]), "x.request.vtl:3:9");
}

#[test]
fn each_trap_is_shown() {
    let traps = [
        ("#set($x = $input.path('$.x'))\n#if($x)\n{}\n#end\n", "2:5", "counts as true"),
        ("{\n  \"a\": \"$util.escapeJavaScript($input.path('$.x'))\"\n}\n", "2:9", "escapeJavaScript"),
        ("{\n  \"a\": $input.path('$.x')\n}\n", "2:8", "outside quotes"),
        ("#set($n = 3)\n{\n  \"a\": \"$n-1\"\n}\n", "3:9", "is one name"),
        ("{\n  \"a\": \"1 ## 2\"\n}\n", "2:11", "comment"),
        ("#macro(m)\n1\n#end\n{}\n", "1:1", "no macros"),
    ];
    for (vtl, place, says) in traps {
        let request = format!("<% set action = \"GetItem\" %>\n{vtl}");
        let (found, message) = warning(&[("x.request.vtl", &request)]);
        let (line, column) = place.split_once(':').expect("line and column");
        let line = line.parse::<usize>().expect("a number") + 1;
        assert_eq!(found, format!("x.request.vtl:{line}:{column}"), "{message}");
        assert!(message.contains(says), "{message}");

        let request = "<% set action = \"GetItem\" %>\n<% include \"shared/y.vtl\" %>\n";
        let (found, _) = warning(&[("x.request.vtl", request), ("shared/y.vtl", vtl)]);
        assert_eq!(found, format!("y.vtl:{place}").replace("y.vtl", "shared/y.vtl"), "{message}");

        let macros = format!("<% macro all() %>\n{vtl}<% endmacro %>\n");
        let request = "<% set action = \"GetItem\" %>\n<% from \"shared/m.vtl\" import all %>\n<< all() >>\n";
        let (found, _) = warning(&[("x.request.vtl", request), ("shared/m.vtl", &macros)]);
        assert_eq!(found, format!("shared/m.vtl:{line}:{column}"), "{message}");
    }
}

#[test]
fn a_source_that_looks_at_its_own_text_is_pointed_at_as_a_whole() {
    let request = "<% set action = \"GetItem\" %>\n<% set text %>\nabc\n<% endset %>\n\
                   {\"a\": \"<< text | length >>\", \"b\": \"#set($x = )\"}\n";
    let (place, _) = one(Severity::Error, &[("x.request.vtl", request)]);
    assert_eq!(place, "x.request.vtl:1:1");
}

#[test]
fn blanks_that_blocks_take_away_move_nothing() {
    let request = "<% set action = \"GetItem\" -%>\n\n   {\n     <% if true %>   <%- if true %>\n  \"b\"   <%- endif -%>\n\
                   : \"#set($x = )\" \n <% endif %>}\n";
    assert_eq!(error(&[("x.request.vtl", request)]), "x.request.vtl:6:14");
}

#[test]
fn our_own_templates_fall_into_no_trap() {
    for id in templates().operation_ids() {
        let (_, warnings) = templates().render(id, &Settings::default()).expect("renders");
        let lines: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(lines, [""; 0], "{id}");
    }
}

#[test]
fn a_place_in_a_template_is_traced_to_its_source() {
    let (operation, _) =
        templates().render("verwerkingsactie_delete", &Settings::default()).expect("our own templates render");
    let line = operation.request.lines().position(|line| line.contains("#set($actieId = \"$input")).expect("is there");
    let position = apigateway_vtl::Position { line: line + 1, column: 6 };
    let places = templates().trace("verwerkingsactie_delete", &Settings::default(), &operation.request, position);
    assert_eq!(places[0].source.name, "templates/shared/actie.vtl");
    assert_eq!(places[0].source.line_column(places[0].span.start), (3, 6));
    assert!(templates().trace("verwerkingsactie_delete", &Settings::default(), "{}", position).is_empty());
    assert!(templates().trace("none", &Settings::default(), "{}", position).is_empty());
}
