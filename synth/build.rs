//! Takes the fingerprint of what the functions are built from, so that the template can name their artefacts.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn main() -> std::io::Result<()> {
    // The templates are embedded: one that is added or removed must build this crate again.
    println!("cargo::rerun-if-changed=../templates");
    let root = Path::new("..");
    let mut files = Vec::new();
    for input in ["handlers", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed=../{input}");
        collect(&root.join(input), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let content = std::fs::read(&file)?;
        // Lengths in front, so that moving a byte from a name to a content gives another hash.
        let name = file.to_string_lossy().replace('\\', "/");
        for part in [name.as_bytes(), &content] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=HANDLERS_FINGERPRINT={hex}");
    Ok(())
}

/// Files that a build reads; tests and build products are none.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !matches!(name.as_str(), "tests" | "benches" | "target") && !name.starts_with('.') {
            collect(&path, files)?;
        }
    }
    Ok(())
}
