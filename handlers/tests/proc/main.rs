//! `proc`, and above all R34: in services in memory, where a test decides what happens when, and over the wire.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod history;
mod interleavings;
mod memory;
mod messages;
mod schedules;
mod support;
mod wire;
