//! Secrets.

use std::time::Duration;

use local::{Options, Services};

use crate::clients::{Stack, code};

#[tokio::test]
async fn a_secret_is_read_by_name_and_by_arn() {
    let stack = Stack::start().await;
    let arn = stack.services.secrets().set("pseudoniem-sleutel", "geheim").expect("a secret");
    assert!(arn.starts_with("arn:aws:secretsmanager:eu-west-1:000000000000:secret:pseudoniem-sleutel-"), "{arn}");
    let partial = arn.rsplit_once('-').unwrap().0;
    for id in ["pseudoniem-sleutel", &arn, partial] {
        let got = stack.secrets.get_secret_value().secret_id(id).send().await.unwrap();
        assert_eq!((got.arn(), got.secret_string()), (Some(arn.as_str()), Some("geheim")));
        assert_eq!(got.version_stages(), ["AWSCURRENT"]);
    }
    let none = stack.secrets.get_secret_value().secret_id("none").send().await.unwrap_err();
    assert!(none.as_service_error().unwrap().is_resource_not_found_exception());
}

#[tokio::test]
async fn a_new_value_is_current_and_the_old_one_previous() {
    let stack = Stack::start().await;
    let created = stack.secrets.create_secret().name("naam").secret_string("een").send().await.unwrap();
    let again = stack.secrets.create_secret().name("naam").secret_string("een").send().await.unwrap_err();
    assert_eq!(code(again), "ResourceExistsException");
    let put = |value: &str| stack.secrets.put_secret_value().secret_id("naam").secret_string(value);
    let token = "11111111-1111-4111-8111-111111111111";
    let second = put("twee").client_request_token(token).send().await.unwrap();
    assert_eq!(second.version_id(), Some(token));
    // The same request once more changes nothing; another value for the same version is refused.
    put("twee").client_request_token(token).send().await.unwrap();
    let refused = put("drie").client_request_token(token).send().await.unwrap_err();
    assert_eq!(code(refused), "ResourceExistsException");

    let get = || stack.secrets.get_secret_value().secret_id("naam");
    assert_eq!(get().send().await.unwrap().secret_string(), Some("twee"));
    assert_eq!(get().version_stage("AWSPREVIOUS").send().await.unwrap().secret_string(), Some("een"));
    let first = get().version_id(created.version_id().unwrap()).send().await.unwrap();
    assert_eq!(first.secret_string(), Some("een"));
    put("drie").send().await.unwrap();
    assert_eq!(get().version_stage("AWSPREVIOUS").send().await.unwrap().secret_string(), Some("twee"));
    // Without a stage, a version can still be asked for by its id.
    let first = get().version_id(created.version_id().unwrap()).send().await.unwrap();
    assert_eq!((first.secret_string(), first.version_stages()), (Some("een"), &[][..]));
}

#[tokio::test]
async fn a_secret_can_be_bytes_or_have_no_value_yet() {
    let stack = Stack::start().await;
    stack.secrets.create_secret().name("naam").send().await.unwrap();
    let none = stack.secrets.get_secret_value().secret_id("naam").send().await.unwrap_err();
    assert!(none.as_service_error().unwrap().is_resource_not_found_exception());
    let bytes = aws_sdk_secretsmanager::primitives::Blob::new([0, 255]);
    stack.secrets.put_secret_value().secret_id("naam").secret_binary(bytes.clone()).send().await.unwrap();
    let got = stack.secrets.get_secret_value().secret_id("naam").send().await.unwrap();
    assert_eq!((got.secret_binary(), got.secret_string()), (Some(&bytes), None));
}

#[tokio::test]
async fn on_disk_a_secret_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = Services::start(Options::on_disk(folder.path())).await.unwrap();
    let arn = first.secrets().set("sleutel", "een").unwrap();
    first.secrets().set("sleutel", "twee").unwrap();
    first.stop().await;
    let second = Services::start(Options::on_disk(folder.path())).await.unwrap();
    assert_eq!(second.secrets().arn("sleutel"), Some(arn.clone()));
    let asked = format!(r#"{{"SecretId":"{arn}"}}"#);
    let (status, got) = second.call("secretsmanager.GetSecretValue", asked).await.unwrap();
    let got: serde_json::Value = serde_json::from_slice(&got).unwrap();
    assert_eq!((status.as_u16(), &got["SecretString"]), (200, &"twee".into()));
}

