//! R40, R42, R43, R46: what the authorizer decides about a list and hands on, and the policy itself.

use std::io;
use std::sync::{Arc, Mutex};

use handlers::auth::Fault;
use handlers::observe;
use serde_json::{Value as Json, json};
use tracing::level_filters::LevelFilter;

use crate::world::*;

const PERSON: [(&str, &str); 3] = [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];

fn query<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    PERSON.iter().chain(more).copied().collect()
}

#[tokio::test]
async fn r40_the_pseudonym_of_the_object_is_handed_on() {
    let world = World::new(Signer::ed25519());
    let answer = world.list("read:confidential", &PERSON).await.unwrap();
    assert!(answer.is_allowed());
    assert_eq!(answer.context["objectSleutel"], PSEUDONYM);
    // What the log returned in the place of the number finds the same person.
    let again = [PERSON[0], PERSON[1], ("objectId", PSEUDONYM)];
    assert_eq!(world.list("read:confidential", &again).await.unwrap().context["objectSleutel"], PSEUDONYM);
}

/// The template puts into `next` what the authorizer can read in it.
#[tokio::test]
async fn r44_the_begin_of_a_page_is_handed_on_and_what_hides_the_next_one() {
    let world = World::new(Signer::ed25519());
    let pagina = async |person: &[(&str, &str)], pagina: &[&str]| {
        let pages = pagina.iter().map(|pagina| ("pagina", *pagina));
        let answer = world.list("read:confidential", &person.iter().copied().chain(pages).collect::<Vec<_>>()).await;
        let context = answer.unwrap().context;
        (context.get("masker").cloned().unwrap_or_default(), context.get("na").cloned())
    };
    let (masker, na) = pagina(&PERSON, &[]).await;
    assert_eq!((masker.len(), na), (71, None));
    assert_ne!(pagina(&PERSON, &[]).await.0, masker, "each request has its own");
    // Hidden by it are 2024-02-29T09:00:01.123456789Z and an actieId.
    let digits = "202402290900011234567890f1d2c3b4a5946878a96b5c4d3e2f101";
    let value = |c: char| c.to_digit(16).unwrap();
    let hidden = digits.chars().zip(masker[16..].chars());
    let hidden = hidden.map(|(own, mask)| char::from_digit((value(own) + value(mask)) % 16, 16).unwrap());
    let next = format!("{}{}", &masker[..16], hidden.collect::<String>());
    let begin = "2024-02-29T09:00:01.123456789Z#0f1d2c3b-4a59-4687-8a96-b5c4d3e2f101";
    assert_eq!(pagina(&PERSON, &[&next]).await.1.as_deref(), Some(begin));
    let other = [PERSON[0], PERSON[1], ("objectId", "999990020")];
    for (person, pages) in [(&other, vec![next.as_str()]), (&PERSON, vec![&next, &next]), (&PERSON, vec![&next[1..]])] {
        assert_eq!(pagina(person, &pages).await.1, None, "{pages:?}");
    }
    assert_eq!(pagina(&PERSON[1..], &[&next]).await, (String::new(), None), "nobody is asked for");
}

/// The template says what is wrong (R71); the authorizer lets it through without a key to look up.
#[tokio::test]
async fn r40_there_is_no_pseudonym_of_what_is_missing_repeated_or_too_long() {
    let world = World::new(Signer::ed25519());
    let (long_id, long_soort) = ("1".repeat(41), "s".repeat(243));
    for query in [
        vec![],
        PERSON[1..].to_vec(),
        PERSON[..2].to_vec(),
        query(&[("objectId", "999990020")]),
        query(&[("soortObjectId", "BSN")]),
        query(&[("objecttype", "persoon")]),
        vec![PERSON[0], PERSON[1], ("objectId", "")],
        vec![PERSON[0], PERSON[1], ("objectId", &long_id)],
        vec![PERSON[0], ("soortObjectId", &long_soort), PERSON[2]],
        vec![PERSON[0], ("soortObjectId", ""), PERSON[2]],
        vec![("objecttype", ""), PERSON[1], PERSON[2]],
        vec![PERSON[0], PERSON[1], ("objectID", "999990019")],
    ] {
        let answer = world.list("read:confidential", &query).await.unwrap();
        assert!(answer.is_allowed(), "{query:?}");
        assert_eq!(answer.context.get("objectSleutel"), None, "{query:?}");
        assert!(answer.context.contains_key("nu"));
    }
    assert_eq!(world.secrets.asked(), 0);
    // Characters are counted, not bytes.
    let letters = "\u{e9}".repeat(40);
    let answer = world.list("read:confidential", &[PERSON[0], PERSON[1], ("objectId", &letters)]).await.unwrap();
    assert!(answer.context.contains_key("objectSleutel"));
}

