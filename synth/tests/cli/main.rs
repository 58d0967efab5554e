//! The command as a user runs it: the real binary, in a folder of its own.

mod emit;
mod help;
mod input;
mod kill;
mod run;
mod terminal;
