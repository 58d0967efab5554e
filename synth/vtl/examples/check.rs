//! Prints the warnings about template files.
//!
//! `cargo run -p apigateway-vtl --example check -- templates/*.vtl`

use std::error::Error;

use apigateway_vtl::Template;

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        match Template::parse(&std::fs::read_to_string(&file)?) {
            Ok(template) => template.check().iter().for_each(|warning| println!("{file}: {warning}")),
            Err(error) => println!("{file}: error: {error}"),
        }
    }
    Ok(())
}
