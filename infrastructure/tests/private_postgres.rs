//! The private `PostgreSQL` on a real server: it keeps data, is shared, and survives being killed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use infrastructure::private_postgres::PrivatePostgres;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

/// A data directory that any account may pass through.
fn open_data_dir() -> TempDir {
    data_dir(0o711)
}

fn data_dir(mode: u32) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), Permissions::from_mode(mode)).expect("permissions");
    dir
}

async fn open(data_dir: &Path) -> PrivatePostgres {
    PrivatePostgres::open(data_dir).await.expect("a server")
}

async fn connect(postgres: &PrivatePostgres) -> PgConnection {
    postgres.connect_options().connect().await.expect("a connection")
}

async fn number(connection: &mut PgConnection) -> i32 {
    sqlx::query_scalar("select n from kept").fetch_one(connection).await.expect("the number")
}

async fn keep(connection: &mut PgConnection, n: i32) {
    sqlx::query("create table kept (n int)").execute(&mut *connection).await.expect("a table");
    sqlx::query("insert into kept values ($1)").bind(n).execute(connection).await.expect("a row");
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("a signal");
}

/// Waits until the server is gone, which nobody waits for elsewhere.
async fn until_gone(postgres: &PrivatePostgres) {
    while postgres.postmaster_pid().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn data_outlives_a_restart() {
    let dir = open_data_dir();
    let postgres = open(dir.path()).await;
    let mut connection = connect(&postgres).await;
    keep(&mut connection, 7).await;
    connection.close().await.expect("closed");
    postgres.close().await.expect("stopped");
    assert!(!dir.path().join("postgres/postmaster.pid").exists());

    let postgres = open(dir.path()).await;
    assert_eq!(number(&mut connect(&postgres).await).await, 7);
    assert!(!postgres.ensure_running().await.expect("running"));
    postgres.close().await.expect("stopped");
}

#[tokio::test]
async fn the_role_owns_its_database_and_durability_is_on() {
    let dir = open_data_dir();
    let postgres = open(dir.path()).await;
    let mut connection = sqlx::postgres::PgConnectOptions::connect(&postgres.url().parse().expect("a URL"))
        .await
        .expect("a connection by URL");
    let (superuser, may_create): (bool, bool) = sqlx::query_as(
        "select rolsuper, rolcreaterole and rolcreatedb from pg_roles where rolname = current_user",
    )
    .fetch_one(&mut connection)
    .await
    .expect("the role");
    assert!(!superuser && may_create);
    for (setting, expected) in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("TimeZone", "UTC"),
    ] {
        let actual: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .expect("a setting");
        assert_eq!(actual, expected, "{setting}");
    }
    let mode = fs::metadata(dir.path().join("postgres")).expect("the cluster").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    postgres.close().await.expect("stopped");
}

#[tokio::test]
async fn the_last_to_close_stops_the_server() {
    let dir = open_data_dir();
    let (first, second) = tokio::join!(open(dir.path()), open(dir.path()));
    let pid = first.postmaster_pid().expect("running");
    assert_eq!(second.postmaster_pid(), Some(pid), "both use the same server");

    first.close().await.expect("closed");
    assert_eq!(second.postmaster_pid(), Some(pid), "the second still uses it");
    connect(&second).await;
    second.close().await.expect("stopped");
    assert!(!dir.path().join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn a_killed_server_comes_back_with_what_it_acknowledged() {
    let dir = open_data_dir();
    let postgres = open(dir.path()).await;
    let mut connection = connect(&postgres).await;
    keep(&mut connection, 9).await;
    // A session busy with something long, which clings to the dead server's memory for a while.
    let busy = tokio::spawn(async move { sqlx::query("select pg_sleep(60)").execute(&mut connection).await });

    let pid = postgres.postmaster_pid().expect("running");
    kill_hard(pid);
    until_gone(&postgres).await;
    assert!(postgres.ensure_running().await.expect("back"));
    assert_ne!(postgres.postmaster_pid().expect("running"), pid);
    assert_eq!(number(&mut connect(&postgres).await).await, 9);
    assert!(busy.await.expect("joined").is_err());
    postgres.close().await.expect("stopped");
}

#[tokio::test]
async fn opening_recovers_after_a_kill_and_a_reused_process_id() {
    let dir = open_data_dir();
    let postgres = open(dir.path()).await;
    keep(&mut connect(&postgres).await, 3).await;
    kill_hard(postgres.postmaster_pid().expect("running"));
    until_gone(&postgres).await;
    drop(postgres);

    // As after a reboot: the recorded id belongs to a process of the same account, here to one of ours.
    let file = dir.path().join("postgres/postmaster.pid");
    let text = fs::read_to_string(&file).expect("left behind");
    let (_, rest) = text.split_once('\n').expect("lines");
    fs::write(&file, format!("{}\n{rest}", std::process::id())).expect("written");

    let postgres = open(dir.path()).await;
    assert_eq!(number(&mut connect(&postgres).await).await, 3);
    postgres.close().await.expect("stopped");
}

#[tokio::test]
async fn a_server_nobody_closed_stops_by_itself() {
    let dir = open_data_dir();
    let witness = {
        let postgres = open(dir.path()).await;
        postgres.postmaster_pid().expect("running")
    };
    let gone = || fs::read_link(format!("/proc/{witness}/cwd")).is_err();
    while !gone() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_interrupted_initialisation_starts_over() {
    let dir = open_data_dir();
    fs::create_dir(dir.path().join("postgres")).expect("an empty directory");
    fs::create_dir(dir.path().join("postgres.init")).expect("a directory");
    fs::write(dir.path().join("postgres.init/PG_VERSION"), "15\n").expect("half a cluster");
    let postgres = open(dir.path()).await;
    connect(&postgres).await;
    postgres.close().await.expect("stopped");
    assert!(!dir.path().join("postgres.init").exists());
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let dir = open_data_dir();
    let deep = dir.path().join("d".repeat(60)).join("e".repeat(60));
    let postgres = open(&deep).await;
    connect(&postgres).await;
    assert!(postgres.url().contains("host=/tmp/ledgerdesk-"), "{}", postgres.url());
    let sockets = PathBuf::from(postgres.url().split_once("host=").expect("a host").1);
    postgres.close().await.expect("stopped");
    fs::remove_dir(sockets).expect("an empty directory of sockets");
}

#[tokio::test]
async fn a_directory_that_the_account_may_not_enter_keeps_a_link() {
    if !geteuid().is_root() {
        return;
    }
    let dir = data_dir(0o700);
    let postgres = open(dir.path()).await;
    keep(&mut connect(&postgres).await, 5).await;
    postgres.close().await.expect("stopped");
    let cluster = fs::read_link(dir.path().join("postgres")).expect("a link");
    assert!(cluster.starts_with("/var/lib/ledgerdesk"), "{}", cluster.display());

    let postgres = open(dir.path()).await;
    assert_eq!(number(&mut connect(&postgres).await).await, 5);
    postgres.close().await.expect("stopped");
    fs::remove_dir_all(cluster).expect("removed");
}
