//! From creation to closing, and back.

use domain::id::TicketId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::path_of;

/// A ticket on its way: each step insists on the version that the one before led to.
struct Journey<'a> {
    desk: &'a TestDesk,
    path: String,
    etag: String,
}

impl Journey<'_> {
    /// One step, after which the ticket has `status` and is `versions` further on.
    async fn step(&mut self, who: &Somebody, rest: &str, body: Value, status: &str) -> Value {
        let request = self.desk.request(Some(who), Method::POST, &format!("{}{rest}", self.path));
        let answer = self.desk.send(request.json(&body).header("If-Match", &self.etag)).await.expect(200);
        let ticket = if answer.body["ticket"].is_object() { &answer.body["ticket"] } else { &answer.body };
        assert_eq!(ticket["status"], status, "{rest}: {}", answer.body);
        assert_eq!(answer.header("etag"), format!("\"v{}\"", ticket["version"]), "{rest}");
        assert_ne!(answer.header("etag"), self.etag, "{rest}");
        self.check_position(&answer).await;
        answer.header("etag").clone_into(&mut self.etag);
        answer.body
    }

    /// A message, after which the ticket has `status`.
    async fn say(&mut self, who: &Somebody, content: &str, status: &str) {
        let said =
            self.desk.post(who, &format!("{}/messages", self.path), json!({ "content": content })).await;
        let said = said.expect(201);
        assert_eq!(said.body["content"], content);
        self.check_position(&said).await;
        let ticket = self.desk.get(who, &self.path).await.expect(200);
        assert_eq!(ticket.body["status"], status, "{content}");
        ticket.header("etag").clone_into(&mut self.etag);
    }

    async fn check_position(&self, answer: &Answer) {
        let position: i64 = answer.header("x-ledger-position").parse().expect("a position");
        assert_eq!(position, self.desk.head().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_lives_from_creation_to_closing() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let body = json!({ "title": "  The printer jams ", "description": "Again.", "urgency": "high", "department": "it" });
    let created = desk.post(&user, "/api/v1/tickets", body).await.expect(201);
    check_created(&created, &user);
    let path = path_of(&created.body);
    assert_eq!(created.header("location"), path);
    let mut journey = Journey { desk: &desk, path: path.clone(), etag: created.header("etag").to_owned() };

    let claimed = journey.step(&agent, "/claim", json!({}), "assigned").await;
    assert_eq!(claimed["assignee_id"], json!(agent.id));
    journey.say(&agent, "Is it plugged in?", "in_progress").await;
    journey.step(&agent, "/status", json!({ "status": "waiting_on_customer" }), "waiting_on_customer").await;
    journey.say(&user, "It is.", "in_progress").await;
    let solved = json!({ "resolution": "New toner.", "resolution_code": "hardware" });
    let resolved = journey.step(&agent, "/resolve", solved, "resolved").await;
    assert_eq!(resolved["message"], "Ticket marked as resolved");
    assert_eq!(resolved["ticket"]["resolved_by"], "agent");
    assert_eq!(resolved["ticket"]["resolution"], "New toner.");
    let judged =
        journey.step(&user, "/feedback", json!({ "rating": 2, "comment": "Slow." }), "resolved").await;
    assert_eq!((&judged["feedback_rating"], &judged["feedback_comment"]), (&json!(2), &json!("Slow.")));
    let reopened = journey.step(&user, "/reopen", json!({ "reason": "Jammed again." }), "in_progress").await;
    assert_eq!((&reopened["reopen_count"], &reopened["resolved_at"]), (&json!(1), &Value::Null));
    let resolved = journey.step(&user, "/resolve", json!({}), "resolved").await;
    assert_eq!(resolved["ticket"]["resolved_by"], "requester");
    let closed = journey.step(&agent, "/close", json!({}), "closed").await;
    assert_eq!(closed["message"], "Ticket closed");
    assert!(closed["ticket"]["closed_at"].is_string());

    for (rest, body) in
        [("/resolve", json!({})), ("/claim", json!({})), ("/messages", json!({ "content": "x" }))]
    {
        let late = desk.post(&agent, &format!("{path}{rest}"), body).await;
        let ok = if rest == "/claim" { 200 } else { 409 };
        assert_eq!(late.status.as_u16(), ok, "{rest}: the agent has it, and it is closed: {}", late.body);
    }
    check_history(&desk, &user, &path).await;
    desk.assert_sound().await;
    desk.close().await;
}

fn check_created(created: &Answer, user: &Somebody) {
    let ticket = &created.body;
    assert_eq!(created.header("etag"), "\"v1\"");
    let expected = json!({
        "title": "The printer jams", "description": "Again.", "urgency": "high", "priority": "high",
        "priority_source": "computed", "status": "open", "department": "IT", "misuse_flag": false,
        "user_id": user.id, "assignee_id": null, "closed_at": null, "version": 1, "message_count": 0,
    });
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(&ticket[field], value, "{field}");
    }
    let id = ticket["ticket_id"].as_str().expect("an id");
    let parsed: TicketId = id.parse().expect("TKT-<milliseconds>-<6 characters>");
    assert_eq!((parsed.to_string().as_str(), json!(parsed.stream())), (id, ticket["id"].clone()));
}

