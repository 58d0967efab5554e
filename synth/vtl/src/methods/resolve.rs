//! Which overload of a method Velocity calls: the most specific one that the arguments' classes fit.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::signatures as s;
use crate::value::Class;

pub(super) struct Signature {
    pub(super) parameters: Vec<&'static str>,
    pub(super) is_void: bool,
    /// `name(types)`
    pub(super) text: &'static str,
}

/// What looking for a method gives.
pub(super) enum Found {
    Method(&'static Signature),
    /// No such method, or several that fit equally well: null, as in Velocity.
    Nothing,
    /// The interfaces' factory methods (`of`).
    Factory,
}

type Methods = HashMap<&'static str, Vec<Signature>>;

fn groups(class: Class) -> &'static [&'static str] {
    match class {
        Class::Boolean => &[s::BOOLEAN],
        Class::Byte => &[s::BYTE],
        Class::Short => &[s::SHORT],
        Class::Integer => &[s::INTEGER],
        Class::Long => &[s::LONG],
        Class::Float => &[s::FLOAT],
        Class::Double => &[s::DOUBLE],
        Class::BigInteger => &[s::BIG_INTEGER],
        Class::BigDecimal => &[s::BIG_DECIMAL],
        Class::Character => &[s::CHARACTER],
        Class::String => &[s::STRING],
        Class::ArrayList => &[s::COLLECTION, s::LIST, s::ARRAY_LIST],
        Class::JsonArray => &[s::COLLECTION, s::LIST, s::ARRAY_LIST, s::JSON_ARRAY],
        Class::SubList | Class::ObjectArray | Class::StringArray | Class::CharArray | Class::ByteArray => {
            &[s::COLLECTION, s::LIST]
        }
        Class::LinkedHashMap => &[s::MAP, s::HASH_MAP],
        Class::JsonObject => &[s::MAP, s::HASH_MAP, s::JSON_OBJECT],
        Class::KeySet | Class::EntrySet => &[s::COLLECTION, s::SET],
        Class::Values => &[s::COLLECTION],
        Class::Entry => &[s::ENTRY],
        Class::Iterator => &[s::ITERATOR],
        Class::Foreach => &[s::MAP, s::FOREACH],
        Class::Block => &[s::BLOCK],
        Class::Input => &[s::INPUT],
        Class::Util => &[s::UTIL],
        Class::Meta => &[],
    }
}

fn methods(class: Class) -> &'static Methods {
    static TABLES: OnceLock<HashMap<Class, Methods>> = OnceLock::new();
    static NONE: OnceLock<Methods> = OnceLock::new();
    const CLASSES: [Class; 30] = [
        Class::Boolean,
        Class::Byte,
        Class::Short,
        Class::Integer,
        Class::Long,
        Class::Float,
        Class::Double,
        Class::BigInteger,
        Class::BigDecimal,
        Class::Character,
        Class::String,
        Class::ArrayList,
        Class::JsonArray,
        Class::SubList,
        Class::ObjectArray,
        Class::StringArray,
        Class::CharArray,
        Class::ByteArray,
        Class::LinkedHashMap,
        Class::JsonObject,
        Class::KeySet,
        Class::Values,
        Class::EntrySet,
        Class::Entry,
        Class::Iterator,
        Class::Foreach,
        Class::Block,
        Class::Input,
        Class::Util,
        Class::Meta,
    ];
    let tables = TABLES.get_or_init(|| CLASSES.into_iter().map(|class| (class, table(class))).collect());
    tables.get(&class).unwrap_or_else(|| NONE.get_or_init(Methods::new))
}

fn table(class: Class) -> Methods {
    let mut methods = Methods::new();
    for word in groups(class).iter().flat_map(|group| group.split_whitespace()) {
        let (name, rest) = word.split_once('(').unwrap_or((word, ")"));
        let (parameters, flags) = rest.split_once(')').unwrap_or((rest, ""));
        methods.entry(name).or_default().push(Signature {
            parameters: parameters.split(',').filter(|p| !p.is_empty()).collect(),
            is_void: flags == "v",
            text: word.trim_end_matches('v'),
        });
    }
    methods
}

