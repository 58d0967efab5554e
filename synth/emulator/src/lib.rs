//! The emitted stack, running on one machine: what `synth local` starts.
//!
//! Everything is read from the template that CloudFormation would get:
//!
//! ```text
//! template ─▶ names and intrinsic functions ─▶ tables, queues, buckets, secrets (crate `local`)
//!                                           ├▶ functions (crate `handlers`, or their packed programs)
//!                                           ├▶ event source mappings
//!                                           └▶ the API (crate `gateway`)
//! ```

pub mod chaos;
pub mod functions;
pub mod issuer;
pub mod state;
pub mod template;

mod api;
mod background;
mod finisher;
mod inventory;
mod journal;
mod page;
mod secret;
mod sources;
mod stack;

pub use functions::Mode;
pub use stack::{Error, Options, Running, run};

/// The environment with which any AWS SDK or CLI finds the services of this machine.
pub fn environment(endpoint: &str, region: &str) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", region.to_owned()),
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ]
}
