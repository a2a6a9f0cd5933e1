//! Tickets that are parts of others.

use serde_json::{Value, json};
use tests::desk::Answer;

use super::{Scene, link, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_a_part_of_what_is_a_part_of_it() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    let third = scene.another().await;
    let _ = scene.link(ivan, one, "parent", other).await.expect(201);
    let _ = scene.link(ivan, &third, "child", other).await.expect(201);
    assert_eq!(scene.links(ivan, other).await, [link("child", one), link("parent", &third)]);
    for (from, kind, to) in [(&third, "parent", one), (one, "child", &third)] {
        assert_eq!(scene.link(ivan, from, kind, to).await.expect(409).code(), "LINK_CIRCLE");
    }
    assert_eq!(scene.link(ivan, other, "parent", one).await.expect(409).code(), "LINK_CONTRADICTS");
    let fourth = scene.another().await;
    for (from, kind, to) in [(one, "parent", &fourth), (&fourth, "child", one)] {
        assert_eq!(scene.link(ivan, from, kind, to).await.expect(409).code(), "HAS_PARENT");
    }
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_that_become_parts_of_each_other_at_once_one_does_not() {
    let scene = Scene::set().await;
    for _ in 0..8 {
        let [one, other, third] = [scene.another().await, scene.another().await, scene.another().await];
        let answers = futures::join!(
            scene.link(&scene.ivan, &one, "parent", &other),
            scene.link(&scene.root, &other, "parent", &third),
            scene.link(&scene.ivan, &third, "parent", &one),
        );
        let answers: [Answer; 3] = answers.into();
        let mut statuses = answers.each_ref().map(|answer| answer.status.as_u16());
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 409], "{answers:?}");
        assert!(answers.iter().any(|answer| answer.code() == "LINK_CIRCLE"));
    }
    scene.desk.close().await;
}

/// Each of the two links is between tickets that the other one does not change: only what stands above tells of the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_lines_that_become_parts_of_each_other_at_once_one_does_not() {
    let scene = Scene::set().await;
    for _ in 0..8 {
        let [one, above_one] = [scene.another().await, scene.another().await];
        let [other, above_other] = [scene.another().await, scene.another().await];
        let _ = scene.link(&scene.ivan, &one, "parent", &above_one).await.expect(201);
        let _ = scene.link(&scene.ivan, &other, "parent", &above_other).await.expect(201);
        let answers = futures::join!(
            scene.link(&scene.ivan, &above_one, "parent", &other),
            scene.link(&scene.root, &above_other, "parent", &one),
        );
        let answers: [Answer; 2] = answers.into();
        let mut statuses = answers.each_ref().map(|answer| answer.status.as_u16());
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{answers:?}");
        assert!(answers.iter().any(|answer| answer.code() == "LINK_CIRCLE"));
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_tickets_stand_above_each_other_at_most() {
    let scene = Scene::set().await;
    let mut top = scene.one.clone();
    for _ in 2..=20 {
        let above = scene.another().await;
        let answer = scene.link(&scene.ivan, &above, "child", &top).await;
        let _ = answer.expect(201);
        top = above;
    }
    let below = scene.another().await;
    assert_eq!(scene.link(&scene.ivan, &below, "parent", &scene.one).await.expect(409).code(), "LINK_CIRCLE");
    scene.desk.close().await;
}

/// Sets whether staff may resolve what has parts that are still worked on.
async fn set(scene: &Scene, value: &str) {
    let body = json!({ "open_children": value });
    let request = scene.desk.request(Some(&scene.root), reqwest::Method::PATCH, "/api/v1/admin/settings");
    let _ = scene.desk.send(request.json(&body)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_parts_that_are_worked_on_is_resolved_unless_that_is_refused() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    let _ = scene.link(ivan, one, "child", other).await.expect(201);
    let _ = scene.post(ivan, one, "resolve", json!({})).await.expect(200);
    let _ = scene.post(ivan, one, "reopen", json!({})).await.expect(200);
    set(&scene, "refuse").await;
    let said = json!({ "content": "Done.", "set_status": "resolved" });
    for (rest, body) in
        [("resolve", json!({})), ("status", json!({ "status": "resolved" })), ("messages", said)]
    {
        let refused = scene.post(ivan, one, rest, body).await.expect(409);
        assert_eq!(refused.code(), "OPEN_CHILDREN", "{rest}");
        assert!(!refused.body.to_string().contains(other), "{}", refused.body);
    }
    // Whose ticket it is knows best that it is solved; and a part is resolved as ever.
    let _ = scene.post(&scene.ada, one, "resolve", json!({})).await.expect(200);
    let _ = scene.post(ivan, one, "reopen", json!({})).await.expect(200);
    let _ = scene.post(ivan, other, "resolve", json!({})).await.expect(200);
    let _ = scene.post(ivan, one, "resolve", json!({})).await.expect(200);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_reopened_at_the_same_time_is_open_after_the_whole_was_resolved_or_keeps_it_open() {
    let scene = Scene::set().await;
    set(&scene, "refuse").await;
    for _ in 0..10 {
        let (whole, part) = (scene.another().await, scene.another().await);
        let _ = scene.link(&scene.ivan, &whole, "child", &part).await.expect(201);
        let _ = scene.post(&scene.ivan, &part, "resolve", json!({})).await.expect(200);
        let (resolved, reopened) = futures::join!(
            scene.post(&scene.ivan, &whole, "resolve", json!({})),
            scene.post(&scene.root, &part, "reopen", json!({})),
        );
        let _ = reopened.expect(200);
        let last = async |ticket: &str| {
            let path = format!("/api/v1/tickets/{ticket}/events");
            let events = scene.desk.get(&scene.ivan, &path).await.expect(200).body;
            let last: Value = events["events"].as_array().expect("events").last().expect("one").clone();
            (text(&last["type"]), last["pos"].as_i64().expect("a position"))
        };
        let ((of_whole, resolved_at), (_, reopened_at)) = (last(&whole).await, last(&part).await);
        match resolved.status.as_u16() {
            200 => assert!(of_whole == "TicketResolved" && resolved_at < reopened_at),
            _ => assert_eq!(
                (resolved.code(), &*of_whole),
                ("OPEN_CHILDREN", "TicketLinked"),
                "{}",
                resolved.body
            ),
        }
    }
    scene.desk.close().await;
}
