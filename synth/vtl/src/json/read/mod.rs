//! Values, read from JSON.
//!
//! The text is looked at byte by byte: all characters that mean something are ASCII, and the bytes of others are not.

mod scalars;

use crate::error::ErrorKind;
use crate::scan;
use crate::string::{JStr, Out, Tag};
use crate::value::{Chain, Heap, Key, ListKind, Member, ObjectId, Outcome, Value, unsupported};

/// Written over a text's end; the character itself ends a text too.
const END: u8 = 0x1a;

/// An object with more members than these is looked through by an index.
const SMALL: u32 = 8;

/// What a member takes, for the limits.
const MEMBER: usize = 96;

/// Where an unquoted word ends.
#[derive(Clone, Copy)]
enum Until {
    /// The end of the text.
    End,
    Key,
    Value,
    Array,
}

impl Until {
    fn stops(self, b: u8) -> bool {
        b == END
            || match self {
                Until::End => false,
                Until::Key => b == b':',
                Until::Value => b == b',' || b == b'}',
                Until::Array => b == b',' || b == b']',
            }
    }
}

/// Parses a text permissively: unquoted and single-quoted strings, spare commas, whatever follows the value.
pub(crate) fn parse<'r>(heap: &mut Heap<'r>, text: &JStr<'r>) -> Outcome<Value<'r>> {
    let JStr::Utf8(text) = *text else {
        return unsupported("half a surrogate pair in JSON");
    };
    heap.charge(text.len())?;
    heap.step(text.len() / 16)?;
    heap.expect_json(text.len())?;
    let members = std::mem::take(&mut heap.members);
    let mut parser = Parser { text, pos: 0, heap, members, scratch: Out::new() };
    let value = parser.value(Until::End);
    parser.heap.members = parser.members;
    value
}

