//! From Java's syntax to `fancy-regex`'s.

use crate::value::{Outcome, exception, unsupported};

pub(super) struct Translated {
    pub(super) text: String,
    pub(super) ascii_only: bool,
}

/// Classes by name that mean the same on both sides.
fn property(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => "\\x00-\\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => "!-/:-@\\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => " \\t",
        "Cntrl" => "\\x00-\\x1F\\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => " \\t\\n\\x0B\\f\\r",
        "L" | "IsL" => "\\p{L}",
        "Lu" | "IsLu" => "\\p{Lu}",
        "Ll" | "IsLl" => "\\p{Ll}",
        "N" | "IsN" => "\\p{N}",
        "Nd" | "IsNd" => "\\p{Nd}",
        "P" | "IsP" => "\\p{P}",
        "S" | "IsS" => "\\p{S}",
        "Z" | "IsZ" => "\\p{Z}",
        "M" | "IsM" => "\\p{M}",
        _ => return None,
    })
}

const LINE_ENDS: &str = "\\n\\r\\x{85}\\x{2028}\\x{2029}";
const DOLLAR: &str = "(?:(?=\\r\\n\\z)|(?=[\\r\\x{85}\\x{2028}\\x{2029}]\\z)|(?<!\\r)(?=\\n\\z)|\\z)";

struct Translator<'p> {
    chars: Vec<char>,
    pos: usize,
    out: String,
    ascii_only: bool,
    dot_all: Vec<bool>,
    pattern: &'p str,
}

pub(super) fn translate(pattern: &str, _ignore_case: bool) -> Outcome<Translated> {
    let mut t = Translator {
        chars: pattern.chars().collect(),
        pos: 0,
        out: String::with_capacity(pattern.len() * 2),
        ascii_only: false,
        dot_all: vec![false],
        pattern,
    };
    t.run()?;
    Ok(Translated { text: t.out, ascii_only: t.ascii_only })
}

