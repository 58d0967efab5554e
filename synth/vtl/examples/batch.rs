//! Renders cases, one JSON object a line, from standard input to standard output.
//!
//! `echo '{"template": "Hello $input.params(\"who\")", "params": {"path": {"who": "world"}}}' | cargo run --example batch`

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", apigateway_vtl::batch::render_line(&line))?;
        }
    }
    out.flush()
}
