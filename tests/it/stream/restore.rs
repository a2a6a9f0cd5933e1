//! Forks as they happen: a dump restored elsewhere.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;
use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;
use tests::desk::TestDesk;
use tests::postgres::{TestDatabase, url};

use super::fork::{cursor, forked};
use super::{EVENTS, page, positions, write};

/// A program of the tests' PostgreSQL.
async fn program(database: &TestDatabase, name: &str) -> PathBuf {
    let mut superuser = database.superuser().await;
    let folder: String = sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
        .fetch_one(&mut superuser)
        .await
        .expect("where it is");
    superuser.close().await.expect("closed");
    PathBuf::from(folder).join(name)
}

/// Dumps the database at `from` with PostgreSQL's own programs and restores it at `to`.
async fn restore(database: &TestDatabase, dump: &[u8], to: &PgConnectOptions) {
    let mut psql = Command::new(program(database, "psql").await)
        .args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", &url(to)])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("psql");
    std::io::Write::write_all(&mut psql.stdin.take().expect("a pipe"), dump).expect("written");
    assert!(psql.wait().expect("psql").success(), "restored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_restored_elsewhere_is_another_history_from_there_on() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 21).await;
    let common = desk.head().await;
    let dumped = Command::new(program(&desk.database, "pg_dump").await)
        .args(["--dbname", &url(&desk.database.options)])
        .output()
        .expect("pg_dump");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    write(&desk.desk.log, 12).await;
    let lost = cursor(&desk).await;

    let elsewhere = TestDatabase::empty().await;
    restore(&desk.database, &dumped.stdout, &elsewhere.options).await;
    let restored = TestDesk::on(elsewhere).await;
    assert_eq!(restored.head().await, common);
    for grown in [0, 25] {
        write(&restored.desk.log, grown).await;
        let details = forked(restored.get(&admin, &format!("{EVENTS}?after={lost}")).await);
        assert_eq!(details["last_common"]["position"], json!(common), "{details}");
    }
    let read = page(&restored, &admin, &format!("after={common}")).await;
    assert!(positions(&read).into_iter().eq(common + 1..=common + 25));
    desk.close().await;
    restored.close().await;
}
