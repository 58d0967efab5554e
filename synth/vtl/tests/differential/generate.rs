//! Random cases: templates by a grammar, templates from fragments that mean trouble for a lexer, and inputs for both.

use serde_json::{Value, json};

use crate::paths;
use crate::random::Random;
use crate::tables::{
    FRAGMENTS, KEYS, METHODS, METHODS_1, METHODS_2, NAMES, PATHS, PATTERNS, PROPERTIES, REPLACEMENTS, TEXTS,
};

pub(crate) struct Generator {
    random: Random,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Generator { random: Random(seed) }
    }

    pub(crate) fn case(&mut self, id: u64) -> Value {
        let template = match self.random.below(10) {
            0 | 1 => self.soup(),
            2 => format!("{}{}", self.prelude(), self.soup()),
            3 => self.json_paths(),
            4..7 => {
                let n = 1 + self.random.below(5);
                let calls: String = (0..n).map(|_| format!("{}|", self.typed())).collect();
                format!("{}{calls}$l $m $s", self.typed_prelude())
            }
            _ => {
                let depth = 1 + self.random.below(3);
                format!("{}{}", self.prelude(), self.block(depth))
            }
        };
        // Velocity's parsers are used again and remember the macros of templates before: what an escape in front of
        // one prints depends on them.
        let mut template = template;
        while template.contains("\\#mac") || template.contains("\\#{mac") {
            template = template.replace("\\#mac", "#mac").replace("\\#{mac", "#{mac");
        }
        json!({
            "id": id,
            "template": template,
            "body": self.body(),
            "params": {
                "path": {"id": self.text()},
                "querystring": {"q": self.text(), "both": "query"},
                "header": {"X-H": self.text(), "both": "header"},
            },
            "context": {"stage": "dev", "num": 7, "big": 12_345_678_901_i64, "f": 1.5, "authorizer": {"scope": self.text()}, "list": [1, "a", null]},
            "stageVariables": {"table": "T1", "path": paths::path(&mut self.random)},
        })
    }

    fn text(&mut self) -> String {
        // In a template a backslash before a quote or digit stands for itself, so here the doubled ones are single.
        self.random.pick(TEXTS).replace("\\\\", "\\")
    }

    fn soup(&mut self) -> String {
        let n = 1 + self.random.below(12);
        (0..n).map(|_| self.random.pick(FRAGMENTS)).collect()
    }

    fn prelude(&mut self) -> String {
        let mut out = String::new();
        for (name, odds) in [("x", 2), ("s", 2), ("l", 2), ("m", 2), ("n", 2), ("doc", 3), ("b", 4)] {
            if self.random.one_in(odds) {
                let value = match name {
                    "s" => self.string(),
                    "l" => self.list(2),
                    "m" => self.map(2),
                    "n" => self.number(),
                    "doc" => "$input.path('$')".to_owned(),
                    "b" => "true".to_owned(),
                    _ => self.value(2),
                };
                out.push_str(&format!("#set(${name} = {value})"));
            }
        }
        out
    }

    /// Variables of known types, so that most calls on them succeed.
    fn typed_prelude(&mut self) -> String {
        let (l, m, s, n, k) = (self.list(2), self.map(2), self.string(), self.number(), self.list(1));
        format!("#set($l = {l})#set($m = {m})#set($s = {s})#set($n = {n})#set($k = {k})#set($doc = $input.path('$'))")
    }

    /// A call whose arguments have the right types.
    fn typed(&mut self) -> String {
        let (v, w, t, u) = (self.value(1), self.value(0), self.string(), self.string());
        let (i, j) = (self.random.pick(&["0", "1", "2", "-1", "3"]), self.random.pick(&["0", "1", "2", "5", "3"]));
        let list = self.random.pick(&[
            "l",
            "l",
            "l",
            "doc.list",
            "k",
            "m.values()",
            "m.keySet()",
            "m.entrySet()",
            "doc.map.keySet()",
            "l.subList(0,1)",
            "s.split('a')",
            "l.toArray()",
        ]);
        let map = self.random.pick(&["m", "m", "m", "doc", "doc.map", "context.authorizer"]);
        // A map that is a key of its own has no hash code: Java's depends on what was put into the map before.
        let other = if map == "m" { "doc.map" } else { "m" };
        let key = match self.random.below(6) {
            0 => self.random.pick(&["{'a':1}", "{'b':[],'a':1}", "[1]", "$k", "$k.subList(0,0)", "$l"]).to_owned(),
            1 => format!("${other}{}", self.random.pick(&["", ".keySet()", ".entrySet()"])),
            _ => self.random.pick(&["'a'", "'k'", "'n'", "$s", "1", "true", "'A'"]).to_owned(),
        };
        let op = self.random.pick(&["+", "-", "*", "/", "%"]);
        let compare = self.random.pick(&["==", "!=", "<", "<=", ">", ">="]);
        match self.random.below(46) {
            0 => format!("${list}.add({v})"),
            1 => format!("${list}.add({i},{v})"),
            2 => format!("${list}.set({i},{v})"),
            3 => format!("${list}.remove({i})"),
            4 => format!("${list}.remove({v})"),
            5 => format!("${list}.addAll({})", self.list(1)),
            6 => format!("${list}.subList({i},{j})"),
            7 => format!("${list}.indexOf({v}) ${list}.lastIndexOf({w})"),
            8 => format!("${list}.contains({v})"),
            9 => format!("${list}.hashCode()"),
            10 => format!("${list}.equals({v}) ${list}.equals($k)"),
            11 => format!("${list}.sort(null)"),
            12 => format!("${list}.{}({})", self.random.pick(&["removeAll", "retainAll", "containsAll"]), self.list(1)),
            13 => format!(
                "${list}.{}",
                self.random.pick(&[
                    "size()",
                    "isEmpty()",
                    "clear()",
                    "toString()",
                    "iterator().next()",
                    "get(0)",
                    "clone()",
                    "empty"
                ])
            ),
            14 => format!("${list}[{i}] #set(${list}[{i}] = {v})"),
            15 => format!("${map}.put({key},{v})"),
            16 => format!("${map}.get({key}) ${map}.containsKey({key}) ${map}.getOrDefault({key},{v})"),
            17 => format!("${map}.remove({key})"),
            18 => format!(
                "${map}.keySet().{}({key}) ${map}.values().{}({v})",
                self.random.pick(&["contains", "remove"]),
                self.random.pick(&["contains", "remove"])
            ),
            19 => format!("${map}.entrySet() ${map}.size() ${map}.hashCode()"),
            20 => format!("${map}.equals({v}) ${map}.containsValue({v})"),
            21 => format!("${map}.putAll({}) ${map}.putIfAbsent({key},{v})", self.map(1)),
            22 => format!("${map}.{}({key},{v})", self.random.pick(&["replace", "remove", "put"])),
            23 => {
                format!("#foreach($e in ${map}.entrySet())$e $e.key:$e.value $e.setValue({v})#end")
            }
            24 => format!(
                "#foreach($e in ${list})$e,$foreach.index#if($foreach.count == {j})#set($q = ${}.{})#end#end",
                self.random.pick(&["l", "k"]),
                self.random.pick(&["add(1)", "remove(0)", "clear()", "size()"])
            ),
            25 => format!(
                "#foreach($e in $m.keySet())$e$m.get($e)#if($foreach.first)$m.{}#end#end",
                self.random.pick(&["put('zz',1)", "remove('a')", "clear()", "put($e,2)"])
            ),
            26 => format!("$s.substring({i},{j})"),
            27 => format!("$s.indexOf({t}) $s.indexOf({t},{i}) $s.lastIndexOf({t}) $s.lastIndexOf({t},{j})"),
            28 => format!("$s.replace({t},{u})"),
            29 => format!("$s.compareTo({t}) $s.equals({t}) $s.equalsIgnoreCase({t}) $s.compareToIgnoreCase({t})"),
            30 => format!("$s.startsWith({t}) $s.endsWith({t}) $s.contains({t}) $s.startsWith({t},{j})"),
            31 => format!("$s.charAt({i}) $s.charAt({i}).equals({w}) $s.codePointAt({i})"),
            32 => "$s.length() $s.hashCode() $s.toUpperCase() $s.toLowerCase() $s.trim() $s.isEmpty()".to_owned(),
            33 => {
                format!("$s.split('{}',{i}).size() $s.concat({t}) $s.repeat({j})", single(self.random.pick(PATTERNS)))
            }
            34 => format!(
                "$s.replaceAll('{}','{}')",
                single(self.random.pick(PATTERNS)),
                single(self.random.pick(REPLACEMENTS))
            ),
            35 => format!(
                "$s.matches('{}') $s.replaceFirst('{}','-')",
                single(self.random.pick(PATTERNS)),
                single(self.random.pick(PATTERNS))
            ),
            36 | 37 => {
                let (a, b) = (self.number(), self.number());
                format!("#set($r = {a} {op} {b})$r #set($r = $n {op} {a})$r #set($r = $r {op} {b})$r $r.class.name")
            }
            38 => {
                let (a, b) = (self.number(), self.number());
                format!(
                    "#if({a} {compare} {b})T#end #if($n {compare} {a})T#end $n.compareTo({b}) $n.equals({a}) $n.hashCode() $n.intValue() $n.longValue() $n.doubleValue()"
                )
            }
            39 => format!(
                "#if({v} {compare} {w})T#else F#end #if(${list} {compare} {v})T#end #if(${map} {compare} ${map})T#end"
            ),
            40 => format!("#set($r = {v} + {w})$r #set($r = {v} {op} {w})$r"),
            41 => {
                format!("$util.urlEncode({t}) $util.urlDecode({u}) $util.base64Encode({t}) $util.escapeJavaScript({u})")
            }
            42 => format!("$util.parseJson({t}) $util.base64Decode($util.base64Encode({u}))"),
            43 => format!("#set($doc.list = ${list})$doc $input.json('$') $doc.list"),
            44 => {
                format!("$input.json('$.list') $doc.list.add({v})$doc.list $input.json('$.list')")
            }
            _ => format!(
                "#set($i = ${list}.iterator())#foreach($e in $i)$e#if($foreach.index == 0)#break#end#end$i.hasNext() $i.next()"
            ),
        }
    }

    fn json_paths(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..1 + self.random.below(2) {
            let call = self.random.pick(&["path", "json"]);
            let path = match self.random.below(3) {
                0 => "$stageVariables.path".to_owned(),
                _ => format!("'{}'", self.random.pick(PATHS).replace('\'', "''")),
            };
            out.push_str(&format!("[$input.{call}({path})]"));
        }
        out
    }

    fn body(&mut self) -> Value {
        const BROKEN: &[&str] = &[
            "{",
            "[1,",
            "nope",
            "{'a':1}",
            "{a:1, list:[x,y z]}",
            "[1,,2]",
            "{\"a\":1,}",
            "\"text\"",
            "5",
            "-",
            "null",
            "true",
            "{\"a\":01}",
            "{\"a\":1e5}",
            "{\"a\":1.}",
            "{\"a\":tru}",
            "{\"a\":\"\\u00e9\\x41\\q\"}",
            "{\"a\":123456789012345678901234567890}",
            "{\"a\":1.2345678901234567890123}",
            "{\"a\":1 \"b\":2}",
            "[1 2]",
            "{\"a\":1}x",
            "\u{1a}",
            " ",
            "{\"a\":\"x\ty\"}",
            "{\"a\":\"x\t\\n\"}",
            "{\"a\":-0}",
            "{\"a\":-0.0}",
            "{\"a\":NaN}",
            "[NaN,1e400,-1e400]",
            "{\"a\":}",
            "{:1}",
            "{\"a\" 1}",
            "[}",
            "{]",
            "{\"a\":.5}",
            "{\"a\":+5}",
            "{\"a\":1E5}",
            "{\"a\":9223372036854775808}",
            "{\"a\":2147483648}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":\"\\ud83d\\ude00\"}",
        ];
        match self.random.below(12) {
            0 => Value::Null,
            1 => json!(""),
            2 => json!(self.random.pick(BROKEN)),
            _ => {
                let document = json!({
                    "a": self.json(2), "n": self.random.below(4), "s": self.text(), "list": self.json_list(2),
                    "map": {"k": self.json(1), "a": self.json(1)}, "empty": {},
                });
                json!(document.to_string())
            }
        }
    }

    fn json_list(&mut self, depth: usize) -> Value {
        let n = self.random.below(4);
        (0..n)
            .map(|_| {
                if self.random.one_in(2) {
                    json!({"a": self.json(depth - 1), "b": self.random.below(3)})
                } else {
                    self.json(depth)
                }
            })
            .collect()
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.random.below(if depth == 0 { 8 } else { 10 }) {
            0 => Value::Null,
            1 => json!(self.random.one_in(2)),
            2 => json!(self.random.below(4)),
            3 => json!(-1.5),
            4 => json!(1e10),
            5 => json!(3_000_000_000_u64),
            6 | 7 => json!(self.text()),
            8 => self.json_list(depth),
            _ => json!({"a": self.json(depth - 1), "k": self.json(depth - 1)}),
        }
    }

    fn block(&mut self, depth: usize) -> String {
        let n = 1 + self.random.below(4);
        (0..n).map(|_| self.statement(depth)).collect()
    }

    fn space(&mut self) -> &'static str {
        self.random.pick(&["", "", "", " ", "\n", "  ", "\t", "\r\n", " \n", "\n\n"])
    }

    fn statement(&mut self, depth: usize) -> String {
        let (before, after) = (self.space(), self.space());
        let inner = match self.random.below(if depth == 0 { 8 } else { 15 }) {
            0 => self.random.pick(TEXTS).to_owned(),
            1..4 => self.printed(),
            4 => format!("#set({}{} = {})", self.random.pick(&["", " "]), self.target(), self.expression(2)),
            5 => format!("[{}]", self.printed()),
            6 => self
                .random
                .pick(&[
                    "## comment\n",
                    "#* c *#",
                    "#[[ $x #if ]]#",
                    "\\$x",
                    "\\\\$x",
                    "#foo()",
                    "#stop",
                    "#hash",
                    "\"$x\"",
                    "#** d *#",
                ])
                .to_owned(),
            7 => format!("#if({}){}T#{{else}}F#end", self.expression(2), self.space()),
            8 | 9 => {
                let mut out = format!("#if{}({})", self.random.pick(&["", " "]), self.expression(2));
                out.push_str(&self.block(depth - 1));
                if self.random.one_in(3) {
                    out.push_str(&format!("#elseif({}){}", self.expression(1), self.block(depth - 1)));
                }
                if self.random.one_in(2) {
                    out.push_str(&format!(
                        "{}{}",
                        self.random.pick(&["#else ", "#{else}", "#else\n"]),
                        self.block(depth - 1)
                    ));
                }
                out + self.random.pick(&["#end", "#{end}", "#end\n"])
            }
            10..13 => {
                let over = match self.random.below(8) {
                    0 => self.expression_argument(),
                    1 => self.map(1),
                    2 => "$m.entrySet()".to_owned(),
                    3 => "$m.keySet()".to_owned(),
                    4 => "[1..3]".to_owned(),
                    5 => self.list(1),
                    6 => "$doc.list".to_owned(),
                    _ => "$l".to_owned(),
                };
                let mut out = format!("#foreach(${} in {over})", self.random.pick(&["i", "x", "l", "i", "i"]));
                out.push_str(&self.block(depth - 1));
                if self.random.one_in(3) {
                    out.push_str(self.random.pick(&[
                        "#if($foreach.hasNext),#end",
                        "$foreach.count",
                        "#break",
                        "#if($foreach.count == 2)#break#end",
                        "$velocityCount",
                        "#break($foreach)",
                        "$foreach.parent.index",
                    ]));
                }
                out + "#end"
            }
            13 => format!("#define($d){}#end", self.block(depth - 1)),
            _ => self
                .random
                .pick(&[
                    "$d",
                    "${d}",
                    "\"$d\"",
                    "#set($x = \"$d\")$x",
                    "#if($d)D#end",
                    "$d.length()",
                    "#set($x = \"#foreach($q in [1,2])$q#end\")$x",
                ])
                .to_owned(),
        };
        format!("{before}{inner}{after}")
    }

    fn printed(&mut self) -> String {
        let path = self.path();
        match self.random.below(8) {
            0 => format!("${{{path}}}"),
            1 => format!("$!{path}"),
            2 => format!("$!{{{path}}}"),
            3 => self.service(),
            _ => format!("${path}"),
        }
    }

    fn target(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("$m.{}", self.random.pick(&["a", "b", "key"])),
            1 => format!("$m['{}']", self.random.pick(KEYS)),
            2 => format!("$l[{}]", self.random.pick(&["0", "1", "-1", "5", "$n"])),
            3 => self
                .random
                .pick(&[
                    "$context.responseOverride.status",
                    "$context.responseOverride.header.X-A",
                    "$context.requestOverride.path.id",
                    "$context.requestOverride.header['a']",
                ])
                .to_owned(),
            4 => self.random.pick(&["${x}", "$!x", "$u.a", "$doc.a", "$doc.map.k", "$s.a", "$context.z"]).to_owned(),
            _ => format!("${}", self.random.pick(&["x", "y", "s", "l", "m", "n"])),
        }
    }

    fn service(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("$input.params('{}')", self.random.pick(&["id", "q", "both", "X-H", "none"])),
            1 => "$input.params()".to_owned(),
            2 => "$input.body".to_owned(),
            3 => format!(
                "$context.{}",
                self.random.pick(&[
                    "stage",
                    "num",
                    "big",
                    "f",
                    "authorizer.scope",
                    "list",
                    "list[1]",
                    "none",
                    "list.size()"
                ])
            ),
            4 => self
                .random
                .pick(&[
                    "$stageVariables.table",
                    "$input",
                    "$util",
                    "$input.params().header",
                    "$input.params().path.id",
                    "$input.json('$')",
                ])
                .to_owned(),
            5 | 6 => {
                let path = self.random.pick(PATHS).replace('\'', "''");
                format!("$input.{}('{path}')", self.random.pick(&["path", "json"]))
            }
            _ => {
                let argument = self.argument(1);
                format!(
                    "$util.{}({argument})",
                    self.random.pick(&[
                        "escapeJavaScript",
                        "urlEncode",
                        "urlDecode",
                        "base64Encode",
                        "base64Decode",
                        "parseJson"
                    ])
                )
            }
        }
    }

    fn path(&mut self) -> String {
        let mut out = self.random.pick(NAMES).to_owned();
        let steps = self.random.pick(&[0, 0, 1, 1, 1, 2, 2, 3]);
        for _ in 0..steps {
            match self.random.below(8) {
                0..2 => out.push_str(&format!(".{}", self.random.pick(PROPERTIES))),
                2 => out.push_str(&format!(
                    "[{}]",
                    self.random.pick(&["0", "1", "-1", "'a'", "\"k\"", "$n", "2", "$x", " 0 ", "true"])
                )),
                3 | 4 => out.push_str(&format!(".{}", self.random.pick(METHODS))),
                5 => {
                    let argument = self.argument(1);
                    out.push_str(&format!(".{}({argument})", self.random.pick(METHODS_1)));
                }
                6 => match self.random.below(3) {
                    0 => {
                        let (pattern, with) = (self.random.pick(PATTERNS), self.random.pick(REPLACEMENTS));
                        let method = self.random.pick(&["replaceAll", "replaceFirst", "replace"]);
                        out.push_str(&format!(".{method}('{}','{}')", single(pattern), single(with)));
                    }
                    1 => {
                        let method = self.random.pick(&["matches", "split", "contains"]);
                        out.push_str(&format!(".{method}('{}')", single(self.random.pick(PATTERNS))));
                        if method == "split" {
                            out.push_str(self.random.pick(&[".size()", "[0]", "", "[1]"]));
                        }
                    }
                    _ => out.push_str(&format!(
                        ".split('{}',{})",
                        single(self.random.pick(PATTERNS)),
                        self.random.pick(&["-1", "0", "1", "2", "3"])
                    )),
                },
                _ => {
                    let (first, second) = (self.argument(1), self.argument(1));
                    out.push_str(&format!(".{}({first},{second})", self.random.pick(METHODS_2)));
                }
            }
        }
        out
    }

    fn string(&mut self) -> String {
        let text = self.random.pick(TEXTS);
        match self.random.below(6) {
            0 => format!("\"{}$x{}\"", double(text), self.random.pick(&["", "b", "$!y", "${s}", "#if(true)t#end"])),
            1 | 2 => format!("\"{}\"", double(text)),
            3 => format!(
                "\"{}\"",
                self.random.pick(&[
                    "\\u0041",
                    "a\\nb",
                    "\\$x",
                    "#set($q=1)$q",
                    "##c",
                    "$x",
                    "",
                    "$",
                    "#",
                    "\"\"",
                    "$x.length()",
                    "${x}y",
                    "\\\\$x"
                ])
            ),
            _ => format!("'{}'", single(text)),
        }
    }

    fn number(&mut self) -> String {
        self.random
            .pick(&[
                "0",
                "1",
                "2",
                "3",
                "-1",
                "7",
                "10",
                "1.5",
                "-2.5",
                "0.1",
                "1e3",
                "2147483647",
                "-2147483648",
                "3000000000",
                "9223372036854775807",
                "99999999999999999999",
                "1.0",
                "5",
                "100",
                ".5",
                "1e10",
                "1.0E-5",
            ])
            .to_owned()
    }

    fn list(&mut self, depth: usize) -> String {
        let n = self.random.below(4);
        if self.random.one_in(5) {
            return format!(
                "[{}{}{}]",
                self.random.pick(&["1", "0", "-2", "$i", "$u"]),
                self.random.pick(&["..", " .. "]),
                self.random.pick(&["3", "1", "$i", "-1"])
            );
        }
        let items: Vec<String> = (0..n).map(|_| self.value(depth.saturating_sub(1))).collect();
        format!("[{}]", items.join(self.random.pick(&[",", ", "])))
    }

    fn map(&mut self, depth: usize) -> String {
        let n = self.random.below(4);
        let items: Vec<String> = (0..n)
            .map(|_| {
                let key = if self.random.one_in(6) { self.value(0) } else { format!("'{}'", self.random.pick(KEYS)) };
                format!("{key}:{}", self.value(depth.saturating_sub(1)))
            })
            .collect();
        format!("{{{}}}", items.join(", "))
    }

    fn value(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 8 } else { 11 }) {
            0 | 1 => self.string(),
            2 | 3 => self.number(),
            4 => self.random.pick(&["true", "false"]).to_owned(),
            5 => format!("${}", self.random.pick(NAMES)),
            6 => format!("'{}'", self.random.pick(&["a", "b", "k", "1"])),
            7 => self.random.pick(&["0", "1", "2"]).to_owned(),
            8 => self.list(depth),
            9 => self.map(depth),
            _ => format!("${}", self.path()),
        }
    }

    fn argument(&mut self, depth: usize) -> String {
        if self.random.one_in(20) {
            self.random.pick(&["null", "abc", " 'a' ", "$u"]).to_owned()
        } else {
            self.value(depth)
        }
    }

    fn expression_argument(&mut self) -> String {
        format!("${}", self.path())
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.value(1);
        }
        match self.random.below(12) {
            0..4 => self.value(1),
            4 => format!(
                "{} {} {}",
                self.expression(depth - 1),
                self.random.pick(&["+", "-", "*", "/", "%"]),
                self.expression(depth - 1)
            ),
            5 | 6 => format!(
                "{} {} {}",
                self.expression(depth - 1),
                self.random.pick(&["==", "!=", "<", ">", "<=", ">=", "eq", "ne", "lt"]),
                self.expression(depth - 1)
            ),
            7 => format!(
                "{} {} {}",
                self.expression(depth - 1),
                self.random.pick(&["&&", "||", "and", "or"]),
                self.expression(depth - 1)
            ),
            8 => format!("{}{}", self.random.pick(&["!", "! ", "not "]), self.expression(depth - 1)),
            9 => format!("({})", self.expression(depth - 1)),
            10 => self.service(),
            _ => format!("${}", self.path()),
        }
    }
}

fn single(text: &str) -> String {
    text.replace("\\\\", "\\").replace('\'', "''")
}

fn double(text: &str) -> String {
    text.replace('"', "\"\"")
}
