//! What everybody is told of a split: history, events, sockets.

use serde_json::{Value, json};

use super::{Scene, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_and_events_tell_of_it_as_far_as_somebody_may_know() {
    let scene = Scene::set().await;
    let said = scene.say(&scene.ada, "The mouse is broken, too", false).await;
    let note = scene.say(&scene.ivan, "He is rough with mice", true).await;
    let new = id_of(&scene.split(&scene.ivan, &[&said, &note]).await.expect(201).body);
    let types = |list: &Value| -> Vec<String> {
        let name = |entry: &Value| entry["event_type"].as_str().or(entry["type"].as_str()).map(str::to_owned);
        list.as_array().expect("a list").iter().filter_map(name).collect()
    };
    let there = [
        "TicketCreated",
        "MessagePosted",
        "MessagePosted",
        "TicketSplit",
        "TicketLinked",
        "MessageMovedOut",
        "MessageMovedOut",
    ];
    let here = ["TicketCreated", "TicketLinked", "MessageMovedIn", "MessageMovedIn"];
    let there_public = ["TicketCreated", "MessagePosted", "MessageMovedOut"];
    let here_public = ["TicketCreated", "MessageMovedIn"];
    for rest in ["/history", "/events"] {
        let list = &rest[1..];
        assert_eq!(types(&scene.read(&scene.ivan, &scene.ticket, rest).await[list]), there, "{rest}");
        assert_eq!(types(&scene.read(&scene.ivan, &new, rest).await[list]), here, "{rest}");
        assert_eq!(types(&scene.read(&scene.ada, &scene.ticket, rest).await[list]), there_public, "{rest}");
        assert_eq!(types(&scene.read(&scene.ada, &new, rest).await[list]), here_public, "{rest}");
    }
    let events = scene.read(&scene.ada, &scene.ticket, "/events").await;
    let moved = events["events"].as_array().expect("events").last().expect("one");
    assert_eq!((&moved["data"]["message_id"], &moved["data"]["to"]), (&json!(said), &Value::Null));
    scene.desk.close().await;
}
