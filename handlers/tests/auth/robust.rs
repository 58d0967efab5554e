//! R72: nothing but a well-signed token is let through, whatever is sent.

use std::sync::LazyLock;

use handlers::auth::{Answer, Refusal};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use tokio::runtime::Runtime;

use crate::world::*;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Signer::p256()));
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

fn ask(event: &Json) -> Result<Answer, Refusal> {
    RUNTIME.block_on(WORLD.auth.authorize_at(event, at(NOW)))
}

const NAMES: &str = "alg|typ|kid|crit|iss|aud|exp|nbf|iat|scope|scopes|client_id|azp|sub|[a-z]{1,5}";

/// Any JSON, with names that matter here among its keys.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,20}".prop_map(Json::from),
        Just(json!(ISSUER)),
        Just(json!(AUDIENCE)),
        Just(json!("zaken")),
        Just(json!(NOW)),
        Just(json!("HS256")),
        Just(json!("ES256")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((NAMES, inner), 0..8)
                .prop_map(|pairs| pairs.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Any JSON, or what is good with up to two members that are something else.
fn nearly(good: Json) -> impl Strategy<Value = Json> {
    let changes = prop::collection::btree_map(NAMES, any_json(), 0..3);
    prop_oneof![
        1 => any_json(),
        3 => changes.prop_map(move |changes| changed(good.clone(), changes.into_iter().collect::<Map<_, _>>().into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn r72_any_text_as_authorization_is_401(text in "(Bearer )?(\\PC{0,200}|[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,3})") {
        let mut event = Event::read("");
        event.headers = vec![("Authorization".to_owned(), vec![text])];
        prop_assert_eq!(ask(&event.json()).unwrap_err().to_string(), "Unauthorized");
    }

    #[test]
    fn r72_any_header_and_claims_that_nobody_signed_are_401(
        header in nearly(WORLD.header()),
        claims in prop_oneof![nearly(claims(json!({}))), nearly(zgw_claims(json!({"scope": "read:normal"})))],
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let (header, claims) = (header.to_string(), claims.to_string());
        let base64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        let token = format!("{}.{}.{}", base64(header.as_bytes()), base64(claims.as_bytes()), base64(&signature));
        prop_assert_eq!(ask(&Event::read(&token).json()).unwrap_err().to_string(), "Unauthorized");
    }

    /// Claims at random that the issuer did sign are let through only where they say what they must.
    #[test]
    fn r72_what_is_let_through_was_meant_for_us(claims in nearly(claims(json!({})))) {
        let token = WORLD.signer.token(&WORLD.header(), &claims);
        if ask(&Event::read(&token).json()).is_ok_and(|answer| answer.is_allowed()) {
            prop_assert_eq!(&claims["iss"], ISSUER);
            prop_assert!(claims["aud"] == AUDIENCE || claims["aud"].as_array().unwrap().contains(&json!(AUDIENCE)));
            prop_assert!(claims["exp"].as_f64().unwrap() > (NOW - 60) as f64);
        }
    }

    /// One bit of a good token changed, and it is good no more.
    #[test]
    fn r72_a_changed_token_is_401(place in any::<prop::sample::Index>(), bit in 0..7_u8) {
        let token = WORLD.token(json!({}));
        let (message, _) = token.rsplit_once('.').unwrap();
        let place = place.index(message.len());
        let mut bytes = token.clone().into_bytes();
        bytes[place] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(ask(&Event::read(&changed).json()).unwrap_err().to_string(), "Unauthorized");
    }

    #[test]
    fn r40_any_query_is_answered_and_hands_on_what_is_right(
        query in prop::collection::vec((
            "objecttype|soortObjectId|objectId|beginDatum|eindDatum|vertrouwelijkheid|vertrouwelijkheid__in|\\PC{0,5}",
            "persoon|BSN|[0-9]{9}|normaal|vertrouwelijk|opgeheven|normaal,opgeheven|2[0-9]{3}-[01][0-9]-[0-3][0-9]|\\PC{0,50}",
        ), 0..10),
        confidential in any::<bool>(),
    ) {
        let token = WORLD.token(json!({"scope": if confidential { "read:confidential" } else { "read:normal" }}));
        let event = Event { query: query.clone(), ..Event::list(&token, &[]) };
        let answer = ask(&event.json()).unwrap();
        prop_assert!(answer.is_allowed() || !confidential);
        let count = |name: &str| query.iter().filter(|(key, _)| key == name).count();
        if let Some(sleutel) = answer.context.get("objectSleutel") {
            prop_assert_eq!(sleutel.len(), 39);
            prop_assert_eq!((count("objecttype"), count("soortObjectId"), count("objectId")), (1, 1, 1));
        }
        for (name, parameter) in [("van", "beginDatum"), ("tot", "eindDatum")] {
            prop_assert!(!answer.context.contains_key(name) || count(parameter) == 1);
        }
        if let Some(values) = answer.context.get("vertrouwelijkheden") {
            prop_assert!(confidential || values == "normaal");
        }
    }

    #[test]
    fn r72_any_event_is_refused_without_a_panic(event in any_json(), name in "methodArn|headers|multiValueHeaders|multiValueQueryStringParameters|requestContext|httpMethod|resource", value in any_json()) {
        prop_assert!(ask(&event).is_err());
        // A good event of which one part is something else: never more than what the token allows.
        let mut event = Event::read("no.token.here").json();
        event[name] = value;
        prop_assert!(ask(&event).is_err());
    }
}
