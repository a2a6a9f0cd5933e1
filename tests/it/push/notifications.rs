//! Notifications on browsers: what arrives says what its reader may read, and nothing of notes.

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::delivery::{payload, read};
use super::{AUTH, Scene};

async fn post(desk: &TestDesk, who: &tests::desk::Somebody, path: &str, body: Value) {
    let answer = desk.post(who, path, body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_the_browsers_of_those_around_the_ticket_and_a_note_none_of_a_requester() {
    let scene = Scene::telling().await;
    let (desk, ada) = (&scene.desk, &scene.ada);
    let (ivan, iris) = (desk.it_agent().await, desk.it_agent().await);
    scene.browser(ada, "of-ada").await;
    scene.browser(&ivan, "of-ivan").await;
    let ticket = desk.ticket(ada, Some("IT")).await;
    let id = ticket["ticket_id"].as_str().expect("an id");
    let messages = format!("/api/v1/tickets/{id}/messages");
    post(desk, &iris, &messages, json!({ "content": "marker-of-the-note", "is_internal": true })).await;
    post(desk, &iris, &messages, json!({ "content": "A public answer." })).await;
    // Iris writes both; Ivan's department hears of both, and Ada of the answer.
    let received = scene.service.wait_for(3).await;
    let said = read(&received.iter().map(|message| (AUTH, message.clone())).collect::<Vec<_>>());
    let mut told: Vec<(&str, Value)> =
        received.iter().map(|message| &*message.path).zip(said.iter().map(payload)).collect();
    told.sort_by_key(|(path, payload)| (path.to_string(), payload["body"].to_string()));
    let bodies: Vec<_> = told.iter().map(|(path, payload)| (*path, payload["body"].clone())).collect();
    let expected = [
        ("/push/of-ada", "A public answer."),
        ("/push/of-ivan", "A public answer."),
        ("/push/of-ivan", "marker-of-the-note"),
    ];
    assert_eq!(bodies, expected.map(|(path, body)| (path, json!(body))));
    let (_, to_ada) = &told[0];
    assert_eq!((&to_ada["tag"], &to_ada["url"]), (&json!(id), &json!(format!("/tickets/{id}"))));
    assert_eq!(
        (&to_ada["data"]["type"], &to_ada["data"]["ticket_id"]),
        (&json!("message_received"), &json!(id))
    );
    assert!(to_ada["data"]["notification_id"].as_str().is_some_and(|id| id.starts_with("NOT-")), "{to_ada}");
    assert_eq!(
        scene.count("select count(*) from desk.notification_deliveries where channel = 'push'").await,
        0
    );
    scene.desk.close().await;
}
