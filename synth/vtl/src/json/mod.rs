//! JSON as json-smart reads and writes it: API Gateway's own error texts show that it parses payloads with that
//! library, in its permissive mode.

mod read;
mod write;

pub(crate) use read::parse;
pub(crate) use write::write;
