//! Rebuilding over HTTP.

use std::time::Duration;

use infrastructure::projection::Claim;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::Executor as _;
use tests::desk::{Somebody, TestDesk};

use super::{model, tickets};

/// The read model `name` as soon as `until` holds of it.
async fn shown(desk: &TestDesk, admin: &Somebody, name: &str, until: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/v1/projections/{name}");
    for _ in 0..3_000 {
        let shown = desk.get(admin, &path).await.expect(200).body;
        if until(&shown) {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{name} does not come so far: {}", desk.get(admin, &path).await.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_rebuilds_and_watches() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    tickets(&desk.desk.log, 200, 3).await;
    let head = desk.head().await;
    let listed = desk.get(&admin, &format!("/api/v1/projections?min_position={head}")).await.expect(200).body;
    let listed = listed["projections"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), projections::all().len());
    for projection in &listed {
        assert_eq!(projection["position"], head, "{projection}");
        assert_eq!(
            (&projection["lag_events"], &projection["state"]),
            (&0.into(), &"live".into()),
            "{projection}"
        );
        assert!(projection["rebuild"].is_null() && projection["last_rebuild"].is_null(), "{projection}");
    }

    let request = desk.request(Some(&admin), Method::POST, "/api/v1/projections/ticket_page/rebuild");
    let begun = desk.send(request).await.expect(202);
    assert_eq!(begun.header("location"), "/api/v1/projections/ticket_page");
    assert_eq!(begun.body["name"], "ticket_page");
    let done = shown(&desk, &admin, "ticket_page", |shown| !shown["last_rebuild"].is_null()).await;
    let last = &done["last_rebuild"];
    assert_eq!((&last["outcome"], &last["events"]), (&"done".into(), &head.into()), "{last}");
    assert_eq!(last["different"], serde_json::json!([]), "{last}");
    assert!(last["events_per_second"].as_f64().is_some_and(|speed| speed > 0.0), "{last}");
    assert_eq!(done["previous"]["position"], head, "kept for a rollback: {done}");
    shown(&desk, &admin, "ticket_page", |shown| shown["state"] == "live").await;
    desk.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_rebuilt_is_refused_with_the_reason() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let rebuild = async |name: &str| {
        let path = format!("/api/v1/projections/{name}/rebuild");
        desk.send(desk.request(Some(&admin), Method::POST, &path)).await
    };
    for name in ["tickets", "read.ticket_list", "%00", "%ff", "ticket_list;drop"] {
        let unknown = rebuild(name).await.expect(404);
        assert_eq!(unknown.code(), "NOT_FOUND");
        let names = unknown.body["error"]["details"]["names"].as_array().expect("names").clone();
        assert!(names.contains(&"ticket_list".into()), "{names:?}");
        let shown = desk.get(&admin, &format!("/api/v1/projections/{name}")).await.expect(404);
        assert!(shown.body["error"]["details"]["names"].is_array(), "{}", shown.body);
    }
    let claim = Claim::take(&desk.desk.database, &model("ticket_list")).await.expect("free");
    let running = rebuild("ticket_list").await.expect(409);
    assert_eq!(running.code(), "REBUILD_RUNNING");
    shown(&desk, &admin, "ticket_list", |shown| shown["state"] == "rebuilding").await;
    drop(claim);
    shown(&desk, &admin, "ticket_list", |shown| shown["state"] == "live").await;

    // A service whose role owns nothing: the tables belong to somebody else.
    let mut superuser = desk.database.superuser().await;
    superuser.execute("alter table read.user_directory owner to postgres").await.expect("given away");
    let refused = rebuild("user_directory").await.expect(409);
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "REBUILD_NOT_PERMITTED"));
}
