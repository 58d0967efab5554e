//! The default stack's template, as `synth` emits it.

use std::path::Path;

use synth::emit::{self, Format};
use synth::mapping::Templates;
use synth::report::{self, Diagnostic};
use synth::settings::StackFile;
use synth::{source, specification, stack};

/// What its name is.
pub(crate) const NAME: &str = "verwerkingenlog-local";

/// The template, in JSON.
pub(crate) fn template() -> String {
    of("local.yaml", "bewerking.yaml")
}

/// The template of a file of `stacks` and one of `openapi`, in JSON.
pub(crate) fn of(stack: &str, specification: &str) -> String {
    let shown = |errors: Vec<Diagnostic>| -> ! { panic!("{}", report::render(&errors, false)) };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = StackFile::read(&root.join("stacks").join(stack)).unwrap_or_else(|errors| shown(errors));
    let (read, node) =
        source::read(root.join("openapi").join(specification)).unwrap_or_else(|error| shown(vec![error]));
    let (specification, _) = specification::lower(&read, &node).unwrap_or_else(|errors| shown(errors));
    let templates = Templates::embedded().unwrap_or_else(|errors| shown(errors));
    let built = stack::build(&file, &[specification], &templates).unwrap_or_else(|errors| shown(errors));
    emit::render(&built.template, Format::Json)
}
