//! What clients make their calls depend on: an object's ETag, its time, its being there.

use hyper::header::{ETAG, HeaderMap, HeaderValue};
use s3s::dto::{DeleteObjectInput, ETagCondition, GetObjectInput, HeadObjectInput, PutObjectInput, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::objects::{Condition, Entry, Refused};
use super::protocol::timestamp;

/// Conditions on writes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
pub(super) fn write(input: &PutObjectInput) -> S3Result<Condition> {
    match (&input.if_none_match, &input.if_match) {
        (None, None) => Ok(Condition::None),
        (Some(ETagCondition::Any), None) => Ok(Condition::Absent),
        (None, Some(wanted)) => Ok(present(wanted)),
        _ => Err(not_implemented("A header you provided implies functionality that is not implemented")),
    }
}

/// Conditions on deletes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>.
pub(super) fn delete(input: &DeleteObjectInput) -> S3Result<Condition> {
    if input.if_match_last_modified_time.is_some() || input.if_match_size.is_some() {
        return Err(not_implemented("Only directory buckets have deletes by time and by size"));
    }
    Ok(input.if_match.as_ref().map_or(Condition::None, present))
}

fn present(wanted: &ETagCondition) -> Condition {
    match wanted {
        ETagCondition::Any => Condition::Present(None),
        ETagCondition::ETag(etag) => Condition::Present(Some(etag.value().to_owned())),
    }
}

fn not_implemented(why: &'static str) -> S3Error {
    S3Error::with_message(S3ErrorCode::NotImplemented, why)
}

/// Conditions on reads: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html>.
pub(super) struct Read {
    matches: Option<ETagCondition>,
    none_matches: Option<ETagCondition>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

impl Read {
    pub(super) fn of_get(input: &mut GetObjectInput) -> Self {
        Self {
            matches: input.if_match.take(),
            none_matches: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        }
    }

    pub(super) fn of_head(input: &mut HeadObjectInput) -> Self {
        Self {
            matches: input.if_match.take(),
            none_matches: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        }
    }

    /// In the order of <https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2>: a time counts only where no ETag was named.
    pub(super) fn check(&self, entry: &Entry) -> S3Result<()> {
        let is = |wanted: &ETagCondition| match wanted {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == entry.etag,
        };
        let holds = match (&self.matches, &self.unmodified_since) {
            (Some(wanted), _) => is(wanted),
            (None, Some(since)) => !is_after(entry, since),
            (None, None) => true,
        };
        if !holds {
            return Err(Refused::PreconditionFailed.into());
        }
        let changed = match (&self.none_matches, &self.modified_since) {
            (Some(known), _) => !is(known),
            (None, Some(since)) => is_after(entry, since),
            (None, None) => true,
        };
        if changed { Ok(()) } else { Err(not_modified(entry)) }
    }
}

/// Whether the object is from after this time. The headers have whole seconds.
fn is_after(entry: &Entry, since: &Timestamp) -> bool {
    timestamp(entry.modified - entry.modified.rem_euclid(1000)) > *since
}

/// "Not Modified" has no body; the ETag goes with it, as <https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5> asks.
fn not_modified(entry: &Entry) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", entry.etag)) {
        error.set_headers(HeaderMap::from_iter([(ETAG, etag)]));
    }
    error
}
