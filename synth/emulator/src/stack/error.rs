//! Why a stack does not run.

use std::fmt::Display;
use std::path::PathBuf;

use gateway::DefinitionError;

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
    pub(super) fn resource(id: &str, why: impl Display) -> Self {
        Self::Resource { id: id.to_owned(), why: why.to_string() }
    }
}
