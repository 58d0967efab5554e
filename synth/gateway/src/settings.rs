//! Settings, which a template may also write as text: a parameter of CloudFormation is always text, so `{"Ref": "Rate"}`
//! gives `"5"` where 5 is meant. What is neither is a mistake, and never as if it were not there.

use serde_json::Value as Json;

/// A truth value, `None` where there is none. `Err` says what is wrong with it.
pub(crate) fn truth(of: &Json, key: &str) -> Result<Option<bool>, String> {
    read(of, key, "true or false", |value| value.as_bool().or_else(|| value.as_str()?.parse().ok()))
}

/// A whole number.
pub(crate) fn whole(of: &Json, key: &str) -> Result<Option<i64>, String> {
    read(of, key, "a whole number", |value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

/// Any number.
pub(crate) fn number(of: &Json, key: &str) -> Result<Option<f64>, String> {
    let finite = |number: &f64| number.is_finite();
    read(of, key, "a number", |value| value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(finite))
}

fn read<T>(of: &Json, key: &str, kind: &str, read: impl FnOnce(&Json) -> Option<T>) -> Result<Option<T>, String> {
    let Some(value) = of.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let wrong =
        || format!("`{key}` is {kind}, not `{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    read(value).map(Some).ok_or_else(wrong)
}
