//! What reaches NATS: an envelope that others understand, and no text about anybody.

use std::path::Path;

use domain::access::Role;
use serde_json::{Value, json};
use tests::desk::TestDesk;
use tests::nats::NatsServer;
use tests::postgres::TestDatabase;

use super::{assert_same, refusals::relay_of};

/// Words that occur in texts only.
const WORDS: [&str; 7] = ["Quasimodo", "Belfry", "Esmeralda", "Frollo", "Phoebus", "Gringoire", "Clopin"];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_text_about_anybody_reaches_nats() {
    let mut server = NatsServer::start().await;
    let desk = TestDesk::with(TestDatabase::create().await, &[("NATS_URL", &server.url())]).await;
    live_through_a_ticket(&desk).await;
    relay_of(&desk, "relaying").await;
    let count = assert_same(&server, &desk.desk.log).await;
    assert!(count >= 9, "a whole life: {count}");

    let subjects = subjects_of(&desk).await;
    for message in server.messages().await {
        let body = String::from_utf8(message.payload.to_vec()).expect("text");
        let headers = format!("{:?}", message.headers);
        for word in WORDS {
            assert!(!body.contains(word) && !headers.contains(word), "{word}: {body}");
        }
        for subject in &subjects {
            assert!(!body.contains(&format!("{subject}:")), "a ciphertext: {body}");
        }
    }
    server.kill();
    let mut bytes = Vec::new();
    read_all(&server.data(), &mut bytes);
    assert!(bytes.len() > 1_000, "the files were read");
    for word in WORDS {
        let found = bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        assert!(!found, "{word} is in the files of NATS");
    }
}

/// A ticket with a text wherever there can be one.
async fn live_through_a_ticket(desk: &TestDesk) {
    let admin = desk.admin().await;
    let named = json!({
        "username": "quasimodo", "email": "quasimodo.belfry@example.com", "role": "user",
        "password": "a password that is long enough"
    });
    let _ = desk.post(&admin, "/api/v1/users", named).await.expect(201);
    let requester = desk.user().await;
    let agent = desk.somebody(Role::Agent, &["IT"]).await;
    let body = json!({ "title": "Esmeralda", "description": "Frollo", "department": "IT" });
    let ticket = desk.post(&requester, "/api/v1/tickets", body).await.expect(201).body;
    let path = |rest: &str| format!("/api/v1/tickets/{}{rest}", ticket["ticket_id"].as_str().expect("an id"));
    for (content, internal) in [("Phoebus", false), ("Gringoire", true)] {
        let body = json!({ "content": content, "is_internal": internal });
        let _ = desk.post(&agent, &path("/messages"), body).await.expect(201);
    }
    let body = json!({ "resolution": "Clopin" });
    let _ = desk.post(&agent, &path("/resolve"), body).await.expect(200);
}

/// Whose texts there are, in the form in which sealed fields begin.
async fn subjects_of(desk: &TestDesk) -> Vec<String> {
    let subjects: Vec<uuid::Uuid> = sqlx::query_scalar("select subject from desk.subject_keys")
        .fetch_all(desk.desk.pool())
        .await
        .expect("keys");
    assert!(!subjects.is_empty());
    subjects.iter().map(|subject| subject.simple().to_string()).collect()
}

fn read_all(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            read_all(&entry.path(), into);
        } else {
            into.extend(std::fs::read(entry.path()).expect("a file"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_is_a_cloud_event_with_its_texts_withheld_by_name() {
    let server = NatsServer::start().await;
    let desk = TestDesk::with(TestDatabase::create().await, &[("NATS_URL", &server.url())]).await;
    let requester = desk.user().await;
    let ticket = desk.ticket(&requester, Some("IT")).await;
    relay_of(&desk, "relaying").await;
    let messages = server.messages().await;
    let created = messages.iter().find(|message| message.subject.ends_with("ticket.TicketCreated"));
    let created = created.expect("the ticket's creation");
    let headers = created.headers.as_ref().expect("headers");
    let content_type = headers.get("Content-Type").map(async_nats::HeaderValue::as_str);
    assert_eq!(content_type, Some("application/cloudevents+json"));

    let event: Value = serde_json::from_slice(&created.payload).expect("JSON");
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "ledgerdesk.TicketCreated");
    assert_eq!(event["subject"], ticket["ticket_id"]);
    assert_eq!(event["dataschema"], "/schemas/TicketCreated.v2.json");
    assert_eq!(event["datacontenttype"], "application/json");
    assert_eq!(event["actorid"], requester.id.0.to_string());
    assert_eq!(event["withheld"], "description,title");
    assert_eq!(event["data"]["title"], Value::Null);
    assert_eq!(event["data"]["requester"], requester.id.0.to_string());
    assert_eq!(event["data"]["department"], "IT");
    for time in ["time", "recordedtime"] {
        let text = event[time].as_str().expect("a time");
        assert!(chrono::DateTime::parse_from_rfc3339(text).is_ok(), "{text}");
    }
    for (name, value) in event.as_object().expect("an object") {
        // CloudEvents, 3.1: lower case letters and digits, at most twenty; values of simple types.
        assert!(
            name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
            "{name}"
        );
        assert!(
            name == "data" || !value.is_object() && !value.is_array() && !value.is_null(),
            "{name}: {value}"
        );
    }
}
