//! The operations, from `s3s`'s types to the store and back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput, ETag, EncodingType,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListBucketsInput, ListBucketsOutput, ListObjectsV2Input, ListObjectsV2Output, Object, PutObjectInput,
    PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use serde::{Deserialize, Serialize};

use super::objects::{Entry, Objects, Refused};
use super::{collect, conditions};
use crate::clock::Clock;

/// The most keys in one page (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
const MAX_KEYS: i32 = 1000;

/// What `s3s` calls.
pub(super) struct Backend {
    pub(super) objects: Arc<Objects>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What comes back with the object as it was sent.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Headers {
    content_type: Option<String>,
    content_encoding: Option<String>,
    content_disposition: Option<String>,
    content_language: Option<String>,
    cache_control: Option<String>,
    metadata: BTreeMap<String, String>,
}

impl Headers {
    fn of(entry: &Entry) -> Self {
        serde_json::from_str(&entry.headers).unwrap_or_default()
    }

    fn metadata(&self) -> Option<s3s::dto::Metadata> {
        (!self.metadata.is_empty()).then(|| self.metadata.clone().into_iter().collect())
    }
}

impl From<Refused> for S3Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoSuchBucket => no_such_bucket(),
            Refused::NoSuchKey => no_such_key(),
            Refused::PreconditionFailed => S3Error::with_message(
                S3ErrorCode::PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold",
            ),
            Refused::Database(why) => internal(why),
        }
    }
}

fn no_such_bucket() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchBucket, "The specified bucket does not exist")
}

fn no_such_key() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchKey, "The specified key does not exist.")
}

fn internal(why: rusqlite::Error) -> S3Error {
    S3Error::with_source(S3ErrorCode::InternalError, Box::new(why))
}

pub(super) fn timestamp(millis: i64) -> Timestamp {
    (UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))).into()
}

impl Backend {
    fn bucket(&self, name: &str) -> S3Result<()> {
        match self.objects.has_bucket(name) {
            Ok(true) => Ok(()),
            Ok(false) => Err(no_such_bucket()),
            Err(why) => Err(internal(why)),
        }
    }
}

#[async_trait::async_trait]
impl s3s::S3 for Backend {
    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = req.input.bucket;
        if !self.objects.create_bucket(&name, self.clock.now()).map_err(internal)? {
            return Err(S3Error::with_message(
                S3ErrorCode::BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it.",
            ));
        }
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{name}")) }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.bucket(&req.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.objects.buckets().map_err(internal)?.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(timestamp(created)),
            ..Default::default()
        });
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets.collect()), ..Default::default() }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = req.input;
        let condition = conditions::write(&input)?;
        let body = match input.body.take() {
            Some(body) => collect(body).await?,
            None => Bytes::new(),
        };
        let digest = Md5::digest(&body);
        verify(&input, &body, digest.as_slice())?;

        let etag = HEXLOWER.encode(&digest);
        let headers = Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        };
        let entry = Entry {
            key: input.key,
            etag: etag.clone(),
            size: i64::try_from(body.len()).unwrap_or(i64::MAX),
            modified: self.clock.now(),
            headers: serde_json::to_string(&headers).expect("texts are JSON"),
        };
        self.objects.put(&input.bucket, &entry, &body, &condition)?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..Default::default() }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let mut input = req.input;
        whole(input.range.is_some() || input.part_number.is_some(), input.version_id.as_deref())?;
        let condition = conditions::Read::of_get(&mut input);
        let Some((entry, body)) = self.objects.get(&input.bucket, &input.key).map_err(internal)? else {
            self.bucket(&input.bucket)?;
            return Err(no_such_key());
        };
        condition.check(&entry)?;
        let headers = Headers::of(&entry);
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::from(s3s::Body::from(body))),
            content_length: Some(entry.size),
            last_modified: Some(timestamp(entry.modified)),
            e_tag: Some(ETag::Strong(entry.etag)),
            metadata: headers.metadata(),
            content_type: headers.content_type,
            content_encoding: headers.content_encoding,
            content_disposition: headers.content_disposition,
            content_language: headers.content_language,
            cache_control: headers.cache_control,
            ..Default::default()
        }))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let mut input = req.input;
        whole(input.range.is_some() || input.part_number.is_some(), input.version_id.as_deref())?;
        let condition = conditions::Read::of_head(&mut input);
        let Some(entry) = self.objects.head(&input.bucket, &input.key).map_err(internal)? else {
            self.bucket(&input.bucket)?;
            return Err(no_such_key());
        };
        condition.check(&entry)?;
        let headers = Headers::of(&entry);
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(entry.size),
            last_modified: Some(timestamp(entry.modified)),
            e_tag: Some(ETag::Strong(entry.etag)),
            metadata: headers.metadata(),
            content_type: headers.content_type,
            content_encoding: headers.content_encoding,
            content_disposition: headers.content_disposition,
            content_language: headers.content_language,
            cache_control: headers.cache_control,
            ..Default::default()
        }))
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        whole(false, input.version_id.as_deref())?;
        self.objects.delete(&input.bucket, &input.key, &conditions::delete(&input)?)?;
        Ok(S3Response::with_status(DeleteObjectOutput::default(), hyper::StatusCode::NO_CONTENT))
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        self.bucket(&input.bucket)?;
        if input.delimiter.is_some() {
            return Err(S3Error::with_message(S3ErrorCode::NotImplemented, "a list by delimiter is not emulated"));
        }
        let max_keys = input.max_keys.unwrap_or(MAX_KEYS);
        if max_keys < 0 {
            let why = "Argument maxKeys must be an integer between 0 and 2147483647";
            return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, why));
        }
        let limit = usize::try_from(max_keys.min(MAX_KEYS)).unwrap_or(0);
        // A token is the last key that was returned, and stands before StartAfter.
        let token = input.continuation_token.as_deref().map(read_token).transpose()?;
        let after = token.as_deref().or(input.start_after.as_deref()).unwrap_or_default();
        let prefix = input.prefix.as_deref().unwrap_or_default();

        let mut entries = self.objects.list(&input.bucket, prefix, after, limit + 1).map_err(internal)?;
        let more = entries.len() > limit && limit > 0;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|last| BASE64.encode(last.key.as_bytes()));
        // Any other encoding than this one is no encoding.
        let url = input.encoding_type.filter(|encoding| encoding.as_str() == EncodingType::URL);
        let spell = |key: String| if url.is_some() { encoded(&key) } else { key };
        let contents: Vec<Object> = entries.into_iter().map(|entry| object(entry, spell)).collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: i32::try_from(contents.len()).ok(),
            max_keys: Some(max_keys.min(MAX_KEYS)),
            is_truncated: Some(more),
            next_continuation_token: next,
            continuation_token: input.continuation_token,
            start_after: input.start_after.map(spell),
            prefix: input.prefix.map(spell),
            encoding_type: url,
            contents: Some(contents),
            ..Default::default()
        }))
    }
}

