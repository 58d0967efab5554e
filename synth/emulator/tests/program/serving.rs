//! A program that serves, and what is asked of it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emitted::{self, NAME};

pub(crate) fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synth-local"));
    command.args(arguments).current_dir(folder).env("XDG_STATE_HOME", folder.join("state")).env_remove("HOME");
    command
}

/// A folder with the default stack's template.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("template.json"), emitted::template()).unwrap();
    folder
}

pub(crate) const RUN: [&str; 6] = ["run", "--name", NAME, "--template", "template.json", "--port=0"];

/// A program that serves. Killed when it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) ready: Value,
}

impl Serving {
    pub(crate) fn start(folder: &Path, more: &[&str]) -> Self {
        let ready_file = folder.join("ready.json");
        let _ = fs::remove_file(&ready_file);
        let mut command = program(&RUN, folder);
        let said = fs::File::create(folder.join("said")).unwrap();
        let printed = fs::File::create(folder.join("printed")).unwrap();
        command.args(more).arg("--ready-file").arg(&ready_file).stdout(printed).stderr(said);
        let mut child = command.spawn().unwrap();
        while !ready_file.exists() {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("it ended, {status}: {}", fs::read_to_string(folder.join("said")).unwrap());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Self { child, ready: serde_json::from_slice(&fs::read(ready_file).unwrap()).unwrap() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn interrupt(self) -> Option<i32> {
        self.signal("-INT");
        self.ended()
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    pub(crate) fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let (head, body) = client.request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.ready["api"].as_str().unwrap()))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .body(Full::from(body.to_owned()))
            .unwrap();
        let answer = self.send(request).await;
        (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }

    pub(crate) fn token(&self) -> &str {
        self.ready["token"].as_str().unwrap()
    }

    /// Posts an actie and waits until it can be read.
    pub(crate) async fn post(&self) -> String {
        let (status, posted) = self.ask("POST", "/verwerkingsacties", self.token(), &actie()).await;
        assert_eq!(status, 201, "{posted}");
        let id = posted["actieId"].as_str().unwrap().to_owned();
        while self.ask("GET", &format!("/verwerkingsacties/{id}"), self.token(), "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        id
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn actie() -> String {
    json!({
        "actieNaam": "Adres controleren", "vertrouwelijkheid": "normaal", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
    })
    .to_string()
}
