//! Every row for everybody.

use std::collections::BTreeSet;

use futures::future::join_all;
use tests::desk::Answer;

use super::document::{Operation, operations};
use super::stage::{Asker, CANARIES, Cast, NOTE_CANARY, Stage};
use super::table::{Row, TABLE};

/// What is wrong with `answer`, besides its status.
fn faults(operation: &Operation, asker: Asker, answer: &Answer, appended: i64) -> Vec<String> {
    let status = answer.status.as_u16();
    let (is_refused, body) = (!answer.status.is_success(), answer.body.to_string());
    let mut faults = Vec::new();
    if !operation.statuses.contains(&status) {
        faults.push(format!("{status} is not declared"));
    }
    if is_refused && appended != 0 {
        faults.push(format!("refused, and the log has {appended} events more"));
    }
    if is_refused && answer.code().is_empty() {
        faults.push(format!("refused without a code: {body}"));
    }
    for (department, canary) in CANARIES {
        if body.contains(canary) && (is_refused || !asker.sees(department)) {
            faults.push(format!("tells of a ticket of {department}: {body}"));
        }
    }
    if body.contains(NOTE_CANARY) && (is_refused || !asker.reads_the_note()) {
        faults.push(format!("tells of the internal note: {body}"));
    }
    faults
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations = operations();
    let documented: BTreeSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    let tabled: BTreeSet<&str> = TABLE.iter().map(|Row(id, ..)| *id).collect();
    assert_eq!(tabled, documented, "rows of access/table.rs, operations of the document");
    for Row(id, _, _, [nobody, ..]) in TABLE {
        let operation = operations.iter().find(|operation| operation.id == *id).expect("checked");
        assert_eq!(*nobody == 401, operation.is_guarded, "{id}: the document says who needs a token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_answered_as_the_table_says() {
    let cast = Cast::assemble().await;
    let operations = operations();
    let (mut wrong, mut cells) = (Vec::new(), 0);
    // What lists and homes could tell too much of.
    let _ = join_all(Asker::ALL.map(|asker| cast.subject(asker, Stage::Open, None))).await;
    for Row(id, stage, body, expected) in TABLE {
        let Some(operation) = operations.iter().find(|operation| operation.id == *id) else { continue };
        let about = operation.is_about_a_ticket();
        let subjects = if about {
            let subjects = join_all(Asker::ALL.map(|asker| cast.subject(asker, *stage, *body))).await;
            subjects.into_iter().map(Some).collect()
        } else {
            Asker::ALL.map(|_| None).into_iter().collect::<Vec<_>>()
        };
        for ((asker, expected), subject) in Asker::ALL.into_iter().zip(expected).zip(&subjects) {
            let before = cast.desk.decided().await;
            let answer = cast.ask_as(asker, operation, *body, subject.as_ref()).await;
            let appended = cast.desk.decided().await - before;
            let mut faults = faults(operation, asker, &answer, appended);
            if answer.status.as_u16() != *expected {
                faults.push(format!("{} instead of {expected}: {}", answer.status, answer.body));
            }
            let body = body.unwrap_or_default();
            wrong.extend(faults.into_iter().map(|fault| format!("{id} {body} by {asker:?}: {fault}")));
            cells += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    cast.desk.close().await;
}
