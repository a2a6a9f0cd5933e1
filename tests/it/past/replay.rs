//! `ledgerdesk replay` means the same moment as `as_of`.

use std::process::{Command, Output};

use base64::Engine as _;
use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::desk::JWT_SECRET;
use tests::postgres::{MASTER_KEY, url};
use tests::process::Binary;

use super::Scene;

fn replay(scene: &Scene, arguments: &[&str]) -> Output {
    let ticket = scene.path.trim_start_matches("/api/v1/tickets/");
    Command::new(Binary::path())
        .args(["replay", ticket, "--output", "json", "--database-url", &url(&scene.desk.database.options)])
        .args(arguments)
        .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
        .env("JWT_SECRET", JWT_SECRET)
        .output()
        .expect("the binary runs")
}

fn replayed(scene: &Scene, arguments: &[&str]) -> Value {
    let output = replay(scene, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_ends_where_as_of_does() {
    let scene = Scene::set().await;
    scene.say(&scene.ada, "Any news?", false).await;
    scene.say(&scene.ivan, "On my way.", false).await;
    scene.act(&scene.ivan, "resolve", json!({ "resolution": "A new roller." })).await;
    scene.say(&scene.ivan, "Between us: the third one.", true).await;
    for version in 1..=3 {
        let asked = version.to_string();
        let then = scene.get(&scene.admin, &format!("?as_of={version}")).await.expect(200).body;
        let at = then["as_of"]["recorded_at"].as_str().expect("a time").to_owned();
        for arguments in [["--version", asked.as_str()], ["--as-of", at.as_str()]] {
            let told = replayed(&scene, &arguments);
            for field in ["title", "status", "priority", "version", "department"] {
                assert_eq!(told["state"][field], then[field], "{arguments:?}: {field}");
            }
            assert_eq!(told["state"]["messages"], then["message_count"], "{arguments:?}");
            let last = told["events"].as_array().and_then(|events| events.last()).expect("events");
            assert_eq!(last["position"], then["as_of"]["position"], "{arguments:?}");
        }
    }
    assert_eq!(replayed(&scene, &[])["state"]["messages"], 3);
    for (arguments, reason) in
        [(["--version", "4"], "versions 1 to 3"), (["--as-of", "2001-01-01T00:00:00Z"], "filed later")]
    {
        let refused = replay(&scene, &arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains(reason), "{said}");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_passes_over_what_it_does_not_know_and_what_was_erased() {
    let scene = Scene::set().await;
    scene.say(&scene.ivan, "On my way.", false).await;
    scene.act(&scene.ivan, "claim", json!({})).await;
    let mut superuser = scene.desk.database.superuser().await;
    superuser
        .execute(
            "set session_replication_role = replica;
             update ledger.events set event_type = 'TicketTeleported', payload = '{}'
              where event_type = 'StatusChanged'",
        )
        .await
        .expect("a type of another version");
    let destroy = format!("update desk.subject_keys set wrapped = null where subject = '{}'", scene.ada.id);
    superuser.execute(sqlx::AssertSqlSafe(destroy)).await.expect("destroyed");
    let told = replayed(&scene, &[]);
    assert_eq!((&told["state"]["title"], &told["state"]["version"]), (&json!("[erased]"), &json!(3)));
    let types: Vec<&str> =
        told["events"].as_array().expect("events").iter().filter_map(|e| e["event_type"].as_str()).collect();
    assert_eq!(types, ["TicketCreated", "MessagePosted", "TicketTeleported", "TicketAssigned"]);
    assert!(!told.to_string().contains("printer"), "{told}");
    scene.desk.close().await;
}
