//! What is taken, what is refused with the fields that are wrong, and that nothing follows from either.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{call, payloads};

const NOBODY: &str = "019b76da-a800-7000-8000-0000000000ff";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_predecessors_send_is_taken_and_changes_nothing() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let person = ada.id.to_string();
    let head = desk.head().await;
    for name in [ticket["ticket_id"].clone(), ticket["id"].clone(), ticket["number"].to_string().into()] {
        let ticket = name.as_str().expect("a name");
        let mut bodies = payloads(ticket, &person).to_vec();
        bodies.extend([
            (
                "on_ticket_created",
                json!({ "ticket_id": ticket, "urgency": "high", "department": 7, "more": [{}] }),
            ),
            ("on_misuse_detected", json!({ "user_id": person, "report": { "severity": "low" } })),
            ("on_message_sent", json!({ "ticket_id": ticket, "message": { "content": "Hello" } })),
            ("on_message_sent", json!({ "ticket_id": ticket, "message_id": NOBODY, "isAI": true })),
            (
                "on_ai_reply_suggested",
                json!({ "ticket_id": ticket, "reply": "Restart it.", "confidence": 0.7 }),
            ),
        ]);
        for (name, body) in bodies {
            for _ in 0..2 {
                let answer = desk.send(call(&desk, name, &body)).await.expect(200);
                assert_eq!(answer.body, json!({ "status": "ok" }), "{name} {body}");
            }
        }
    }
    assert_eq!(desk.head().await, head, "no event");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_by_field() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let (ticket, person) = (&ticket["ticket_id"], json!(ada.id));
    let many = vec![ticket; 101];
    let wrong: [(&str, Value, &[&str]); 22] = [
        ("on_ticket_created", json!({}), &["ticket_id"]),
        ("on_ticket_created", json!({ "ticket_id": null }), &["ticket_id"]),
        ("on_ticket_created", json!({ "ticket_id": "" }), &["ticket_id"]),
        ("on_ticket_created", json!({ "ticket_id": 1.5 }), &["ticket_id"]),
        ("on_ticket_created", json!({ "ticket_id": "TKT-1", "user_id": "ada" }), &["ticket_id", "user_id"]),
        ("on_ticket_created", json!({ "ticket_id": "1 or 1=1" }), &["ticket_id"]),
        ("on_ticket_created", json!({ "ticket_id": ticket, "title": ["A"] }), &["title"]),
        ("on_misuse_detected", json!({}), &["user_id", "report"]),
        ("on_misuse_detected", json!({ "user_id": "ada", "misuse_type": "spam" }), &["user_id"]),
        ("on_misuse_detected", json!({ "user_id": person, "misuse_type": " " }), &["report"]),
        ("on_misuse_detected", json!({ "user_id": person, "report": [] }), &["report"]),
        (
            "on_misuse_detected",
            json!({ "user_id": person, "misuse_type": "spam", "ticket_ids": [ticket, "x", "y"] }),
            &["ticket_ids[1]", "ticket_ids[2]"],
        ),
        (
            "on_misuse_detected",
            json!({ "user_id": person, "misuse_type": "spam", "ticket_ids": "x" }),
            &["ticket_ids"],
        ),
        (
            "on_misuse_detected",
            json!({ "user_id": person, "misuse_type": "spam", "ticket_ids": many }),
            &["ticket_ids"],
        ),
        ("on_message_sent", json!({ "ticket_id": ticket }), &["message"]),
        ("on_message_sent", json!({ "message": "Hello" }), &["ticket_id"]),
        ("on_message_sent", json!({ "ticket_id": ticket, "message": "" }), &["message"]),
        ("on_message_sent", json!({ "ticket_id": ticket, "message_id": "7" }), &["message_id"]),
        (
            "on_message_sent",
            json!({ "ticket_id": ticket, "message": "Hello", "sender_id": "ada" }),
            &["sender_id"],
        ),
        ("on_ai_reply_suggested", json!({ "ticket_id": ticket }), &["suggested_response"]),
        ("on_ai_reply_suggested", json!({ "ticket_id": ticket, "reply": "" }), &["suggested_response"]),
        ("on_ai_reply_suggested", json!({ "ticket_id": ticket, "reply": { "text": "Hello" } }), &["reply"]),
    ];
    let head = desk.head().await;
    for (name, body, fields) in wrong {
        let answer = desk.send(call(&desk, name, &body)).await.expect(422);
        let errors = answer.body["error"]["details"]["errors"].as_array().expect("errors").iter();
        let named: Vec<&str> = errors.map(|error| error["field"].as_str().expect("a field")).collect();
        assert_eq!((answer.code(), &*named), ("VALIDATION_ERROR", fields), "{name} {body}: {}", answer.body);
    }
    for body in ["", "{", "[]", "null", "nonsense"] {
        let path = "/api/v1/internal/webhook/on_ticket_created";
        let request = desk.request(None, Method::POST, path).header("Content-Type", "application/json");
        let answer = desk.send(request.body(body)).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{body}: {}", answer.body);
    }
    let plain = desk.request(None, Method::POST, "/api/v1/internal/webhook/on_ticket_created").body("{}");
    let _ = desk.send(plain).await.expect(415);
    assert_eq!(desk.head().await, head, "no event");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_not_found() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let person = ada.id.to_string();
    for ticket in ["999999999", "TKT-1763700000000-4K9XQ2"] {
        for (name, body) in payloads(ticket, &person) {
            let answer = desk.send(call(&desk, name, &body)).await.expect(404);
            assert_eq!(answer.code(), "NOT_FOUND", "{name} {ticket}");
        }
    }
    let nobody = json!({ "user_id": NOBODY, "misuse_type": "spam" });
    let _ = desk.send(call(&desk, "on_misuse_detected", &nobody)).await.expect(404);
    desk.close().await;
}
