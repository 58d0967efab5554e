//! A template and a request from outside can be anything: an error at worst, and soon.

use apigateway_vtl::{ErrorKind, Inputs, Limits, Template};

fn error(template: &str, body: &str) -> ErrorKind {
    let inputs = Inputs { body: body.to_owned(), ..Inputs::default() };
    let template = Template::parse(template).expect("the template parses");
    template.render(&inputs).expect_err("rendering reaches a limit").kind
}

fn is_limit(template: &str, body: &str) {
    let kind = error(template, body);
    assert!(matches!(kind, ErrorKind::Limit(_)), "{kind}");
}

fn text(template: &str, body: &str) -> String {
    let inputs = Inputs { body: body.to_owned(), ..Inputs::default() };
    Template::parse(template).expect("the template parses").render(&inputs).expect("it renders").text
}

#[test]
fn templates_have_300_kb_at_most() {
    assert!(Template::parse(&"a".repeat(300 * 1024)).is_ok());
    let error = Template::parse(&"a".repeat(300 * 1024 + 1)).expect_err("one byte too many");
    assert!(error.message.contains("307201 bytes"), "{error}");
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("#if(true)", "#end"), ("#foreach($i in [1])", "#end"), ("#define($d)", "#end")] {
        let template = format!("{}{}", open.repeat(5000), close.repeat(5000));
        assert!(Template::parse(&template).expect_err("too deep").message.contains("nested"), "{open}");
    }
    for open in ["(", "[", "{", "!", "{'a':", "$a.b(", "$a[$b["] {
        let template = format!("#set($x = {}", open.repeat(5000));
        assert!(Template::parse(&template).is_err(), "{open}");
    }
}

#[test]
fn brackets_that_the_grammar_looks_at_again_and_again_are_bounded() {
    let template = format!("#set($x = {}1{})", "[$a.b(".repeat(40), ")]".repeat(40));
    let error = Template::parse(&template).expect_err("each bracket doubles the work");
    assert!(error.message.contains("takes too long to read"), "{error}");
}

#[test]
fn loops_end_after_1000_rounds_as_on_api_gateway() {
    assert_eq!(text("#foreach($i in [1..5000])#end#foreach($i in [1..5000])x#end", "").len(), 1000);
}

#[test]
fn work_is_bounded() {
    let nested = "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#set($x = 1)#end#end#end";
    is_limit(nested, "");
    is_limit("#set($x = [1..2147483647])", "");
    is_limit("#set($l = [0..999])#foreach($a in $l)#foreach($b in $l)#set($x = $l.contains(-1))#end#end", "");
}

#[test]
fn memory_is_bounded() {
    is_limit("#set($s = 'ab')#foreach($i in [1..1000])#set($s = $s + $s)#end", "");
    is_limit("#set($s = 'ab')#foreach($i in [1..1000])#set($s = \"$s$s\")#end", "");
    is_limit("#set($s = 'ab')$s.repeat(2000000000)", "");
    is_limit("#set($s = 'ab')#foreach($i in [1..1000])#set($s = $s.replace('a', 'aaab'))#end", "");
    is_limit("#set($n = 99999999999999999999)#foreach($i in [1..1000])#set($n = $n * $n)#end", "");
    is_limit("#set($l = ['x'])#foreach($i in [1..1000])#set($l = [$l, $l])#end$l", "");
}

#[test]
fn output_is_bounded() {
    is_limit("#set($s = 'abcdefgh')#set($t = $s.repeat(10000))#foreach($i in [1..1000])$t#end", "");
}

#[test]
fn values_that_contain_themselves_are_an_error() {
    // A list says "(this Collection)" about itself, but not about a list around it.
    assert_eq!(text("#set($l = [])#set($x = $l.add($l))$l", ""), "[(this Collection)]");
    is_limit("#set($l = [])#set($k = [$l])#set($x = $l.add($k))$l", "");
    is_limit("#set($l = [])#set($k = [$l])#set($x = $l.add($k))$l.hashCode()", "");
    is_limit(
        "#set($m = {})#set($l = [$m])#set($m.l = $l)#set($x = {})#set($y = [$x])#set($x.l = $y)#if($m == $x)#end",
        "",
    );
}

#[test]
fn deep_json_is_an_error() {
    is_limit("$input.path('$')", &"[".repeat(100_000));
    is_limit("$input.path('$')", &"{\"a\":".repeat(100_000));
    assert_eq!(text("$input.json('$')", &format!("{}{}", "[".repeat(300), "]".repeat(300))).len(), 600);
}

#[test]
fn regular_expressions_that_backtrack_without_end_are_an_error() {
    let subject = "a".repeat(60);
    let kind = error(&format!("#set($s = '{subject}!')$s.matches('(?:(a+)\\1)+b')"), "");
    assert!(matches!(kind, ErrorKind::Limit(_)), "{kind}");
}

#[test]
fn huge_exponents_are_no_work() {
    let body = "{\"a\":[{\"b\":1}],\"m\":1.000000000000000000e99999999}";
    assert!(matches!(error("$input.path('$.m')", body), ErrorKind::Unsupported(_)));
    assert_eq!(text("$input.path(\"$.a[?(@.b < '1e999999999')]\")", "{\"a\":[{\"b\":1}]}"), "[{\"b\":1}]");
}

#[test]
fn blocks_end_inside_themselves() {
    assert_eq!(text("#define($d)x$d#end$d", ""), "xx$d");
}

#[test]
fn limits_can_be_set() {
    let limits = Limits { foreach_rounds: 3, ..Limits::default() };
    let template = Template::parse("#foreach($i in [1..9])$i#end").expect("the template parses");
    assert_eq!(template.render_within(&Inputs::default(), &limits).expect("it renders").text, "123");
}

#[test]
fn bytes_without_sense_do_no_harm() {
    let pieces: [&[u8]; 24] = [
        b"$",
        b"#",
        b"\\",
        b"{",
        b"}",
        b"(",
        b")",
        b"[",
        b"]",
        b"\"",
        b"'",
        b"#if(",
        b"#end",
        b"#set($a=",
        b"$a.b",
        b"!",
        b"\xff",
        b"\xc3\xa9",
        b"\0",
        b"##",
        b"#*",
        b"..",
        b"1",
        b"#foreach($i in [1..3])",
    ];
    let mut state = 1u64;
    for _ in 0..20_000 {
        let mut data = Vec::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            data.extend(pieces[(state >> 33) as usize % pieces.len()]);
        }
        apigateway_vtl::fuzzing::render_any(&data);
    }
}

#[test]
fn a_path_that_ends_with_a_scan_is_an_error() {
    for path in [".", " . ", "..", "$..", "$.a..", "a.."] {
        for body in [r#"{"a":[1]}"#, "[[]]", "5"] {
            let kind = error(&format!("$input.path('{path}')"), body);
            assert!(matches!(kind, ErrorKind::InvalidPath(_)), "{path} {body}: {kind}");
        }
    }
}
