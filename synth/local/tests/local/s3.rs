//! Objects.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ChecksumAlgorithm, EncodingType};
use local::Clock;
use tokio::task::JoinSet;

use crate::clients::{Stack, code};

async fn bucket() -> Stack {
    let stack = Stack::start().await;
    stack.services.s3().create_bucket("backup").unwrap();
    stack
}

#[tokio::test]
async fn an_object_is_written_once_and_read() {
    let stack = bucket().await;
    let put = |body: &'static str| {
        let put = stack.s3.put_object().bucket("backup").key("a/b c").if_none_match("*");
        put.content_type("application/json").metadata("soort", "actie").body(body.as_bytes().to_vec().into()).send()
    };
    assert_eq!(put("first").await.unwrap().e_tag(), Some("\"8b04d5e3775d298e78455efc5ca404d5\""));
    let refused = put("second").await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 412);
    assert_eq!(code(refused), "PreconditionFailed");

    let got = stack.s3.get_object().bucket("backup").key("a/b c").send().await.unwrap();
    assert_eq!(got.e_tag(), Some("\"8b04d5e3775d298e78455efc5ca404d5\""));
    assert_eq!(got.content_type(), Some("application/json"));
    assert_eq!(got.metadata().unwrap()["soort"], "actie");
    assert_eq!(got.body.collect().await.unwrap().into_bytes().as_ref(), b"first");

    let head = stack.s3.head_object().bucket("backup").key("a/b c").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(5), Some("\"8b04d5e3775d298e78455efc5ca404d5\"")));
    assert_eq!(head.content_type(), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_one_is_first() {
    let stack = bucket().await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let put = stack.s3.put_object().bucket("backup").key("key").if_none_match("*");
        let put = put.body(writer.to_string().into_bytes().into());
        writers.spawn(async move { put.send().await.is_ok().then(|| writer.to_string()) });
    }
    let first: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let got = stack.s3.get_object().bucket("backup").key("key").send().await.unwrap();
    let got = got.body.collect().await.unwrap().into_bytes();
    assert_eq!(first, [String::from_utf8(got.to_vec()).unwrap()]);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_missing() {
    let stack = bucket().await;
    let get = |bucket: &str| stack.s3.get_object().bucket(bucket).key("none").send();
    assert!(get("backup").await.unwrap_err().as_service_error().unwrap().is_no_such_key());
    assert_eq!(code(get("elsewhere").await.unwrap_err()), "NoSuchBucket");
    let head = stack.s3.head_object().bucket("backup").key("none").send().await.unwrap_err();
    assert!(head.as_service_error().unwrap().is_not_found());
    let put = stack.s3.put_object().bucket("elsewhere").key("key").body(Vec::new().into()).send();
    assert_eq!(code(put.await.unwrap_err()), "NoSuchBucket");
    assert_eq!(code(stack.s3.list_objects_v2().bucket("elsewhere").send().await.unwrap_err()), "NoSuchBucket");
    // Deleting what is not there is no error.
    stack.s3.delete_object().bucket("backup").key("none").send().await.unwrap();
    assert_eq!(code(stack.s3.delete_object().bucket("elsewhere").key("key").send().await.unwrap_err()), "NoSuchBucket");
}

#[tokio::test]
async fn an_object_is_replaced_and_deleted() {
    let stack = bucket().await;
    let put = |body: &str| stack.s3.put_object().bucket("backup").key("key").body(body.as_bytes().to_vec().into());
    let first = put("een").send().await.unwrap();
    let second = put("twee").if_match(first.e_tag().unwrap()).send().await.unwrap();
    assert_ne!(first.e_tag(), second.e_tag());
    let stale = put("drie").if_match(first.e_tag().unwrap()).send().await.unwrap_err();
    assert_eq!(code(stale), "PreconditionFailed");
    stack.s3.delete_object().bucket("backup").key("key").send().await.unwrap();
    let gone = stack.s3.get_object().bucket("backup").key("key").send().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_no_such_key());
    assert_eq!(code(put("vier").if_match("*").send().await.unwrap_err()), "NoSuchKey");
}

