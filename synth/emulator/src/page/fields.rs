//! What a query or a form says: <https://url.spec.whatwg.org/#application/x-www-form-urlencoded>.

use form_urlencoded::{Serializer, parse};

/// Names and values, in their order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(text: &[u8]) -> Self {
        Self(parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A value that is there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A value that is there and not empty: a field that nobody filled in is sent too.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

/// The address of a page with these fields.
pub(super) fn address(page: &str, fields: &[(&str, &str)]) -> String {
    format!("{}{page}?{}", crate::api::OWN, Serializer::new(String::new()).extend_pairs(fields).finish())
}
