//! The first value of a secret, as Secrets Manager makes it up.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html>

use serde_json::{Map, Value};

use crate::template::TemplateError;

const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// The value of an `AWS::SecretsManager::Secret` that is made now; `None` where the template gives it none.
pub(crate) fn first_value(properties: &Value, path: &str) -> Result<Option<String>, TemplateError> {
    if let Some(text) = properties["SecretString"].as_str() {
        return Ok(Some(text.to_owned()));
    }
    let Some(generate) = properties["GenerateSecretString"].as_object() else { return Ok(None) };
    let path = format!("{path}.GenerateSecretString");
    let password = password(generate).ok_or_else(|| TemplateError::at(&path, "nothing is left to choose from"))?;
    let text = |name: &str| generate.get(name).and_then(Value::as_str);
    let (Some(template), Some(key)) = (text("SecretStringTemplate"), text("GenerateStringKey")) else {
        return Ok(Some(password));
    };
    let wrong = || TemplateError::at(&format!("{path}.SecretStringTemplate"), "this has to be a JSON object, as text");
    let mut object: Map<String, Value> = serde_json::from_str(template).map_err(|_| wrong())?;
    object.insert(key.to_owned(), password.into());
    Ok(Some(Value::Object(object).to_string()))
}

fn password(generate: &Map<String, Value>) -> Option<String> {
    let flag = |name: &str| generate.get(name).is_some_and(|value| *value == true || *value == "true");
    let excluded = generate.get("ExcludeCharacters").and_then(Value::as_str).unwrap_or_default();
    let kinds = [
        ("ExcludeLowercase", LOWERCASE),
        ("ExcludeUppercase", UPPERCASE),
        ("ExcludeNumbers", NUMBERS),
        ("ExcludePunctuation", PUNCTUATION),
    ];
    let space = if flag("IncludeSpace") { " " } else { "" };
    let kinds: Vec<Vec<char>> = kinds
        .into_iter()
        .filter_map(|(exclude, kind)| (!flag(exclude)).then_some(kind))
        .chain([space])
        .map(|kind| kind.chars().filter(|c| !excluded.contains(*c)).collect::<Vec<_>>())
        .filter(|kind| !kind.is_empty())
        .collect();
    let all: Vec<char> = kinds.iter().flatten().copied().collect();
    let length = generate.get("PasswordLength").and_then(Value::as_u64).unwrap_or(32);
    let length = usize::try_from(length.min(4096)).unwrap_or(4096);
    if all.is_empty() {
        return None;
    }
    let each = generate.get("RequireEachIncludedType").is_none_or(|value| *value != false);
    loop {
        let password: String = (0..length).map(|_| all[below(all.len())]).collect();
        let complete = kinds.iter().all(|kind| password.contains(kind.as_slice()));
        // Drawn again as a whole, so that no place is more likely to hold a certain kind.
        if complete || !each || length < kinds.len() {
            return Some(password);
        }
    }
}

/// A random number below `end`, each as likely.
fn below(end: usize) -> usize {
    let end = u32::try_from(end).expect("there are fewer characters than that");
    let fair = u32::MAX - u32::MAX % end;
    loop {
        let drawn = getrandom::u32().expect("the operating system has random numbers");
        if drawn < fair {
            return (drawn % end) as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_made_as_the_template_says() {
        let properties = json!({"GenerateSecretString": {
            "SecretStringTemplate": "{\"id\":\"1\"}", "GenerateStringKey": "sleutel", "PasswordLength": 86,
            "ExcludePunctuation": true,
        }});
        let made = || first_value(&properties, "hier").unwrap().unwrap();
        let (one, other) = (made(), made());
        assert_ne!(one, other);
        let one: Value = serde_json::from_str(&one).unwrap();
        let sleutel = one["sleutel"].as_str().unwrap();
        assert_eq!((one["id"].as_str(), sleutel.len()), (Some("1"), 86));
        assert!(sleutel.bytes().all(|c| c.is_ascii_alphanumeric()), "{sleutel}");
        for kind in [LOWERCASE, UPPERCASE, NUMBERS] {
            assert!(sleutel.contains(|c| kind.contains(c)), "{sleutel}");
        }
        assert_eq!(first_value(&json!({"SecretString": "zelf"}), "hier").unwrap(), Some("zelf".to_owned()));
        assert_eq!(first_value(&json!({}), "hier").unwrap(), None);
    }

    #[test]
    fn nothing_to_choose_from_is_said() {
        let none = json!({"GenerateSecretString": {
            "ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludeNumbers": true, "ExcludePunctuation": true,
        }});
        let message = first_value(&none, "hier").unwrap_err().to_string();
        assert_eq!(message, "hier.GenerateSecretString: nothing is left to choose from");
    }
}
