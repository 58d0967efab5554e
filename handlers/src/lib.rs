//! The functions of the processing log: what each of them does with an event, on AWS.
//!
//! What the standard asks of a change is decided in the crate `domain`, which knows no AWS. Here it meets events, the
//! table, the queue and the backup. Each function is a module, and a thin binary of the same name starts it.

pub mod auth;
pub mod aws;
pub mod call;
pub mod configuration;
pub mod r#gen;
pub mod observe;
pub mod proc;
pub mod proj;
pub mod replay;
mod retry;
