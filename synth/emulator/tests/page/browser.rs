//! The page in a browser: headless Chromium, told what to do by its DevTools protocol over a pipe
//! (<https://chromedevtools.github.io/devtools-protocol/>).

use std::process::Stdio;

use local::Fault;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::world::World;

/// A browser with one page.
struct Browser {
    commands: ChildStdin,
    messages: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        // It speaks on the descriptors 3 and 4. What runs in it is this project's own page, so it needs no sandbox, which
        // root could not have.
        let command = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                       --disable-background-networking --remote-debugging-pipe --user-data-dir=\"$0\" about:blank \
                       3<&0 4>&1 0</dev/null 1>/dev/null 2>&1";
        let found =
            Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
        assert!(found.is_ok_and(|found| found.success()), "no chromium: apt-get install chromium, as tests/run does");
        let mut process = Command::new("sh")
            .args(["-c", command])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a shell");
        let mut browser = Self {
            commands: process.stdin.take().expect("a pipe"),
            messages: BufReader::new(process.stdout.take().expect("a pipe")),
            session: None,
            last: 0,
            _process: process,
            _profile: profile,
        };
        let target = browser.command("Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.command("Target.attachToTarget", attach).await;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        browser.command("Page.enable", json!({})).await;
        browser
    }

    async fn message(&mut self) -> Value {
        let mut message = Vec::new();
        self.messages.read_until(0, &mut message).await.expect("the browser runs");
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&message).expect("a message is JSON")
    }

    async fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).await.expect("the browser runs");
        loop {
            let mut message = self.message().await;
            if message["id"] == self.last {
                assert_eq!(message["error"], Value::Null, "{command}");
                return message["result"].take();
            }
        }
    }

    async fn loaded(&mut self) {
        while self.message().await["method"] != "Page.loadEventFired" {}
    }

    async fn open(&mut self, url: &str) {
        let done = self.command("Page.navigate", json!({"url": url})).await;
        assert_eq!(done["errorText"], Value::Null, "{url}");
        self.loaded().await;
    }

    /// What an expression comes to; a promise is waited for.
    async fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut done = self.command("Runtime.evaluate", asked).await;
        assert_eq!(done["exceptionDetails"], Value::Null, "{expression}");
        done["result"]["value"].take()
    }

    /// Waits until the page says something, without loading it again.
    async fn comes_to_say(&mut self, text: &str) {
        let text = Value::from(text);
        self.evaluate(&format!(
            "new Promise(done => {{
                const look = () => document.body.textContent.includes({text}) && done();
                new MutationObserver(look).observe(document.body, {{childList: true, subtree: true}});
                look();
            }})"
        ))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_follows_requests_by_itself_and_its_button_redrives() {
    let world = World::impatient().await;
    let mut browser = Browser::start().await;
    browser.open(&world.running.page).await;
    assert_eq!(browser.evaluate("document.querySelector('h1').textContent").await, "Flow");
    assert_eq!(browser.evaluate("document.querySelectorAll('#flow tr').length").await, 0);
    // The style sheet is let through by the policy, and anything else is not.
    assert_eq!(browser.evaluate("getComputedStyle(document.body).margin").await, "0px");
    assert_eq!(
        browser
            .evaluate(
                "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = true\">');
                 new Promise(done => document.images[0].addEventListener('error', () => done(window.ran ?? false)))"
            )
            .await,
        false
    );

    world.running.services().faults().set(|call| match call.operation.as_str() {
        "TransactWriteItems" => Fault::error(400, "ValidationException"),
        _ => Fault::None,
    });
    let id = world.record("Adres controleren").await;
    browser.evaluate("window.same = true").await;
    browser.comes_to_say("verwerkingsactie_create").await;
    browser.comes_to_say("1 failed").await;
    assert_eq!(browser.evaluate("window.same").await, true, "the page was loaded again");

    world.says("queue?name=verwerkingenlog-local-DeadLetterQueue", &["id=\"redrive\"", &id]).await;
    world.running.services().faults().set(|_| Fault::None);
    browser.open(&format!("{}queue?name=verwerkingenlog-local-DeadLetterQueue", world.running.page)).await;
    browser.evaluate("document.getElementById('redrive').click()").await;
    browser.loaded().await;
    browser.comes_to_say("1 message went back").await;
    world.stored(&id).await;
    browser.evaluate("document.querySelector('nav a').click()").await;
    browser.loaded().await;
    browser.comes_to_say("redrive of verwerkingenlog-local-DeadLetterQueue").await;
}
