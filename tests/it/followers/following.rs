//! Following and not following any more.

use reqwest::Method;
use serde_json::json;

use super::{Scene, id, ids};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sees_a_ticket_follows_it_once() {
    let scene = Scene::set().await;
    let (ada, ivan) = (&scene.ada, &scene.ivan);
    let followed = scene.follow(ada, ada).await.expect(200);
    assert_eq!((followed.header("etag"), ids(&followed.body)), ("\"v2\"", vec![id(ada)]));
    let before = scene.desk.head().await;
    let again = scene.follow(ada, ada).await.expect(200);
    assert_eq!((again.header("etag"), scene.desk.head().await), ("\"v2\"", before), "no second event");
    let _ = scene.follow(ivan, ivan).await.expect(200);
    let shown = scene.desk.get(ivan, &scene.path).await.expect(200).body;
    let name = scene.desk.get(ivan, "/api/v1/auth/me").await.expect(200).body["username"].clone();
    assert_eq!(shown["followers"][1], json!({ "id": ivan.id, "username": name }));

    let _ = scene.unfollow(ada, ada).await.expect(200);
    let before = scene.desk.head().await;
    let _ = scene.unfollow(ada, ada).await.expect(200);
    assert_eq!(scene.desk.head().await, before);
    assert_eq!(scene.seen_by(ivan).await, [id(ivan)]);
    let _ = scene.unfollow(&scene.root, ivan).await.expect(200);
    assert_eq!(scene.seen_by(ivan).await, [] as [String; 0]);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_name_who_may_read_and_requesters_only_themselves() {
    let scene = Scene::set().await;
    let (ada, ivan, hana, nobody) = (&scene.ada, &scene.ivan, &scene.hana, uuid::Uuid::now_v7());
    let eve = scene.desk.user().await;
    assert_eq!(ids(&scene.follow(ivan, ada).await.expect(200).body), [id(ada)]);
    let head = scene.desk.decided().await;

    // Staff are told the same of whoever does not see it, whether there is such a person or not.
    for user in [hana.id.0, eve.id.0, nobody] {
        let refused = scene.ask(ivan, Method::PUT, user).await.expect(409);
        assert_eq!(refused.code(), "NOT_A_READER");
        assert_eq!(
            refused.body["error"]["message"],
            "this person cannot follow the ticket: they do not see it"
        );
    }
    // A requester is told nothing about anybody.
    for user in [ivan.id.0, hana.id.0, scene.root.id.0, nobody] {
        for method in [Method::PUT, Method::DELETE] {
            let refused = scene.ask(ada, method, user).await.expect(403);
            assert_eq!(refused.body["error"]["message"], "only staff may do this");
        }
    }
    // Who does not see the ticket is answered as if there were none.
    for by in [hana, &eve] {
        for user in [by.id.0, ada.id.0, nobody] {
            let refused = scene.ask(by, Method::PUT, user).await.expect(404);
            assert_eq!(refused.body["error"]["message"], "there is no such ticket");
        }
    }
    let _ = scene.ask(ivan, Method::PUT, "nobody").await.expect(404);
    assert_eq!(scene.desk.decided().await, head);

    let deactivate = format!("/api/v1/users/{}/deactivate", ada.id);
    let _ = scene.desk.post(&scene.root, &deactivate, json!({})).await.expect(200);
    assert_eq!(scene.seen_by(ivan).await, [] as [String; 0], "who may not sign in is not shown");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_message_speaks_to_follows_from_the_same_append_on() {
    let scene = Scene::set().await;
    let messages = format!("{}/messages", scene.path);
    let said = json!({ "content": "Who knows?", "mentions": [scene.ivan.id, scene.hana.id, scene.root.id] });
    let _ = scene.desk.post(&scene.ada, &messages, said.clone()).await.expect(201);
    let newest = scene.newest(3).await;
    let types: Vec<&str> = newest.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(types, ["TicketFollowed", "TicketFollowed", "MessagePosted"]);
    assert!(newest.iter().all(|(_, command)| *command == newest[0].1), "one append");
    assert_eq!(scene.seen_by(&scene.root).await, [id(&scene.ivan), id(&scene.root)], "who may read it");

    // Spoken to again, they follow as before.
    let _ = scene.desk.post(&scene.ada, &messages, said).await.expect(201);
    assert_eq!(scene.newest(1).await[0].0, "MessagePosted");
    // A note makes no follower of who may not read it.
    let note = json!({ "content": "Between us", "is_internal": true, "mentions": [scene.ada.id] });
    let _ = scene.desk.post(&scene.ivan, &messages, note).await.expect(201);
    assert_eq!(scene.seen_by(&scene.root).await, [id(&scene.ivan), id(&scene.root)]);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_say_the_same_at_once_one_is_recorded() {
    let scene = Scene::set().await;
    let before = scene.desk.decided().await;
    let answers = futures::future::join_all((0..16).map(|number| {
        let by = if number % 2 == 0 { &scene.ada } else { &scene.ivan };
        scene.follow(by, &scene.ada)
    }))
    .await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(scene.desk.decided().await, before + 1);
    assert_eq!(scene.seen_by(&scene.ivan).await, [id(&scene.ada)]);
    scene.desk.close().await;
}
