//! What goes on behind the answers stands back for them.

use std::fs;
use std::path::Path;

use crate::serving::{Serving, folder};

/// A thread, as the kernel tells of it.
struct Thread {
    name: String,
    nice: i64,
    /// How long it has run, in nanoseconds.
    ran: u64,
}

fn threads(pid: u32) -> Vec<Thread> {
    let folders = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    folders.map(|folder| thread(&folder.unwrap().path())).collect()
}

/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn thread(folder: &Path) -> Thread {
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let stat = read("stat");
    // The name comes first, in parentheses; of what follows, niceness is the seventeenth.
    let (start, rest) = stat.rsplit_once(") ").unwrap();
    Thread {
        name: start.split_once('(').unwrap().1.to_owned(),
        nice: rest.split(' ').nth(16).unwrap().parse().unwrap(),
        ran: read("schedstat").split(' ').next().unwrap().parse().unwrap(),
    }
}

#[tokio::test]
async fn what_is_accepted_is_applied_by_threads_that_stand_back_for_those_that_answer() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--in-memory"]);
    let ran = |threads: &[Thread]| -> u64 {
        threads.iter().filter(|thread| thread.name == "background").map(|thread| thread.ran).sum()
    };
    serving.post().await;
    let before = threads(serving.pid());
    for _ in 0..20 {
        serving.post().await;
    }
    let after = threads(serving.pid());
    let own = thread(Path::new(&format!("/proc/{0}/task/{0}", serving.pid()))).nice;
    for thread in &after {
        let stands_back = if thread.name == "background" { 10 } else { 0 };
        // 19 is as far as any can.
        assert_eq!(thread.nice, (own + stands_back).min(19), "{}", thread.name);
    }
    assert!(after.iter().any(|thread| thread.name == "background"));
    // Twenty acties take more than a millisecond, which is more than looking whether there are any.
    assert!(ran(&after) - ran(&before) > 1_000_000, "they are applied by other threads");
}
