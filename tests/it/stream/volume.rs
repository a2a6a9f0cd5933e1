//! The files of a whole cluster set back to an older copy: same cluster, same timeline, same database.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use infrastructure::database::Database;
use infrastructure::keys::Keyring;
use infrastructure::log::{PgLog, Place};
use infrastructure::private_postgres::PrivatePostgres;
use tests::postgres::MASTER_KEY;
use tests::process::scratch;

use super::write;

/// A server on the files in `folder`, and the log in it.
async fn start(folder: &Path) -> (PrivatePostgres, Database, Arc<PgLog>) {
    let server = PrivatePostgres::open(folder).await.expect("a server");
    let database = Database::new(server.connect_options());
    database.migrate().await.expect("the schema");
    let keys = Keyring::new(database.pool().clone(), &MASTER_KEY);
    let log = PgLog::open(&database, keys).await.expect("a log");
    (server, database, log)
}

async fn stop((server, database, log): (PrivatePostgres, Database, Arc<PgLog>)) {
    log.close().await;
    database.pool().close().await;
    server.close().await.expect("stopped");
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().expect("cp");
    assert!(copied.success(), "{} is copied", from.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_set_back_to_an_older_copy_are_another_history_from_there_on() {
    let folder = scratch("volume");
    let running = start(folder.path()).await;
    write(&running.2, 12).await;
    stop(running).await;
    let files = folder.path().join("postgres").canonicalize().expect("the cluster");
    let older = folder.path().join("older");
    copy(&files, &older);

    let running = start(folder.path()).await;
    let kept = running.2.cursor(11).await.expect("a cursor");
    write(&running.2, 9).await;
    let lost = running.2.cursor(21).await.expect("a cursor");
    stop(running).await;
    std::fs::remove_dir_all(&files).expect("removed");
    copy(&older, &files);

    let running = start(folder.path()).await;
    for grown in [0, 15] {
        write(&running.2, grown).await;
        let fork = running.2.fork_of(&Place::Proven(lost.clone())).await.expect("an answer").expect("a fork");
        assert_eq!(fork.last_common.map(|common| common.position), Some(12), "{grown} events later");
        assert_eq!(running.2.fork_of(&Place::Proven(kept.clone())).await.expect("an answer"), None);
    }
    stop(running).await;
}
