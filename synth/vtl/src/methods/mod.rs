//! Properties and methods of Java's objects, as Velocity's introspection finds them.

mod collections;
mod input;
mod maps;
mod numbers;
mod parts;
mod resolve;
mod signatures;
mod strings;
mod util;

pub(crate) use input::InputState;
pub(crate) use util::write_escaped;

use resolve::Found;

use crate::error::ErrorKind;
use crate::render::{Flow, Interpreter};
use crate::string::JStr;
use crate::value::{Class, Heap, Object, ObjectId, Outcome, Value, exception, unsupported};

/// `on.name(arguments)`; null where there is no such method, the empty string where it returns nothing.
pub(crate) fn call<'r>(
    it: &mut Interpreter<'r>,
    on: &Value<'r>,
    name: &str,
    arguments: &[Value<'r>],
) -> Flow<Value<'r>> {
    let Some(class) = it.heap.class(on) else {
        return Ok(Value::Null);
    };
    // Nine calls in ten are these.
    match (on, name, arguments) {
        (Value::Object(id), "get", [key]) if matches!(class, Class::LinkedHashMap) => {
            return Ok(it.heap.map_get(*id, key)?);
        }
        (Value::Str(s), "replaceAll", [Value::Str(pattern), Value::Str(with)]) => {
            return Ok(strings::replace_all(it, s, pattern, with)?);
        }
        (Value::Util, "escapeJavaScript", [_]) => {
            return util::invoke(it, "escapeJavaScript(Object)", arguments);
        }
        _ => {}
    }
    let classes: Vec<Option<Class>> = arguments.iter().map(|v| it.heap.class(v)).collect();
    if class == Class::Meta {
        return class_method(it, on, name, &classes);
    }
    match resolve::resolve(class, name, &classes) {
        Found::Nothing => Ok(Value::Null),
        Found::Factory => Ok(unsupported(format!("{name}() of {class:?}"))?),
        Found::Method(method) => {
            let value = invoke(it, on, class, method.text, method.parameters.len(), arguments)?;
            Ok(if method.is_void && value.is_null() { Value::str("") } else { value })
        }
    }
}

/// `java.lang.Class` itself is out of bounds, its name and the static methods of what it names are not.
fn class_method<'r>(
    it: &mut Interpreter<'r>,
    on: &Value<'r>,
    name: &str,
    classes: &[Option<Class>],
) -> Flow<Value<'r>> {
    let Value::Class(class) = on else {
        return Ok(Value::Null);
    };
    if name == "getName" && classes.is_empty() {
        return Ok(match class.java_name() {
            Some(name) => it.heap.string(JStr::from(name))?,
            None => unsupported("the name of this object's class")?,
        });
    }
    match resolve::resolve(*class, name, classes) {
        Found::Nothing => Ok(Value::Null),
        _ => Ok(unsupported(format!("{name}() of a class"))?),
    }
}

fn invoke<'r>(
    it: &mut Interpreter<'r>,
    on: &Value<'r>,
    class: Class,
    method: &'static str,
    parameters: usize,
    arguments: &[Value<'r>],
) -> Flow<Value<'r>> {
    if arguments.len() > parameters && !method.ends_with("[])") {
        return Ok(exception("java.lang.IllegalArgumentException: wrong number of arguments")?);
    }
    match method {
        "getClass()" => return Ok(Value::Class(class)),
        "toString()" if class != Class::Block => {
            let text = it.heap.text(on)?;
            return Ok(it.heap.string(text)?);
        }
        "toString()" => {
            let text = it.text(on)?;
            return Ok(match text {
                Some(text) => Value::Str(text),
                None => Value::Null,
            });
        }
        "hashCode()" => return Ok(Value::Int(it.heap.hash_code(on)?)),
        "equals(Object)" => return Ok(Value::Bool(it.heap.equals(on, &arguments[0])?)),
        _ => {}
    }
    match (class, on) {
        (Class::String, Value::Str(s)) => strings::invoke(it, s, method, arguments),
        (Class::Input, _) => input::invoke(it, method, arguments),
        (Class::Util, _) => util::invoke(it, method, arguments),
        (
            Class::Boolean
            | Class::Byte
            | Class::Short
            | Class::Integer
            | Class::Long
            | Class::Float
            | Class::Double
            | Class::BigInteger
            | Class::BigDecimal
            | Class::Character,
            _,
        ) => Ok(numbers::invoke(&mut it.heap, on, class, method, arguments)?),
        (_, Value::Object(id)) => Ok(collections::invoke(&mut it.heap, on, *id, class, method, arguments)?),
        _ => Ok(unsupported(format!("{method} of {class:?}"))?),
    }
}

