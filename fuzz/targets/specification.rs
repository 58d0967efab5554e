//! Any bytes as a specification: nothing panics, nothing takes long, whatever is wrong can be shown, and whatever is
//! right can be merged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use synth::report::render;
use synth::specification::{self, SchemaRef};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (source, node) = match synth::source::parse("fuzz.yaml", text) {
        Ok(parsed) => parsed,
        Err(error) => {
            shown(&[error]);
            return;
        }
    };
    match specification::lower(&source, &node) {
        Ok((specification, found)) => {
            shown(&found);
            for name in specification.schemas.keys() {
                // What lowers without an error merges without one, up to the limit on how much is merged.
                let schema = SchemaRef::Named(name.clone(), 0..0);
                if let Err(error) = specification::flatten(&specification, &schema) {
                    shown(&[error]);
                }
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            shown(&errors);
        }
    }
});

fn shown(diagnostics: &[synth::report::Diagnostic]) {
    let text = render(diagnostics, false);
    assert!(
        !text
            .chars()
            .any(|character| character.is_control() && character != '\n'),
        "{text:?}"
    );
}
