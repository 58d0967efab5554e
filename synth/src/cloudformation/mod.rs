//! A small typed model of CloudFormation: enough of it that a stack cannot be put together wrongly.
//!
//! A [`Stack`] hands out a [`Handle`] for everything that is added to it, and a reference can only be made from a
//! handle, so there is no way to write down the name of a resource that does not exist. What a user's override or a
//! document brings in as plain JSON is held against the template by [`Template::check`].

mod handle;
mod policy;
pub mod resources;
mod template;
mod text;
mod walk;

pub use handle::{Handle, Stack, StackError};
pub use policy::{Effect, Policy, Principal, Statement};
pub use template::{Condition, Limits, Output, Parameter, Resource, Retention, Template, TemplateError};
pub use text::{Text, account_id, partition, region, stack_name, url_suffix};
pub use walk::{Reference, references};

/// Puts pieces of text, references and attributes together: one `Fn::Sub` in the template.
#[macro_export]
macro_rules! text {
    ($($piece:expr),+ $(,)?) => {
        $crate::cloudformation::Text::concat([$($crate::cloudformation::Text::from($piece)),+])
    };
}
