//! Renders a template file with a body.
//!
//! `cargo run -p apigateway-vtl --example render -- template.vtl '{"a": 1}'`

use std::error::Error;

use apigateway_vtl::{Inputs, Template};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("expected a template's file name, and perhaps a body")?;
    let template = Template::parse(&std::fs::read_to_string(&file)?).map_err(|e| format!("{file}: {e}"))?;
    let inputs = Inputs { body: arguments.next().unwrap_or_default(), ..Inputs::default() };
    let rendered = template.render(&inputs).map_err(|e| format!("{file}: {e}"))?;
    println!("{}", rendered.text);
    Ok(())
}