/// An SDK sends a request again when it has not heard the answer.
#[tokio::test]
async fn a_request_sent_again_changes_nothing() {
    let stack = Stack::start().await;
    let token = |number: u8| format!("00000000-0000-4000-8000-{number:012}");
    let create =
        |value: &str| stack.secrets.create_secret().name("naam").secret_string(value).client_request_token(token(0));
    let created = create("nul").send().await.unwrap();
    let again = create("nul").send().await.unwrap();
    assert_eq!((again.arn(), again.version_id()), (created.arn(), Some(token(0).as_str())));
    assert_eq!(code(create("anders").send().await.unwrap_err()), "ResourceExistsException");

    let put = |number: u8| {
        let put = stack.secrets.put_secret_value().secret_id("naam").secret_string(number.to_string());
        put.client_request_token(token(number)).send()
    };
    for number in [1, 2, 3] {
        put(number).await.unwrap();
    }
    assert_eq!(put(1).await.unwrap().version_stages(), [] as [&str; 0]);
    create("nul").send().await.unwrap();
    let current = stack.secrets.get_secret_value().secret_id("naam").send().await.unwrap();
    assert_eq!(current.secret_string(), Some("3"));
}

/// Of versions without a stage, the last hundred stay, and those of the last day.
#[tokio::test]
async fn old_versions_go_when_there_are_many() {
    let (stack, clock) = Stack::start_at_rest().await;
    let first = stack.secrets.create_secret().name("naam").secret_string("nul").send().await.unwrap();
    for number in 1..=100 {
        stack.services.secrets().set("naam", &number.to_string()).unwrap();
    }
    let get = || stack.secrets.get_secret_value().secret_id("naam").version_id(first.version_id().unwrap()).send();
    assert_eq!(get().await.unwrap().secret_string(), Some("nul"));
    clock.advance(Duration::from_secs(24 * 60 * 60));
    stack.services.secrets().set("naam", "101").unwrap();
    let gone = get().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_resource_not_found_exception());
    let previous = stack.secrets.get_secret_value().secret_id("naam").version_stage("AWSPREVIOUS");
    assert_eq!(previous.send().await.unwrap().secret_string(), Some("100"));
}

#[tokio::test]
async fn the_first_version_is_current_whatever_its_stages() {
    let stack = Stack::start().await;
    stack.secrets.create_secret().name("naam").send().await.unwrap();
    let put = |value: &str| stack.secrets.put_secret_value().secret_id("naam").secret_string(value);
    let first = put("een").version_stages("AWSPENDING").send().await.unwrap();
    assert_eq!(first.version_stages(), ["AWSPENDING", "AWSCURRENT"]);
    put("twee").version_stages("AWSPENDING").send().await.unwrap();
    let current = stack.secrets.get_secret_value().secret_id("naam").send().await.unwrap();
    assert_eq!(current.secret_string(), Some("een"));
}

#[tokio::test]
async fn what_is_too_long_or_has_no_proper_name_is_refused() {
    let stack = Stack::start().await;
    let create =
        |name: &str, size: usize| stack.secrets.create_secret().name(name).secret_string("x".repeat(size)).send();
    assert_eq!(code(create("a b!#", 1).await.unwrap_err()), "ValidationException");
    assert_eq!(code(create("", 1).await.unwrap_err()), "ValidationException");
    assert_eq!(code(create(&"n".repeat(513), 1).await.unwrap_err()), "ValidationException");
    assert_eq!(code(create("naam", 65_537).await.unwrap_err()), "ValidationException");
    create("pad/naam_+=.@-9", 65_536).await.unwrap();
    let bytes = |size: usize| aws_sdk_secretsmanager::primitives::Blob::new(vec![0; size]);
    let put =
        |size: usize| stack.secrets.put_secret_value().secret_id("pad/naam_+=.@-9").secret_binary(bytes(size)).send();
    assert_eq!(code(put(65_537).await.unwrap_err()), "ValidationException");
    put(65_536).await.unwrap();
}
