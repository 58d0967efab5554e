//! `--functions process`: the packed programs, as Lambda runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::serving::{Serving, folder};

const NAMES: [&str; 4] = ["auth", "gen", "proc", "proj"];

/// The programs as `handlers/package` lays them out, though not built by it. Each leaves a trace when it runs, and comes after
/// this line of shell.
pub(crate) fn programs(folder: &Path, first: &str) -> PathBuf {
    let built = std::env::current_exe().unwrap();
    let built = built.ancestors().nth(2).unwrap();
    let programs = folder.join("functions");
    for name in NAMES {
        let program = built.join(name);
        assert!(program.exists(), "no {}: `cargo build -p handlers --bins` builds it", program.display());
        fs::create_dir_all(programs.join(name)).unwrap();
        let bootstrap = programs.join(name).join("bootstrap");
        let ran = bootstrap.with_file_name("ran");
        let script = format!("#!/bin/sh\n: > '{}'\n{first}\nexec '{}'\n", ran.display(), program.display());
        fs::write(&bootstrap, script).unwrap();
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).unwrap();
    }
    programs
}

#[tokio::test]
async fn the_functions_run_as_programs_too() {
    let folder = folder();
    let programs = programs(folder.path(), "");
    let place = format!("--functions-dir={}", programs.display());
    let ran = || NAMES.map(|name| programs.join(name).join("ran").exists());

    Serving::start(folder.path(), &["--in-memory", &place]).post().await;
    assert_eq!(ran(), [false; 4], "nobody asked for programs");

    let serving = Serving::start(folder.path(), &["--in-memory", "--functions=process", &place]);
    serving.post().await;
    assert_eq!(ran(), [true; 4]);
    let (status, _) = serving.ask("GET", "/verwerkingsacties", "geen.geldig.token", "").await;
    assert_eq!(status, 401);
    let (status, fout) = serving.ask("POST", "/verwerkingsacties", serving.token(), "{").await;
    assert_eq!((status.as_u16(), &fout["code"]), (400, &json!("invalid")));
}

/// All four programs answer for what the library would: without them nothing is served.
#[tokio::test]
async fn a_program_that_ends_is_no_function() {
    let folder = folder();
    let programs = programs(folder.path(), "");
    fs::write(programs.join("gen/bootstrap"), "#!/bin/sh\nexit 3\n").unwrap();
    let place = format!("--functions-dir={}", programs.display());
    let mut serving = crate::serving::program(&crate::serving::RUN, folder.path());
    let output = serving.args(["--in-memory", "--functions=process", &place]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("gen/bootstrap"), "{said}");
}

/// Lambda makes another environment where one has ended.
#[tokio::test]
async fn a_program_that_was_killed_while_it_was_idle_is_started_again() {
    let folder = folder();
    let programs = programs(folder.path(), "echo $$ > \"$0.pid\"; echo begonnen >&2");
    let place = format!("--functions-dir={}", programs.display());
    let serving = Serving::start(folder.path(), &["--in-memory", "--functions=process", "--logs", &place]);
    let pid = |name: &str| fs::read_to_string(programs.join(name).join("bootstrap.pid")).unwrap().trim().to_owned();
    let first = NAMES.map(pid);
    for pid in [&first[0], &first[1]] {
        assert!(std::process::Command::new("kill").args(["-9", pid]).status().unwrap().success());
        // It is a zombie once it has ended, until somebody asks for its status; then it is gone.
        while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z")) {
            std::thread::yield_now();
        }
    }
    serving.post().await;
    assert_ne!((pid("auth"), pid("gen")), (first[0].clone(), first[1].clone()));

    let said = fs::read_to_string(folder.path().join("said")).unwrap();
    assert!(said.lines().filter(|line| *line == "begonnen").count() >= 6, "{said}");
    assert!(said.contains(r#""message":"verzoek""#), "no line of gen: {said}");
}