#[tokio::test]
async fn r42_the_vertrouwelijkheden_asked_for_and_allowed_are_handed_on() {
    let world = World::new(Signer::ed25519());
    for (scopes, more, expected) in [
        ("read:normal", vec![("vertrouwelijkheid", "normaal")], Some("normaal")),
        ("read:normal", vec![("vertrouwelijkheid", "normaal"), ("vertrouwelijkheid", "normaal")], Some("normaal")),
        ("read:normal", vec![("vertrouwelijkheid__in", "normaal,normaal")], Some("normaal")),
        ("read:confidential", vec![], Some("normaal,vertrouwelijk,opgeheven")),
        ("read:confidential", vec![("vertrouwelijkheid__in", "opgeheven,normaal")], Some("normaal,opgeheven")),
        (
            "read:confidential",
            vec![("vertrouwelijkheid", "vertrouwelijk"), ("vertrouwelijkheid__in", "normaal")],
            Some("normaal,vertrouwelijk"),
        ),
        // What there is not is no matter of rights: the template answers 400.
        ("read:confidential", vec![("vertrouwelijkheid", "geheim")], None),
        ("read:normal", vec![("vertrouwelijkheid", "normaal"), ("vertrouwelijkheid", "geheim")], None),
        ("read:normal", vec![("vertrouwelijkheid", "")], None),
    ] {
        let answer = world.list(scopes, &query(&more)).await.unwrap();
        assert!(answer.is_allowed(), "{scopes} {more:?}");
        assert_eq!(answer.context.get("vertrouwelijkheden").map(String::as_str), expected, "{scopes} {more:?}");
    }
}

#[tokio::test]
async fn r43_a_list_beyond_the_scopes_is_403() {
    let world = World::new(Signer::ed25519());
    for (scopes, more) in [
        ("read:normal", vec![]),
        ("read:normal", vec![("vertrouwelijkheid", "vertrouwelijk")]),
        ("read:normal", vec![("vertrouwelijkheid", "opgeheven")]),
        ("read:normal", vec![("vertrouwelijkheid", "normaal"), ("vertrouwelijkheid", "opgeheven")]),
        ("read:normal", vec![("vertrouwelijkheid", "normaal"), ("vertrouwelijkheid__in", "normaal,vertrouwelijk")]),
        ("read:normal", vec![("Vertrouwelijkheid", "normaal")]),
        ("create:confidential update:confidential delete:confidential", vec![("vertrouwelijkheid", "normaal")]),
    ] {
        let answer = world.list(scopes, &query(&more)).await.unwrap();
        assert!(!answer.is_allowed(), "{scopes} {more:?}");
        assert_eq!(answer.context.keys().copied().collect::<Vec<_>>(), ["clientId", "scopes"], "nothing more is told");
    }
    assert_eq!(world.secrets.asked(), 0);
}

