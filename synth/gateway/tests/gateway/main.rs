//! The gateway as a client sees it, before small bodies and a backend that only remembers.

#![allow(clippy::unwrap_used, reason = "what the test itself needs and does not get, ends it")]

mod authorizers;
mod definitions;
mod functions;
mod headers;
mod keys;
mod limits;
mod refusals;
mod routing;
mod services;
mod stack;
mod support;
mod validation;
