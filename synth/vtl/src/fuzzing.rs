//! An entry for fuzzers.

use crate::{Inputs, Limits, Template};

/// Limits that keep one run short.
fn small() -> Limits {
    Limits {
        foreach_rounds: 50,
        output_bytes: 1 << 20,
        memory_bytes: 8 << 20,
        steps: 200_000,
        parse_steps: 200_000,
        ..Limits::default()
    }
}

/// Parses, checks and renders whatever it is given: the template up to the first zero byte, the body after it. There
/// is nothing to look at in the result; it must come, in little time and memory, and without a panic.
pub fn render_any(data: &[u8]) {
    let mut parts = data.splitn(2, |b| *b == 0);
    let template = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let limits = small();
    if let Ok(template) = Template::parse_within(&template, &limits) {
        template.check();
        let inputs = Inputs { body: body.into_owned(), ..Inputs::default() };
        // An error is a fine answer.
        let _ = template.render_within(&inputs, &limits);
    }
}