/// R43 is about the list alone: one actie, and a list of the Inzage API, have no vertrouwelijkheid to ask for.
#[tokio::test]
async fn r43_other_operations_depend_on_no_parameter() {
    let world = World::new(Signer::ed25519());
    let token = world.token(json!({}));
    for (method, resource) in [
        ("GET", "/verwerkingsacties/{actieId}"),
        ("DELETE", "/verwerkingsacties/{actieId}"),
        ("POST", "/verwerkingsacties"),
        ("PATCH", "/verwerkingsacties"),
        ("GET", "/verwerkte-objecten"),
    ] {
        let event = Event { method, resource, ..Event::read(&token) };
        let answer = world.auth.authorize_at(&event.json(), at(NOW)).await.unwrap();
        assert!(answer.is_allowed(), "{method} {resource}");
        assert_eq!(answer.context.keys().copied().collect::<Vec<_>>(), ["clientId", "nu", "scopes"]);
    }
    let event =
        Event { resource: "/verwerkte-objecten", ..Event::list(&token, &query(&[("beginDatum", "2026-01-01")])) };
    let answer = world.auth.authorize_at(&event.json(), at(NOW)).await.unwrap();
    assert_eq!(answer.context["objectSleutel"], PSEUDONYM);
    assert_eq!(answer.context["van"], "2025-12-31T23:00:00.000000000Z");
}

#[tokio::test]
async fn r46_days_are_handed_on_as_the_moments_at_which_they_begin() {
    let world = World::new(Signer::ed25519());
    let period = query(&[("beginDatum", "2026-03-29"), ("eindDatum", "2026-03-30")]);
    let answer = world.list("read:confidential", &period).await.unwrap();
    // On that day the clock goes forward.
    assert_eq!(answer.context["van"], "2026-03-28T23:00:00.000000000Z");
    assert_eq!(answer.context["tot"], "2026-03-29T22:00:00.000000000Z");
    for begin in ["2026-02-29", "2026-13-01", "29-03-2026", "2026-3-29", "", "2026-03-29T00:00:00Z", " 2026-03-29"] {
        let answer = world.list("read:confidential", &query(&[("beginDatum", begin)])).await.unwrap();
        assert!(answer.is_allowed());
        assert_eq!(answer.context.get("van"), None, "{begin}");
        assert_eq!(answer.context.get("tot"), None);
    }
    let twice = query(&[("eindDatum", "2026-01-01"), ("eindDatum", "2026-01-02")]);
    assert_eq!(world.list("read:confidential", &twice).await.unwrap().context.get("tot"), None);
}

#[tokio::test]
async fn r52_the_time_of_the_request_is_handed_on_and_never_goes_back() {
    let world = World::new(Signer::ed25519());
    let token = world.token(json!({}));
    let mut last = String::new();
    for second in [NOW, NOW, NOW - 5] {
        let answer = world.ask_at(&token, second).await.unwrap();
        let nu = answer.context["nu"].clone();
        assert_eq!(nu.len(), "2026-01-15T08:40:00.000000Z".len());
        assert!(nu.starts_with("2026-01-15T08:40:00.") && nu > last, "{nu} after {last}");
        last = nu;
    }
}

#[tokio::test]
async fn r40_a_pseudonym_that_cannot_be_made_is_no_401_and_no_empty_list() {
    let world = World::new(Signer::ed25519());
    world.secrets.remove("pseudonym");
    let outcome = world.list("read:confidential", &PERSON).await;
    assert!(matches!(failed(&outcome), Some(Fault::Unavailable(_))), "{outcome:?}");
    world.secrets.set("pseudonym", "{}");
    let outcome = world.list("read:confidential", &PERSON).await;
    assert_eq!(failed(&outcome), Some(&Fault::JustNow("pseudonym secret")));
}

