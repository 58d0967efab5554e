//! Random JSONPaths: by a grammar, with slips of the pen.
//!
//! A broken regular expression is not among them. The real library refuses the path, this crate only once an element is
//! held against it.

use crate::random::Random;

const NAMES: &[&str] = &[
    "a", "a", "b", "k", "n", "s", "list", "map", "x", "*", "length", "size()", "length()", "é", "a-b", "1", "0",
    "it\\'s", "A", "null", " a", "a ", "$", "@",
];
const NUMBERS: &[&str] = &["0", "1", "2", "-1", "-2", "5", "", " 1", "01", "+1", "1 ", "-", "99999999999", "--1"];
const OPERANDS: &[&str] = &[
    "1",
    "1.0",
    "-1",
    "'a'",
    "''",
    "true",
    "false",
    "null",
    "\"a\"",
    "a",
    "1e1",
    "'1'",
    "/a/",
    "/x.*/i",
    "'it'",
    " ",
    "@",
    "@.a",
    "@.list",
    "@.x",
    "@.a.b",
    "$",
    "$.n",
    "$.list[0]",
    "[1]",
    "{}",
    "'a",
];
const OPERATORS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "=~", "=", "===", "<>", "in", " == ", " > "];
const ENDS: &[&str] = &[
    "[@.length-1]",
    "[@.length()-1]",
    "[@.size()-1]",
    "[(@.length-1)]",
    "[@.size-2]",
    "[@.foo-1]",
    "[@]",
    "[@.length]",
    "[@.length-]",
    "[@.length()-5]",
    "[(@.size() - 2)]",
    "[ @.length - 1 ]",
];
const ODD: &[&str] =
    &["..", ".", "...", "[*]", ".*", "..*", "*", "[ ]", "[]", "[", "]", "$", "@", " ", "[?]", "[?,?]", "[?*]", "['']"];
const SLIPS: &[&str] = &[".", "[", "]", "'", " ", "*", "(", ")", "?", "$", "@", ",", ":", "-", ""];

pub(crate) fn path(random: &mut Random) -> String {
    let mut path = random.pick(&["$", "$", "$", "$", "@", "", "", "$.", " $"]).to_owned();
    path.push_str(&steps(random, 0));
    if random.one_in(10) {
        let at: Vec<usize> = path.char_indices().map(|(at, _)| at).collect();
        if !at.is_empty() {
            let start = random.pick(&at);
            let end =
                if random.one_in(2) { start } else { start + path[start..].chars().next().map_or(0, char::len_utf8) };
            path.replace_range(start..end, random.pick(SLIPS));
        }
    }
    path
}

fn steps(random: &mut Random, depth: usize) -> String {
    (0..random.pick(&[0, 1, 1, 2, 2, 3, 4])).map(|_| step(random, depth)).collect()
}

fn step(random: &mut Random, depth: usize) -> String {
    let (name, other) = (random.pick(NAMES), random.pick(NAMES));
    let (number, second) = (random.pick(NUMBERS), random.pick(NUMBERS));
    match random.below(22) {
        0..6 => format!(".{name}"),
        6 | 7 => format!("['{name}']"),
        8 => format!("['{name}','{other}']"),
        9 => format!("..{name}"),
        10 => random.pick(ODD).to_owned(),
        11 | 12 => format!("[{number}]"),
        13 => format!("[{number},{second}]"),
        14 => format!("[{number}:{second}]"),
        15 => random.pick(ENDS).to_owned(),
        _ if depth < 2 => {
            let open = random.pick(&["[?(", "[?(", "[?(", "[?", "[? (", "[ ?("]);
            let close = random.pick(&[")]", ")]", ")]", "]", ") ]"]);
            format!("{open}{}{close}", condition(random, depth))
        }
        _ => format!(".{name}"),
    }
}

fn condition(random: &mut Random, depth: usize) -> String {
    let operator = random.pick(OPERATORS);
    match random.below(9) {
        0 | 1 => format!("@.{}", random.pick(NAMES)),
        2 => format!("!@.{}", random.pick(NAMES)),
        3 => format!("{}{operator}{}", random.pick(OPERANDS), random.pick(OPERANDS)),
        4..7 => format!("@.{}{operator}{}", random.pick(NAMES), random.pick(OPERANDS)),
        7 => format!("@{}", steps(random, depth + 1)),
        _ => {
            let join = random.pick(&["&&", "||", " && ", " || ", "&", "|"]);
            format!("{}{join}{}", condition(random, depth), condition(random, depth))
        }
    }
}
