//! How to run a stack.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::chaos::Trouble;
use crate::functions::Mode;
use crate::state::Folders;

/// How to run a stack.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the stack.
    pub name: String,
    /// Where what lies.
    pub folders: Folders,
    /// Whether nothing is kept, beside the issuer's key.
    pub in_memory: bool,
    /// Ports of the API and of the AWS services; 0 is any that is free.
    pub ports: (u16, u16),
    /// How functions run.
    pub mode: Mode,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// What goes wrong on purpose.
    pub troubles: Vec<Trouble>,
    /// What it is drawn from.
    pub seed: u64,
    /// No line for each request.
    pub quiet: bool,
    /// The file that says where it is, once it serves. What an earlier run left there is taken away as soon as folder and
    /// ports are this one's.
    pub ready_file: Option<PathBuf>,
}

impl Options {
    /// Everything is kept in the folders; on ports that are free, with the functions of the library, quietly, and nothing
    /// goes wrong.
    pub fn new(name: &str, folders: Folders) -> Self {
        Self {
            name: name.to_owned(),
            folders,
            in_memory: false,
            ports: (0, 0),
            mode: Mode::Library,
            parameters: BTreeMap::new(),
            troubles: Vec::new(),
            seed: 0,
            quiet: true,
            ready_file: None,
        }
    }
}
