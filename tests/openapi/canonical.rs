//! What an OpenAPI 3.0 document means, whatever its wording and organisation.
//!
//! Written apart from the synthesizer's own reader on purpose: two readers with the same mistake would agree.

use serde_json::{Map, Value, json};

/// Keywords that change what people read and nothing else.
pub(crate) const WORDING: [&str; 6] = ["title", "description", "summary", "example", "examples", "externalDocs"];

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Deeper than any schema that is meant: a reference that leads back to itself.
const MAX_DEPTH: usize = 50;

/// Reads YAML into the same tree that JSON has.
pub(crate) fn parse(name: &str, text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{name} is no YAML: {error}"))
}

/// The meaning of a document: references followed, `allOf` merged, defaults filled in, order and wording gone.
///
/// Operations are keyed by method and path, parameters by place and name.
pub(crate) fn canonical(document: &Value) -> Result<Value, String> {
    let reader = Reader { document };
    let mut operations = Map::new();
    for (path, item) in object(&document["paths"], "paths")? {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let at = format!("{method} {path}");
                let operation = reader.operation(item, operation).map_err(|error| format!("{at}: {error}"))?;
                operations.insert(at, operation);
            }
        }
    }
    let mut schemes = Map::new();
    for (name, scheme) in object(&document["components"]["securitySchemes"], "securitySchemes")? {
        schemes.insert(name.clone(), reader.plain(scheme)?);
    }
    let version = document["openapi"].as_str().ok_or("openapi is missing")?;
    let family: Vec<&str> = version.split('.').take(2).collect();
    Ok(json!({
        "openapi": family.join("."),
        "version": document["info"]["version"],
        "security": security(&document["security"])?,
        "securitySchemes": schemes,
        "operations": operations,
    }))
}

struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn operation(&self, item: &'a Value, operation: &'a Value) -> Result<Value, String> {
        let mut out = Map::new();
        for (key, value) in object(operation, "operation")? {
            let value = match key.as_str() {
                "parameters" | "security" => continue,
                "tags" => sorted(value)?,
                "requestBody" => self.body(value)?,
                "responses" => self.responses(value)?,
                key if WORDING.contains(&key) => continue,
                _ => value.clone(),
            };
            out.insert(key.clone(), value);
        }
        let of_operation = operation.get("security").unwrap_or(&self.document["security"]);
        out.insert("security".to_owned(), security(of_operation)?);
        out.insert("parameters".to_owned(), self.parameters(&[item, operation])?);
        Ok(Value::Object(out))
    }

    /// Those of the path first, so that the operation's own replace them.
    fn parameters(&self, holders: &[&'a Value]) -> Result<Value, String> {
        let mut out = Map::new();
        for parameter in holders
            .iter()
            .filter_map(|holder| holder.get("parameters"))
            .flat_map(|list| list.as_array().into_iter().flatten())
        {
            let parameter = self.resolve(parameter)?;
            let name = text(parameter, "name")?;
            let place = text(parameter, "in")?;
            let mut meaning = self.described(parameter)?;
            meaning.remove("name");
            meaning.remove("in");
            let style = if matches!(place, "query" | "cookie") { "form" } else { "simple" };
            let style = meaning.entry("style").or_insert_with(|| style.into()).clone();
            meaning.entry("explode").or_insert_with(|| (style == "form").into());
            let key =
                if place == "header" { format!("header {}", name.to_lowercase()) } else { format!("{place} {name}") };
            out.insert(key, Value::Object(meaning));
        }
        Ok(Value::Object(out))
    }

    fn body(&self, body: &'a Value) -> Result<Value, String> {
        Ok(Value::Object(self.described(self.resolve(body)?)?))
    }

    fn responses(&self, responses: &'a Value) -> Result<Value, String> {
        let mut out = Map::new();
        for (status, response) in object(responses, "responses")? {
            let response = self.resolve(response)?;
            let mut meaning = Map::new();
            for (key, value) in object(response, "response")? {
                let value = match key.as_str() {
                    "headers" => self.headers(value)?,
                    "content" => self.content(value)?,
                    key if WORDING.contains(&key) => continue,
                    _ => value.clone(),
                };
                meaning.insert(key.clone(), value);
            }
            out.insert(status.clone(), Value::Object(meaning));
        }
        Ok(Value::Object(out))
    }

    fn headers(&self, headers: &'a Value) -> Result<Value, String> {
        let mut out = Map::new();
        for (name, header) in object(headers, "headers")? {
            let meaning = self.described(self.resolve(header)?)?;
            out.insert(name.to_lowercase(), Value::Object(meaning));
        }
        Ok(Value::Object(out))
    }

    fn content(&self, content: &'a Value) -> Result<Value, String> {
        let mut out = Map::new();
        for (media_type, body) in object(content, "content")? {
            out.insert(media_type.clone(), Value::Object(self.described(body)?));
        }
        Ok(Value::Object(out))
    }

    /// A parameter, header, body or media type: `required` filled in, schema and content made canonical.
    fn described(&self, node: &'a Value) -> Result<Map<String, Value>, String> {
        let mut out = Map::from_iter([("required".to_owned(), Value::Bool(false))]);
        for (key, value) in object(node, "description of a value")? {
            let value = match key.as_str() {
                "schema" => self.schema(value, 0)?,
                "content" => self.content(value)?,
                key if WORDING.contains(&key) => continue,
                _ => value.clone(),
            };
            out.insert(key.clone(), value);
        }
        Ok(out)
    }

    fn schema(&self, node: &'a Value, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err("a schema refers to itself".to_owned());
        }
        let mut out = Map::new();
        for (key, value) in object(self.resolve(node)?, "schema")? {
            let value = match key.as_str() {
                "allOf" => {
                    for part in list(value, "allOf")? {
                        merge(&mut out, self.schema(part, depth + 1)?)?;
                    }
                    continue;
                }
                "anyOf" | "oneOf" => {
                    let parts = list(value, key)?.iter();
                    let parts: Result<Vec<_>, _> = parts.map(|part| self.schema(part, depth + 1)).collect();
                    sorted(&Value::Array(parts?))?
                }
                "properties" => {
                    let mut properties = Map::new();
                    for (name, property) in object(value, "properties")? {
                        properties.insert(name.clone(), self.schema(property, depth + 1)?);
                    }
                    Value::Object(properties)
                }
                "items" | "not" => self.schema(value, depth + 1)?,
                "additionalProperties" if value.is_object() => self.schema(value, depth + 1)?,
                "required" | "enum" => sorted(value)?,
                key if WORDING.contains(&key) => continue,
                _ => value.clone(),
            };
            merge(&mut out, json!({ key: value }))?;
        }
        Ok(Value::Object(out))
    }

    /// The node with its wording left out, one level deep.
    fn plain(&self, node: &'a Value) -> Result<Value, String> {
        let mut node = object(self.resolve(node)?, "component")?.clone();
        node.retain(|key, _| !WORDING.contains(&key.as_str()));
        Ok(Value::Object(node))
    }

    fn resolve(&self, mut node: &'a Value) -> Result<&'a Value, String> {
        for _ in 0..MAX_DEPTH {
            let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
                return Ok(node);
            };
            node = reference
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer))
                .ok_or_else(|| format!("{reference} leads nowhere"))?;
        }
        Err("a reference refers to itself".to_owned())
    }
}

