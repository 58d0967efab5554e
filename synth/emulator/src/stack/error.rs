//! Why a stack does not run.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use gateway::DefinitionError;
use local::Disk;

use crate::functions::FunctionError;
use crate::issuer::IssuerError;
use crate::state::StateError;
use crate::template::TemplateError;

/// Why a stack does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Its API.
    #[error("the API cannot be served: {0}")]
    Api(#[from] DefinitionError),
    /// A folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// The local issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// Threads for what goes on in the background.
    #[error("no more threads can be had: {0}")]
    Threads(std::io::Error),
    /// The services.
    #[error(transparent)]
    Services(#[from] local::Error),
    /// A function.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// A program that is not there.
    #[error(
        "function {function}: there is no program {}; `handlers/package out/STACK.assets.json` builds the programs",
        program.display()
    )]
    Program {
        /// The function that it is.
        function: String,
        /// Where it would be.
        program: PathBuf,
    },
    /// A port.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}; choose another with --port, or any with --port 0")]
    Port {
        /// Which.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// The disk.
    #[error("{what}: {why}")]
    Disk {
        /// What is wrong with it, and what would be right.
        what: String,
        /// What a service says.
        why: String,
    },
    /// A resource cannot be made.
    #[error("Resources.{id}: {why}")]
    Resource {
        /// Its logical id.
        id: String,
        /// Why not.
        why: String,
    },
}

impl Error {
    /// The same, but where a resource cannot be made because of the disk, it is not the template that is wrong.
    pub(super) fn of_disk(self, folder: &Path) -> Self {
        let Self::Resource { why, .. } = &self else { return self };
        let folder = folder.display();
        let what = match Disk::of(why) {
            Some(Disk::Full) => format!("no space is left in {folder}"),
            Some(Disk::Damaged) => format!("a file in {folder} is damaged; restore it, or move the folder away"),
            None => return self,
        };
        Self::Disk { what, why: why.clone() }
    }

    pub(super) fn resource(id: &str, why: impl Display) -> Self {
        Self::Resource { id: id.to_owned(), why: why.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_put_down_to_the_template() {
        let said = |why: &str| Error::resource("Queue", why).of_disk(Path::new("/map")).to_string();
        let full = "InternalFailure: database or disk is full";
        assert_eq!(said(full), format!("no space is left in /map: {full}"));
        assert!(said("database disk image is malformed").starts_with("a file in /map is damaged; restore it"));
        assert_eq!(said("InvalidAttributeValue: x"), "Resources.Queue: InvalidAttributeValue: x");
    }
}
