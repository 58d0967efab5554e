//! The templates are embedded: a file that is added or removed must build this crate again.
fn main() {
    println!("cargo::rerun-if-changed=../templates");
}
