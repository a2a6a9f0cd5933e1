//! What every desk begins with, once in the life of a log; and what the demo adds.

use std::process::Command;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::process::{Binary, scratch};

use super::{delete, department, path_of};

/// How often departments were added, and which there are.
async fn added(desk: &TestDesk) -> (usize, Vec<Value>) {
    let admin = desk.admin().await;
    let events = desk.get(&admin, "/api/v1/events?types=EntryAdded&after=0").await.expect(200).body;
    let list = desk.get(&admin, "/api/v1/departments").await.expect(200).body;
    let codes = list["departments"].as_array().expect("departments").iter().map(|one| one["code"].clone());
    (events["events"].as_array().expect("events").len(), codes.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_seed_the_departments_once() {
    let first = TestDesk::on(TestDatabase::empty().await).await;
    let others = join_all((0..3).map(|_| first.another_node())).await;
    let again = others.iter().chain([&first]).map(|desk| desk.desk.ensure_departments());
    assert!(join_all(again).await.into_iter().all(|done| done.is_ok()));
    assert_eq!(added(&first).await, (3, vec![json!("GENERAL"), json!("HR"), json!("IT")]));
    first.assert_sound().await;
    for node in others {
        node.close().await;
    }
    first.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_that_was_removed_does_not_come_back_with_the_next_start() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let path = path_of("departments", &department(&desk, &admin, "HR").await);
    let _ = delete(&desk, &admin, &path).await.expect(204);
    let desk = TestDesk::on(desk.close().await).await;
    assert_eq!(added(&desk).await, (3, vec![json!("GENERAL"), json!("IT")]));
    desk.close().await;
}

#[test]
fn the_demo_brings_buildings_and_categories() {
    let data = scratch("structure");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(Binary::path());
        let command = command.args(arguments).arg("--data-dir").arg(data.path()).env_remove("DATABASE_URL");
        let output = command.output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(&["demo", "--tickets", "1"]);
    let events = run(&["log", "tail", "--after", "0", "--limit", "100"]);
    assert!(events.matches("EntryAdded").count() > 10, "{events}");
    let head = run(&["log", "head"]);
    run(&["demo", "--tickets", "1"]);
    assert_eq!(run(&["log", "head"]), head, "a repetition adds nothing");
}
