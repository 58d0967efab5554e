//! R72: the program, started as Lambda starts it, says what API Gateway goes by.

use std::time::Duration;

use aws_sdk_secretsmanager::config::Credentials;
use handlers::auth::Auth;
use handlers::aws::{Clients, SecretsManager};
use jiff::Timestamp;
use local::lambda::{Function, FunctionError, Program};
use local::{Fault, Options, Service, Services};
use serde_json::{Value as Json, json};

use crate::keys::{http, named, serve};
use crate::world::*;

const TIME: Duration = Duration::from_secs(60);

pub(crate) async fn start<'a>(environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Function {
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Function::start(&Program::new("auth", env!("CARGO_BIN_EXE_auth"), environment)).await.unwrap()
}

pub(crate) async fn invoke(function: &Function, event: &Json) -> Result<Json, FunctionError> {
    let answer = function.invoke(event.to_string(), TIME, None).await?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

pub(crate) fn message(outcome: &Result<Json, FunctionError>) -> String {
    let Err(FunctionError::Reported(fout)) = outcome else { panic!("{outcome:?}") };
    serde_json::from_str::<Json>(fout).unwrap()["errorMessage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn r72_the_program_answers_with_a_policy_or_with_unauthorized() {
    let services = Services::start(Options::in_memory()).await.unwrap();
    let pseudonym = services.secrets().set("pseudonym", PSEUDONYM_SECRET).expect("a secret");
    let register = json!({"zaken": {"sleutel": CLIENT_SECRET, "scopes": "read:confidential"}});
    let clients = services.secrets().set("clients", &register.to_string()).expect("a secret");
    let signer = Signer::p256();
    let (address, _) = serve(http("200 OK", "", &json!({"keys": [named(&signer, "a")]}).to_string()));
    let issuers = json!([{"issuer": ISSUER, "audience": AUDIENCE, "jwksUri": format!("http://{address}/jwks.json")}]);
    let function = start([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", services.endpoint().as_str()),
        ("PSEUDONYM_SECRET_ARN", &pseudonym),
        ("CLIENTS_SECRET_ARN", &clients),
        ("TIJDZONE", "Europe/Amsterdam"),
        ("TOKEN_ISSUERS", issuers.to_string().as_str()),
    ])
    .await;
    function.ready(TIME).await.unwrap();
    assert_eq!(services.faults().total(), 0, "nothing is fetched before it is needed");

    let now = Timestamp::now().as_second();
    let token = |exp: i64| {
        let claims = claims(json!({"exp": exp, "iat": now, "nbf": now}));
        signer.token(&json!({"alg": "ES256", "kid": "a"}), &claims)
    };
    let effect = |answer: &Json| answer["policyDocument"]["Statement"][0]["Effect"].clone();
    let allowed = invoke(&function, &Event::read(&token(now + 300)).json()).await.unwrap();
    assert_eq!((effect(&allowed), &allowed["context"]["scopes"]), (json!("Allow"), &json!("read:normal")));
    let denied = invoke(&function, &Event::list(&token(now + 300), &[]).json()).await.unwrap();
    assert_eq!(effect(&denied), "Deny");
    assert_eq!(message(&invoke(&function, &Event::read(&token(now - 300)).json()).await), "Unauthorized");
    assert_eq!(message(&invoke(&function, &json!({"version": "2.0"})).await), "The request cannot be authorized now");

    // Both secrets come from Secrets Manager, once.
    let zgw = Signer::Hmac(CLIENT_SECRET.into()).token(&json!({"alg": "HS256"}), &zgw_claims(json!({"iat": now})));
    let person = [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];
    for _ in 0..2 {
        let answer = invoke(&function, &Event::list(&zgw, &person).json()).await.unwrap();
        assert_eq!((effect(&answer), &answer["context"]["objectSleutel"]), (json!("Allow"), &json!(PSEUDONYM)));
    }
    assert_eq!(services.faults().total(), 2);

    let log = function.log().join("\n");
    for secret in ["999990019", CLIENT_SECRET, &zgw, PSEUDONYM] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    services.stop().await;
}

#[tokio::test]
async fn r72_a_program_that_is_told_nothing_sensible_does_not_start() {
    for (name, value) in [
        ("TIJDZONE", ""),
        ("TIJDZONE", "Europe/Amsterdm"),
        ("PSEUDONYM_SECRET_ARN", ""),
        ("TOKEN_ISSUERS", "{}"),
        ("TOKEN_ISSUERS", r#"[{"issuer":"https://a","audience":"b","jwksUri":"http://example.nl/"}]"#),
        ("TOKEN_ISSUERS", r#"[{"issuer":"https://a","audience":"","jwksUri":"https://example.nl/"}]"#),
    ] {
        let mut environment = vec![
            ("AWS_REGION", "eu-west-1"),
            ("PSEUDONYM_SECRET_ARN", "pseudonym"),
            ("TIJDZONE", "Europe/Amsterdam"),
            ("TOKEN_ISSUERS", "[]"),
        ];
        environment.retain(|(known, _)| *known != name);
        environment.push((name, value));
        let outcome = start(environment).await.ready(TIME).await;
        assert!(matches!(outcome, Err(FunctionError::Exited(_))), "{name}={value}: {outcome:?}");
    }
}

/// A secret that cannot be had for a moment: the SDK asks again, and nobody notices.
#[tokio::test]
async fn r72_a_passing_fault_of_secrets_manager_is_not_the_clients() {
    let services = Services::start(Options::in_memory()).await.unwrap();
    let register = json!({"zaken": {"sleutel": CLIENT_SECRET, "scopes": "read:normal"}});
    services.secrets().set("clients", &register.to_string()).expect("a secret");
    let passing =
        |call: &local::Call| if call.number < 3 { Fault::internal(Service::SecretsManager) } else { Fault::None };
    services.faults().set(passing);
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url(services.endpoint())
        .credentials_provider(Credentials::new("anybody", "anything", None, None, "test"))
        .load()
        .await;
    let secrets = SecretsManager::new(Clients::from(config).secrets());
    let auth = Auth::new(settings(), secrets, World::new(Signer::ed25519()).issuer);
    let token = Signer::Hmac(CLIENT_SECRET.into()).token(&json!({"alg": "HS256"}), &zgw_claims(json!({})));
    assert!(auth.authorize_at(&Event::read(&token).json(), at(NOW)).await.unwrap().is_allowed());
    services.stop().await;
}
