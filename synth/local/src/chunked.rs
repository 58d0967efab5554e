//! The body of a request with `Content-Encoding: aws-chunked`, as the SDKs send objects to S3.
//!
//! The `s3s` crate reads it only where it verifies the signature, which nothing here does.
//! Format: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use bytes::Bytes;

/// A body without its chunks, and the headers that came after it.
pub(crate) struct Unchunked {
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

/// Takes the chunks apart; nothing where the body is not well-formed.
pub(crate) fn unchunk(chunked: &Bytes) -> Option<Unchunked> {
    let mut rest = chunked.as_ref();
    let mut body = Vec::with_capacity(rest.len());
    loop {
        let head = line(&mut rest)?;
        // `;chunk-signature=...` follows the size where chunks are signed.
        let size = head.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while !rest.is_empty() {
        let trailer = line(&mut rest)?;
        if let Some((name, value)) = trailer.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some(Unchunked { body, trailers })
}

fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    *rest = &rest[end + 2..];
    Some(line)
}
