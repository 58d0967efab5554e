//! The authorizer, called as API Gateway calls it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests; clippy knows only those with the attribute")]

mod binary;
mod handed_on;
mod https;
mod keys;
mod robust;
mod tokens;
mod world;
mod zgw;
