//! Bodies.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Expected, Scene, expected, wrong};

const TICKETS: &str = "/api/v1/tickets";
const UNREADABLE: Expected = expected(400, "VALIDATION_ERROR");

fn ticket(title: &str, description: &str) -> String {
    json!({ "title": title, "description": description }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_with_a_wrong_body_is_not_filed() {
    let scene = Scene::set().await;
    let good = ticket("The printer jams", "Again.");
    let cases: Vec<(&str, String, Expected)> = vec![
        ("nothing", String::new(), UNREADABLE),
        ("broken JSON", r#"{"title": "The printer"#.to_owned(), UNREADABLE),
        ("no JSON", "title=printer".to_owned(), UNREADABLE),
        ("something behind the JSON", format!("{good} {good}"), UNREADABLE),
        ("a lone surrogate", r#"{"title":"\ud800 jams","description":"x"}"#.to_owned(), UNREADABLE),
        ("deep nesting", "[".repeat(100_000), UNREADABLE),
        ("a list", "[]".to_owned(), wrong("body")),
        ("a list of the fields", r#"["The printer", "jams"]"#.to_owned(), wrong("body")),
        ("a number", "5".to_owned(), wrong("body")),
        ("null", "null".to_owned(), wrong("body")),
        ("an unknown field", good.replacen('{', r#"{"colour":"red","#, 1), wrong("colour")),
        ("a field of the answer", good.replacen('{', r#"{"status":"closed","#, 1), wrong("status")),
        ("the same field twice", good.replacen('{', r#"{"title":"Twice","#, 1), wrong("title")),
        ("a field under both its names", good.replacen('{', r#"{"subject":"Twice","#, 1), wrong("title")),
        ("a title of another type", r#"{"title":5,"description":"x"}"#.to_owned(), wrong("title")),
        ("no title", r#"{"description":"x"}"#.to_owned(), wrong("title")),
        ("no description", r#"{"title":"The printer"}"#.to_owned(), wrong("description")),
        ("an empty title", ticket("", "x"), wrong("title")),
        ("a title of spaces", ticket("   \u{2003} ", "x"), wrong("title")),
        ("a title too short", ticket("ab", "x"), wrong("title")),
        ("a title too long", ticket(&"t".repeat(201), "x"), wrong("title")),
        ("a title of two lines", ticket("The\nprinter", "x"), wrong("title")),
        ("a control character", ticket("The \u{7} printer", "x"), wrong("title")),
        ("a NUL", ticket("The printer", "a\0b"), wrong("description")),
        ("an override of direction", ticket("The \u{202E} printer", "x"), wrong("title")),
        ("an isolate of direction", ticket("The printer", "x \u{2066} y"), wrong("description")),
        ("hidden tags", ticket("The printer \u{E0041}", "x"), wrong("title")),
        ("an empty description", ticket("The printer", " "), wrong("description")),
        ("a description too long", ticket("The printer", &"x".repeat(20_001)), wrong("description")),
        ("an unknown urgency", good.replacen('{', r#"{"urgency":"soon","#, 1), wrong("urgency")),
        ("a malformed department", good.replacen('{', r#"{"department":"I T","#, 1), wrong("department")),
        ("an unknown department", good.replacen('{', r#"{"department":"MOON","#, 1), wrong("department")),
        ("a malformed user", good.replacen('{', r#"{"on_behalf_of":"ada","#, 1), wrong("on_behalf_of")),
    ];
    for (name, body, expected) in cases {
        let request = scene.post(TICKETS, body);
        scene.refused(name, request, Some(&scene.user), TICKETS, expected).await;
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_refused_whatever_is_in_it() {
    let scene = Scene::set().await;
    let ten_megabytes = "t".repeat(10 * 1024 * 1024);
    let too_large = expected(413, "PAYLOAD_TOO_LARGE");
    for (name, key) in [("once", None), ("repeatably", Some("key"))] {
        let mut request = scene.post(TICKETS, ticket(&ten_megabytes, "x"));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = scene.refused(name, request, Some(&scene.user), TICKETS, too_large).await;
        assert_eq!(answer.body["error"]["details"]["limit"], 1024 * 1024, "{name}");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_with_a_wrong_body_changes_nothing() {
    let scene = Scene::set().await;
    let nobody = "019b76da-a800-7000-8000-0000000000ff";
    let cases: Vec<(&str, Method, &str, Value, Expected)> = vec![
        ("an unknown status", Method::POST, "/status", json!({ "status": "lost" }), wrong("status")),
        ("no status", Method::POST, "/status", json!({}), wrong("status")),
        (
            "a status and more",
            Method::PATCH,
            "",
            json!({ "status": "open", "impact": "low" }),
            wrong("status"),
        ),
        ("an unknown status by PUT", Method::PUT, "", json!({ "status": "lost" }), wrong("status")),
        ("an unknown priority", Method::PATCH, "", json!({ "priority": "urgent" }), wrong("priority")),
        ("null for a priority", Method::PATCH, "", json!({ "priority": null }), wrong("priority")),
        ("an unknown field", Method::PATCH, "", json!({ "assignee_id": nobody }), wrong("assignee_id")),
        ("a long reason", Method::POST, "/status", long_reason(), wrong("reason")),
        ("an agent nobody is", Method::POST, "/assign", json!({ "agent_id": nobody }), wrong("agent_id")),
        ("a malformed agent", Method::POST, "/assign", json!({ "agent_id": "ivan" }), wrong("agent_id")),
        ("no agent", Method::POST, "/assign", json!({}), wrong("agent_id")),
        (
            "an unknown department",
            Method::POST,
            "/transfer",
            json!({ "department": "MOON" }),
            wrong("department"),
        ),
        (
            "a NUL in a note",
            Method::POST,
            "/transfer",
            json!({ "department": "HR", "note": "\0" }),
            wrong("note"),
        ),
        ("no message", Method::POST, "/messages", json!({ "content": " " }), wrong("content")),
        ("a long message", Method::POST, "/messages", long_message(), wrong("content")),
        ("a message in disguise", Method::POST, "/comments", in_disguise(), wrong("message_type")),
        (
            "an unknown judgement",
            Method::PUT,
            MESSAGE_FEEDBACK,
            json!({ "feedback": "meh" }),
            wrong("feedback"),
        ),
    ];
    for (name, method, rest, body, expected) in cases {
        let endpoint = match rest {
            MESSAGE_FEEDBACK => "/api/v1/tickets/{id}/messages/{message_id}/feedback".to_owned(),
            rest => format!("/api/v1/tickets/{{id}}{rest}"),
        };
        let request = scene.desk.request(Some(&scene.agent), method, &scene.path(rest)).json(&body);
        scene.refused(name, request, Some(&scene.agent), &endpoint, expected).await;
    }
    scene.desk.close().await;
}

const MESSAGE_FEEDBACK: &str = "/messages/019b76da-a800-7000-8000-0000000000ff/feedback";

fn long_reason() -> Value {
    json!({ "status": "in_progress", "reason": "r".repeat(2_001) })
}

fn long_message() -> Value {
    json!({ "content": "m".repeat(20_001) })
}

fn in_disguise() -> Value {
    json!({ "content": "I am the system.", "message_type": "system_message" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_is_one_to_five_and_says_something() {
    let scene = Scene::set().await;
    let _ = scene.desk.post(&scene.user, &scene.path("/resolve"), json!({})).await.expect(200);
    let invalid = expected(422, "VALIDATION_ERROR");
    let cases =
        [json!({ "rating": 0 }), json!({ "rating": 6 }), json!({ "rating": 4.5 }), json!({}), json!(5)];
    for body in cases.into_iter().chain([json!({ "rating": -1 }), json!({ "rating": 256 }), json!("")]) {
        let request = scene.post(&scene.path("/feedback"), body.to_string());
        let endpoint = "/api/v1/tickets/{id}/feedback";
        scene.refused(&body.to_string(), request, Some(&scene.user), endpoint, invalid).await;
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transition_there_is_not_is_refused_with_those_there_are() {
    let scene = Scene::set().await;
    let refused = expected(409, "INVALID_STATUS_TRANSITION");
    let endpoint = "/api/v1/tickets/{id}/status";
    let steps: [(&str, &str, &[&str]); 3] = [
        ("open", "closed", &["assigned", "in_progress", "resolved"]),
        ("in_progress", "assigned", &["open", "waiting_on_customer", "resolved"]),
        ("resolved", "waiting_on_customer", &["open", "in_progress", "closed"]),
    ];
    for (from, to, allowed) in steps {
        let by = Some(&scene.agent);
        let status = json!({ "status": from });
        let _ = scene.desk.post(&scene.agent, &scene.path("/status"), status).await.expect(200);
        let request = scene.desk.request(by, Method::POST, &scene.path("/status"));
        let answer = scene.refused(to, request.json(&json!({ "status": to })), by, endpoint, refused).await;
        let details = json!({ "from": from, "to": to, "allowed": allowed });
        assert_eq!(answer.body["error"]["details"], details, "{from} to {to}");
    }
    scene.desk.close().await;
}
