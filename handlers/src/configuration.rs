//! What the stack tells a function in its environment, by the names of [`contract::functions`].

use std::env;

/// A variable that the stack should have set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// Not there, or empty.
    #[error("the environment variable {0} is missing")]
    Missing(&'static str),
    /// Of another form.
    #[error("the environment variable {name} must be {expected}")]
    Form {
        /// The variable.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
    },
}

/// A variable that has to be there.
///
/// # Errors
/// [`ConfigurationError::Missing`].
pub fn required(name: &'static str) -> Result<String, ConfigurationError> {
    optional(name).ok_or(ConfigurationError::Missing(name))
}

/// A variable that may be left out; one that is empty counts as left out.
pub fn optional(name: &'static str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that is `true` or `false`, which it is where it is left out.
///
/// # Errors
/// [`ConfigurationError::Form`].
pub fn flag(name: &'static str) -> Result<bool, ConfigurationError> {
    match optional(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ConfigurationError::Form { name, expected: "true or false" }),
    }
}