impl Translator<'_> {
    fn refuse<T>(&self, what: &str) -> Outcome<T> {
        unsupported(format!("{what} in the regular expression {:?}", self.pattern))
    }

    fn syntax<T>(&self, what: &str) -> Outcome<T> {
        exception(format!("java.util.regex.PatternSyntaxException: {what} in {:?}", self.pattern))
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.pos + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0);
        self.pos += 1;
        c
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !c.is_ascii_whitespace() && !c.is_ascii_control() {
            self.out.push('\\');
            self.out.push(c);
        } else if c.is_ascii_whitespace() || c.is_ascii_control() {
            self.out.push_str(&format!("\\x{{{:x}}}", c as u32));
        } else {
            self.out.push(c);
        }
    }

    fn run(&mut self) -> Outcome<()> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '.' => {
                    let all = self.dot_all.last().copied().unwrap_or(false);
                    if all { self.out.push_str("(?s:.)") } else { self.out.push_str(&format!("[^{LINE_ENDS}]")) }
                }
                '$' => self.out.push_str(DOLLAR),
                '(' => self.group()?,
                ')' => {
                    if self.dot_all.len() == 1 {
                        return self.syntax("Unmatched closing ')'");
                    }
                    self.dot_all.pop();
                    self.out.push(')');
                }
                '{' => self.repetition()?,
                '^' | '|' | '*' | '+' | '?' => self.out.push(c),
                c => self.literal(c),
            }
        }
        if self.dot_all.len() != 1 {
            return self.syntax("Unclosed group");
        }
        Ok(())
    }

    fn repetition(&mut self) -> Outcome<()> {
        let start = self.pos;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit() || c == ',') {
            self.pos += 1;
        }
        let inner: String = self.chars[start..self.pos].iter().collect();
        if self.next() != Some('}')
            || !inner.starts_with(|c: char| c.is_ascii_digit())
            || inner.matches(',').count() > 1
        {
            return self.syntax("Illegal repetition");
        }
        self.out.push_str(&format!("{{{inner}}}"));
        Ok(())
    }

    fn group(&mut self) -> Outcome<()> {
        let all = self.dot_all.last().copied().unwrap_or(false);
        if self.peek(0) != Some('?') {
            self.out.push('(');
            self.dot_all.push(all);
            return Ok(());
        }
        let rest: String = self.chars[self.pos + 1..].iter().take(40).collect();
        for prefix in ["<=", "<!", ":", "=", "!", ">"] {
            if rest.starts_with(prefix) {
                self.out.push_str(&format!("(?{prefix}"));
                self.pos += 1 + prefix.len();
                self.dot_all.push(all);
                return Ok(());
            }
        }
        if let Some(named) = rest.strip_prefix('<') {
            let Some((name, _)) = named.split_once('>') else {
                return self.refuse("a long group name");
            };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
                return self.syntax("named capturing group is missing trailing '>'");
            }
            self.out.push_str(&format!("(?<{name}>"));
            self.pos += name.len() + 3;
            self.dot_all.push(all);
            return Ok(());
        }
        // (?is) or (?is:...)
        let flags: String = rest.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
        let close = rest[flags.len()..].chars().next();
        let (on, off) = flags.split_once('-').unwrap_or((&flags, ""));
        if flags.is_empty() || !on.chars().chain(off.chars()).all(|c| c == 'i' || c == 's') {
            return self.refuse("a flag");
        }
        self.ascii_only |= on.contains('i');
        let now = (all || on.contains('s')) && !off.contains('s');
        let case = match (on.contains('i'), off.contains('i')) {
            (true, false) => "i",
            (_, true) => "-i",
            _ => "",
        };
        self.pos += flags.len() + 2;
        match close {
            Some(')') => {
                if let Some(last) = self.dot_all.last_mut() {
                    *last = now;
                }
                if !case.is_empty() {
                    self.out.push_str(&format!("(?{case})"));
                }
                Ok(())
            }
            Some(':') => {
                self.out.push_str(&format!("(?{case}:"));
                self.dot_all.push(now);
                Ok(())
            }
            _ => self.syntax("Unknown inline modifier"),
        }
    }

    fn hex(&mut self, digits: usize) -> Outcome<char> {
        let text: String = self.chars[self.pos.min(self.chars.len())..].iter().take(digits).collect();
        self.pos += digits;
        match u32::from_str_radix(&text, 16) {
            Ok(code) if text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit()) => {
                match char::from_u32(code) {
                    Some(c) => Ok(c),
                    None => self.refuse("half a surrogate pair"),
                }
            }
            _ => self.syntax("Illegal hexadecimal escape sequence"),
        }
    }

    /// A set such as `0-9`, alone or inside brackets.
    fn set(&mut self, inside: bool, negated: bool, set: &str) {
        match (inside, negated) {
            (true, false) => self.out.push_str(set),
            (true, true) => self.out.push_str(&format!("[^{set}]")),
            (false, false) => self.out.push_str(&format!("[{set}]")),
            (false, true) => self.out.push_str(&format!("[^{set}]")),
        }
    }

    fn escape(&mut self, inside: bool) -> Outcome<()> {
        let Some(c) = self.next() else {
            return self.syntax("Unexpected internal error");
        };
        match c {
            'd' | 'D' => self.set(inside, c == 'D', "0-9"),
            'w' | 'W' => self.set(inside, c == 'W', "a-zA-Z_0-9"),
            's' | 'S' => self.set(inside, c == 'S', " \\t\\n\\x0B\\f\\r"),
            'h' | 'H' => self.set(
                inside,
                c == 'H',
                " \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}",
            ),
            'v' | 'V' => self.set(inside, c == 'V', "\\n\\x0B\\f\\r\\x{85}\\x{2028}\\x{2029}"),
            't' => self.literal('\t'),
            'n' => self.literal('\n'),
            'r' => self.literal('\r'),
            'f' => self.literal('\u{c}'),
            'a' => self.literal('\u{7}'),
            'e' => self.literal('\u{1b}'),
            'x' if self.peek(0) == Some('{') => {
                let text: String = self.chars[self.pos + 1..].iter().take_while(|c| **c != '}').collect();
                self.pos += text.chars().count() + 2;
                match u32::from_str_radix(&text, 16).ok().and_then(char::from_u32) {
                    Some(c) => self.literal(c),
                    None => return self.syntax("Illegal hexadecimal escape sequence"),
                }
            }
            'x' => {
                let c = self.hex(2)?;
                self.literal(c);
            }
            'u' => {
                let c = self.hex(4)?;
                self.literal(c);
            }
            '0' => {
                let digits: String = self.chars[self.pos..].iter().take(3).take_while(|c| c.is_digit(8)).collect();
                let digits = if digits.len() == 3 && !digits.starts_with(['0', '1', '2', '3']) {
                    digits[..2].to_owned()
                } else {
                    digits
                };
                match u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32) {
                    Some(c) => {
                        self.pos += digits.len();
                        self.literal(c);
                    }
                    None => return self.syntax("Illegal octal escape sequence"),
                }
            }
            'p' | 'P' => {
                let name: String = match self.next() {
                    Some('{') => {
                        let name: String = self.chars[self.pos..].iter().take_while(|c| **c != '}').collect();
                        self.pos += name.chars().count() + 1;
                        name
                    }
                    Some(c) => c.to_string(),
                    None => return self.syntax("Unclosed character family"),
                };
                match property(&name) {
                    Some(set) => self.set(inside, c == 'P', set),
                    None => return self.refuse("this character family"),
                }
            }
            'Q' => {
                let rest: String = self.chars[self.pos..].iter().collect();
                let quoted = rest.split("\\E").next().unwrap_or("").to_owned();
                let has_end = rest.contains("\\E");
                self.pos += quoted.chars().count() + if has_end { 2 } else { 0 };
                for c in quoted.chars() {
                    self.literal(c);
                }
            }
            'E' => return self.refuse("a lone \\E"),
            'b' | 'B' if !inside => {
                if self.peek(0) == Some('{') {
                    return self.refuse("\\b{g}");
                }
                self.ascii_only = true;
                self.out.push('\\');
                self.out.push(c);
            }
            'A' | 'z' if !inside => {
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' if !inside => self.out.push_str(DOLLAR),
            'k' if !inside => {
                let name: String = self.chars[self.pos..].iter().skip(1).take_while(|c| **c != '>').collect();
                self.pos += name.chars().count() + 2;
                self.out.push_str(&format!("\\k<{name}>"));
            }
            '1'..='9' if !inside => {
                if self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
                    return self.refuse("a back reference followed by a digit");
                }
                self.out.push_str(&format!("(?:\\{c})"));
            }
            c if c.is_ascii_alphanumeric() => {
                return if matches!(c, 'G' | 'R' | 'X' | 'N' | 'c') {
                    self.refuse("this escape")
                } else {
                    self.syntax("Illegal/unsupported escape sequence")
                };
            }
            c => self.literal(c),
        }
        Ok(())
    }

    fn class(&mut self) -> Outcome<()> {
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.pos += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else {
                return self.syntax("Unclosed character class");
            };
            match c {
                ']' if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                ']' => return self.refuse("a class that starts with ]"),
                '[' => return self.refuse("a class in a class"),
                '&' if self.peek(0) == Some('&') => {
                    return self.refuse("an intersection of classes");
                }
                '\\' => self.escape(true)?,
                '-' => {
                    // A dash is a range between two characters, else itself.
                    let range = !first && self.peek(0).is_some_and(|c| c != ']');
                    if range && self.peek(0) == Some('[') {
                        return self.refuse("a class in a class");
                    }
                    self.out.push_str(if range { "-" } else { "\\-" });
                }
                c => self.literal(c),
            }
            first = false;
        }
    }
}
