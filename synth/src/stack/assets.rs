//! What the template expects to find in the assets bucket.

use serde::Serialize;

use crate::settings::Architecture;

/// Fingerprint of everything that the functions are built from, taken when this program was built. It changes when,
/// and only when, their code, their dependencies or the compiler do, and is the same on every machine.
const FINGERPRINT: &str = env!("HANDLERS_FINGERPRINT");

/// The artefacts of one stack.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assets {
    /// What the functions are built from.
    pub fingerprint: &'static str,
    /// Target that Rust builds them for.
    pub target: &'static str,
    /// One a function.
    pub assets: Vec<Asset>,
}

/// One packaged function.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Name of the function, and of the binary in the `handlers` package.
    pub function: &'static str,
    /// Key in the assets bucket: a zip file that holds the binary as `bootstrap`.
    pub key: String,
    /// Processor that it is built for, as Lambda writes it.
    pub architecture: &'static str,
    /// Lambda runtime that it runs on.
    pub runtime: &'static str,
}

/// The runtime that the functions are built for.
pub(super) const RUNTIME: &str = "provided.al2023";

impl Assets {
    /// The artefacts of all functions.
    pub fn new(architecture: Architecture) -> Self {
        use contract::functions::{AUTH, GEN, PROC, PROJ};
        let asset = |function| Asset {
            function,
            key: format!("functions/{function}-{}-{}.zip", architecture.as_str(), &FINGERPRINT[..32]),
            architecture: architecture.as_str(),
            runtime: RUNTIME,
        };
        let target = match architecture {
            Architecture::Arm64 => "aarch64-unknown-linux-gnu",
            Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        };
        Self { fingerprint: FINGERPRINT, target, assets: [GEN, PROC, AUTH, PROJ].map(asset).to_vec() }
    }

    /// Key of one function's artefact.
    pub fn key(&self, function: &str) -> Option<&str> {
        self.assets.iter().find(|asset| asset.function == function).map(|asset| asset.key.as_str())
    }
}
