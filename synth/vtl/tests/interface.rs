//! What a program that uses the crate relies on.

use apigateway_vtl::{ErrorKind, Inputs, Position, Template, WarningKind, batch::render_line};
use serde_json::{Value, json};

fn inputs(body: &str) -> Inputs {
    Inputs { body: body.to_owned(), ..Inputs::default() }
}

#[test]
fn a_template_is_parsed_once_and_rendered_often() {
    let template = Template::parse("#set($n = $input.path('$.n'))$n").expect("it parses");
    for n in ["1", "2"] {
        assert_eq!(template.render(&inputs(&format!("{{\"n\":{n}}}"))).expect("it renders").text, n);
    }
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| template.render(&inputs("{\"n\":3}")).expect("it renders"));
        }
    });
}

#[test]
fn overrides_come_with_the_text_and_go_on_to_the_response() {
    let request =
        Template::parse("#set($context.requestOverride.path.id = 'x')#set($context.responseOverride.status = 404)")
            .expect("it parses");
    let rendered = request.render(&Inputs::default()).expect("it renders");
    assert_eq!(rendered.request_override, Some(json!({"header": {}, "path": {"id": "x"}, "querystring": {}})));
    assert_eq!(rendered.response_override, Some(json!({"header": {}, "status": 404})));
    let response = Template::parse("$context.responseOverride.status").expect("it parses");
    let inputs = Inputs::default().with_response_override(rendered.response_override);
    let rendered = response.render(&inputs).expect("it renders");
    assert_eq!(rendered.text, "404");
    assert_eq!(rendered.request_override, None);
}

#[test]
fn arrays_and_stretches_of_lists_change_as_java_changes_them() {
    let list = "#set($l = ['a', 'b', 'c', 'd'])#set($q = $l.subList(1, 3))";
    let array = "#set($s = 'c,b,a')#set($p = $s.split(','))";
    for (before, template, expected) in [
        (list, "$q.clear()$q.clear()|$l|$q", "|[a, d]|[]"),
        (list, "$q.add('z')|$l|$q", "true|[a, b, c, z, d]|[b, c, z]"),
        (list, "$q.add(0, 'z')|$l|$q", "|[a, z, b, c, d]|[z, b, c]"),
        (list, "$q.addAll(['x', 'y'])|$l|$q", "true|[a, b, c, x, y, d]|[b, c, x, y]"),
        (list, "$q.addAll([])|$l|$q", "false|[a, b, c, d]|[b, c]"),
        (list, "$q.remove(0)|$q.remove('z')|$l|$q", "b|false|[a, c, d]|[c]"),
        (list, "$q.retainAll(['c'])|$l|$q", "true|[a, c, d]|[c]"),
        (list, "#set($r = $q.subList(1, 2))$r.clear()|$l|$q|$r", "|[a, b, d]|[b]|[]"),
        (list, "#foreach($e in $q)$q.remove(0)#end|$l", "b|[a, c, d]"),
        ("#set($l = ['d', 'c', 'b', 'a'])", "#set($q = $l.subList(1, 3))$q.sort(null)$l$q", "[d, b, c, a][b, c]"),
        (array, "$p.set(0, 'x')|$p.get(0)#set($p[1] = 'z')$p[1]", "c|xz"),
        (array, "$p.sort(null)$p.get(0)$p.get(1)$p.get(2)", "abc"),
        (array, "$p.remove('z')$p.removeAll(['z'])$p.addAll([])$p.addAll(3, [])", "falsefalsefalsefalse"),
        (array, "#set($q = $p.subList(0, 2))#set($q[0] = 'x')$q.addAll([])$p.get(0)", "falsex"),
        (array, "#set($q = $p.subList(0, 2))$q.size() $q#foreach($x in $q)$x#end", "2 [c, b]cb"),
    ] {
        let template = Template::parse(&format!("{before}{template}")).expect("it parses");
        assert_eq!(template.render(&Inputs::default()).expect("it renders").text, expected, "{}", template.source());
    }
    for (before, template) in [
        (list, "#set($r = $q.subList(1, 2))$q.clear()$r"),
        (list, "$q.addAll([])$l.add('e')$q"),
        (list, "#foreach($e in $q)$q.add('z')#end"),
        (array, "$p.set(0, 1)"),
        (array, "$p.remove('a')"),
        (array, "$p.clear()"),
        (array, "$p.addAll(4, [])"),
    ] {
        let template = Template::parse(&format!("{before}{template}")).expect("it parses");
        let error = template.render(&Inputs::default()).expect_err("Java throws an exception").kind;
        assert!(matches!(error, ErrorKind::Exception(_)), "{}: {error}", template.source());
    }
}

