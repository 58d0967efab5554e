//! GET /verwerkingsacties/{actieId}.

use serde_json::json;

use crate::client::{Call, EPOCH};
use crate::dynamodb::Table;
use crate::rows::{current, document, id, with};

fn table(vertrouwelijkheid: &str) -> Table {
    Table { rows: vec![current(&id(1), vertrouwelijkheid)] }
}

#[test]
fn r50_the_document_is_returned_as_it_was_stored() {
    let answer = Call::read(&id(1)).run(&mut table("normaal"));
    assert_eq!((answer.status, answer.json()), (200, document(&id(1))));
    assert_eq!(answer.headers.get("Content-Type"), None);
}

#[test]
fn r50_the_current_row_is_read_consistently_from_the_stage_s_table() {
    let request = Call::read(&id(1)).request();
    assert_eq!(request["TableName"], "Verwerkingen");
    assert_eq!(request["Key"], json!({"actieId": {"S": id(1)}, "soort": {"S": "actueel"}}));
    assert_eq!(request["ConsistentRead"], true);
}

#[test]
fn r50_a_uuid_in_upper_case_is_the_same_uuid() {
    assert_eq!(
        Call::read(&id(0xab).to_uppercase()).run(&mut Table { rows: vec![current(&id(0xab), "normaal")] }).status,
        200
    );
}

#[test]
fn r50_unknown_is_404() {
    let fout = Call::read(&id(2)).run(&mut table("normaal")).fout(404);
    assert_eq!(fout["code"], "not_found");
}

#[test]
fn r50_r06_vervallen_is_404() {
    let mut table = Table { rows: vec![with(current(&id(1), "normaal"), "vervallen", json!({"BOOL": true}))] };
    Call::read(&id(1)).run(&mut table).fout(404);
}

#[test]
fn r50_r08_expired_is_404_though_ttl_has_not_removed_it_yet() {
    let status = |seconds: i64| {
        let row = with(current(&id(1), "normaal"), "bewaardTot", json!({"N": seconds.to_string()}));
        Call::read(&id(1)).run(&mut Table { rows: vec![row] }).status
    };
    assert_eq!(status(EPOCH), 404, "ends now");
    assert_eq!(status(EPOCH + 1), 200);
    assert_eq!(status(EPOCH - 1), 404);
    assert_eq!(status(-5_000_000_000), 404, "before 1970");
    assert_eq!(status(0), 404);
    assert_eq!(status(999_999_999), 404, "fewer digits");
    assert_eq!(status(99_999_999_999), 200, "more digits");
}

#[test]
fn r08_the_time_of_the_request_may_be_text() {
    let mut call = Call::read(&id(1));
    call.case.context["requestTimeEpoch"] = json!(format!("{}999", EPOCH));
    let row = |seconds: i64| with(current(&id(1), "normaal"), "bewaardTot", json!({"N": seconds.to_string()}));
    call.run(&mut Table { rows: vec![row(EPOCH)] }).fout(404);
    assert_eq!(call.run(&mut Table { rows: vec![row(EPOCH + 1)] }).status, 200);
}

#[test]
fn r50_r71_a_malformed_uuid_is_400_and_looks_nothing_up() {
    let malformed = [
        "1",
        "actueel",
        "0b5e2c1a-0000-4000-8000-00000000000",
        "0b5e2c1a-0000-4000-8000-0000000000011",
        "0b5e2c1a00004000800000000000001x",
        " 0b5e2c1a-0000-4000-8000-000000000001",
        "0b5e2c1a-0000-4000-8000-000000000001\n",
        "\", \"soort\": {\"S\": \"x\"}, \"x\": \"",
        "$context.authorizer",
        "' OR '1'='1",
        "é\u{1F600}",
    ];
    for actie_id in malformed {
        let call = Call::read(actie_id);
        assert_eq!(call.request()["Key"]["actieId"]["S"], "-", "{actie_id}");
        assert_eq!(
            call.run(&mut table("normaal")).invalid(),
            [("actieId".to_owned(), "invalid".to_owned())],
            "{actie_id}"
        );
    }
}

#[test]
fn r51_what_is_not_normaal_needs_read_confidential() {
    for vertrouwelijkheid in ["vertrouwelijk", "opgeheven"] {
        let fout = Call::read(&id(1)).run(&mut table(vertrouwelijkheid)).fout(403);
        assert!(fout["detail"].as_str().expect("text").contains("read:confidential"));
        assert!(!fout.to_string().contains("Zoë"), "{fout}");
        assert_eq!(Call::read(&id(1)).confidential().run(&mut table(vertrouwelijkheid)).status, 200);
    }
}

#[test]
fn r73_read_confidential_alone_is_enough() {
    assert_eq!(Call::read(&id(1)).scopes("read:confidential").run(&mut table("normaal")).status, 200);
}

#[test]
fn r72_without_a_read_scope_it_is_403_and_nothing_is_looked_up() {
    for scopes in
        ["", "delete:normal", "update:confidential create:normal", "xread:normal", "read:normaly", "READ:NORMAL"]
    {
        let call = Call::read(&id(1)).scopes(scopes);
        assert_eq!(call.request()["Key"]["actieId"]["S"], "-");
        call.run(&mut table("normaal")).fout(403);
        call.response(400, &json!({"__type": "ThrottlingException"})).fout(403);
    }
}

#[test]
fn r72_an_authorizer_that_says_nothing_gives_no_right() {
    let mut call = Call::read(&id(1));
    call.case.context.as_object_mut().expect("an object").remove("authorizer");
    call.run(&mut table("normaal")).fout(403);
}

#[test]
fn r50_a_header_called_actie_id_is_no_actie_id() {
    let call = Call::read("x").header("actieId", &id(1));
    let mut call = call;
    call.case.path.clear();
    call.run(&mut table("normaal")).fout(400);
}
