//! R72, R73: tokens that clients sign themselves.

use handlers::auth::Reason::*;
use handlers::auth::{Fault, Refusal};
use serde_json::{Value as Json, json};

use crate::world::*;

const OLD_SECRET: &str = "an-earlier-secret-of-32-bytes-or-more";

fn token(changes: Json) -> String {
    signed(CLIENT_SECRET, changes)
}

fn signed(secret: &str, changes: Json) -> String {
    Signer::Hmac(secret.into()).token(&json!({"alg": "HS256", "typ": "JWT"}), &zgw_claims(changes))
}

#[tokio::test]
async fn r72_a_client_signs_its_own_token() {
    let world = World::new(Signer::ed25519());
    let answer = world.ask(&token(json!({}))).await.unwrap();
    assert!(answer.is_allowed());
    assert_eq!(answer.context["clientId"], "zaken");
    assert_eq!(answer.context["scopes"], "read:normal create:normal", "those of its register, where it claims none");
    assert_eq!(world.issuer.asked(), 0);
    // No secret is kept of what the client says of its user.
    assert!(!serde_json::to_string(&answer).unwrap().contains("jan"));
}

#[tokio::test]
async fn r72_a_token_of_a_client_that_is_not_what_it_should_be_is_401() {
    let world = World::new(Signer::ed25519());
    for (what, token, reason) in [
        ("another secret", signed(OLD_SECRET, json!({})), Signature),
        ("no secret", signed("", json!({})), Signature),
        ("unknown client", token(json!({"iss": "b", "client_id": "b"})), Signature),
        ("another issuer", token(json!({"iss": "b"})), Issuer),
        ("no issuer", token(json!({"iss": null})), Issuer),
        ("no client", token(json!({"client_id": null})), Client),
        ("empty client", token(json!({"client_id": "", "iss": ""})), Client),
        ("no iat", token(json!({"iat": null})), Expired),
        ("no iat but exp", token(json!({"iat": null, "exp": NOW + 300})), Expired),
        ("old", token(json!({"iat": NOW - 3660})), Expired),
        ("old, though it says otherwise", token(json!({"iat": NOW - 3660, "exp": NOW + 300})), Expired),
        ("expired", token(json!({"exp": NOW - 60})), Expired),
        ("of the future", token(json!({"iat": NOW + 61})), NotYetValid),
        ("not yet", token(json!({"nbf": NOW + 61})), NotYetValid),
    ] {
        let outcome = world.ask(&token).await;
        assert!(unauthorized(&outcome, reason), "{what}: {outcome:?}");
    }
    for good in [json!({"iat": NOW - 3659}), json!({"iat": NOW + 60}), json!({"exp": NOW - 59}), json!({"aud": "x"})] {
        assert!(world.ask(&token(good.clone())).await.unwrap().is_allowed(), "{good}");
    }
}

#[tokio::test]
async fn r73_a_client_claims_no_more_than_its_register_says() {
    let world = World::new(Signer::ed25519());
    for (claimed, effective) in [
        (json!({"scope": "read:normal"}), Some("read:normal")),
        (json!({"scopes": ["read:confidential", "create:normal"]}), Some("read:normal create:normal")),
        (json!({"scope": "delete:confidential"}), None),
        (json!({"scopes": []}), None),
    ] {
        let answer = world.ask(&token(claimed.clone())).await.unwrap();
        assert_eq!(answer.is_allowed(), effective.is_some(), "{claimed}");
        assert_eq!(answer.context["scopes"], effective.unwrap_or_default());
    }
}

/// As CloudFormation makes the secret: a client that nobody knows. What it signs is valid and allows nothing.
#[tokio::test]
async fn r73_a_secret_without_scopes_allows_nothing() {
    let world = World::new(Signer::ed25519());
    world.secrets.set("clients", &json!({"zaken": CLIENT_SECRET}).to_string());
    let answer = world.ask(&token(json!({"scope": "read:confidential"}))).await.unwrap();
    assert!(!answer.is_allowed());
}

#[tokio::test]
async fn r72_a_new_secret_follows_the_old_one_without_a_pause() {
    let world = World::new(Signer::ed25519());
    assert!(world.ask(&signed(OLD_SECRET, json!({}))).await.is_err());
    let entry = json!({"zaken": {"sleutel": CLIENT_SECRET, "eerdere": [OLD_SECRET], "scopes": ["read:normal"]}});
    world.secrets.set("clients", &entry.to_string());
    let later = NOW + 300;
    for secret in [CLIENT_SECRET, OLD_SECRET] {
        assert!(world.ask_at(&signed(secret, json!({})), later).await.unwrap().is_allowed());
    }
    assert_eq!(world.secrets.asked(), 2);
}

#[tokio::test]
async fn r72_a_new_client_is_known_within_a_minute_and_a_removed_one_gone_within_five() {
    let world = World::new(Signer::ed25519());
    assert!(world.ask(&token(json!({}))).await.is_ok());
    world.secrets.set("clients", &json!({"b": {"sleutel": CLIENT_SECRET, "scopes": "read:normal"}}).to_string());
    let b = token(json!({"iss": "b", "client_id": "b"}));
    assert!(world.ask_at(&b, NOW + 59).await.is_err());
    assert_eq!(world.secrets.asked(), 1);
    assert!(world.ask_at(&b, NOW + 60).await.unwrap().is_allowed());
    assert!(world.ask_at(&token(json!({})), NOW + 61).await.is_err());
}

#[tokio::test]
async fn r72_a_secret_that_cannot_be_had_is_no_401() {
    let world = World::new(Signer::ed25519());
    world.secrets.remove("clients");
    let outcome = world.ask(&token(json!({}))).await;
    assert!(matches!(failed(&outcome), Some(Fault::Unavailable(_))), "{outcome:?}");
    world.secrets.set("clients", "no JSON at all");
    let outcome = world.ask_at(&token(json!({})), NOW + 5).await;
    let Some(Fault::Secret(text)) = failed(&outcome) else { panic!("{outcome:?}") };
    assert!(text.contains("JSON object") && !text.contains("no JSON at all"), "{text}");
    // Once there was one, it stays in use.
    world.secrets.set("clients", &json!({"zaken": {"sleutel": CLIENT_SECRET, "scopes": "read:normal"}}).to_string());
    assert!(world.ask_at(&token(json!({})), NOW + 10).await.is_ok());
    world.secrets.remove("clients");
    assert!(world.ask_at(&token(json!({})), NOW + 1000).await.is_ok());
    assert_eq!(Refusal::Fault(Fault::Event).to_string(), "The request cannot be authorized now");
}