#[tokio::test]
async fn r72_the_policy_allows_this_method_and_path_alone() {
    let world = World::new(Signer::ed25519());
    let token = world.token(json!({}));
    let event = Event::read(&token);
    let answer = serde_json::to_value(world.auth.authorize_at(&event.json(), at(NOW)).await.unwrap()).unwrap();
    let statement = json!({"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event.arn()});
    assert_eq!(answer["policyDocument"], json!({"Version": "2012-10-17", "Statement": [statement]}));
    assert_eq!(answer["principalId"], "zaaksysteem");
    assert!(answer["context"].as_object().unwrap().values().all(Json::is_string));

    for (path, pattern) in [
        ("/verwerkingsacties/*", "/verwerkingsacties/${*}"),
        ("/verwerkingsacties/????", "/verwerkingsacties/${?}${?}${?}${?}"),
        ("/verwerkingsacties/${aws:PrincipalTag/x}", "/verwerkingsacties/${$}{aws:PrincipalTag/x}"),
        ("/verwerkingsacties/%2A", "/verwerkingsacties/%2A"),
    ] {
        let event = Event { path: path.to_owned(), ..Event::read(&token) };
        let answer = world.auth.authorize_at(&event.json(), at(NOW)).await.unwrap();
        let resource = &answer.policy_document.statement[0].resource;
        assert!(resource.ends_with(&format!("/v1/GET{pattern}")), "{resource}");
    }
}

#[tokio::test]
async fn r72_an_event_of_something_else_is_neither_allowed_nor_401() {
    let world = World::new(Signer::ed25519());
    let token = world.token(json!({}));
    for (name, value) in [
        ("methodArn", Json::Null),
        ("methodArn", json!("*")),
        ("methodArn", json!("arn:aws:s3:::bucket/a/b/c")),
        ("methodArn", json!("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*")),
        ("httpMethod", Json::Null),
        ("resource", json!(1)),
    ] {
        let mut event = Event::read(&token).json();
        event[name] = value;
        let outcome = world.auth.authorize_at(&event, at(NOW)).await;
        assert_eq!(failed(&outcome), Some(&Fault::Event), "{name}");
    }
}

/// What the log gets to see.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn r09_the_log_has_a_line_a_request_and_neither_token_nor_query() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = observe::subscriber(LevelFilter::TRACE, move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::new(Signer::ed25519());
    let good = world.token(json!({"scope": "read:confidential", "sub": "123456782"}));
    let forged = Signer::ed25519().token(&world.header(), &claims(json!({"sub": "123456782"})));
    let secret = Signer::Hmac(CLIENT_SECRET.into()).token(&json!({"alg": "HS256"}), &zgw_claims(json!({})));
    for token in [&good, &forged, &secret, &"x".repeat(9000)] {
        let event = Event::list(token, &query(&[("pagina", "QUJD")]));
        let _ = world.auth.authorize_at(&event.json(), at(NOW)).await;
    }
    let _ = world.auth.authorize_at(&json!({"methodArn": "999990019"}), at(NOW)).await;

    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (lines, events): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["message"] == "autorisatie");
    let seen: Vec<_> =
        lines.iter().map(|line| (line["status"].as_u64().unwrap(), line["reden"].as_str().unwrap())).collect();
    assert_eq!(
        seen,
        [(200, "allowed"), (401, "token signature"), (403, "scopes"), (401, "token too large"), (500, "event")]
    );
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(event["fout"], "the event is not that of a REQUEST authorizer");
    assert_eq!(lines[0]["requestId"], "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
    assert_eq!(lines[0]["operatie"], "GET /verwerkingsacties");
    assert_eq!(lines[4]["operatie"], "onbekend", "CloudWatch takes no dimension that is empty");
    let metrics = lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    let names: Vec<_> = metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["duur", "verzoeken", "fouten4xx", "fouten5xx"]);
    assert_eq!((&lines[0]["clientId"], &lines[1]["clientId"]), (&json!("zaaksysteem"), &json!("")));
    assert_eq!((&lines[1]["fouten4xx"], &lines[4]["fouten5xx"]), (&json!(1.0), &json!(1.0)));
    assert!(lines.iter().all(|line| line["duur"].is_number()));
    for secret in
        ["999990019", "123456782", "QUJD", PSEUDONYM, CLIENT_SECRET, "jan", "Jan Jansen", &good[..20], &"x".repeat(20)]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
