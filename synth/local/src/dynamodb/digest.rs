//! A number for a JSON value, the same in whatever order the members of its objects come: the SDK writes them in another order
//! each time.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

/// Of the members' names and the kinds of values.
pub(super) fn of_shape(value: &Value) -> u64 {
    digest(value, |value, hasher| {
        if let Value::Number(number) = value {
            number.is_f64().hash(hasher);
        }
    })
}

/// Of all that the value says.
pub(super) fn of_content(value: &Value) -> u64 {
    digest(value, |value, hasher| match value {
        Value::Bool(is) => is.hash(hasher),
        Value::Number(number) => number.hash(hasher),
        Value::String(text) => text.hash(hasher),
        _ => {}
    })
}

/// `scalar` adds what counts of a value that holds no others.
fn digest(value: &Value, scalar: fn(&Value, &mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(value).hash(&mut hasher);
    match value {
        Value::Array(items) => {
            items.len().hash(&mut hasher);
            items.iter().for_each(|item| digest(item, scalar).hash(&mut hasher));
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let mut hasher = DefaultHasher::new();
                (name, digest(value, scalar)).hash(&mut hasher);
                hasher.finish()
            };
            let all = members.iter().map(member).fold(0, u64::wrapping_add);
            (members.len(), all).hash(&mut hasher);
        }
        value => scalar(value, &mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_says_nothing_and_that_of_items_does() {
        let one = json!({"a": {"S": "1"}, "b": [{"c": 1, "d": null}, true]});
        let other = json!({"b": [{"d": null, "c": 1}, true], "a": {"S": "1"}});
        assert_ne!(one.to_string(), other.to_string());
        assert_eq!((of_shape(&one), of_content(&one)), (of_shape(&other), of_content(&other)));
        for another in [
            json!({"a": {"S": "1"}, "b": [true, {"c": 1, "d": null}]}),
            json!({"a": {"S": 1}, "b": [{"c": 1, "d": null}, true]}),
            json!({"a": {"S": "1", "b": [{"c": 1, "d": null}, true]}}),
        ] {
            assert_ne!(of_shape(&one), of_shape(&another), "{another}");
            assert_ne!(of_content(&one), of_content(&another), "{another}");
        }
    }

    #[test]
    fn a_shape_is_without_what_is_in_it() {
        let (one, other) = (json!({"a": "1", "n": 1, "b": true}), json!({"a": "2", "n": 7, "b": false}));
        assert_eq!(of_shape(&one), of_shape(&other));
        assert_ne!(of_content(&one), of_content(&other));
        assert_ne!(of_shape(&json!({"n": 1})), of_shape(&json!({"n": 1.0})));
    }
}
