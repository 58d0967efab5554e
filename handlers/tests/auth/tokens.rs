//! R72: which tokens of issuers are valid.

use data_encoding::BASE64URL_NOPAD as BASE64;
use handlers::auth::Reason::{self, *};
use serde_json::{Value as Json, json};

use crate::world::*;

async fn assert_refused(world: &World, token: &str, reason: Reason, what: &str) {
    let outcome = world.ask(token).await;
    assert!(unauthorized(&outcome, reason), "{what}: {outcome:?} instead of {reason:?}");
}

#[tokio::test]
async fn r72_a_token_signed_with_a_published_key_is_valid() {
    for (signer, algorithms) in [
        (Signer::rsa(), vec!["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        (Signer::p256(), vec!["ES256"]),
        (Signer::p384(), vec!["ES384"]),
        (Signer::ed25519(), vec!["EdDSA"]),
    ] {
        let world = World::new(signer);
        for algorithm in algorithms {
            let token = world.signer.token(&json!({"alg": algorithm, "kid": "a"}), &claims(json!({})));
            let answer = world.ask(&token).await.unwrap();
            assert!(answer.is_allowed(), "{algorithm}");
            assert_eq!(
                (answer.principal_id.as_str(), answer.context["scopes"].as_str()),
                ("zaaksysteem", "read:normal")
            );

            // One changed character of any part, and it is not.
            for place in [10, token.find('.').unwrap() + 10, token.len() - 20] {
                let mut forged = token.clone().into_bytes();
                forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
                let outcome = world.ask(&String::from_utf8(forged).unwrap()).await;
                assert_eq!(outcome.unwrap_err().to_string(), "Unauthorized", "{algorithm} at {place}");
            }
        }
    }
}

#[tokio::test]
async fn r72_a_signature_of_somebody_else_is_401() {
    let world = World::new(Signer::p256());
    let token = Signer::p256().token(&world.header(), &claims(json!({})));
    assert_refused(&world, &token, Signature, "another key").await;
    let good = world.token(json!({}));
    let (message, _) = good.rsplit_once('.').unwrap();
    assert_refused(&world, &format!("{message}."), Signature, "no signature").await;
    let other = world.token(json!({"scope": "delete:confidential"}));
    let (other, _) = other.rsplit_once('.').unwrap();
    let signature = good.rsplit_once('.').unwrap().1;
    assert_refused(&world, &format!("{other}.{signature}"), Signature, "of another token").await;
    // DER, where a JWT has the two numbers side by side, and numbers that are 0 (CVE-2022-21449).
    for forged in [vec![0; 64], vec![0x30, 6, 2, 1, 0, 2, 1, 0]] {
        assert_refused(&world, &format!("{message}.{}", BASE64.encode(&forged)), Signature, "forged").await;
    }
}

#[tokio::test]
async fn r72_an_algorithm_that_proves_nothing_is_401() {
    let world = World::new(Signer::rsa());
    for alg in ["none", "None", "nOnE", "", "HS384", "HS512", "rs256", "RS1", "ES256K", "ES512", "RSA-OAEP"] {
        let token = world.signer.token(&json!({"alg": alg, "kid": "a"}), &claims(json!({})));
        assert_refused(&world, &token, Algorithm, alg).await;
        let (message, _) = token.rsplit_once('.').unwrap();
        assert_refused(&world, &format!("{message}."), Algorithm, alg).await;
    }
    for alg in [json!(null), json!(["RS256"]), json!(1)] {
        let token = world.signer.token(&json!({"alg": alg}), &claims(json!({})));
        assert_refused(&world, &token, Malformed, "alg is no text").await;
    }
    assert_eq!(world.issuer.asked(), 0);
}

/// The public key is no secret, so a token that was "signed" with it as one proves nothing.
#[tokio::test]
async fn r72_a_public_key_is_never_taken_for_a_shared_secret() {
    let world = World::new(Signer::rsa());
    let jwk = world.signer.jwk();
    let modulus = BASE64.decode(jwk["n"].as_str().unwrap().as_bytes()).unwrap();
    for secret in [modulus, jwk["n"].as_str().unwrap().into(), jwk.to_string().into_bytes(), Vec::new()] {
        let forger = Signer::Hmac(secret);
        for claims in [claims(json!({})), claims(json!({"client_id": ISSUER})), zgw_claims(json!({}))] {
            for header in [json!({"alg": "HS256", "kid": "a"}), json!({"alg": "HS256"})] {
                let outcome = world.ask(&forger.token(&header, &claims)).await;
                assert_eq!(outcome.unwrap_err().to_string(), "Unauthorized");
            }
        }
    }
    // And where no client signs its own tokens at all.
    let settings = handlers::auth::Settings { clients_secret: None, ..settings() };
    let auth = handlers::auth::Auth::new(settings, world.secrets.clone(), world.issuer.clone());
    let token = Signer::Hmac(CLIENT_SECRET.into()).token(&json!({"alg": "HS256"}), &zgw_claims(json!({})));
    let outcome = auth.authorize_at(&Event::read(&token).json(), at(NOW)).await;
    assert!(unauthorized(&outcome, Algorithm), "{outcome:?}");
    // Nor does a symmetric key count that the issuer published.
    world
        .issuer
        .set(&[json!({"kid": "s", "kty": "oct", "alg": "HS256", "k": BASE64.encode(CLIENT_SECRET.as_bytes())})]);
    let token = Signer::Hmac(CLIENT_SECRET.into()).token(&json!({"alg": "HS256", "kid": "s"}), &claims(json!({})));
    assert!(world.ask_at(&token, NOW + 70).await.is_err());
}

#[tokio::test]
async fn r72_a_key_serves_the_algorithm_and_the_use_that_its_issuer_says() {
    let world = World::new(Signer::rsa());
    for (changes, alg, valid) in [
        (json!({"alg": "RS256", "use": "sig"}), "RS256", true),
        (json!({"alg": "RS256"}), "PS256", false),
        (json!({"alg": "PS512"}), "PS512", true),
        (json!({"alg": "RSA-OAEP"}), "RS256", false),
        (json!({"use": "enc"}), "RS256", false),
        (json!({"use": "tls"}), "RS256", false),
        (json!({"key_ops": ["encrypt"]}), "RS256", false),
        (json!({"kid": "b"}), "RS256", false),
        (json!({}), "ES256", false),
    ] {
        let auth = World::new(Signer::ed25519());
        auth.issuer.set(&[changed(changed(world.signer.jwk(), json!({"kid": "a"})), changes.clone())]);
        let token = world.signer.token(&json!({"alg": alg, "kid": "a"}), &claims(json!({})));
        let outcome = auth.ask(&token).await;
        if valid {
            assert!(outcome.unwrap().is_allowed(), "{changes}");
        } else {
            assert!(unauthorized(&outcome, Key), "{changes} {outcome:?}");
        }
    }
}

#[tokio::test]
async fn r72_a_token_without_a_key_id_is_valid_where_there_is_one_key_for_it() {
    let world = World::new(Signer::p256());
    let token = world.signer.token(&json!({"alg": "ES256"}), &claims(json!({})));
    let encryption = changed(Signer::p256().jwk(), json!({"use": "enc"}));
    world.issuer.set(&[world.signer.jwk(), Signer::rsa().jwk(), encryption]);
    assert!(world.ask(&token).await.unwrap().is_allowed());
    world.issuer.set(&[world.signer.jwk(), Signer::p256().jwk()]);
    let outcome = world.ask_at(&token, NOW + 320).await;
    assert!(unauthorized(&outcome, Key), "{outcome:?}");
}

/// Two keys of different kinds may share an id (RFC 7517, 4.5), and issuers have published two of one kind.
#[tokio::test]
async fn r72_keys_with_the_same_id_are_all_tried() {
    let world = World::new(Signer::p256());
    let named = |signer: &Signer| changed(signer.jwk(), json!({"kid": "a"}));
    world.issuer.set(&[named(&Signer::rsa()), named(&Signer::p256()), named(&world.signer)]);
    assert!(world.ask(&world.token(json!({}))).await.unwrap().is_allowed());
}

#[tokio::test]
async fn r72_a_token_for_or_from_others_is_401() {
    let world = World::new(Signer::p256());
    for (changes, reason) in [
        (json!({"iss": "https://login.example.nl/"}), Issuer),
        (json!({"iss": "https://LOGIN.example.nl"}), Issuer),
        (json!({"iss": ""}), Issuer),
        (json!({"iss": null}), Issuer),
        (json!({"aud": "other"}), Audience),
        (json!({"aud": ["other", "verwerkingenlog2"]}), Audience),
        (json!({"aud": []}), Audience),
        (json!({"aud": ""}), Audience),
        (json!({"aud": null}), Audience),
        (json!({"aud": 1}), Malformed),
        (json!({"iss": [ISSUER]}), Malformed),
    ] {
        assert_refused(&world, &world.token(changes.clone()), reason, &changes.to_string()).await;
    }
    assert_eq!(world.issuer.asked(), 0, "keys are fetched for no such token");
    assert!(world.ask(&world.token(json!({"aud": ["other", AUDIENCE]}))).await.unwrap().is_allowed());
}

#[tokio::test]
async fn r72_a_token_is_valid_in_its_time_give_or_take_a_minute() {
    let world = World::new(Signer::p256());
    for (changes, reason) in [
        (json!({"exp": NOW - 59}), None),
        (json!({"exp": NOW - 60}), Some(Expired)),
        (json!({"exp": NOW - 60 + 1, "iat": null, "nbf": null}), None),
        (json!({"exp": NOW as f64 + 0.5}), None),
        (json!({"exp": null}), Some(Expired)),
        (json!({"exp": 0}), Some(Expired)),
        (json!({"exp": -1e300}), Some(Expired)),
        (json!({"exp": "never"}), Some(Malformed)),
        (json!({"exp": (NOW + 300).to_string()}), Some(Malformed)),
        (json!({"nbf": NOW + 60}), None),
        (json!({"nbf": NOW + 61}), Some(NotYetValid)),
        (json!({"iat": NOW + 60}), None),
        (json!({"iat": NOW + 61}), Some(NotYetValid)),
        (json!({"nbf": "now"}), Some(Malformed)),
    ] {
        let token = world.token(changes.clone());
        match reason {
            Some(reason) => assert_refused(&world, &token, reason, &changes.to_string()).await,
            None => assert!(world.ask(&token).await.unwrap().is_allowed(), "{changes}"),
        }
    }
    let infinite = claims(json!({"exp": 1})).to_string().replace("\"exp\":1", "\"exp\":1e999");
    assert_refused(&world, &world.signer.token_of(&world.header().to_string(), &infinite), Malformed, "1e999").await;
}

#[tokio::test]
async fn r72_what_a_header_demands_is_understood_or_401() {
    let world = World::new(Signer::p256());
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("b64"), json!({}), json!(false)] {
        let token =
            world.signer.token(&json!({"alg": "ES256", "kid": "a", "crit": crit, "b64": true}), &claims(json!({})));
        assert_refused(&world, &token, Critical, &crit.to_string()).await;
    }
    let null = r#"{"alg":"ES256","kid":"a","crit":null}"#;
    assert_refused(&world, &world.signer.token_of(null, &claims(json!({})).to_string()), Critical, null).await;
    for typ in ["logout+jwt", "JOSE", "JWE", ""] {
        let token = world.signer.token(&json!({"alg": "ES256", "kid": "a", "typ": typ}), &claims(json!({})));
        assert_refused(&world, &token, Type, typ).await;
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+JWT"] {
        let token = world.signer.token(&json!({"alg": "ES256", "kid": "a", "typ": typ}), &claims(json!({})));
        assert!(world.ask(&token).await.unwrap().is_allowed(), "{typ}");
    }
}

/// Keys and addresses of keys in a token are its signer's word.
#[tokio::test]
async fn r72_a_key_that_a_token_brings_along_does_not_count() {
    let world = World::new(Signer::p256());
    let forger = Signer::p256();
    let header = json!({
        "alg": "ES256", "kid": "a", "jwk": forger.jwk(), "jku": "https://example.com/jwks.json", "x5u": "https://example.com",
        "x5c": ["MIIB"],
    });
    assert_refused(&world, &forger.token(&header, &claims(json!({}))), Signature, "jwk").await;
}

#[tokio::test]
async fn r72_what_is_no_token_is_401() {
    let world = World::new(Signer::p256());
    let good = world.token(json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    for (token, reason) in [
        (String::new(), Missing),
        (".".to_owned(), Malformed),
        ("..".to_owned(), Malformed),
        ("a.b".to_owned(), Malformed),
        ("a.b.c".to_owned(), Malformed),
        (format!("{good}.{}", parts[2]), Malformed),
        (format!("{}.{}", parts[0], parts[1]), Malformed),
        (format!("{}=.{}.{}", parts[0], parts[1], parts[2]), Malformed),
        (format!("{good}="), Signature),
        (format!("{good} {good}"), Malformed),
        (format!("{good},Bearer"), Signature),
        (format!("{}\u{e9}.{}.{}", parts[0], parts[1], parts[2]), Malformed),
        (format!("{good}\u{0}"), Signature),
        (world.signer.token_of("[]", "{}"), Malformed),
        (world.signer.token_of("{}", "{}"), Malformed),
        (world.signer.token_of(r#"{"alg":"ES256"}"#, "[]"), Malformed),
        (world.signer.token_of(r#"{"alg":"ES256"}"#, "null"), Malformed),
        (world.signer.token_of(r#"{"alg":"ES256","alg":"ES256"}"#, "{}"), Malformed),
        (world.signer.token_of(r#"{"alg":"ES256","kid":"a"}"#, &format!("{} ", "[".repeat(3000))), Malformed),
    ] {
        assert_refused(&world, &token, reason, &token).await;
    }
    let twice = claims(json!({})).to_string().replacen('{', r#"{"iss":"https://login.example.nl","#, 1);
    assert_refused(&world, &world.signer.token_of(&world.header().to_string(), &twice), Malformed, "claim twice").await;
}

#[tokio::test]
async fn r72_a_token_has_at_most_8_kb() {
    let world = World::new(Signer::p256());
    let with = |length: usize| world.token(json!({"note": "n".repeat(length)}));
    let most = (8192 - with(0).len()) / 4 * 3;
    assert!(with(most).len() <= 8192);
    assert!(world.ask(&with(most)).await.unwrap().is_allowed());
    assert_refused(&world, &with(most + 3), TooLarge, "8 KB").await;
    assert_refused(&world, &"a".repeat(1 << 20), TooLarge, "1 MB").await;
}

#[tokio::test]
async fn r72_there_is_exactly_one_authorization_and_it_is_a_bearer() {
    let world = World::new(Signer::p256());
    let token = world.token(json!({}));
    let outcome = async |headers: &[(&str, &[&str])]| {
        let text = |value: &&str| value.replace("TOKEN", &token);
        let headers = headers.iter().map(|(name, values)| ((*name).to_owned(), values.iter().map(text).collect()));
        let event = Event { headers: headers.collect(), ..Event::read("") };
        world.auth.authorize_at(&event.json(), at(NOW)).await
    };
    for good in ["Bearer TOKEN", "bearer TOKEN", "BEARER   TOKEN "] {
        assert!(outcome(&[("authorization", &[good])]).await.unwrap().is_allowed(), "{good}");
    }
    let bad: [&[(&str, &[&str])]; 12] = [
        &[],
        &[("Authorization", &[])],
        &[("Authorization", &[""])],
        &[("Authorization", &["TOKEN"])],
        &[("Authorization", &["Bearer"])],
        &[("Authorization", &["Bearer  "])],
        &[("Authorization", &["Basic TOKEN"])],
        &[("Authorization", &["BearerTOKEN"])],
        &[("Authorization", &["Bearer\tTOKEN"])],
        &[("Authorization", &["Bearer TOKEN", "Bearer TOKEN"])],
        &[("Authorization", &["Bearer TOKEN"]), ("authorization", &["Bearer TOKEN"])],
        &[("X-Authorization", &["Bearer TOKEN"])],
    ];
    for headers in bad {
        assert!(unauthorized(&outcome(headers).await, Missing), "{headers:?}");
    }
    // API Gateway gives headers in both forms; a test event of the console perhaps in one.
    let mut event = Event::read(&token).json();
    event["multiValueHeaders"] = Json::Null;
    assert!(world.auth.authorize_at(&event, at(NOW)).await.unwrap().is_allowed());
}

#[tokio::test]
async fn r72_the_client_is_who_the_token_says() {
    let world = World::new(Signer::p256());
    for (changes, client) in [
        (json!({"client_id": "a", "azp": "b", "sub": "c"}), Some("a")),
        (json!({"client_id": null, "azp": "b", "sub": "c"}), Some("b")),
        (json!({"client_id": null, "sub": "service-account-c"}), Some("service-account-c")),
        (json!({"client_id": "Zaken & Co (test)"}), Some("Zaken & Co (test)")),
        (json!({"client_id": null}), None),
        (json!({"client_id": ""}), None),
        (json!({"client_id": "a\"b"}), None),
        (json!({"client_id": "a\\b"}), None),
        (json!({"client_id": "a\nb"}), None),
        (json!({"client_id": "\u{e9}"}), None),
        (json!({"client_id": "a".repeat(257)}), None),
        // Somebody's number must not get into a log (R09).
        (json!({"client_id": null, "sub": "999990019"}), None),
    ] {
        let outcome = world.ask(&world.token(changes.clone())).await;
        match client {
            Some(client) => {
                let answer = outcome.unwrap();
                assert_eq!((answer.principal_id.as_str(), answer.context["clientId"].as_str()), (client, client));
            }
            None => assert!(unauthorized(&outcome, Client), "{changes} {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn r73_scopes_come_from_scope_or_scopes() {
    let world = World::new(Signer::p256());
    for (changes, scopes) in [
        (json!({"scope": "read:normal openid update:confidential"}), "read:normal update:normal update:confidential"),
        (json!({"scope": null, "scopes": "create:normal"}), "create:normal"),
        (json!({"scope": null, "scopes": ["delete:confidential", "x"]}), "delete:normal delete:confidential"),
        (json!({"scope": ["create:normal"]}), "create:normal"),
        (json!({"scope": "read:normal", "scopes": ["create:normal"]}), "read:normal create:normal"),
    ] {
        let answer = world.ask(&world.token(changes.clone())).await.unwrap();
        assert!(answer.is_allowed());
        assert_eq!(answer.context["scopes"], scopes, "{changes}");
    }
    for changes in [json!({"scope": 1}), json!({"scope": {"read:normal": true}}), json!({"scopes": [1]})] {
        assert_refused(&world, &world.token(changes.clone()), Malformed, &changes.to_string()).await;
    }
}

#[tokio::test]
async fn r72_a_token_without_any_scope_of_ours_is_403() {
    let world = World::new(Signer::p256());
    for changes in [json!({"scope": null}), json!({"scope": ""}), json!({"scope": "openid READ:NORMAL read:norma"})] {
        let answer = world.ask(&world.token(changes.clone())).await.unwrap();
        assert!(!answer.is_allowed(), "{changes}");
        assert_eq!(answer.principal_id, "zaaksysteem");
    }
}
