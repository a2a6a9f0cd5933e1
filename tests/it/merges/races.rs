//! Merging while others do something at the same time.

use futures::future::join_all;
use serde_json::Value;

use super::{Scene, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tickets_that_are_merged_into_each_other_at_once_one_is() {
    let scene = Scene::set().await;
    for round in 0..12 {
        let one = id_of(&scene.desk.ticket(&scene.ada, Some("IT")).await);
        let other = id_of(&scene.desk.ticket(&scene.eve, Some("IT")).await);
        let (there, back) =
            futures::join!(scene.merge(&scene.ivan, &one, &other), scene.merge(&scene.root, &other, &one),);
        let mut statuses = [there.status.as_u16(), back.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {} {}", there.body, back.body);
        let loser = if there.status == 409 { there } else { back };
        assert_eq!(loser.code(), "MERGE_TARGET_NOT_OPEN");
        let merged = [&one, &other].map(|ticket| scene.read(&scene.root, ticket, ""));
        let merged = join_all(merged).await;
        assert_eq!(merged.iter().filter(|ticket| ticket["merged_into"] != Value::Null).count(), 1);
    }
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_written_at_the_same_time_is_before_the_merge_or_refused() {
    let scene = Scene::set().await;
    for _ in 0..12 {
        let ticket = id_of(&scene.desk.ticket(&scene.ada, Some("IT")).await);
        let (said, merged) = futures::join!(
            scene.say(&scene.ada, &ticket, "One more thing"),
            scene.merge(&scene.ivan, &ticket, &scene.target),
        );
        let _ = merged.expect(200);
        assert!(matches!(said.status.as_u16(), 201 | 423), "{}", said.body);
        let events = scene.read(&scene.ivan, &ticket, "/events").await;
        let types: Vec<&str> =
            events["events"].as_array().expect("events").iter().filter_map(|e| e["type"].as_str()).collect();
        assert_eq!(types.last(), Some(&"TicketMerged"), "nothing is said behind it: {types:?}");
        assert_eq!(types.contains(&"MessagePosted"), said.status == 201);
    }
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_resolved_at_the_same_time_is_resolved_after_it_or_takes_nothing_in() {
    let scene = Scene::set().await;
    for _ in 0..12 {
        let one = id_of(&scene.desk.ticket(&scene.ada, Some("IT")).await);
        let other = id_of(&scene.desk.ticket(&scene.eve, Some("IT")).await);
        let (merged, resolved) = futures::join!(
            scene.merge(&scene.ivan, &one, &other),
            scene.act(&scene.root, &other, "resolve", serde_json::json!({})),
        );
        let _ = resolved.expect(200);
        let events = async |ticket: &str| {
            let events = scene.read(&scene.ivan, ticket, "/events").await;
            let last = events["events"].as_array().expect("events").last().expect("one").clone();
            (last["type"].as_str().expect("a type").to_owned(), last["pos"].as_i64().expect("a position"))
        };
        let ((last_of_one, merged_at), (_, resolved_at)) = (events(&one).await, events(&other).await);
        if merged.status == 200 {
            assert!(last_of_one == "TicketMerged" && merged_at < resolved_at, "into a ticket that was open");
        } else {
            assert_eq!((merged.status.as_u16(), &*last_of_one), (409, "TicketCreated"), "{}", merged.body);
        }
    }
    scene.desk.close().await;
}
