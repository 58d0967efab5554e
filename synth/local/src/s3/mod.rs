//! S3, as far as backups need it: buckets, and objects that are written once, read, listed and deleted.
//!
//! The `s3s` crate speaks the protocol (path-style addresses). The objects are in SQLite and not in `s3s-fs`: there, the
//! check for `If-None-Match` and the write are two steps, so two writers can both be told that they were first; keys
//! such as `a` and `a/b` exclude each other; and a list walks every file.

mod conditions;
mod objects;
mod protocol;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::chunked;
use crate::clock::Clock;
use crate::database::Place;
use crate::http::{Answer, Asked, answer, whole};
use objects::Objects;

/// The encoding in which SDKs send a body with a checksum behind it.
const CHUNKED: &str = "aws-chunked";

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// In bytes.
    pub size: i64,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub modified: i64,
}

/// S3's buckets and objects.
pub struct S3 {
    objects: Arc<Objects>,
    clock: Arc<dyn Clock>,
    service: S3Service,
}

impl S3 {
    /// Opens what is in `place`.
    ///
    /// # Errors
    /// Where SQLite cannot open or read it.
    pub fn open(place: &Place, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let objects = Arc::new(Objects::open(place)?);
        let backend = protocol::Backend { objects: objects.clone(), clock: clock.clone() };
        let service = S3ServiceBuilder::new(backend).build();
        Ok(Self { objects, clock, service })
    }

    /// Makes sure that there is a bucket of this name.
    ///
    /// # Errors
    /// Where SQLite cannot write.
    pub fn create_bucket(&self, name: &str) -> rusqlite::Result<()> {
        self.objects.create_bucket(name, self.clock.now()).map(drop)
    }

    /// At most `limit` objects whose keys start with `prefix` and come after `after`, in the order of their keys.
    ///
    /// # Errors
    /// Where SQLite cannot read.
    pub fn list(&self, bucket: &str, prefix: &str, after: &str, limit: usize) -> rusqlite::Result<Vec<Listed>> {
        let entries = self.objects.list(bucket, prefix, after, limit)?;
        let listed = |entry: objects::Entry| Listed { key: entry.key, size: entry.size, modified: entry.modified };
        Ok(entries.into_iter().map(listed).collect())
    }

    /// What an object holds; none where there is no such object.
    ///
    /// # Errors
    /// Where SQLite cannot read.
    pub fn read(&self, bucket: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        Ok(self.objects.get(bucket, key)?.map(|(_, body)| body))
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, asked: Asked) -> Answer {
        let Some(asked) = plain(asked) else {
            return error(StatusCode::BAD_REQUEST, "IncompleteBody", "the chunks of the body are not well-formed");
        };
        match self.service.call(asked.map(s3s::Body::from)).await {
            Ok(response) => whole(response).await.unwrap_or_else(|why| internal(&why.to_string())),
            Err(why) => internal(&format!("{why:?}")),
        }
    }
}

fn internal(why: &str) -> Answer {
    error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", why)
}

/// An error in the form of <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let (code, message) = (escape(code), escape(message));
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    answer(status, "application/xml", xml)
}

/// The request without its signature, which `s3s` would verify and for which it would need the client's secret, and
/// without chunks.
fn plain(mut asked: Asked) -> Option<Asked> {
    let encodings = encodings(&asked);
    if let Some(unsigned) = unsigned(asked.uri()) {
        *asked.uri_mut() = unsigned?;
    }
    let headers = asked.headers_mut();
    headers.remove(AUTHORIZATION);
    headers.remove("x-amz-content-sha256");
    if encodings.iter().any(|encoding| encoding == CHUNKED) {
        let unchunked = chunked::unchunk(asked.body())?;
        let headers = asked.headers_mut();
        headers.remove(CONTENT_ENCODING);
        let rest: Vec<_> = encodings.into_iter().filter(|encoding| encoding != CHUNKED).collect();
        if !rest.is_empty() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_str(&rest.join(",")).ok()?);
        }
        for (name, value) in &unchunked.trailers {
            headers.insert(HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?);
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from(unchunked.body.len()));
        headers.remove("x-amz-decoded-content-length");
        headers.remove("x-amz-trailer");
        *asked.body_mut() = Bytes::from(unchunked.body);
    }
    Some(asked)
}

/// The address without a signature, where there is one in it: a presigned URL
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>), or one of the older kind, which some
/// SDKs still make (<https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>).
fn unsigned(uri: &Uri) -> Option<Option<Uri>> {
    let query = uri.query().filter(|query| query.contains("Signature="))?;
    let of_signature = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        name.starts_with("X-Amz-") || matches!(name, "AWSAccessKeyId" | "Signature" | "Expires")
    };
    let rest: Vec<_> = query.split('&').filter(|pair| !of_signature(pair)).collect();
    Some(format!("{}?{}", uri.path(), rest.join("&")).parse().ok())
}

/// The encodings of the body, the last one outermost; clients write them in one header or in several.
fn encodings(asked: &Asked) -> Vec<String> {
    let values = asked.headers().get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|encoding| encoding.trim().to_owned()).collect()
}

/// The operation that a request asks for, as the API reference names it; `s3s` works it out by itself.
pub(crate) fn operation(asked: &Asked) -> String {
    let path = asked.uri().path().trim_start_matches('/');
    let object = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let query = asked.uri().query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let name = match (asked.method(), path.is_empty(), object) {
        (&Method::GET, true, _) => "ListBuckets",
        (&Method::PUT, _, false) => "CreateBucket",
        (&Method::HEAD, _, false) => "HeadBucket",
        (&Method::GET, _, false) if has("list-type") => "ListObjectsV2",
        (&Method::GET, _, false) => "ListObjects",
        (&Method::DELETE, _, false) => "DeleteBucket",
        (&Method::POST, _, false) if has("delete") => "DeleteObjects",
        (&Method::PUT, _, true) => "PutObject",
        (&Method::GET, _, true) => "GetObject",
        (&Method::HEAD, _, true) => "HeadObject",
        (&Method::DELETE, _, true) => "DeleteObject",
        (other, ..) => other.as_str(),
    };
    name.to_owned()
}

/// What the object holds, whether the request has it in chunks or not.
pub(crate) fn content(asked: &Asked) -> Bytes {
    let is_chunked = encodings(asked).iter().any(|encoding| encoding == CHUNKED);
    match is_chunked.then(|| chunked::unchunk(asked.body())).flatten() {
        Some(unchunked) => unchunked.body.into(),
        None => asked.body().clone(),
    }
}

/// Reads a body that a client sent.
async fn collect(body: s3s::dto::StreamingBlob) -> s3s::S3Result<Bytes> {
    match s3s::Body::from(body).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(why) => Err(s3s::S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, why)),
    }
}