#[tokio::test]
async fn keys_are_listed_in_order_by_prefix_and_in_pages() {
    let stack = bucket().await;
    for key in ["b/2", "a", "b/10", "b/1", "c", "b", "b/é"] {
        stack.s3.put_object().bucket("backup").key(key).body(Vec::new().into()).send().await.unwrap();
    }
    let list = || stack.s3.list_objects_v2().bucket("backup").prefix("b/");
    let all = list().send().await.unwrap();
    let keys = |listed: &aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output| -> Vec<String> {
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&all), ["b/1", "b/10", "b/2", "b/é"]);
    assert_eq!((all.is_truncated(), all.key_count()), (Some(false), Some(4)));
    assert_eq!(keys(&list().start_after("b/10").send().await.unwrap()), ["b/2", "b/é"]);

    let first = list().max_keys(3).send().await.unwrap();
    assert_eq!(keys(&first), ["b/1", "b/10", "b/2"]);
    assert_eq!(first.is_truncated(), Some(true));
    let rest = list().continuation_token(first.next_continuation_token().unwrap()).send().await.unwrap();
    assert_eq!(keys(&rest), ["b/é"]);
    assert_eq!((rest.is_truncated(), rest.next_continuation_token()), (Some(false), None));

    let pages = stack.s3.list_objects_v2().bucket("backup").into_paginator().page_size(2).send();
    let pages: Vec<_> = pages.collect::<Result<_, _>>().await.unwrap();
    let every: Vec<_> = pages.iter().flat_map(keys).collect();
    assert_eq!(every, ["a", "b", "b/1", "b/10", "b/2", "b/é", "c"]);
    assert_eq!(code(list().continuation_token("nonsense!").send().await.unwrap_err()), "InvalidArgument");
}

/// A body of unknown length is sent in chunks, with a checksum behind it.
#[tokio::test]
async fn a_body_in_chunks_arrives_whole_and_is_checked() {
    let stack = bucket().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let body: Vec<u8> = (0..300_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    std::fs::write(file.path(), &body).unwrap();
    for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc64Nvme] {
        let stream = ByteStream::from_path(file.path()).await.unwrap();
        let put = stack.s3.put_object().bucket("backup").key("big").checksum_algorithm(algorithm);
        put.content_encoding("gzip").body(stream).send().await.unwrap();
        let got = stack.s3.get_object().bucket("backup").key("big").send().await.unwrap();
        assert_eq!(got.content_encoding(), Some("gzip"));
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), body);
    }
    let wrong = stack.s3.put_object().bucket("backup").key("wrong").checksum_crc32("AAAAAA==").body(body.into());
    assert_eq!(code(wrong.send().await.unwrap_err()), "BadDigest");
    let wrong = stack.s3.put_object().bucket("backup").key("wrong").content_md5("1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_eq!(code(wrong.body(b"x".to_vec().into()).send().await.unwrap_err()), "BadDigest");
    assert!(stack.s3.head_object().bucket("backup").key("wrong").send().await.is_err());
}