fn is_primitive(formal: &str) -> bool {
    formal.starts_with(|c: char| c.is_ascii_lowercase()) && !formal.ends_with("[]")
}

fn is_assignable(formal: &str, actual: Class) -> bool {
    if formal == "Object" {
        return true;
    }
    let supertypes: &[&str] = match actual {
        Class::String => &["String", "CharSequence", "Comparable"],
        Class::Boolean => &["Boolean", "Comparable"],
        Class::Character => &["Character", "Comparable"],
        Class::Byte => &["Byte", "Number", "Comparable"],
        Class::Short => &["Short", "Number", "Comparable"],
        Class::Integer => &["Integer", "Number", "Comparable"],
        Class::Long => &["Long", "Number", "Comparable"],
        Class::Float => &["Float", "Number", "Comparable"],
        Class::Double => &["Double", "Number", "Comparable"],
        Class::BigInteger => &["BigInteger", "Number", "Comparable"],
        Class::BigDecimal => &["BigDecimal", "Number", "Comparable"],
        Class::ArrayList | Class::JsonArray | Class::SubList => &["List", "Collection", "Iterable"],
        Class::KeySet | Class::EntrySet => &["Set", "Collection", "Iterable"],
        Class::Values => &["Collection", "Iterable"],
        Class::LinkedHashMap | Class::JsonObject | Class::Foreach => &["Map"],
        Class::Entry => &["Entry"],
        Class::ObjectArray => &["Object[]"],
        Class::StringArray => &["String[]", "CharSequence[]", "Object[]"],
        Class::CharArray => &["char[]"],
        Class::ByteArray => &["byte[]"],
        _ => &[],
    };
    supertypes.contains(&formal)
}

/// Velocity's rule for passing an argument.
fn is_convertible(formal: &str, actual: Option<Class>, last: bool) -> bool {
    use Class::{Boolean, Byte, Character, Double, Float, Integer, Long, Short};
    let Some(actual) = actual else {
        return !is_primitive(formal);
    };
    let fits = match formal {
        "boolean" => actual == Boolean,
        "char" => actual == Character,
        "byte" => actual == Byte,
        "short" => matches!(actual, Short | Byte),
        "int" => matches!(actual, Integer | Short | Byte),
        "long" => matches!(actual, Long | Integer | Short | Byte),
        "float" => matches!(actual, Float | Long | Integer | Short | Byte),
        "double" => matches!(actual, Double | Float | Long | Integer | Short | Byte),
        _ => is_assignable(formal, actual),
    };
    fits || (last
        && formal.strip_suffix("[]").is_some_and(|component| {
            let actual = match actual {
                Class::StringArray => Class::String,
                Class::CharArray => Class::Character,
                Class::ByteArray => Class::Byte,
                other => other,
            };
            is_convertible(component, Some(actual), false)
        }))
}

fn is_applicable(parameters: &[&str], arguments: &[Option<Class>]) -> bool {
    let last_is_array = parameters.last().is_some_and(|p| p.ends_with("[]"));
    let fits = |(formal, actual): (&&str, &Option<Class>)| is_convertible(formal, *actual, false);
    if parameters.len() > arguments.len() {
        parameters.len() == arguments.len() + 1 && last_is_array && parameters.iter().zip(arguments).all(fits)
    } else if parameters.len() == arguments.len() {
        let last = parameters.len().saturating_sub(1);
        parameters
            .iter()
            .zip(arguments)
            .enumerate()
            .all(|(i, (formal, actual))| is_convertible(formal, *actual, i == last && last_is_array))
    } else if let Some((array, before)) = parameters.split_last() {
        let Some(component) = array.strip_suffix("[]") else {
            return false;
        };
        before.iter().zip(arguments).all(fits)
            && arguments[before.len()..].iter().all(|actual| is_convertible(component, *actual, false))
    } else {
        // Velocity takes a method without parameters whatever it is given; the call then fails.
        true
    }
}

