//! What the database itself refuses: other isolation levels, changes, direct writes, unsafe settings.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tests::appends::{append, new_stream, on, unassigned};
use tests::postgres::TestDatabase;

use application::ledger::Ledger;
use infrastructure::database::Purpose;
use infrastructure::log::PgLog;

const TABLES: [&str; 5] =
    ["ledger.events", "ledger.blocks", "ledger.commands", "ledger.tree", "ledger.heads"];

async fn refused(connection: &mut PgConnection, statement: &str) -> String {
    let error = connection.execute(AssertSqlSafe(statement.to_owned())).await.expect_err(statement);
    let database = error.as_database_error().expect("refused by the database");
    assert_eq!(database.code().as_deref(), Some("42501"), "{statement}: {error}");
    database.message().to_owned()
}

/// T11: changes are refused to the service by its grants, and to the owner by triggers.
#[tokio::test]
async fn nobody_changes_what_was_written() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    log.append(append(vec![on(new_stream(), 0, vec![unassigned()])])).await.expect("accepted");
    let mut service = test.database.connect(Purpose::Append).await.expect("a connection");
    let mut owner = test.owner().await;
    for table in TABLES {
        for change in [
            format!("update {table} set last_position = 0").replace("last_position", column(table)),
            format!("delete from {table}"),
            format!("truncate {table}"),
        ] {
            refused(&mut service, &change).await;
            assert!(refused(&mut owner, &change).await.contains("append-only"), "{change}");
        }
        refused(&mut service, &format!("insert into {table} select * from {table}")).await;
    }
    refused(&mut service, "insert into ledger.claims values ('username', '', gen_random_uuid())").await;
    refused(&mut service, "drop table ledger.events").await;
    refused(&mut service, "alter table ledger.events disable trigger all").await;
}

fn column(table: &str) -> &'static str {
    match table {
        "ledger.events" => "position",
        "ledger.tree" => "level",
        "ledger.heads" => "size",
        _ => "last_position",
    }
}

/// T10: a caller that would not see what the lock's previous holder committed is refused.
#[tokio::test]
async fn other_isolation_levels_are_refused() {
    let test = TestDatabase::create().await;
    let mut service = test.database.connect(Purpose::Append).await.expect("a connection");
    for level in ["repeatable read", "serializable"] {
        let mut transaction = service.begin().await.expect("a transaction");
        transaction
            .execute(AssertSqlSafe(format!("set transaction isolation level {level}")))
            .await
            .expect("set");
        let empty = "'{}', ".repeat(31) + "'{}'";
        let error = transaction
            .execute(AssertSqlSafe(format!("select * from ledger.append_batch({empty})")))
            .await
            .expect_err(level);
        assert!(error.to_string().contains("READ COMMITTED"), "{error}");
        transaction.rollback().await.expect("rolled back");
    }
}

/// The log does not open on a database that could lose, double or alter events.
#[tokio::test]
async fn an_unsafe_database_is_refused_at_start() {
    let test = TestDatabase::create().await;
    test.log().await.close().await;
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&mut test.owner().await)
        .await
        .expect("a name");
    let mut superuser = test.superuser().await;
    for (unsafe_setting, back, complaint) in [
        (
            "alter database {} set synchronous_commit = off",
            "alter database {} reset synchronous_commit",
            "synchronous_commit",
        ),
        (
            "alter database {} set default_transaction_isolation = 'serializable'",
            "alter database {} reset default_transaction_isolation",
            "isolation",
        ),
        (
            "grant delete on ledger.events to ledgerdesk_app",
            "revoke delete on ledger.events from ledgerdesk_app",
            "may write the log",
        ),
        (
            "revoke execute on function ledger.append_batch from ledgerdesk_app",
            "grant execute on function ledger.append_batch to ledgerdesk_app",
            "may not append",
        ),
    ] {
        superuser.execute(AssertSqlSafe(unsafe_setting.replace("{}", &name))).await.expect(unsafe_setting);
        let refused = PgLog::open(&test.database, test.keys()).await;
        let error = refused.err().map(|error| format!("{error:#}")).expect(unsafe_setting);
        assert!(error.contains(complaint), "{error}");
        superuser.execute(AssertSqlSafe(back.replace("{}", &name))).await.expect(back);
    }
    test.log().await;
}

/// Without the right master key nothing could be read: it is refused at start.
#[tokio::test]
async fn another_master_key_is_refused_at_start() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let sealed = tests::appends::created(domain::id::UserId(uuid::Uuid::now_v7()));
    log.append(append(vec![on(new_stream(), 0, vec![sealed])])).await.expect("accepted");
    let wrong = infrastructure::keys::Keyring::new(test.database.pool().clone(), &[7; 32]);
    let error = PgLog::open(&test.database, wrong).await.err().expect("refused");
    assert!(error.to_string().contains("MASTER_KEY"), "{error}");
}

/// D5: neither the log nor anything beside it holds a ticket's text in the clear.
#[tokio::test]
async fn personal_text_is_ciphertext_in_the_log() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let sealed = tests::appends::created(domain::id::UserId(uuid::Uuid::now_v7()));
    log.append(append(vec![on(new_stream(), 0, vec![sealed])])).await.expect("accepted");
    let payload: String = sqlx::query_scalar("select payload::text from ledger.events")
        .fetch_one(&mut test.owner().await)
        .await
        .expect("a payload");
    assert!(payload.contains("\"urgency\":\"medium\"") && !payload.contains("printer"), "{payload}");
}