#[test]
fn a_key_is_removed_by_what_its_hash_code_says() {
    let template = "#set($m = {'a': 1, 2: 3})$m.keySet().remove('a')$m.keySet().remove('z')$m";
    let template = Template::parse(template).expect("it parses");
    assert_eq!(template.render(&Inputs::default()).expect("it renders").text, "truefalse{2=3}");
    let itself = Template::parse("#set($l = [])#set($x = $l.add($l))$input.path('$').keySet().remove($l)");
    assert!(itself.expect("it parses").render(&inputs("{\"a\": 1}")).is_err(), "a list in itself has no hash code");
}

#[test]
fn a_mistake_says_where_and_what_would_be_right() {
    for (template, line, column, part) in [
        ("#if(true)\n  x", 2, 4, "#end"),
        ("a\n#set($x = )", 2, 11, "expected a value"),
        ("#set($n = 1)\n#set($m = $n -1)", 2, 14, "needs spaces around it"),
        ("#set($x = null)", 1, 11, "there is no `null`"),
        ("é${x", 1, 5, "`}`"),
        ("#end", 1, 1, "#end"),
        ("#foreach $x", 1, 1, "`(`"),
        ("#stop(x)", 1, 7, "expected a reference"),
        ("price $", 1, 8, "ends inside"),
    ] {
        let error = Template::parse(template).expect_err(template);
        assert_eq!(error.position, Position { line, column }, "{template}: {error}");
        assert!(error.message.contains(part), "{template}: {error}");
    }
}

#[test]
fn what_looks_like_a_comment_inside_another_takes_half_of_a_character_beyond_the_basic_plane() {
    let render = |template: &str| Some(Template::parse(template).ok()?.render(&Inputs::default()).ok()?.text);
    // The real engine's answers: a character of one unit is taken whole, and then the comment has no end.
    assert_eq!(render("a##x#**😀").as_deref(), Some("a"));
    assert_eq!(render("a##x#**b"), None);
    assert_eq!(render("#**😀*#z").as_deref(), Some("z"));
    assert_eq!(render("#**é*#z").as_deref(), Some("z"));
}

#[test]
fn an_entry_is_set_though_the_list_that_is_its_key_has_changed() {
    let changed = "#set($l = ['a'])#set($m = {$l: 1})#set($x = $l.add('b'))";
    let set =
        "#foreach($e in $m.entrySet())$e.setValue(2)#end|$m|#foreach($e in $m.entrySet())#set($e.value = 3)#end$m";
    let template = Template::parse(&format!("{changed}{set}")).expect("it parses");
    // As the engine renders it.
    assert_eq!(template.render(&inputs("")).expect("it renders").text, "1|{[a, b]=2}|{[a, b]=3}");
}

#[test]
fn an_entry_that_is_no_longer_in_its_map_is_refused() {
    for asked in ["$k", "$k.key", "$k.setValue(5)"] {
        let removed = "#set($m = {'a': 1})#foreach($e in $m.entrySet())#set($k = $e)#end#set($x = $m.remove('a'))";
        let template = Template::parse(&format!("{removed}{asked}")).expect("it parses");
        let error = template.render(&inputs("")).expect_err(asked);
        assert!(matches!(error.kind, ErrorKind::Unsupported(_)), "{asked}: {error}");
    }
}

#[test]
fn an_error_while_rendering_says_where() {
    let template = Template::parse("a\n  $input.path('$').list.get(5)").expect("it parses");
    let error = template.render(&inputs("{\"list\":[1]}")).expect_err("there is no sixth element");
    assert_eq!(error.position.line, 2);
    assert!(matches!(error.kind, ErrorKind::Exception(_)), "{error}");
    let error = template.render(&inputs("{")).expect_err("no JSON");
    assert!(matches!(error.kind, ErrorKind::NotJson(_)), "{error}");
    let error = Template::parse("$input.path('a b')").expect("it parses").render(&inputs("{}")).expect_err("no path");
    assert!(matches!(error.kind, ErrorKind::InvalidPath(_)), "{error}");
}

#[test]
fn a_reference_is_where_its_dollar_sign_is() {
    let template = Template::parse("#$input.path('a b')").expect("it parses");
    let error = template.render(&inputs("{}")).expect_err("no path");
    assert_eq!((error.position.line, error.position.column), (1, 9), "{error}");
    let unquoted = |column| (1, column, WarningKind::UnquotedValue("$x".to_owned()));
    assert_eq!(warnings("{#$x}"), [unquoted(3)]);
    assert_eq!(warnings("{$$x}"), [unquoted(3)]);
    assert_eq!(warnings("{$x}"), [unquoted(2)]);
    let undefined = WarningKind::UndefinedIsTrue("$x".to_owned());
    assert_eq!(warnings("#if($x)b#end"), [(1, 5, undefined)]);
}

