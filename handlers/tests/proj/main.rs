//! `proj`: what follows from the table's stream.

mod batch;
mod model;
mod records;
#[path = "../support/mod.rs"]
mod support;
mod wire;
mod world;
