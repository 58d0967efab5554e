//! A process that dies leaves whole files: the old ones or the new ones.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::run::Folder;

const KILLS: u32 = 50;
const FILES: [&str; 2] = ["out/s.template.json", "out/s.assets.json"];

fn stack(turn: u32) -> String {
    format!("name: s\ndescription: the {turn}th\n")
}

#[test]
fn a_killed_process_leaves_no_half_a_file() {
    let folder = Folder::with("s.yaml", stack(0));
    let started = Instant::now();
    folder.synth(&["--stack", "s.yaml"]).well();
    let whole = started.elapsed();
    let mut possible = vec![FILES.map(|name| folder.read(name))];
    for turn in 1..=KILLS {
        folder.write("s.yaml", stack(turn));
        let next = possible[0][0].replace("the 0th", &format!("the {turn}th"));
        possible.push([next, possible[0][1].clone()]);
        let mut command = folder.command(&["--stack", "s.yaml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if turn % 2 == 0 {
            // A moment of the whole run, each turn another one.
            thread::sleep(whole.mul_f64(f64::from(turn * 37 % KILLS) / f64::from(KILLS)));
        } else {
            until_writing(&folder, &mut child, turn);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for (index, name) in FILES.iter().enumerate() {
            let left = folder.read(name);
            assert!(possible.iter().any(|files| files[index] == left), "{name} is half a file after turn {turn}");
            serde_json::from_str::<serde_json::Value>(&left).unwrap();
        }
    }
    // What a killed process leaves behind does not stand in the way of the next.
    folder.synth(&["--stack", "s.yaml"]).well();
    assert_eq!(folder.read(FILES[0]), possible[KILLS as usize][0]);
}

/// Waits for the moment when it begins to write: something new is in the folder, of which it may have written a part.
fn until_writing(folder: &Folder, child: &mut Child, turn: u32) {
    let before = folder.names("out").len();
    while child.try_wait().unwrap().is_none() {
        let entries: Vec<_> = fs::read_dir(folder.path().join("out")).unwrap().flatten().collect();
        if entries.len() > before {
            // From the first byte on to some moments later.
            let moment = Instant::now() + Duration::from_micros(u64::from(turn) * 20);
            while Instant::now() < moment {}
            return;
        }
    }
}
