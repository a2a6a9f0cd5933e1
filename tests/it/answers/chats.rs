//! The chatbot: what it answers, and how it hands over.

use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::{CHAT, TICKETS, anonymously, chat, open, patch};

fn conversation(id: &Value, rest: &str) -> String {
    format!("/api/v1/chatbot/conversations/{}{rest}", id.as_str().expect("an id"))
}

async fn tickets_of(desk: &TestDesk, who: &Somebody) -> i64 {
    let path = format!("{TICKETS}?min_position={}", desk.head().await);
    desk.get(who, &path).await.expect(200).body["total_count"].as_i64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_and_hands_over_to_a_person() {
    let desk = open().await;
    let (ada, bob) = (desk.user().await, desk.user().await);
    let hello = chat(&desk, &ada, None, "Hi there!").await;
    assert_eq!(hello["kind"], "courtesy");
    let id = &hello["conversation_id"];
    let answer = chat(&desk, &ada, Some(id), "How do I connect to the VPN from home?").await;
    assert_eq!(
        (&answer["kind"], &answer["sources"][0]["document_id"]),
        (&json!("answer"), &json!("connect-to-the-vpn"))
    );
    let opens =
        json!({ "type": "open_article", "document_id": "connect-to-the-vpn", "title": "Connect to the VPN" });
    assert!(answer["actions"].as_array().expect("actions").contains(&opens), "{answer}");
    let handed = chat(&desk, &ada, Some(id), "That is no help, I want to talk to a human").await;
    assert_eq!(handed["kind"], "handed_over", "{handed}");
    let ticket = handed["ticket_id"].as_str().expect("a ticket");
    let filed = desk.get(&ada, &format!("{TICKETS}/{ticket}")).await.expect(200).body;
    assert_eq!(filed["title"], "How do I connect to the VPN from home?");
    assert!(filed["description"].as_str().is_some_and(|text| text.contains("choose *Connect*")), "{filed}");

    // Once: whoever asks again is told where the person is.
    let again = chat(&desk, &ada, Some(id), "agent").await;
    assert_eq!((&again["kind"], &again["ticket_id"]), (&json!("handed_over"), &json!(ticket)));
    let twice = desk.post(&ada, &conversation(id, "/ticket"), json!({})).await.expect(409);
    assert_eq!(
        (twice.code(), &twice.body["error"]["details"]["ticket_id"]),
        ("CONVERSATION_FILED", &json!(ticket))
    );
    assert_eq!(tickets_of(&desk, &ada).await, 1);
    let shown = desk.get(&ada, &conversation(id, "")).await.expect(200).body;
    assert_eq!((shown["messages"].as_array().map(Vec::len), &shown["ticket_id"]), (Some(8), &json!(ticket)));
    for path in [conversation(id, ""), conversation(&json!("nonsense"), "")] {
        let _ = desk.get(&bob, &path).await.expect(404);
    }
    let _ = desk.post(&bob, &conversation(id, "/ticket"), json!({})).await.expect(404);
    let _ = desk.post(&bob, CHAT, json!({ "content": "And I?", "conversation_id": id })).await.expect(404);

    // Whoever wants a person before saying why is asked, and what they say then is the problem.
    let asked = chat(&desk, &bob, None, "I want to speak with someone").await;
    assert_eq!(asked["kind"], "asked_for_problem");
    let id = &asked["conversation_id"];
    let handed = chat(&desk, &bob, Some(id), "My chair is broken").await;
    let path = format!("{TICKETS}/{}", handed["ticket_id"].as_str().expect("a ticket"));
    assert_eq!(desk.get(&bob, &path).await.expect(200).body["title"], "My chair is broken");

    for body in [json!({}), json!({ "content": "x" }), json!({ "content": "x".repeat(2_001) })] {
        let answer = desk.post(&ada, CHAT, body).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{}", answer.status);
    }
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_tickets_count_and_strangers_sign_in_first() {
    let desk = TestDesk::with(TestDatabase::create().await, &[("TICKETS_PER_DAY", "1")]).await;
    let ada = desk.user().await;
    let first = chat(&desk, &ada, None, "My desk lamp is broken").await;
    assert_eq!(first["kind"], "no_answer");
    let words = json!({ "title": "A lamp", "description": "It is dark." });
    let filed =
        desk.post(&ada, &conversation(&first["conversation_id"], "/ticket"), words).await.expect(201).body;
    assert_eq!((&filed["title"], &filed["description"]), (&json!("A lamp"), &json!("It is dark.")));
    let next = chat(&desk, &ada, None, "My chair is broken").await;
    let id = &next["conversation_id"];
    let limited = desk.post(&ada, &conversation(id, "/ticket"), json!({})).await.expect(429);
    assert_eq!(limited.code(), "RATE_LIMIT_EXCEEDED");
    assert_eq!(chat(&desk, &ada, Some(id), "I want to talk to a human").await["kind"], "limited");
    assert_eq!(tickets_of(&desk, &ada).await, 1);
    let wrong = desk.post(&ada, &conversation(id, "/ticket"), json!({ "title": "x" })).await;
    assert_eq!(wrong.expect(422).code(), "VALIDATION_ERROR");

    let _ = anonymously(&desk, CHAT, json!({ "content": "Hello" })).await.expect(401);
    patch(&desk, "/api/v1/admin/settings", json!({ "self_serve_public": "on" })).await;
    let stranger =
        anonymously(&desk, CHAT, json!({ "content": "My chair is broken" })).await.expect(200).body;
    let id = &stranger["conversation_id"];
    let wants = json!({ "content": "talk to a person", "conversation_id": id });
    assert_eq!(anonymously(&desk, CHAT, wants).await.expect(200).body["kind"], "asked_to_sign_in");
    let _ = anonymously(&desk, &conversation(id, "/ticket"), json!({})).await.expect(401);
    desk.assert_sound().await;
    desk.close().await;
}
