//! `gen` over the wire: real events in, the SDK's real clients, and services that speak AWS's protocols.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod binary;
mod errors;
mod faults;
mod history;
mod idempotency;
mod patch;
mod post;
mod privacy;
mod put;
mod support;
