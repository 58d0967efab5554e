//! Java's `toString`.

use super::{Heap, JMap, ListKind, MapKind, Object, ObjectId, Outcome, Value, unsupported};
use crate::error::ErrorKind;
use crate::number;
use crate::string::{JStr, Out};

impl<'r> Heap<'r> {
    /// Java's `toString`. Blocks are rendered by the interpreter before they come here.
    pub(crate) fn write(&mut self, value: &Value<'r>, out: &mut Out) -> Outcome<()> {
        self.step(1)?;
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Byte(n) => out.display(n),
            Value::Short(n) => out.display(n),
            Value::Int(n) => out.display(n),
            Value::Long(n) => out.display(n),
            Value::Float(n) => out.push_str(&number::float(*n)),
            Value::Double(n) => out.push_str(&number::double(*n)),
            Value::BigInt(n) => out.display(n),
            Value::BigDec(n) => out.display(n),
            Value::Char(c) => out.push_unit(*c),
            Value::Str(s) => out.push(s),
            Value::Input | Value::Util => out.push_str("{}"),
            Value::Class(class) => match class.java_name() {
                Some(name) => {
                    out.push_str("class ");
                    out.push_str(name);
                }
                None => return unsupported("the name of this object's class"),
            },
            Value::Object(id) => self.write_object(*id, out)?,
        }
        self.check_text(out)
    }

    /// An error where a text has become longer than an output may be.
    #[inline]
    pub(crate) fn check_text(&self, out: &Out) -> Outcome<()> {
        if out.len() > self.limits.output_bytes { self.too_long("a text") } else { Ok(()) }
    }

    #[cold]
    pub(crate) fn too_long(&self, what: &str) -> Outcome<()> {
        Err(ErrorKind::Limit(format!("{what} gets longer than {} bytes", self.limits.output_bytes)).into())
    }

    pub(super) fn write_object(&mut self, id: ObjectId, out: &mut Out) -> Outcome<()> {
        match self.get(id) {
            Object::List { kind: ListKind::JsonArray, .. } => crate::json::write(self, &Value::Object(id), true, out),
            Object::List { kind: ListKind::ArrayList, .. } | Object::SubList { .. } | Object::View { .. } => {
                let items = self.items(id)?;
                out.push_str("[");
                self.deeper(|h| {
                    for (i, item) in items.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        match item {
                            Value::Object(inner) if *inner == id => out.push_str("(this Collection)"),
                            _ => h.write(item, out)?,
                        }
                    }
                    Ok(())
                })?;
                out.push_str("]");
                Ok(())
            }
            Object::Map(JMap { kind: MapKind::JsonObject, .. }) => {
                crate::json::write(self, &Value::Object(id), true, out)
            }
            Object::Read(_) | Object::Map(_) | Object::Scope(_) => {
                let keys = self.ordered_keys(id)?;
                out.push_str("{");
                self.deeper(|h| {
                    for (i, key) in keys.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        let (k, v) = h.entry_of(id, key);
                        for (part, separator) in [(k, "="), (v, "")] {
                            match part {
                                Value::Object(inner) if inner == id => out.push_str("(this Map)"),
                                _ => h.write(&part, out)?,
                            }
                            out.push_str(separator);
                        }
                    }
                    Ok(())
                })?;
                out.push_str("}");
                Ok(())
            }
            Object::Entry { .. } => {
                let (k, v) = self.entry_parts(id)?;
                self.deeper(|h| {
                    h.write(&k, out)?;
                    out.push_str("=");
                    h.write(&v, out)
                })
            }
            Object::Block { .. } => unsupported("a block of `#define` inside a list or map"),
            Object::List { .. } | Object::Iterator(_) => {
                unsupported("the text of an array or an iterator, which differs from run to run,")
            }
        }
    }

    pub(crate) fn text(&mut self, value: &Value<'r>) -> Outcome<JStr<'r>> {
        if let Value::Str(s) = value {
            return Ok(*s);
        }
        let mut out = Out::new();
        self.write(value, &mut out)?;
        self.charge(out.len())?;
        Ok(self.keep(out))
    }
}
