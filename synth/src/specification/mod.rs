//! OpenAPI 3.0 documents, lowered to an explicit model before anything is emitted.

mod model;

pub use model::*;
