//! Why the services do not start.

use std::io;
use std::path::PathBuf;

use crate::database::Place;
use crate::disk::Disk;
use crate::faults::Service;

/// Why the services did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for the data.
    #[error("cannot use the folder {}: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file in it.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The port.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Port {
        /// Which.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// A file that is damaged.
    #[error("{} is damaged: {source}; restore it, or move the folder that it is in away", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What the service says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A disk that is full.
    #[error("no space is left for {}: {source}", file.display())]
    Full {
        /// The file that there is no space for.
        file: PathBuf,
        /// What the service says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Secrets that are gone.
    #[error(
        "{} is empty, but the tables have rows, with pseudonyms by a key that was in it; restore it, or move the folder that it is in away",
        .0.display()
    )]
    Lost(PathBuf),
    /// A service's own data.
    #[error("cannot start {service:?}: {source}")]
    Service {
        /// Which.
        service: Service,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a service does not start, with its file where that is what is wrong.
pub(crate) fn failed(service: Service, place: &Place, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    let disk = Disk::of(&source.to_string());
    let source = source.into();
    match (disk, place) {
        (Some(Disk::Damaged), Place::File(file)) => Error::Damaged { file: file.clone(), source },
        (Some(Disk::Full), Place::File(file)) => Error::Full { file: file.clone(), source },
        _ => Error::Service { service, source },
    }
}
