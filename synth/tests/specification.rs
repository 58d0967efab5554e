//! Reading specifications: the published ones, wrong ones, and broken ones.

#[path = "specification/deserialise.rs"]
mod deserialise;
#[path = "specification/flatten.rs"]
mod flatten;
#[path = "specification/mistakes.rs"]
mod mistakes;
#[path = "specification/published.rs"]
mod published;
#[path = "specification/reading.rs"]
mod reading;
#[path = "specification/robust.rs"]
mod robust;
#[path = "specification/shared.rs"]
mod shared;
