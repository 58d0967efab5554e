//! What the stack tells a function, by the names of [`contract::functions`].

use std::collections::BTreeMap;
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

/// The variables of a function: those of its process, or those that a template gives it where several functions share
/// one process.
#[derive(Debug, Clone, Default)]
pub struct Configuration(BTreeMap<String, String>);

impl Configuration {
    /// The environment of this process. What is not UTF-8 is none of the stack's.
    pub fn of_process() -> Self {
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// A variable that has to be there.
    ///
    /// # Errors
    /// [`ConfigurationError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<String, ConfigurationError> {
        self.optional(name).ok_or(ConfigurationError::Missing(name))
    }

    /// A variable that may be left out; one that is empty counts as left out.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// A variable that is `true` or `false`, which it is where it is left out.
    ///
    /// # Errors
    /// [`ConfigurationError::Form`].
    pub fn flag(&self, name: &'static str) -> Result<bool, ConfigurationError> {
        match self.optional(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ConfigurationError::Form { name, expected: "true or false" }),
        }
    }
}

impl FromIterator<(String, String)> for Configuration {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}