#[test]
fn what_java_has_and_this_crate_has_not_is_refused_and_not_guessed() {
    for template in ["#set($l = [])$l.stream()", "#set($s = '')$s.format('x')", "#set($s = 'a')$s.matches('[a&&[b]]')"]
    {
        let error = Template::parse(template).expect("it parses").render(&Inputs::default()).expect_err(template);
        assert!(matches!(error.kind, ErrorKind::Unsupported(_)), "{template}: {error}");
    }
}

fn warnings(template: &str) -> Vec<(usize, usize, WarningKind)> {
    let template = Template::parse(template).expect("it parses");
    template.check().into_iter().map(|w| (w.position.line, w.position.column, w.kind)).collect()
}

#[test]
fn the_truth_of_what_may_be_undefined_is_a_trap() {
    let undefined = |source: &str| WarningKind::UndefinedIsTrue(source.to_owned());
    assert_eq!(warnings("a\n#if($x)b#end"), [(2, 5, undefined("$x"))]);
    assert_eq!(warnings("#if($a.b && !$c['d'])x#end"), [(1, 5, undefined("$a.b")), (1, 14, undefined("$c[…]"))]);
    let fine = "#foreach($i in $l)#if($foreach.hasNext),#end#end#if($x != '')y#end#set($t = true)#if($t)z#end#if($m.containsKey('a'))b#end";
    assert_eq!(warnings(fine), []);
    assert_eq!(warnings("#set($may = $scopes.contains('read'))#if(!$may)no#end"), []);
    assert_eq!(warnings("#set($may = $scopes.get('read'))#if($may)yes#end"), [(1, 37, undefined("$may"))]);
}

#[test]
fn escaping_for_java_script_is_not_escaping_for_json() {
    assert_eq!(warnings("{\"a\":\"$util.escapeJavaScript($x)\"}"), [(1, 7, WarningKind::QuoteNotRepaired)]);
    assert_eq!(warnings("{\"a\":\"$util.escapeJavaScript($x).replaceAll(\"\\\\'\",\"'\")\"}"), []);
}

#[test]
fn a_value_outside_quotes_is_a_trap() {
    let unquoted = |source: &str| WarningKind::UnquotedValue(source.to_owned());
    assert_eq!(warnings("{\"Limit\": $limit, \"a\": \"$a\"}"), [(1, 11, unquoted("$limit"))]);
    assert_eq!(warnings("{\"a\": $input.json('$.a'), \"n\": $l.size()}"), []);
    assert_eq!(warnings("plain $text"), []);
}

#[test]
fn other_traps() {
    assert_eq!(warnings("$n-1"), [(1, 1, WarningKind::MinusInName("$n-1".to_owned()))]);
    assert_eq!(warnings("{\"a\": \"b##c\n\"}"), [(1, 9, WarningKind::CommentInQuotes)]);
    assert_eq!(warnings("#set($x = \"a##b\")").len(), 1);
    assert_eq!(warnings("## a \"quoted\" word\n{}"), []);
    assert_eq!(warnings("x#macro(m)y#end"), [(1, 2, WarningKind::Macro)]);
    assert!(warnings("$context.requestOverride.header.X-Amz-Target").is_empty());
}

fn line(case: &Value) -> Value {
    serde_json::from_str(&render_line(&case.to_string())).expect("the answer is JSON")
}

#[test]
fn a_batch_line_gives_a_line() {
    let case =
        json!({"id": 1, "template": "$input.params('a')$input.body", "body": {"b": 1}, "params": {"path": {"a": "x"}}});
    assert_eq!(line(&case), json!({"id": 1, "output": "x{\"b\":1}"}));
    assert!(line(&json!({"id": "e", "template": "$"}))["error"].is_string());
    for nonsense in ["", "{", "[]", "{}", "{\"template\": 5}"] {
        let answer: Value = serde_json::from_str(&render_line(nonsense)).expect("the answer is JSON");
        assert!(answer["error"].is_string(), "{nonsense}");
    }
}

#[test]
fn what_is_printed_as_it_stands_is_no_trap() {
    assert_eq!(warnings(r#"{"a": "\$util.escapeJavaScript($x)"}"#.replace(r"\\$", r"\$").as_str()), []);
}
