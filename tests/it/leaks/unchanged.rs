//! Not even that there is something new for staff can be told: whatever is asked is answered as before.

use std::collections::HashMap;

use serde_json::Value;

use super::requests;
use super::scene::Scene;

/// What says when it was asked, how far the log is, of which everybody knows that more happens in it, and what the reader
/// did meanwhile, which is to ask for what they were refused. Two things do move with a note, and say no more than that
/// something was done: when anything last happened on a ticket, and the version that `If-Match` is compared with.
const MOVES: [&str; 12] = [
    "updated_at",
    "messages_version",
    "exported_at",
    "head",
    "last_used_at",
    "request_id",
    "as_of",
    "timestamp",
    "position",
    "cursor",
    "acts",
    "activity",
];
/// What shows how the desk is doing, and nothing that happens in it.
const OF_THE_DESK: [&str; 2] = ["/metrics", "/health/ready"];

/// Takes out of `value` what changes by itself.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in MOVES {
                fields.remove(name);
            }
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_changes_no_answer_to_anybody_else() {
    let scene = Scene::set().await;
    let mut readers = scene.readers().await;
    // What a token shows is what its person is shown.
    readers.retain(|reader| !reader.is_control && !reader.is_limited);
    let mut before = HashMap::new();
    for reader in &readers {
        for got in requests::all(&scene, reader).await {
            before.insert((reader.name, got.request.path.clone()), (got.status, got.text));
        }
    }
    for stage in [&scene.of_requester, &scene.of_agent] {
        stage.whisper(&scene.desk, &scene.agent).await;
    }
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for reader in &readers {
        for got in requests::all(&scene, reader).await {
            if OF_THE_DESK.contains(&got.request.path.as_str()) {
                continue;
            }
            // An agent is notified of notes on the tickets of others.
            let is_notified = reader.who.role.is_agent();
            if is_notified && got.request.path.starts_with("/api/v1/notifications") {
                continue;
            }
            let Some((status, was)) = before.get(&(reader.name, got.request.path.clone())) else { continue };
            let json = |text: &str| {
                let mut json = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                settle(&mut json);
                if let (true, Some(fields)) = (is_notified, json.as_object_mut()) {
                    fields.remove("notifications");
                }
                json
            };
            let (was, is) = (json(was), json(&got.text));
            compared += 1;
            if *status != got.status || was != is {
                wrong.push(format!("{} for {}:\n  {was}\n  {is}", got.request.path, reader.name));
            }
        }
    }
    assert!(compared > 1_000, "{compared} answers");
    assert!(wrong.is_empty(), "{} of {compared} answers:\n{}", wrong.len(), wrong.join("\n"));
    scene.desk.close().await;
}
