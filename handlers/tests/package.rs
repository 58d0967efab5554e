//! `handlers/package`, in a folder of its own with a `cargo` that builds nothing: what it asks for, what it packs, and what
//! it says where it cannot. That what the real one builds works is for `programs.rs` to say.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Says what it was asked for, and leaves what the variable `BUILDS` names.
const CARGO: &str = r#"#!/bin/sh
echo "AWS_LC_SYS_NO_JITTER_ENTROPY=$AWS_LC_SYS_NO_JITTER_ENTROPY $*" >>asked
for name in $BUILDS; do
    mkdir -p "target/functions/$name"
    echo "the program $name" >"target/functions/$name/bootstrap"
done
exit "${STATUS:-0}"
"#;
/// Says where the standard library would be.
const RUSTC: &str = "#!/bin/sh\necho \"$PWD/libraries/$4\"\n";
/// Knows one processor.
const RUSTUP: &str = r#"#!/bin/sh
echo "rustup $*" >>asked
[ "$3" = aarch64-unknown-linux-gnu ]
"#;
const ALL: &str = "gen proc auth proj";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A repository of which nothing but the script is real.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.write("libraries/aarch64-unknown-linux-gnu/std", "");
        for file in ["handlers/package", "handlers/requirements.txt"] {
            world.write(file, &fs::read_to_string(repository().join(file)).unwrap());
        }
        for (name, program) in [("cargo", CARGO), ("rustc", RUSTC), ("rustup", RUSTUP)] {
            world.write(&format!(".judges/package/bin/{name}"), program);
        }
        let tools = ["cargo", "rustc", "rustup"].map(|name| format!(".judges/package/bin/{name}"));
        for file in tools.iter().map(String::as_str).chain(["handlers/package"]) {
            fs::set_permissions(world.path(file), fs::Permissions::from_mode(0o755)).unwrap();
        }
        // The tools count as installed.
        let stamp = Command::new("sha256sum").arg(world.path("handlers/requirements.txt")).output().unwrap();
        let stamp = String::from_utf8(stamp.stdout).unwrap();
        world.write(".judges/package/stamp", stamp.split(' ').next().unwrap());
        world.write("out/log.assets.json", &assets().to_string());
        world
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, content: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), content).unwrap();
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let programs = self.path(".judges/package/bin").to_str().unwrap().to_owned();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        Command::new(self.path("handlers/package"))
            .args(arguments)
            .current_dir("/")
            .env("PATH", path)
            .env_remove("AWS_LC_SYS_NO_JITTER_ENTROPY")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// Refuses, and says this.
    fn refuses(&self, arguments: &[&str], variables: &[(&str, &str)], status: i32, message: &str) {
        let output = self.run(arguments, variables);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(message) && !said.contains("Traceback"), "{said}");
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path("asked")).unwrap_or_default()
    }

    /// What lies in `out/functions`, in the order of names.
    fn packed(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path("out/functions")) else { return Vec::new() };
        let mut names: Vec<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// As `synth` writes it for the default stack.
fn assets() -> Value {
    let golden = repository().join("synth/tests/golden/local.assets.json");
    serde_json::from_str(&fs::read_to_string(golden).unwrap()).unwrap()
}

/// What is in a zip file: name, rights and content of each entry.
fn entries(file: &Path) -> Value {
    let read = "import json, sys, zipfile\n\
                with zipfile.ZipFile(sys.argv[1]) as packed:\n    \
                print(json.dumps([[one.filename, oct(one.external_attr >> 16), packed.read(one).decode()]\n        \
                for one in packed.infolist()]))";
    let output = Command::new("python3").arg("-c").arg(read).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn each_function_is_packed_under_the_key_that_the_template_names() {
    let world = World::new();
    let output = world.run(&["out/log.assets.json"], &[("BUILDS", ALL)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        world.asked(),
        "AWS_LC_SYS_NO_JITTER_ENTROPY=1 lambda build --quiet --package handlers --bins --profile functions \
         --target aarch64-unknown-linux-gnu.2.34 --lambda-dir target/functions\n",
    );
    let assets = assets();
    let functions = assets["assets"].as_array().unwrap();
    assert_eq!(world.packed().len(), functions.len());
    for asset in functions {
        let place = world.path("out").join(asset["key"].as_str().unwrap());
        let content = format!("the program {}\n", asset["function"].as_str().unwrap());
        assert_eq!(entries(&place), json!([["bootstrap", "0o100755", content]]), "Lambda starts it by this name");
    }
}

#[test]
fn the_same_binaries_give_the_same_zip_files() {
    let world = World::new();
    let pack = |builds| {
        assert!(world.run(&["out/log.assets.json"], &[("BUILDS", builds)]).status.success());
        let files = world.packed().into_iter();
        files.map(|name| fs::read(world.path("out/functions").join(name)).unwrap()).collect::<Vec<_>>()
    };
    let first = pack(ALL);
    // Of another time, and of somebody whose files are private; the build finds them up to date.
    for name in ALL.split(' ') {
        let file = world.path(&format!("target/functions/{name}/bootstrap"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let earlier = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(&file).unwrap().set_modified(earlier).unwrap();
    }
    assert_eq!(pack(""), first);
}

#[test]
fn what_is_no_assets_file_is_refused_before_anything_is_built() {
    let world = World::new();
    world.refuses(&[], &[], 2, "handlers/package: which assets file? cargo synth writes it");
    world.refuses(&["out/none.assets.json"], &[], 2, "handlers/package: no out/none.assets.json");
    let whole = assets();
    for broken in [
        "".to_owned(),
        "{".to_owned(),
        "[]".to_owned(),
        json!({"target": whole["target"]}).to_string(),
        json!({"assets": whole["assets"]}).to_string(),
        json!({"target": 1, "assets": whole["assets"]}).to_string(),
        json!({"target": whole["target"], "assets": [{"function": "gen"}]}).to_string(),
        json!({"target": whole["target"], "assets": [{"key": "functions/gen.zip"}]}).to_string(),
        json!({"target": whole["target"], "assets": []}).to_string(),
    ] {
        world.write("out/broken.assets.json", &broken);
        world.refuses(
            &["out/broken.assets.json"],
            &[("BUILDS", ALL)],
            2,
            "handlers/package: out/broken.assets.json is no assets file; cargo synth writes one",
        );
    }
    assert_eq!(world.asked(), "");
}

#[test]
fn where_the_build_fails_or_makes_too_little_nothing_is_packed() {
    let world = World::new();
    world.refuses(&["out/log.assets.json"], &[("BUILDS", ALL), ("STATUS", "101")], 101, "");
    assert_eq!(world.packed(), [""; 0]);
    fs::remove_dir_all(world.path("target")).unwrap();
    let message = "handlers/package: the build made no target/functions/auth/bootstrap";
    world.refuses(&["out/log.assets.json"], &[("BUILDS", "gen proc")], 1, message);
    assert_eq!(world.packed(), [""; 0]);
}

#[test]
fn the_standard_library_for_another_processor_is_asked_for() {
    let world = World::new();
    fs::remove_dir_all(world.path("libraries")).unwrap();
    assert!(world.run(&["out/log.assets.json"], &[("BUILDS", ALL)]).status.success());
    assert!(world.asked().starts_with("rustup target add aarch64-unknown-linux-gnu\n"), "{}", world.asked());

    let mut assets = assets();
    assets["target"] = json!("riscv64gc-unknown-linux-gnu");
    world.write("out/other.assets.json", &assets.to_string());
    world.refuses(&["out/other.assets.json"], &[], 1, "cannot build for riscv64gc-unknown-linux-gnu here");
}