/// Nothing here verifies a signature, be it in a header or in the address.
#[tokio::test]
async fn a_presigned_address_is_read_by_anybody() {
    let stack = bucket().await;
    let put = "PUT /backup/key?AWSAccessKeyId=local&Signature=eA%3D%3D&Expires=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\
               Content-Length: 1\r\nConnection: close\r\n\r\ny";
    let answer = crate::services::exchange(&stack.services, put).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let get = "GET /backup/key?AWSAccessKeyId=local&Signature=eA%3D%3D&Expires=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let answer = crate::services::exchange(&stack.services, get).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\ny"), "{answer}");
    stack.s3.put_object().bucket("backup").key("key").body(b"x".to_vec().into()).send().await.unwrap();
    let hour = PresigningConfig::expires_in(std::time::Duration::from_secs(3600)).unwrap();
    let presigned = stack.s3.get_object().bucket("backup").key("key").presigned(hour).await.unwrap();
    assert!(presigned.uri().contains("X-Amz-Signature="));
    let path = presigned.uri().strip_prefix(&stack.services.endpoint()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    let answer = crate::services::exchange(&stack.services, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nx"), "{answer}");
}

#[tokio::test]
async fn a_bucket_is_made_once() {
    let stack = bucket().await;
    stack.s3.create_bucket().bucket("other").send().await.unwrap();
    stack.s3.head_bucket().bucket("other").send().await.unwrap();
    let again = stack.s3.create_bucket().bucket("other").send().await.unwrap_err();
    assert!(again.as_service_error().unwrap().is_bucket_already_owned_by_you());
    let listed = stack.s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().map(|bucket| bucket.name().unwrap()).collect();
    assert_eq!(names, ["backup", "other"]);
    assert!(stack.s3.head_bucket().bucket("none").send().await.is_err());
}

#[tokio::test]
async fn what_is_not_emulated_says_so() {
    let stack = bucket().await;
    stack.s3.put_object().bucket("backup").key("key").body(b"x".to_vec().into()).send().await.unwrap();
    let range = stack.s3.get_object().bucket("backup").key("key").range("bytes=0-0").send().await.unwrap_err();
    assert_eq!(code(range), "NotImplemented");
    let delimiter = stack.s3.list_objects_v2().bucket("backup").delimiter("/").send().await.unwrap_err();
    assert_eq!(code(delimiter), "NotImplemented");
    let version = stack.s3.get_object().bucket("backup").key("key").version_id("eerste").send().await.unwrap_err();
    assert_eq!(code(version), "NotImplemented");
    let version = stack.s3.delete_object().bucket("backup").key("key").version_id("eerste").send().await.unwrap_err();
    assert_eq!(code(version), "NotImplemented");
    let versioning = stack.s3.get_bucket_versioning().bucket("backup").send().await.unwrap_err();
    assert_eq!(code(versioning), "NotImplemented");
}

/// A page of objects is XML, which cannot say every character of a key; SDKs therefore ask for keys as in an address.
#[tokio::test]
async fn a_key_of_any_characters_is_listed() {
    let stack = bucket().await;
    for key in ["t\u{1}", "a b/é+%&<", "t\u{fffe}"] {
        stack.s3.put_object().bucket("backup").key(key).body(Vec::new().into()).send().await.unwrap();
    }
    let list = || stack.s3.list_objects_v2().bucket("backup").encoding_type(EncodingType::Url);
    let page = list().prefix("a b").start_after("a ").send().await.unwrap();
    assert_eq!(page.contents()[0].key(), Some("a%20b/%C3%A9%2B%25%26%3C"));
    assert_eq!((page.prefix(), page.start_after()), (Some("a%20b"), Some("a%20")));
    assert_eq!(page.encoding_type(), Some(&EncodingType::Url));
    let all = list().send().await.unwrap();
    let keys: Vec<_> = all.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(keys, ["a%20b/%C3%A9%2B%25%26%3C", "t%01", "t%EF%BF%BE"]);
    // Whoever does not ask gets an answer too.
    let plain = "GET /backup?list-type=2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let answer = crate::services::exchange(&stack.services, plain).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn reads_and_deletes_have_conditions() {
    let (stack, clock) = Stack::start_at_rest().await;
    stack.services.s3().create_bucket("backup").unwrap();
    let put = stack.s3.put_object().bucket("backup").key("key").body(b"x".to_vec().into()).send().await.unwrap();
    let etag = put.e_tag().unwrap().to_owned();
    let get = || stack.s3.get_object().bucket("backup").key("key");
    let head = || stack.s3.head_object().bucket("backup").key("key");
    let status = |error: Option<&HttpResponse>| error.unwrap().status().as_u16();

    get().if_match(&etag).send().await.unwrap();
    get().if_match("*").if_none_match("\"zzz\"").send().await.unwrap();
    let refused = get().if_match("\"zzz\"").send().await.unwrap_err();
    assert_eq!(status(refused.raw_response()), 412);
    assert_eq!(code(refused), "PreconditionFailed");
    assert_eq!(status(head().if_match("\"zzz\"").send().await.unwrap_err().raw_response()), 412);
    let known = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(status(known.raw_response()), 304);
    assert_eq!(known.raw_response().unwrap().headers().get("etag"), Some(etag.as_str()));
    assert_eq!(status(head().if_none_match("*").send().await.unwrap_err().raw_response()), 304);

    let written = DateTime::from_millis(clock.now());
    let before = DateTime::from_millis(clock.now() - 1000);
    assert_eq!(status(get().if_modified_since(written).send().await.unwrap_err().raw_response()), 304);
    get().if_modified_since(before).send().await.unwrap();
    assert_eq!(status(head().if_unmodified_since(before).send().await.unwrap_err().raw_response()), 412);
    head().if_unmodified_since(written).send().await.unwrap();
    // An ETag says more than a time.
    get().if_match(&etag).if_unmodified_since(before).send().await.unwrap();

    let delete = || stack.s3.delete_object().bucket("backup").key("key");
    assert_eq!(code(delete().if_match("\"zzz\"").send().await.unwrap_err()), "PreconditionFailed");
    head().send().await.unwrap();
    delete().if_match(&etag).send().await.unwrap();
    assert!(head().send().await.is_err());
    assert_eq!(code(delete().if_match(&etag).send().await.unwrap_err()), "NoSuchKey");
    assert_eq!(code(delete().if_match("*").send().await.unwrap_err()), "PreconditionFailed");
    delete().send().await.unwrap();
}

#[tokio::test]
async fn what_the_client_says_of_an_object_comes_back_with_it() {
    let stack = bucket().await;
    let put = stack.s3.put_object().bucket("backup").key("key").body(b"x".to_vec().into());
    let put = put.cache_control("no-store").content_disposition("attachment").content_language("nl");
    put.send().await.unwrap();
    let got = stack.s3.get_object().bucket("backup").key("key").send().await.unwrap();
    assert_eq!(got.cache_control(), Some("no-store"));
    assert_eq!(got.content_disposition(), Some("attachment"));
    assert_eq!(got.content_language(), Some("nl"));
    let head = stack.s3.head_object().bucket("backup").key("key").send().await.unwrap();
    assert_eq!(head.cache_control(), Some("no-store"));
}
