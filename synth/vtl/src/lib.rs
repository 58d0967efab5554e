//! API Gateway's mapping template language: parse once, render as API Gateway does.
//!
//! API Gateway's REST APIs transform requests and responses with *mapping templates*: Apache Velocity 1.7 with four
//! settings of its own and with the variables `$input`, `$util`, `$context` and `$stageVariables`
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>). This
//! crate renders them without a JVM and without AWS. It does no input or output.
//!
//! ```
//! use apigateway_vtl::{Inputs, Template};
//!
//! let template = Template::parse(r#"{"TableName": "$stageVariables.table", "Key": {"id": {"S": "$input.params('id')"}}}"#)?;
//! let mut inputs = Inputs::default();
//! inputs.path.insert("id".to_owned(), "a1".into());
//! inputs.stage_variables.insert("table".to_owned(), "items".into());
//! let rendered = template.render(&inputs)?;
//! assert_eq!(rendered.text, r#"{"TableName": "items", "Key": {"id": {"S": "a1"}}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it is measured against
//!
//! The real engine, Velocity 1.7 on a JVM behind the same four variables, and renderings that were recorded on AWS
//! itself. The tests compare with both, and with the engine on random templates. What follows from Velocity and
//! surprises, [`Template::check`] warns of.
//!
//! # What it refuses
//!
//! Where Java has a method, a regular expression or a text that this crate has not, rendering ends with
//! [`ErrorKind::Unsupported`]; it never guesses. That are, in the main:
//!
//! - methods that take functions or give streams (`stream`, `forEach`), `String.format`, and the factories `List.of` and
//!   `Map.of`;
//! - an entry of a map that is kept after it has been removed;
//! - texts and hash codes that differ from run to run, as those of arrays;
//! - in regular expressions: intersections and nested classes (`[a&&[b]]`), `\G`, `\R`, `\X`, `\N`, `\c`, the flags
//!   `m`, `x`, `u`, `d` and `U`, classes such as `\p{IsGreek}`; and `\b` and `(?i)` on a text beyond ASCII;
//! - `$foreach.info`.
//!
//! # Where AWS may differ
//!
//! The engine is not public. Not known are the JDK behind it (this crate prints floating point numbers as those before
//! Java 19), and how it compares the names of headers (this crate: as they are spelt). JSONPath is Jayway's 2.0, JSON
//! is json-smart's 2.2.
//!
//! # Limits
//!
//! A template and a request can come from anywhere. [`Limits`] bounds size, depth, rounds, steps, memory and output;
//! its defaults are API Gateway's quotas where there are any. Nothing here panics or recurses without bound.

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
mod scan;
mod string;
mod template;
mod value;

pub use check::{Warning, WarningKind};
pub use error::{ErrorKind, ParseError, Position, RenderError};
pub use limits::Limits;
pub use template::{Inputs, Rendered, Template};
