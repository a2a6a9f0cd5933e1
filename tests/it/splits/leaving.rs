//! What is told of a split in histories and events, and what stays.

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_stay_with_the_message_that_they_came_with() {
    let scene = Scene::set().await;
    let form = "--form\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--form--\r\n";
    let upload = scene.desk.request(Some(&scene.ada), reqwest::Method::POST, "/api/v1/attachments");
    let upload = upload.header("content-type", "multipart/form-data; boundary=form").body(form);
    let file = scene.desk.send(upload).await.expect(201).body["id"].clone();
    let said = json!({ "content": "See the picture", "attachment_ids": [file] });
    let said = scene.post(&scene.ada, &scene.ticket, "messages", said).await.expect(201).body;
    let new = scene.split(&scene.ivan, &[said["id"].as_str().expect("an id")]).await.expect(201).body;
    assert_eq!(new["attachments"], json!([]));
    let here = scene.read(&scene.ada, &id_of(&new), "/messages").await["messages"][0].clone();
    let there = scene.read(&scene.ada, &scene.ticket, "/messages").await["messages"][0].clone();
    assert_eq!((&here["attachments"], &here["moved_from"]), (&json!([]), &json!(scene.ticket)));
    assert_eq!((&there["attachments"][0]["id"], &there["is_moved"]), (&file, &json!(true)));
    let path = format!("/api/v1/attachments/{}/download", file.as_str().expect("an id"));
    for by in [&scene.ada, &scene.ivan] {
        let _ = scene.desk.get(by, &path).await.expect(200);
    }
    scene.desk.close().await;
}
