//! The backup: every accepted message, before its client gets an answer (R13).

use std::future::Future;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use super::Failure;

/// What became of an object that was to be written only if there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Written,
    /// There was one, which stays.
    Exists,
}

/// Some keys, in the order of their characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys.
    pub keys: Vec<String>,
    /// Whether more follow, after the last one.
    pub more: bool,
}

/// Where objects are kept by key.
pub trait Backup: Send + Sync {
    /// Writes an object, over one that is there.
    fn put(&self, key: &str, content: String) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Writes an object if there is none of that key.
    fn put_new(&self, key: &str, content: String) -> impl Future<Output = Result<Put, Failure>> + Send;

    /// Reads an object; `None` where there is none.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, Failure>> + Send;

    /// Keys that begin with `prefix` and come after `after`, at most a thousand.
    fn list(&self, prefix: &str, after: Option<&str>) -> impl Future<Output = Result<Page, Failure>> + Send;
}

/// The bucket.
#[derive(Debug, Clone)]
pub struct S3Backup {
    client: Client,
    bucket: String,
}

const SERVICE: &str = "S3";

impl S3Backup {
    /// The bucket of this name.
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    async fn write(&self, key: &str, content: String, only_new: bool) -> Result<Put, Failure> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/json")
            .set_if_none_match(only_new.then(|| "*".to_owned()))
            .body(ByteStream::from(content.into_bytes()))
            .send()
            .await;
        match put {
            Ok(_) => Ok(Put::Written),
            Err(fout) => match Failure::of(SERVICE, &fout) {
                // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
                Failure::Refused { code, .. } if code == "PreconditionFailed" => Ok(Put::Exists),
                // Somebody writes the same key at this moment.
                Failure::Refused { code, .. } if code == "ConditionalRequestConflict" => {
                    Err(Failure::Unavailable { service: SERVICE, code })
                }
                fout => Err(fout),
            },
        }
    }
}

impl Backup for S3Backup {
    async fn put(&self, key: &str, content: String) -> Result<(), Failure> {
        self.write(key, content, false).await.map(|_| ())
    }

    async fn put_new(&self, key: &str, content: String) -> Result<Put, Failure> {
        self.write(key, content, true).await
    }

    async fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(fout) if fout.as_service_error().is_some_and(|fout| fout.is_no_such_key()) => return Ok(None),
            Err(fout) => return Err(Failure::of(SERVICE, &fout)),
        };
        let broken = |code: &str| Failure::Unavailable { service: SERVICE, code: code.to_owned() };
        let content = object.body.collect().await.map_err(|_| broken("ResponseError"))?;
        let text = String::from_utf8(content.to_vec());
        text.map(Some).map_err(|_| Failure::Refused { service: SERVICE, code: "NotText".to_owned() })
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Page, Failure> {
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let page = list.set_start_after(after.map(str::to_owned)).send().await;
        let page = page.map_err(|fout| Failure::of(SERVICE, &fout))?;
        let keys = page.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect();
        Ok(Page { keys, more: page.is_truncated() == Some(true) })
    }
}
