//! Objects.

use crate::clients::Stack;

#[tokio::test]
async fn an_object_is_written_once_and_read() {
    let stack = Stack::start().await;
    stack.services.s3().create_bucket("backup").unwrap();
    let put = |body: &'static str| {
        stack
            .s3
            .put_object()
            .bucket("backup")
            .key("a/b c")
            .if_none_match("*")
            .body(body.as_bytes().to_vec().into())
            .send()
    };
    put("first").await.unwrap();
    let refused = put("second").await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 412);
    assert_eq!(refused.into_service_error().meta().code(), Some("PreconditionFailed"));

    let got = stack.s3.get_object().bucket("backup").key("a/b c").send().await.unwrap();
    assert_eq!(got.e_tag(), Some("\"8b04d5e3775d298e78455efc5ca404d5\""));
    assert_eq!(got.body.collect().await.unwrap().into_bytes().as_ref(), b"first");
}
