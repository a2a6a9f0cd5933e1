//! Who is spoken to in a message: those who may read it, and nobody learns of others.

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use uuid::Uuid;

use super::path_of;
use crate::organizations::organization;

/// A person's name, as [`TestDesk::somebody`] gives it.
fn name(who: &Somebody) -> String {
    format!("{}-{}", who.role.as_str().replace('_', "-"), who.id.0.simple())
}

async fn said(desk: &TestDesk, who: &Somebody, path: &str, body: Value) -> Value {
    desk.post(who, &format!("{path}/messages"), body).await.expect(201).body
}

fn ids(people: &[&Somebody]) -> Value {
    people.iter().map(|who| who.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_are_mentioned_who_may_read_it_by_id_and_by_name() {
    let desk = TestDesk::open().await;
    let (ada, eve, root) = (desk.user().await, desk.user().await, desk.admin().await);
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    let path = path_of(&desk.ticket(&ada, Some("IT")).await);
    let everybody = format!(
        "@{}, @{} and (@{}): ask @{}. Not nobody@{} or @nobody-at-all.",
        name(&ada).to_uppercase(),
        name(&eve),
        name(&hana),
        name(&root),
        name(&ivan),
    );
    let by_name = said(&desk, &ivan, &path, json!({ "content": everybody })).await;
    assert_eq!(by_name["mentions"], ids(&[&ada, &root]), "who sees the ticket: {by_name}");
    let note = json!({ "content": everybody, "is_internal": true });
    let note = said(&desk, &ivan, &path, note).await;
    assert_eq!(note["mentions"], ids(&[&root]), "in a note only staff: {note}");
    let given = json!([ada.id, hana.id, eve.id, Uuid::now_v7(), root.id, ivan.id]);
    let by_id =
        said(&desk, &ada, &path, json!({ "content": format!("@{}", name(&root)), "mentions": given })).await;
    assert_eq!(by_id["mentions"], ids(&[&root, &ivan]), "each once, and not oneself: {by_id}");

    for view in ["/messages", "/comments", "/messages?as_of=9999-01-01T00:00:00Z"] {
        let read = desk.get(&root, &format!("{path}{view}")).await.expect(200).body;
        for (n, message) in [&by_name, &note, &by_id].into_iter().enumerate() {
            assert_eq!(read["messages"][n]["mentions"], message["mentions"], "{view}: {read}");
        }
        let read = desk.get(&ada, &format!("{path}{view}")).await.expect(200).body;
        assert_eq!(read["messages"].as_array().map(Vec::len), Some(2), "the note is not hers: {read}");
        assert_eq!(read["messages"][1]["mentions"], by_id["mentions"], "{view}");
    }
    desk.assert_sound().await;
    desk.close().await;
}

/// A colleague who reads along may be spoken to in what they read, and in no note.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_is_mentioned_where_they_read_along_and_nowhere_else() {
    let desk = TestDesk::open().await;
    let (ada, eve) = (desk.user().await, desk.user().await);
    let (ivan, root) = (desk.it_agent().await, desk.admin().await);
    organization(&desk, &root, &["IT"], &[&ada, &eve]).await;
    let shared = path_of(&desk.ticket(&ada, Some("IT")).await);
    let hidden = path_of(&desk.ticket(&ada, Some("HR")).await);
    let to_eve = json!({ "content": format!("@{}", name(&eve)), "mentions": [eve.id] });
    let mut note = to_eve.clone();
    note["is_internal"] = true.into();
    assert_eq!(said(&desk, &ivan, &shared, to_eve.clone()).await["mentions"], ids(&[&eve]));
    assert_eq!(said(&desk, &ivan, &shared, note).await["mentions"], json!([]));
    assert_eq!(said(&desk, &root, &hidden, to_eve).await["mentions"], json!([]));
    for view in ["", "?include=messages,history", "/messages", "/history", "/events"] {
        let seen = desk.get(&eve, &format!("{shared}{view}")).await.expect(200).body.to_string();
        assert!(!seen.to_lowercase().contains("internal note"), "{view}: {seen}");
        let _ = desk.get(&eve, &format!("{hidden}{view}")).await.expect(404);
    }
    desk.close().await;
}

/// An agent about whom colleagues write is a requester on that ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_about_an_agent_does_not_speak_to_them() {
    let desk = TestDesk::open().await;
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    let path = path_of(&desk.ticket(&ivan, Some("HR")).await);
    let note = json!({ "content": "Psst.", "is_internal": true, "mentions": [ivan.id] });
    assert_eq!(said(&desk, &hana, &path, note).await["mentions"], json!([]));
    let answer = json!({ "content": "Hello.", "mentions": [ivan.id] });
    assert_eq!(said(&desk, &hana, &path, answer).await["mentions"], ids(&[&ivan]));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mentions_are_at_most_fifty_ids() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let path = format!("{}/messages", path_of(&desk.ticket(&ada, Some("IT")).await));
    let many: Vec<Uuid> = (0..51).map(|_| Uuid::now_v7()).collect();
    let head = desk.head().await;
    for (mentions, status) in
        [(json!(many), 422), (json!(["ada"]), 422), (json!("ada"), 422), (json!(7), 422)]
    {
        let refused = desk.post(&ada, &path, json!({ "content": "x", "mentions": mentions })).await;
        let refused = refused.expect(status);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{}", refused.body);
    }
    assert_eq!(desk.head().await, head, "nothing was posted");
    let _ = desk.post(&ada, &path, json!({ "content": "x", "mentions": many[1..] })).await.expect(201);
    desk.close().await;
}
