//! `proj`: what follows from the table's stream.

mod batch;
#[path = "../proc/memory.rs"]
mod memory;
mod model;
mod records;
#[path = "../proc/support.rs"]
mod support;
mod wire;
mod world;
