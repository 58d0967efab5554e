//! `synth token` and the key of the local issuer.

use std::fs;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::functions::programs;
use crate::serving::{Serving, actie, folder, program};

/// What `synth token` prints.
fn token(folder: &Path, more: &[&str]) -> String {
    let made = program(&["token"], folder).args(more).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

async fn post(serving: &Serving, token: &str) -> u16 {
    serving.ask("POST", "/verwerkingsacties", token, &actie()).await.0.as_u16()
}

#[tokio::test]
async fn in_memory_nothing_is_kept_beside_the_key_of_the_issuer() {
    let folder = folder();
    let before = token(folder.path(), &[]);
    let serving = Serving::start(folder.path(), &["--in-memory"]);
    serving.post().await;
    assert_eq!(post(&serving, &before).await, 201, "the key is made once, by whoever comes first");
    let printed = serving.token().to_owned();
    assert_eq!(serving.interrupt(), Some(0));
    let state = folder.path().join("state/synth");
    let kept: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["issuer.pk8"]);
    let next = Serving::start(folder.path(), &["--in-memory"]);
    for token in [&before, &printed, &token(folder.path(), &[])] {
        assert_eq!(post(&next, token).await, 201, "a token outlives the run");
    }
}

#[tokio::test]
async fn r72_r73_a_token_allows_what_it_was_made_for_and_where_it_was_made() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--data=data"]);
    let token = |more: &[&str]| token(folder.path(), more);
    assert_eq!(post(&serving, &token(&["--data=data"])).await, 201);
    let of_client = token(&["--data=data", "--scopes=create:normal", "--client=zaaksysteem"]);
    assert_eq!(post(&serving, &of_client).await, 201);
    assert_eq!(post(&serving, &token(&["--data=data", "--scopes=read:normal"])).await, 403);
    assert_eq!(post(&serving, &token(&["--data=other"])).await, 401, "the key of another folder");
    assert_eq!(post(&serving, &token(&[])).await, 401, "nor that of all stacks");
}

#[test]
fn a_token_says_whose_it_is_and_how_long_it_lasts() {
    let folder = folder();
    let claims = |more: &[&str]| -> Value {
        let token = token(folder.path(), more);
        let claims = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
    };
    let lasts = |claims: &Value| claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    let usual = claims(&[]);
    assert_eq!((&usual["client_id"], lasts(&usual)), (&json!("local"), 60 * 60));
    let asked = claims(&["--client=zaaksysteem", "--expires=2d", "--scopes=read:normal create:normal"]);
    assert_eq!((&asked["client_id"], lasts(&asked)), (&json!("zaaksysteem"), 2 * 24 * 60 * 60));
    assert_eq!(asked["scope"], "read:normal create:normal");
    for (wrong, said) in
        [("--expires=soon", "`soon` is no duration such as 500ms, 30s, 15m, 1h or 7d"), ("--wie=x", "--wie")]
    {
        let refused = program(&["token", wrong], folder.path()).output().unwrap();
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), stderr.contains(said)), (Some(2), true), "{stderr}");
    }
}

/// The authorizer as it is deployed: told what the template says, and nothing of this machine.
#[tokio::test]
async fn r73_a_deployed_stack_does_not_trust_the_local_issuer() {
    let template = crate::emitted::template();
    assert!(!template.contains(emulator::issuer::NAME));
    let template: Value = serde_json::from_str(&template).unwrap();
    let variables = &template["Resources"]["AuthFunction"]["Properties"]["Environment"]["Variables"];
    let issuers = variables["TOKEN_ISSUERS"].as_str().unwrap();
    let folder = folder();
    let deployed = programs(folder.path(), &format!("export TOKEN_ISSUERS='{issuers}'"));
    let place = format!("--functions-dir={}", deployed.display());
    let serving = Serving::start(folder.path(), &["--in-memory", "--functions=process", &place]);
    for token in [serving.token(), &token(folder.path(), &[])] {
        assert_eq!(post(&serving, token).await, 401);
    }
}
