//! What is kept is sealed, goes with the person, and is sent to nobody who is not there any more.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};

use super::receiver::Manner;
use super::{AUTH, DEVICE, P256DH, PATIENCE, Scene, notice};

/// Everything that is kept of browsers and for them, as text.
async fn rows(desk: &TestDesk) -> String {
    let mut all = String::new();
    for table in ["push_key", "push_subscriptions", "outgoing_push", "push_sender"] {
        let rows =
            format!("select coalesce(string_agg(row_to_json(t)::text, E'\\n'), '') from desk.{table} t");
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(desk.desk.pool()).await.expect("rows");
        all += &rows;
    }
    all
}

/// A browser of `who` for which something waits.
async fn waiting(scene: &Scene, who: &Somebody, name: &str) {
    scene.browser(who, name).await;
    scene.tell(who, &notice("A canary.")).await;
    let waits = "select count(*) from desk.outgoing_push where error is null and state = 'pending'";
    let started = Instant::now();
    while scene.count(waits).await > 0 {
        assert!(started.elapsed() < PATIENCE, "it is not tried");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_sealed_and_goes_with_the_person() {
    let scene = Scene::set().await;
    scene.service.behaves(Manner::Asks(503, 600));
    let (admin, hana) = (scene.desk.admin().await, scene.desk.user().await);
    waiting(&scene, &scene.ada, "a-path-that-is-a-secret").await;
    waiting(&scene, &hana, "hana").await;
    let kept = rows(&scene.desk).await;
    for word in
        ["127.0.0.1", "a-path-that-is-a-secret", P256DH, AUTH, DEVICE, "canary", "TKT-1", "Your ticket"]
    {
        assert!(!kept.contains(word), "{word} in {kept}");
    }

    let path = format!("/api/v1/users/{}", scene.ada.id);
    let export = scene.desk.get(&scene.ada, &format!("{path}/export")).await.expect(200).body;
    let browsers = scene.browsers(&scene.ada).await;
    assert_eq!(export["push_subscriptions"], json!(browsers));
    assert_eq!((&browsers[0]["host"], &browsers[0]["device"]), (&json!("127.0.0.1"), &json!(DEVICE)));
    assert_eq!(export["waiting_push_messages"], 1);

    let asked =
        scene.desk.post(&admin, &format!("{path}/erase"), json!({ "reason": "legal" })).await.expect(200);
    let body = json!({ "reason": "legal", "confirmation_token": asked.body["confirmation_token"] });
    let prepared = scene.desk.desk.push.prepare(scene.ada.id, &notice("Late")).await.expect("prepared");
    let _ = scene.desk.post(&admin, &format!("{path}/erase"), body).await.expect(202);
    let queue = scene.until(|queue| queue.subscriptions == 1).await;
    assert_eq!(queue.waiting, 1, "what waits for Hana");
    // What was prepared before finds nobody.
    prepared.put(&mut scene.desk.desk.pool().acquire().await.expect("a connection")).await.expect("put");
    assert!(scene.desk.desk.push.prepare(scene.ada.id, &notice("Later")).await.expect("prepared").is_empty());
    assert!(!rows(&scene.desk).await.contains(&scene.ada.id.to_string()));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_to_whoever_is_deactivated_or_deleted() {
    let scene = Scene::set().await;
    scene.service.behaves(Manner::Asks(503, 600));
    let admin = scene.desk.admin().await;
    for method in [Method::POST, Method::DELETE] {
        let ivan = scene.desk.user().await;
        waiting(&scene, &ivan, "ivan").await;
        let path = format!("/api/v1/users/{}", ivan.id);
        let path = if method == Method::POST { format!("{path}/deactivate") } else { path };
        let _ = scene.desk.send(scene.desk.request(Some(&admin), method, &path)).await.expect(200);
        let queue = scene.until(|_| true).await;
        assert_eq!((queue.subscriptions, queue.waiting), (0, 0));
    }
    // By another way than the API: what waits is thrown away when its turn comes.
    let ivan = scene.desk.user().await;
    waiting(&scene, &ivan, "ivan").await;
    let before = scene.service.received().len();
    let request = application::Request::once(
        tests::postgres::the_desk(),
        chrono::Utc::now(),
        "test",
        uuid::Uuid::now_v7(),
    );
    let deactivate = domain::user::UserCommand::Deactivate;
    let _ = scene.desk.desk.commands.user(&request, ivan.id, deactivate).await.expect("deactivated");
    scene.service.behaves(Manner::Answers(201));
    scene.hurry().await;
    scene.tell(&ivan, &notice("Nobody is told")).await;
    scene.until(|queue| queue.waiting == 0).await;
    assert_eq!(scene.service.received().len(), before);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_opens_in_its_own_row_only() {
    // Whoever can write the tables swaps what is said to two browsers, or where they are.
    for swap in [
        "update desk.outgoing_push t set sealed = o.sealed from desk.outgoing_push o where o.id <> t.id",
        "update desk.push_subscriptions t set sealed = o.sealed from desk.push_subscriptions o where o.id <> t.id",
    ] {
        let scene = Scene::set().await;
        scene.service.behaves(Manner::Asks(503, 600));
        scene.browser(&scene.ada, "one").await;
        waiting(&scene, &scene.ada, "two").await;
        let before = scene.service.received().len();
        sqlx::query(swap).execute(scene.desk.desk.pool()).await.expect("swapped");
        scene.service.behaves(Manner::Answers(201));
        scene.hurry().await;
        let queue = scene.until(|queue| queue.given_up == 2).await;
        assert_eq!(queue.last_error.as_deref(), Some("the ciphertext is not authentic"));
        assert_eq!(scene.service.received().len(), before, "{swap}");
        scene.desk.close().await;
    }
}
