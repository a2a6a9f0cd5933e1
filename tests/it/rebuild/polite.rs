//! A rebuild gives way: also where Linux shares the processor among sessions and not among processes.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::path::Path;

use infrastructure::projection::{Progress, rebuild};
use tests::desk::TestDesk;

use super::{model, tickets};

/// What Linux says of the priority of the server process `pid` and of its session; none if it is gone.
fn priorities(pid: i32) -> Option<(String, String)> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let nice = stat.rsplit_once(") ")?.1.split(' ').nth(16)?.to_owned();
    let session = read_to_string(format!("/proc/{pid}/autogroup")).ok()?;
    Some((nice, session.trim().rsplit_once("nice ")?.1.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_s_work_for_a_rebuild_has_a_low_priority() {
    if !Path::new("/proc/self/autogroup").exists() {
        return;
    }
    let desk = TestDesk::open().await;
    tickets(&desk.desk.log, 600, 5).await;
    let (database, log) = (desk.desk.database.clone(), desk.desk.log.clone());
    let rebuilding = tokio::spawn(async move {
        for _ in 0..5 {
            rebuild(&database, &log, &model("ticket_page"), &Progress::default()).await.expect("rebuilt");
        }
    });
    let (mut seen, mut superuser) = (HashMap::new(), desk.database.superuser().await);
    while !rebuilding.is_finished() {
        let copying: Vec<i32> = sqlx::query_scalar(
            "select pid from pg_stat_activity
              where datname = current_database() and state = 'active' and query ilike 'copy %'",
        )
        .fetch_all(&mut superuser)
        .await
        .expect("the activity");
        seen.extend(copying.into_iter().filter_map(|pid| Some((pid, priorities(pid)?))));
    }
    rebuilding.await.expect("no panic");
    assert!(!seen.is_empty(), "no copy was met");
    for (pid, (nice, session)) in seen {
        assert_eq!((nice.as_str(), session.as_str()), ("10", "10"), "process {pid}");
    }
    desk.close().await;
}
