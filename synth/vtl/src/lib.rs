//! API Gateway's mapping template language.

mod ast;
pub mod batch;
mod check;
mod error;
pub mod fuzzing;
mod json;
mod jsonpath;
mod lex;
mod limits;
mod methods;
mod number;
mod parse;
mod regex;
mod render;
mod string;
mod template;
mod value;

pub use check::{Warning, WarningKind};
pub use error::{ErrorKind, ParseError, Position, RenderError};
pub use limits::Limits;
pub use template::{Inputs, Rendered, Template};
