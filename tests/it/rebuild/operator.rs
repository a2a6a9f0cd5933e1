//! Rebuilding, verifying and putting back on the command line.

use std::process::{Command, Output};

use base64::Engine as _;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};
use tests::desk::JWT_SECRET;
use tests::postgres::{MASTER_KEY, TestDatabase, url};
use tests::process::{Binary, scratch};

use super::{settle, tickets};

/// Runs `ledgerdesk projections …` on the test's database.
pub(super) fn projections(test: &TestDatabase, arguments: &[&str]) -> Output {
    let data = scratch("projections");
    Command::new(Binary::path())
        .arg("projections")
        .args(arguments)
        .arg("--data-dir")
        .arg(data.path())
        .env("DATABASE_URL", url(&test.options))
        .env("JWT_SECRET", JWT_SECRET)
        .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
        .output()
        .expect("the binary runs")
}

/// What it printed, having ended with `code`.
#[track_caller]
pub(super) fn ended(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    (out, err)
}

async fn filed() -> TestDatabase {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    tickets(&log, 30, 3).await;
    settle(&test).await;
    test
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_names_the_first_row_that_differs_and_nobodys_texts() {
    let test = filed().await;
    let (out, _) = ended(&projections(&test, &["verify"]), 0);
    let equal = out.lines().filter(|line| line.contains(": equal to a fold of the log")).count();
    assert_eq!(equal, projections::all().len(), "{out}");

    let mut owner = test.owner().await;
    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from read.ticket_page order by id limit 2 offset 7")
            .fetch_all(&mut owner)
            .await
            .expect("tickets");
    let statement = format!(
        "update read.ticket_page set title = 'Somebody''s secret', version = 99 where id in ('{}', '{}')",
        ids[0], ids[1]
    );
    owner.execute(AssertSqlSafe(statement)).await.expect("damaged");
    let (out, err) = ended(&projections(&test, &["verify", "ticket_page"]), 1);
    assert!(out.contains("ticket_page: 2 rows differ"), "{out}");
    assert!(out.contains(&ids[0].to_string()) && !out.contains(&ids[1].to_string()), "the first: {out}");
    assert!(out.contains("title, version (99, not 6)"), "{out}");
    assert!(!out.contains("secret") && !out.contains("printer"), "no text: {out}");
    assert!(err.contains("ticket_page is not what the log says"), "{err}");
    ended(&projections(&test, &["verify", "ticket_list"]), 0);

    let (out, _) = ended(&projections(&test, &["rebuild", "ticket_page"]), 0);
    assert!(out.contains("ticket_page: 30 rows, DIFFERENT from the live table"), "{out}");
    ended(&projections(&test, &["verify", "ticket_page"]), 0);

    owner.execute("delete from read.ticket_messages where position = (select min(position) from read.ticket_messages)")
        .await
        .expect("damaged");
    let (out, _) = ended(&projections(&test, &["verify", "--output", "json"]), 1);
    let last: Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
    let messages = &last["tables"][1];
    assert_eq!(
        (&messages["table"], &messages["differences"]),
        (&"ticket_messages".into(), &1.into()),
        "{last}"
    );
    assert_eq!(messages["first"]["missing"], true, "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_tells_what_it_did_and_can_be_undone() {
    let test = filed().await;
    let (_, err) = ended(&projections(&test, &["rollback", "ticket_list"]), 1);
    assert!(err.contains("nothing is kept of ticket_list"), "{err}");
    let (out, _) = ended(&projections(&test, &["rebuild", "ticket_list", "--output", "json"]), 0);
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&told["model"], &told["events"]), (&"ticket_list".into(), &240.into()), "{told}");
    assert_eq!(told["rows"]["ticket_list"], 30, "{told}");
    assert!(told["seconds"].as_f64().is_some() && told["events_per_second"].as_f64().is_some(), "{told}");
    let (out, _) = ended(&projections(&test, &["rollback", "ticket_list"]), 0);
    assert!(out.contains("the tables from before are back, at position 240"), "{out}");
    ended(&projections(&test, &["verify"]), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_a_mistake_on_the_command_line() {
    let test = TestDatabase::create().await;
    for (arguments, said) in [
        (&["rebuild", "tickets"][..], "there is no read model \"tickets\""),
        (&["verify", "tickets"], "there is no read model \"tickets\""),
        (&["rollback", "tickets"], "there is no read model \"tickets\""),
        (&["rebuild", "tickets", "--at", "1", "--into", "may"], "there is no read model \"tickets\""),
        (&["rebuild"], "required"),
        (&["rebuild", "--at", "1"], "--into"),
        (&["rebuild", "--into", "may"], "--at"),
        (&["rebuild", "--at", "0", "--into", "may"], "positions begin at 1"),
        (&["rebuild", "--at", "noon", "--into", "may"], "a position, or a time"),
        (&["rebuild", "--at", "1", "--into", "read"], "belong to the desk or to PostgreSQL"),
        (&["rebuild", "--at", "1", "--into", "pg_copy"], "belong to the desk or to PostgreSQL"),
        (&["rebuild", "--at", "1", "--into", "a;b"], "letters a to z"),
    ] {
        let (out, err) = ended(&projections(&test, arguments), 2);
        assert!(out.is_empty() && err.contains(said), "{arguments:?}: {err}");
    }
}