fn is_wider(formal: &str, other: &str) -> bool {
    if formal == other {
        return true;
    }
    let numbers = ["byte", "short", "int", "long", "float", "double"];
    if let (Some(wide), Some(narrow)) =
        (numbers.iter().position(|n| *n == formal), numbers.iter().position(|n| *n == other))
    {
        return wide > narrow;
    }
    if is_primitive(other) || is_primitive(formal) {
        return false;
    }
    match formal {
        "Object" => true,
        "CharSequence" => other == "String",
        "Comparable" => {
            matches!(other, "String" | "Integer" | "Long" | "Double" | "Float" | "Boolean" | "Character" | "BigDecimal")
        }
        "Iterable" => matches!(other, "Collection" | "List" | "Set"),
        "Collection" => matches!(other, "List" | "Set"),
        _ => false,
    }
}

fn is_more_specific(a: &[&str], b: &[&str]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(a.len() > b.len());
    }
    let (mut a_more, mut b_more) = (false, false);
    for (x, y) in a.iter().zip(b) {
        if x != y {
            a_more |= is_wider(y, x) || *y == "Object";
            b_more |= is_wider(x, y) || *x == "Object";
        }
    }
    match (a_more, b_more) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Whether the arguments have just the classes that the method asks for; null passes for an Object.
fn is_exact(parameters: &[&str], arguments: &[Option<Class>]) -> bool {
    parameters.len() == arguments.len()
        && parameters.iter().zip(arguments).all(|(formal, actual)| is_own_class(formal, *actual))
}

fn is_own_class(formal: &str, actual: Option<Class>) -> bool {
    let Some(actual) = actual else {
        return formal == "Object";
    };
    match actual {
        Class::Integer => matches!(formal, "int" | "Integer"),
        Class::Long => matches!(formal, "long" | "Long"),
        Class::Float => matches!(formal, "float" | "Float"),
        Class::Double => matches!(formal, "double" | "Double"),
        Class::Boolean => matches!(formal, "boolean" | "Boolean"),
        Class::Character => matches!(formal, "char" | "Character"),
        Class::Byte => matches!(formal, "byte" | "Byte"),
        Class::Short => matches!(formal, "short" | "Short"),
        Class::String => formal == "String",
        Class::BigInteger => formal == "BigInteger",
        Class::BigDecimal => formal == "BigDecimal",
        Class::ObjectArray => formal == "Object[]",
        Class::StringArray => formal == "String[]",
        Class::CharArray => formal == "char[]",
        Class::ByteArray => formal == "byte[]",
        _ => false,
    }
}

/// Velocity's choice.
pub(super) fn resolve(class: Class, name: &str, arguments: &[Option<Class>]) -> Found {
    if matches!(name, "wait" | "notify") {
        return Found::Nothing;
    }
    if name == "of" {
        let is_map = matches!(class, Class::LinkedHashMap | Class::JsonObject | Class::Foreach);
        let is_other = methods(class).contains_key("copyOf") && class != Class::Entry;
        return if is_other && (!is_map || (arguments.len().is_multiple_of(2) && arguments.len() <= 20)) {
            Found::Factory
        } else {
            Found::Nothing
        };
    }
    let Some(candidates) = methods(class).get(name) else {
        return Found::Nothing;
    };
    if let Some(exact) = candidates.iter().find(|c| is_exact(&c.parameters, arguments)) {
        return Found::Method(exact);
    }
    let mut best: Option<&'static Signature> = None;
    let mut equal: Vec<&'static Signature> = Vec::new();
    for candidate in candidates.iter().filter(|c| is_applicable(&c.parameters, arguments)) {
        let Some(current) = best else {
            best = Some(candidate);
            continue;
        };
        match is_more_specific(&candidate.parameters, &current.parameters) {
            Some(true) if equal.is_empty() => best = Some(candidate),
            Some(true) => {
                if equal.iter().any(|e| is_more_specific(&candidate.parameters, &e.parameters) == Some(true)) {
                    best = Some(candidate);
                    equal.clear();
                } else {
                    equal.push(candidate);
                }
            }
            None => equal.push(candidate),
            Some(false) => {}
        }
    }
    match best {
        Some(method) if equal.is_empty() => Found::Method(method),
        _ => Found::Nothing,
    }
}

/// A method without parameters of that name.
pub(super) fn plain(class: Class, name: &str) -> Option<&'static Signature> {
    methods(class).get(name)?.iter().find(|m| m.parameters.is_empty())
}