/// What is kept is whole objects, and of each the last version only.
fn whole(part: bool, version: Option<&str>) -> S3Result<()> {
    // `null` is the version of an object in a bucket without versions.
    let why = match (part, version) {
        (false, None | Some("null")) => return Ok(()),
        (true, _) => "a range of an object is not emulated",
        (false, Some(_)) => "versions of objects are not emulated",
    };
    Err(S3Error::with_message(S3ErrorCode::NotImplemented, why))
}

/// A key as `encoding-type=url` has it: XML cannot say every character that a key can have
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_RequestSyntax>).
fn encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'*' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn object(entry: Entry, spell: impl Fn(String) -> String) -> Object {
    Object {
        key: Some(spell(entry.key)),
        size: Some(entry.size),
        e_tag: Some(ETag::Strong(entry.etag)),
        last_modified: Some(timestamp(entry.modified)),
        ..Default::default()
    }
}

fn read_token(token: &str) -> S3Result<String> {
    let key = BASE64.decode(token.as_bytes()).ok().and_then(|key| String::from_utf8(key).ok());
    key.ok_or_else(|| {
        S3Error::with_message(S3ErrorCode::InvalidArgument, "The continuation token provided is incorrect")
    })
}

/// The checks that the client asked for (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
fn verify(input: &PutObjectInput, body: &[u8], md5: &[u8]) -> S3Result<()> {
    let bad = |what: &str| {
        let why = format!("The {what} you specified did not match the calculated checksum.");
        Err(S3Error::with_message(S3ErrorCode::BadDigest, why))
    };
    if let Some(sent) = &input.content_md5
        && *sent != BASE64.encode(md5)
    {
        return bad("Content-MD5");
    }
    let mut hasher = ChecksumHasher {
        crc32: input.checksum_crc32.as_ref().map(|_| Default::default()),
        crc32c: input.checksum_crc32c.as_ref().map(|_| Default::default()),
        sha1: input.checksum_sha1.as_ref().map(|_| Default::default()),
        sha256: input.checksum_sha256.as_ref().map(|_| Default::default()),
        crc64nvme: input.checksum_crc64nvme.as_ref().map(|_| Default::default()),
    };
    hasher.update(body);
    let found = hasher.finalize();
    let right = found.checksum_crc32 == input.checksum_crc32
        && found.checksum_crc32c == input.checksum_crc32c
        && found.checksum_sha1 == input.checksum_sha1
        && found.checksum_sha256 == input.checksum_sha256
        && found.checksum_crc64nvme == input.checksum_crc64nvme;
    if right { Ok(()) } else { bad("checksum") }
}