struct Parser<'h, 'r> {
    text: &'r str,
    pos: usize,
    heap: &'h mut Heap<'r>,
    /// The heap's members, which are here while more are read.
    members: Vec<Member<'r>>,
    /// Where strings with escapes are put together.
    scratch: Out,
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

impl<'r> Parser<'_, 'r> {
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.pos).copied().unwrap_or(END)
    }

    #[cold]
    fn fail<T>(&self, what: &str) -> Outcome<T> {
        Err(ErrorKind::NotJson(format!("{what} at character {}", self.text[..self.pos].chars().count())).into())
    }

    #[cold]
    fn unexpected<T>(&self) -> Outcome<T> {
        match self.text[self.pos..].chars().next() {
            None | Some('\u{1a}') => self.fail("unexpected end"),
            Some(c) => self.fail(&format!("unexpected {c:?}")),
        }
    }

    fn skip_space(&mut self) {
        while self.text.as_bytes().get(self.pos).is_some_and(|b| *b <= b' ' && *b != END) {
            self.pos += 1;
        }
    }

    fn skip_until(&mut self, until: Until) {
        let rest = &self.text.as_bytes()[self.pos..];
        self.pos += rest.iter().position(|b| until.stops(*b)).unwrap_or(rest.len());
    }

    /// What is not quoted, from a place on to where it ends.
    #[inline(never)]
    fn word(&mut self, start: usize, until: Until) -> &'r str {
        self.skip_until(until);
        trim(&self.text[start..self.pos])
    }

    fn value(&mut self, until: Until) -> Outcome<Value<'r>> {
        loop {
            return match self.byte() {
                b' ' | b'\r' | b'\n' | b'\t' => {
                    self.pos += 1;
                    continue;
                }
                quote @ (b'"' | b'\'') => Ok(Value::Str(self.string(quote)?)),
                b'{' => Ok(Value::Object(self.object()?)),
                b'[' => Ok(Value::Object(self.array()?)),
                b':' | b'}' | b']' => self.unexpected(),
                b'0'..=b'9' | b'-' => self.number(until),
                _ => {
                    let word = self.word(self.pos, until);
                    Ok(match word {
                        "null" => Value::Null,
                        "true" => Value::Bool(true),
                        "false" => Value::Bool(false),
                        "NaN" => Value::Float(f32::NAN),
                        _ => Value::str(word),
                    })
                }
            };
        }
    }

    #[inline(never)]
    fn array(&mut self) -> Outcome<ObjectId> {
        self.heap.enter()?;
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            match self.byte() {
                b' ' | b'\r' | b'\n' | b'\t' | b',' => self.pos += 1,
                b']' => {
                    self.pos += 1;
                    self.heap.leave();
                    return self.heap.list_of(ListKind::JsonArray, items);
                }
                b':' | b'}' | END => return self.unexpected(),
                b'{' => items.push(Value::Object(self.object()?)),
                _ => items.push(self.value(Until::Array)?),
            }
        }
    }

    #[inline(never)]
    fn object(&mut self) -> Outcome<ObjectId> {
        self.heap.enter()?;
        let (mut chain, mut last) = (Chain::EMPTY, 0);
        loop {
            self.pos += 1;
            let (name, tag) = match self.plain_name() {
                Some(plain) => plain,
                None => match self.name()? {
                    Some(JStr::Utf8(name)) => (name, Tag::of(name)),
                    Some(wide) => return self.large_object(chain, wide),
                    None => break,
                },
            };
            if let Some((same, _)) = chain.find(&self.members, tag, name) {
                // The last of several with one name counts, in the place of the first.
                let value = self.value(Until::Value)?;
                self.members[same].value = value;
                self.heap.charge(MEMBER)?;
                self.heap.step(1)?;
            } else if chain.len == SMALL {
                return self.large_object(chain, JStr::from(name));
            } else {
                // Most values are strings or objects, right behind the colon. Each is put where it belongs in a branch
                // of its own: handed on to a common place, it would go through memory.
                match self.byte() {
                    b'"' => match self.plain_string() {
                        Some(text) => chain.add(&mut last, &mut self.members, tag, name, Value::str(text)),
                        None => {
                            let text = self.escaped_string(b'"')?;
                            chain.add(&mut last, &mut self.members, tag, name, Value::Str(text));
                        }
                    },
                    b'{' => {
                        let id = self.object()?;
                        chain.add(&mut last, &mut self.members, tag, name, Value::Object(id));
                    }
                    _ => {
                        let value = self.value(Until::Value)?;
                        chain.add(&mut last, &mut self.members, tag, name, value);
                    }
                }
            }
            match self.byte() {
                b',' => {}
                b'}' => break,
                _ if self.goes_on()? => {}
                _ => break,
            }
        }
        self.pos += 1;
        self.heap.leave();
        self.heap.step(chain.len as usize)?;
        self.heap.map_of(chain, MEMBER * chain.len as usize)
    }

    /// The rest of an object from the value of a member on that has half a surrogate pair in its name, or is one too
    /// many to look for without an index.
    #[inline(never)]
    fn large_object(&mut self, chain: Chain, name: JStr<'r>) -> Outcome<ObjectId> {
        let mut entries = Box::new(chain.entries(&self.members));
        let (mut name, mut count) = (name, chain.len as usize);
        loop {
            let value = self.value(Until::Value)?;
            self.heap.charge(MEMBER)?;
            count += 1;
            let key = Key::Str(name);
            match entries.get_mut(&key) {
                Some((_, old)) => *old = value,
                None => entries.push(key, (Value::Str(name), value)),
            }
            if !self.goes_on()? {
                break;
            }
            self.pos += 1;
            match self.name()? {
                Some(next) => name = next,
                None => break,
            }
        }
        self.pos += 1;
        self.heap.leave();
        self.heap.step(count)?;
        self.heap.large_map_of(entries)
    }

    /// Whether a comma follows a member's value, and not the object's end.
    #[inline(never)]
    fn goes_on(&mut self) -> Outcome<bool> {
        self.skip_space();
        match self.byte() {
            b',' => Ok(true),
            b'}' => Ok(false),
            _ => self.unexpected(),
        }
    }

    /// A name as nearly all are: in double quotes, without escapes, so short that one word has all of it, and with the
    /// colon and the value right behind it. Nothing is read where it is another.
    #[inline(always)]
    fn plain_name(&mut self) -> Option<(&'r str, Tag)> {
        let chunk = self.text.as_bytes().get(self.pos..)?.first_chunk::<16>()?;
        let word = scan::word(chunk, 1)?;
        let len = scan::find_within(word, [b'"', b'\\']);
        if chunk[0] != b'"' || chunk[1 + len] != b'"' || chunk[2 + len] != b':' {
            return None;
        }
        let start = self.pos + 1;
        self.pos = start + len + 2;
        Some((&self.text[start..start + len], Tag::begins(word, len)))
    }

    /// The next member's name, up to and including the colon; `None` at the end of the object.
    #[inline(never)]
    fn name(&mut self) -> Outcome<Option<JStr<'r>>> {
        while matches!(self.byte(), b' ' | b'\r' | b'\n' | b'\t' | b',') {
            self.pos += 1;
        }
        let name = match self.byte() {
            quote @ (b'"' | b'\'') => self.string(quote)?,
            b':' | b']' | b'[' | b'{' => return self.unexpected(),
            b'}' => return Ok(None),
            _ => JStr::from(self.word(self.pos, Until::Key)),
        };
        self.skip_space();
        if self.byte() != b':' {
            return self.unexpected();
        }
        self.pos += 1;
        if self.pos >= self.text.len() {
            return self.unexpected();
        }
        Ok(Some(name))
    }
}