async fn check_history(desk: &TestDesk, user: &Somebody, path: &str) {
    let history = desk.get(user, &format!("{path}/history")).await.expect(200);
    let entries = history.body["history"].as_array().expect("entries");
    let actions: Vec<&str> = entries.iter().filter_map(|entry| entry["action"].as_str()).collect();
    let expected = [
        "created",
        "assigned",
        "commented",
        "status_changed",
        "status_changed",
        "commented",
        "status_changed",
        "resolved",
        "updated",
        "reopened",
        "resolved",
        "closed",
    ];
    assert_eq!(actions, expected);
    assert_eq!(history.body["total_count"], expected.len());
    for entry in entries {
        let by = entry["actor_username"].as_str().unwrap_or_default();
        assert!(by.starts_with("user-") || by.starts_with("it-agent-"), "{entry}");
        assert!(entry["at"].is_string() && entry["description"].is_string(), "{entry}");
    }
    let mut paged = Vec::new();
    for page in 1..=3 {
        let page = desk.get(user, &format!("{path}/history?limit=5&page={page}")).await.expect(200);
        paged.extend(page.body["history"].as_array().expect("entries").clone());
    }
    assert_eq!(&paged, entries, "page by page");
    let shown = desk.get(user, &format!("{path}?include=history")).await.expect(200);
    assert_eq!(shown.body["history"], history.body["history"]);
    assert_eq!(shown.body["messages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_answers_to_all_its_names() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let ticket = desk.ticket(&user, None).await;
    let name = ticket["ticket_id"].as_str().expect("an id");
    let names = [name.to_owned(), name.to_lowercase(), ticket["number"].to_string(), text(&ticket["id"])];
    for name in names {
        let shown = desk.get(&user, &format!("/api/v1/tickets/{name}")).await.expect(200);
        assert_eq!(shown.body["id"], ticket["id"], "{name}");
        let path = format!("/api/v1/tickets/{name}/messages");
        let _ = desk.post(&user, &path, json!({ "content": name })).await.expect(201);
    }
    let messages = desk.get(&user, &format!("{}/messages", path_of(&ticket))).await.expect(200);
    assert_eq!(messages.body["total_count"], 4);
    desk.close().await;
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// B07: who may change what, and when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_edits_while_the_ticket_is_open_and_staff_while_it_is_active() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let path = path_of(&desk.ticket(&user, Some("IT")).await);
    let edit = async |who: &Somebody, body: Value| {
        desk.send(desk.request(Some(who), Method::PATCH, &path).json(&body)).await
    };
    let both = edit(&user, json!({ "title": "Another title", "urgency": "low" })).await.expect(200);
    assert_eq!((&both.body["title"], &both.body["priority"]), (&json!("Another title"), &json!("low")));
    let same = edit(&user, json!({ "title": "Another title" })).await.expect(200);
    assert_eq!((&same.body["version"], same.header("x-ledger-position")), (&both.body["version"], ""));
    let judged = edit(&agent, json!({ "impact": "high" })).await.expect(200);
    assert_eq!(judged.body["priority"], "medium", "low urgency, high impact");
    let _ = desk.post(&agent, &format!("{path}/claim"), json!({})).await.expect(200);
    assert_eq!(edit(&user, json!({ "title": "Too late" })).await.expect(409).code(), "CONFLICT");
    assert_eq!(edit(&user, json!({ "department": "HR" })).await.expect(409).code(), "CONFLICT");
    let _ = edit(&agent, json!({ "priority": "critical" })).await.expect(200);
    let _ = desk.post(&agent, &format!("{path}/resolve"), json!({})).await.expect(200);
    assert_eq!(edit(&agent, json!({ "priority": "low" })).await.expect(409).code(), "CONFLICT");
    desk.close().await;
}

/// Sending it elsewhere takes it out of the agent's sight; they are told so, and no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transferred_ticket_is_the_other_department_s() {
    let desk = TestDesk::open().await;
    let (user, it, hr) = (desk.user().await, desk.it_agent().await, desk.hr_agent().await);
    let path = path_of(&desk.ticket(&user, Some("IT")).await);
    let _ = desk.get(&hr, &path).await.expect(404);
    let body = json!({ "department": "HR", "note": "It is about the payslip." });
    let told = desk.post(&it, &format!("{path}/transfer"), body).await.expect(200);
    assert_eq!((&told.body["ticket"], told.header("etag")), (&Value::Null, ""));
    let _ = desk.get(&it, &path).await.expect(404);
    let seen = desk.get(&hr, &path).await.expect(200);
    assert_eq!((&seen.body["department"], &seen.body["status"]), (&json!("HR"), &json!("open")));
    let assigned = desk.post(&hr, &format!("{path}/assign"), json!({ "agent_id": it.id })).await.expect(200);
    assert_eq!(assigned.body["assignee_id"], json!(it.id));
    let _ = desk.get(&it, &path).await.expect(200);
    desk.close().await;
}