/// Adds one part of an `allOf` to the others. Parts may repeat each other but not differ.
fn merge(into: &mut Map<String, Value>, part: Value) -> Result<(), String> {
    let Value::Object(part) = part else {
        return Err("a part of allOf is no object".to_owned());
    };
    for (key, value) in part {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Array(have)), Value::Array(more)) if key == "required" => {
                have.extend(more);
                *have = unique(have.clone());
            }
            (Some(Value::Object(have)), Value::Object(more)) if key == "properties" => {
                for (name, property) in more {
                    match have.get(&name) {
                        Some(known) if *known != property => {
                            return Err(format!("two parts of allOf differ on property {name}"));
                        }
                        _ => have.insert(name, property),
                    };
                }
            }
            (Some(have), value) if *have != value => {
                return Err(format!("two parts of allOf differ on {key}"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Alternatives and scopes have no order.
fn security(requirements: &Value) -> Result<Value, String> {
    let mut out = Vec::new();
    for requirement in list(requirements, "security")? {
        let mut schemes = Map::new();
        for (scheme, scopes) in object(requirement, "security requirement")? {
            schemes.insert(scheme.clone(), sorted(scopes)?);
        }
        out.push(Value::Object(schemes));
    }
    sorted(&Value::Array(out))
}

fn sorted(value: &Value) -> Result<Value, String> {
    Ok(Value::Array(unique(list(value, "set")?.clone())))
}

fn unique(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values.dedup();
    values
}

fn object<'v>(value: &'v Value, what: &str) -> Result<&'v Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{what} is missing or no mapping: {value}"))
}

fn list<'v>(value: &'v Value, what: &str) -> Result<&'v Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("{what} is missing or no list: {value}"))
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    value[key].as_str().ok_or_else(|| format!("{key} is missing in {value}"))
}