fn with_first(prefix: &str, name: &str) -> [String; 2] {
    let mut chars = name.chars();
    let other: String = match chars.next() {
        Some(c) if c.is_lowercase() => c.to_uppercase().chain(chars).collect(),
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    };
    [format!("{prefix}{name}"), format!("{prefix}{other}")]
}

/// `on.name`: a getter, a map's entry, `get(name)`, or an `is` method that gives a boolean.
pub(crate) fn property<'r>(it: &mut Interpreter<'r>, on: &Value<'r>, name: &'r str) -> Flow<Value<'r>> {
    if let Value::Object(id) = on
        && it.heap.is_linked_map(*id)
        && !name.eq_ignore_ascii_case("class")
    {
        return Ok(it.heap.map_get_text(*id, name)?);
    }
    let Some(class) = it.heap.class(on) else {
        return Ok(Value::Null);
    };
    if class == Class::Meta {
        return if name.eq_ignore_ascii_case("name") { class_method(it, on, "getName", &[]) } else { Ok(Value::Null) };
    }
    let is_array = matches!(class, Class::ObjectArray | Class::StringArray | Class::CharArray | Class::ByteArray);
    if !is_array || name.eq_ignore_ascii_case("class") {
        for getter in with_first("get", name) {
            if let Some(method) = resolve::plain(class, &getter) {
                return invoke(it, on, class, method.text, 0, &[]);
            }
        }
    }
    if it.heap.is_map(on)
        && let Value::Object(id) = on
    {
        return Ok(it.heap.map_get(*id, &Value::str(name))?);
    }
    if is_array {
        return Ok(Value::Null);
    }
    for getter in with_first("is", name) {
        if let Some(method) = resolve::plain(class, &getter) {
            return invoke(it, on, class, method.text, 0, &[]);
        }
    }
    Ok(Value::Null)
}

/// `#set($on.name = value)`
pub(crate) fn set_property<'r>(it: &mut Interpreter<'r>, on: &Value<'r>, name: &'r str, value: Value<'r>) -> Flow<()> {
    if it.heap.is_map(on)
        && let Value::Object(id) = on
    {
        it.heap.map_put(*id, Value::str(name), value)?;
        return Ok(());
    }
    if let (Value::Object(id), true) = (on, name.eq_ignore_ascii_case("value"))
        && it.heap.class(on) == Some(Class::Entry)
    {
        maps::set_entry(&mut it.heap, *id, value)?;
    }
    Ok(())
}

/// `#set($on[index] = value)`: `set`, or else `put`.
pub(crate) fn set_index<'r>(it: &mut Interpreter<'r>, on: &Value<'r>, index: Value<'r>, value: Value<'r>) -> Flow<()> {
    let Some(class) = it.heap.class(on) else {
        return Ok(());
    };
    let classes = [it.heap.class(&index), it.heap.class(&value)];
    for name in ["set", "put"] {
        match resolve::resolve(class, name, &classes) {
            Found::Nothing => {}
            Found::Factory => return Ok(unsupported(name)?),
            Found::Method(method) => {
                invoke(it, on, class, method.text, method.parameters.len(), &[index, value])?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next element of an iterator that a template holds.
pub(crate) fn iterator_next<'r>(heap: &mut Heap<'r>, id: ObjectId) -> Outcome<Value<'r>> {
    let Object::Iterator(cursor) = heap.get_mut(id) else {
        return Ok(Value::Null);
    };
    let placeholder = crate::value::Cursor::List { list: id, next: 0, changes: 0 };
    let mut cursor = std::mem::replace(&mut **cursor, placeholder);
    let result = heap.advance(&mut cursor);
    if let Object::Iterator(place) = heap.get_mut(id) {
        **place = cursor;
    }
    result
}

/// Java's text of an argument, null included.
pub(crate) fn argument_text<'r>(it: &mut Interpreter<'r>, value: &Value<'r>) -> Flow<Option<JStr<'r>>> {
    match value {
        Value::Str(text) => Ok(Some(*text)),
        Value::Null => Ok(None),
        _ => it.text(value),
    }
}

fn null_pointer<T>() -> Outcome<T> {
    exception("java.lang.NullPointerException")
}

fn int<'r>(value: &Value<'r>) -> i32 {
    crate::number::to_i32(value)
}

fn illegal<T>(message: impl Into<String>) -> Outcome<T> {
    Err(ErrorKind::Exception(message.into()).into())
}
