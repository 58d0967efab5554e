//! Secrets.

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
    let gone = get().version_id(created.version_id().unwrap()).send().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_resource_not_found_exception());
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
