//! The grep test: no byte of a dump or of any file under the data directory remembers an erased person.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tests::process::{Binary, free_port, scratch};
use tests::server::Server;

use super::MARK;
use super::crashes::{Outside, set_scene};

/// The files below `folder` that hold [`MARK`].
fn holding(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        // Files come and go while the server works.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            found.extend(holding(&path));
        } else if kind.is_file()
            && let Ok(bytes) = std::fs::read(&path)
            && remembers(&bytes)
        {
            found.push(path);
        }
    }
    found
}

fn remembers(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, MARK.as_bytes()).is_some()
}

/// A full dump of the private PostgreSQL under `data`.
fn dump(data: &Path) -> Vec<u8> {
    let pid = std::fs::read_to_string(data.join("postgres/postmaster.pid")).expect("a pid file");
    let server =
        std::fs::read_link(format!("/proc/{}/exe", pid.lines().next().expect("a pid"))).expect("running");
    let output = Command::new(server.with_file_name("pg_dump"))
        .args(["-U", "postgres", "-h"])
        .arg(socket(data))
        .arg("ledgerdesk")
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The directory of the private server's socket, as its pid file says.
pub(super) fn socket(data: &Path) -> PathBuf {
    let pid = std::fs::read_to_string(data.join("postgres/postmaster.pid")).expect("a pid file");
    PathBuf::from(pid.lines().nth(4).expect("the socket's directory"))
}

/// As the superuser of the private PostgreSQL under `data`.
pub(super) async fn superuser(data: &Path) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(socket(data))
        .username("postgres")
        .database("ledgerdesk");
    PgConnection::connect_with(&options).await.expect("the private PostgreSQL")
}

#[test]
fn what_is_looked_for_is_found() {
    assert!(remembers(b"\0\x01qzvk title\0"));
    assert!(remembers(b"qqzqzvk"));
    assert!(!remembers(b"qzv qzvK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_and_no_dump_remembers_who_is_erased() {
    let data = scratch("erasure");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let outside = Outside::new(&server).await;
    let person = set_scene(&outside).await;
    // Texts reach the statistics, the tables' files, their indexes and the write-ahead log.
    let mut postgres = superuser(data.path()).await;
    postgres.execute("analyze").await.expect("analysed");
    postgres.execute("checkpoint").await.expect("written");
    let sampled: bool = sqlx::query_scalar("select exists (select from pg_stats where most_common_vals::text like '%qzvk%' or histogram_bounds::text like '%qzvk%')")
        .fetch_one(&mut postgres)
        .await
        .expect("statistics");
    postgres.close().await.expect("closed");
    let before = holding(data.path());
    for place in ["postgres/base/", "postgres/pg_wal/"] {
        assert!(before.iter().any(|path| path.to_string_lossy().contains(place)), "{place}: {before:?}");
    }
    assert!(sampled && remembers(&dump(data.path())), "statistics and a dump hold them before");

    let job = outside.erase(&person.id).await;
    assert_eq!(job["remains"], serde_json::json!([]), "{job}");
    assert!(!remembers(&dump(data.path())), "the dump holds nothing");
    assert_eq!(holding(data.path()), Vec::<PathBuf>::new(), "while the server runs");
    let replay = Command::new(Binary::path())
        .args(["replay", &person.ticket, "--data-dir"])
        .arg(data.path())
        .env_remove("DATABASE_URL")
        .output()
        .expect("the binary runs");
    let replay = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.contains("[erased]") && !replay.contains(MARK), "{replay}");
    server.stop();
    assert_eq!(holding(data.path()), Vec::<PathBuf>::new(), "and when it is stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_erases_with_and_without_a_server() {
    let data = scratch("erasure-cli");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let outside = Outside::new(&server).await;
    let person = set_scene(&outside).await;
    let ledgerdesk = |arguments: &[&str]| {
        let output = Command::new(Binary::path())
            .args(arguments)
            .arg("--data-dir")
            .arg(data.path())
            .env_remove("DATABASE_URL")
            .output()
            .expect("the binary runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let name = format!("{MARK}-name");
    let (code, exported, _) = ledgerdesk(&["user", "export", "--username", &name]);
    let exported: serde_json::Value = serde_json::from_str(&exported).expect("a document");
    assert_eq!((code, &exported["user_id"]), (Some(0), &serde_json::json!(person.id)));
    assert!(exported.to_string().contains(&format!("{MARK} resolution")));
    let erase = ["user", "erase", "--username", &name, "--reason", "request_of_person"];
    let (code, _, told) = ledgerdesk(&erase);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("1 tickets and 2 messages"), "{told}");
    assert_eq!(ledgerdesk(&["user", "erase", "--username", &name, "--reason", "spite", "--yes"]).0, Some(2));
    let wanted: Vec<&str> = erase.into_iter().chain(["--yes"]).collect();
    let (code, done, told) = ledgerdesk(&wanted);
    assert_eq!((code, done.trim()), (Some(0), format!("{} is erased", person.id).as_str()), "{told}");
    server.stop();
    assert_eq!(holding(data.path()), Vec::<PathBuf>::new());

    // Nobody serves now: the command does all of it by itself.
    let admin = ["user", "erase", "--username", "admin", "--reason", "legal", "--yes"];
    let (code, _, told) = ledgerdesk(&admin);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the last administrator"), "{told}");
    let second = ["user", "create", "--username", "second", "--email", "qzvk@example.com", "--role", "admin"];
    assert_eq!(ledgerdesk(&second).0, Some(0));
    let wanted = ["user", "erase", "--username", "second", "--reason", "retention", "--yes"];
    let (code, done, told) = ledgerdesk(&wanted);
    assert_eq!(code, Some(0), "{done}{told}");
    assert_eq!(holding(data.path()), Vec::<PathBuf>::new());
}
