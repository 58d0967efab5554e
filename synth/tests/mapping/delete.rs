//! DELETE /verwerkingsacties/{actieId}.

use serde_json::json;

use crate::client::{Call, EPOCH, NU};
use crate::dynamodb::Table;
use crate::rows::{current, id, with};

fn table(vertrouwelijkheid: &str) -> Table {
    Table { rows: vec![current(&id(1), vertrouwelijkheid)] }
}

#[test]
fn r52_delete_is_204_without_a_body() {
    let answer = Call::delete(&id(1)).run(&mut table("normaal"));
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
}

#[test]
fn r06_r34_delete_marks_the_current_row_and_registers_when() {
    let mut after = table("normaal");
    Call::delete(&id(1)).run(&mut after);
    let expected = with(current(&id(1), "normaal"), "vervallen", json!({"BOOL": true}));
    assert_eq!(after.rows, [with(expected, "tijdstipRegistratie", json!({"S": NU}))]);
}

#[test]
fn r06_what_was_deleted_appears_in_no_get() {
    let mut table = table("normaal");
    Call::delete(&id(1)).run(&mut table);
    Call::read(&id(1)).run(&mut table).fout(404);
}

#[test]
fn r52_unknown_is_404_and_writes_no_row() {
    let mut table = table("normaal");
    Call::delete(&id(2)).run(&mut table).fout(404);
    assert_eq!(table.rows.len(), 1);
}

#[test]
fn r52_already_vervallen_is_404() {
    let mut table = table("normaal");
    assert_eq!(Call::delete(&id(1)).run(&mut table).status, 204);
    let later = Call::delete(&id(1)).authorizer("nu", "2024-06-01T12:00:01.000000Z");
    later.run(&mut table).fout(404);
    later.confidential().run(&mut table).fout(404);
    assert_eq!(table.rows[0]["tijdstipRegistratie"]["S"], NU, "a second DELETE changes nothing");
}

#[test]
fn r52_r08_expired_is_404() {
    let expired = with(current(&id(1), "normaal"), "bewaardTot", json!({"N": EPOCH.to_string()}));
    let mut table = Table { rows: vec![expired] };
    Call::delete(&id(1)).run(&mut table).fout(404);
    assert_eq!(table.rows[0].get("vervallen"), None);
    table.rows[0]["bewaardTot"]["N"] = json!((EPOCH + 1).to_string());
    assert_eq!(Call::delete(&id(1)).run(&mut table).status, 204);
}

#[test]
fn r52_what_is_not_normaal_needs_delete_confidential() {
    for vertrouwelijkheid in ["vertrouwelijk", "opgeheven"] {
        let mut table = table(vertrouwelijkheid);
        Call::delete(&id(1)).run(&mut table).fout(403);
        assert_eq!(table.rows[0].get("vervallen"), None);
        assert_eq!(Call::delete(&id(1)).confidential().run(&mut table).status, 204);
    }
}

#[test]
fn r52_a_hidden_actie_that_is_gone_is_404_and_not_403() {
    let row = with(current(&id(1), "vertrouwelijk"), "vervallen", json!({"BOOL": true}));
    Call::delete(&id(1)).run(&mut Table { rows: vec![row] }).fout(404);
}

#[test]
fn r34_a_delete_older_than_the_row_is_409_and_changes_nothing() {
    for registered in [NU, "2024-06-01T12:00:00.000001Z"] {
        let newer = with(current(&id(1), "normaal"), "tijdstipRegistratie", json!({"S": registered}));
        let mut table = Table { rows: vec![newer] };
        let fout = Call::delete(&id(1)).run(&mut table).fout(409);
        assert!(fout["detail"].as_str().expect("text").contains("opnieuw"));
        assert_eq!(table.rows[0].get("vervallen"), None);
    }
}

#[test]
fn r52_a_malformed_uuid_is_404_since_the_standard_has_no_400_here() {
    for actie_id in ["1", "-", "\"}", "0b5e2c1a-0000-4000-8000-00000000000g"] {
        let call = Call::delete(actie_id);
        assert_eq!(call.request()["Key"]["actieId"]["S"], "-");
        call.run(&mut table("normaal")).fout(404);
    }
}

#[test]
fn r72_without_a_delete_scope_it_is_403_and_nothing_is_written() {
    for scopes in ["", "read:confidential", "delete:normaal", "undelete:normal"] {
        let mut table = table("normaal");
        let call = Call::delete(&id(1)).scopes(scopes);
        assert_eq!(call.request()["Key"]["actieId"]["S"], "-");
        call.run(&mut table).fout(403);
        assert_eq!(table.rows[0].get("vervallen"), None);
    }
}

#[test]
fn r52_without_the_time_from_the_authorizer_nothing_is_written() {
    let mut table = table("normaal");
    Call::delete(&id(1)).without_authorizer("nu").run(&mut table).fout(500);
    assert_eq!(table.rows[0].get("vervallen"), None);
}

#[test]
fn r52_a_refusal_never_shows_the_row_that_it_looked_at() {
    let body = Call::delete(&id(1)).run(&mut table("vertrouwelijk")).body;
    assert!(!body.contains("Zo") && !body.contains("8f6d2a54"), "{body}");
}
