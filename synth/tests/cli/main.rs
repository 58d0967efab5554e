//! The command as a user runs it: the real binary, in a folder of its own.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests; clippy knows only those with the attribute")]

mod emit;
mod help;
mod input;
mod kill;
mod run;
mod terminal;
