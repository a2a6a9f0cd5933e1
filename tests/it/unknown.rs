//! Events of other versions of the program in the log: nobody who reads it chokes on them.

use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::id::TicketId;
use infrastructure::projection::{Progress, rebuild, status};
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, JWT_SECRET, Somebody, TestDesk};
use tests::other_version::{Foreign, append_foreign};
use tests::postgres::{MASTER_KEY, TestDatabase, url};
use tests::process::Binary;
use uuid::Uuid;

/// A ticket in IT, assigned to `ivan`, on which `ada` wrote a message.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    admin: Somebody,
    id: TicketId,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let id = ticket["ticket_id"].as_str().expect("an id").parse().expect("a ticket id");
        let scene = Self { desk, ada, ivan, admin, id };
        let _ = scene.post(&scene.ivan, "/claim", json!({})).await.expect(200);
        let _ = scene.post(&scene.ada, "/messages", json!({ "content": "Any news?" })).await.expect(201);
        scene
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/tickets/{}{rest}", self.id)
    }

    async fn post(&self, who: &Somebody, rest: &str, body: Value) -> Answer {
        self.desk.post(who, &self.path(rest), body).await
    }

    async fn page(&self, who: &Somebody) -> Answer {
        self.desk.get(who, &self.path("")).await.expect(200)
    }

    /// What another version appends; the read models have passed it when this returns.
    async fn append(
        &self,
        stream: Uuid,
        stream_type: &str,
        event_type: &str,
        schema_version: i16,
        payload: Value,
    ) {
        let event = Foreign { stream, stream_type, event_type, schema_version, payload };
        let position = append_foreign(&self.desk.database.database, event).await;
        assert!(
            self.desk.desk.visible.wait(position, Duration::from_secs(20)).await,
            "{event_type} is passed"
        );
    }

    /// A type that nobody knows, and a version that nobody knows of a type that everybody knows, everywhere.
    async fn append_unknown(&self) {
        let (ticket, conversation, user) = (self.id.stream(), self.id.conversation(), self.ada.id.0);
        let fields = || json!({ "where": "Mars", "when": [1, 2], "deep": { "null": null } });
        self.append(ticket, "ticket", "TicketTeleported", 1, fields()).await;
        self.append(ticket, "ticket", "TicketFlagged", 99, fields()).await;
        self.append(conversation, "conversation", "MessageTranslated", 1, fields()).await;
        self.append(conversation, "conversation", "MessagePosted", 99, fields()).await;
        self.append(user, "user", "UserTeleported", 7, fields()).await;
        self.append(user, "user", "RoleChanged", 2, json!([])).await;
        self.append(Uuid::now_v7(), "asset", "AssetBought", 1, json!("a printer")).await;
        self.append(TicketId::new(chrono::Utc::now(), 7).stream(), "ticket", "TicketTeleported", 1, fields())
            .await;
    }

    /// A command that insists on the version the page shows.
    async fn insist(&self, who: &Somebody, method: Method, rest: &str, body: Value) -> Answer {
        let tag =
            self.desk.get(who, &self.path(if rest == "/messages" { rest } else { "" })).await.expect(200);
        let request = self.desk.request(Some(who), method, &self.path(rest)).json(&body);
        self.desk.send(request.header("If-Match", tag.header("etag"))).await
    }
}

async fn assert_nothing_parked(desk: &TestDesk) {
    for model in status(desk.desk.pool()).await.expect("a status") {
        assert_eq!(model.parked, 0, "{}", model.model);
    }
    let ready = desk.send(desk.request(None, Method::GET, "/health/ready")).await;
    assert_eq!(ready.status, 200, "{}", ready.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_works_on_among_events_it_does_not_know() {
    let scene = Scene::set().await;
    let before = scene.page(&scene.ivan).await;
    scene.append_unknown().await;
    assert_nothing_parked(&scene.desk).await;

    let page = scene.page(&scene.ivan).await;
    assert_eq!(page.body["status"], before.body["status"]);
    assert_eq!(page.body["misuse_flag"], false, "what is not understood has no effect");
    let version = before.body["version"].as_i64().expect("a version") + 2;
    assert_eq!(page.body["version"], version, "the page counts them, as If-Match does");
    let _ = scene.insist(&scene.ivan, Method::PATCH, "", json!({ "impact": "high" })).await.expect(200);
    let answer = json!({ "content": "We are on it." });
    let _ = scene.insist(&scene.ivan, Method::POST, "/messages", answer).await.expect(201);
    let _ = scene.insist(&scene.ivan, Method::POST, "/resolve", json!({})).await.expect(200);
    let _ = scene.post(&scene.ada, "/feedback", json!({ "rating": 5 })).await.expect(200);
    let _ = scene.post(&scene.ada, "/reopen", json!({})).await.expect(200);

    let history = scene.desk.get(&scene.ivan, &scene.path("/history")).await.expect(200).body.to_string();
    assert!(history.contains("TicketReopened") && !history.contains("Teleported"), "{history}");
    let list = scene.desk.get(&scene.ivan, "/api/v1/tickets").await.expect(200).body;
    assert_eq!((&list["total_count"], &list["tickets"][0]["status"]), (&json!(1), &json!("in_progress")));
    let messages = scene.desk.get(&scene.ada, &scene.path("/messages")).await.expect(200).body;
    assert_eq!(messages["total_count"], 2);
    assert_eq!(scene.desk.get(&scene.ada, "/api/v1/auth/me").await.expect(200).body["role"], "user");
    let ada = scene.desk.get(&scene.admin, &format!("/api/v1/users/{}", scene.ada.id)).await.expect(200);
    assert_eq!((ada.body["version"].as_i64(), ada.header("etag")), (Some(3), "\"v3\""));
    scene.desk.assert_sound().await;

    for model in projections::all() {
        rebuild(&scene.desk.desk.database, &scene.desk.desk.log, &model, &Progress::default())
            .await
            .expect("rebuilt");
    }
    scene.desk.assert_sound().await;
    assert_nothing_parked(&scene.desk).await;

    // A process that has seen none of it in memory decides on the same.
    let Scene { desk, ivan, ada, admin, id } = scene;
    let scene = Scene { desk: TestDesk::on(desk.close().await).await, ada, ivan, admin, id };
    let _ = scene.insist(&scene.ivan, Method::PATCH, "", json!({ "impact": "low" })).await.expect(200);
    assert_eq!(scene.page(&scene.ada).await.body["impact"], "low");
    scene.desk.assert_sound().await;
}

/// The limit: nothing can be said of a ticket whose creation is not understood, so what follows is set aside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_a_creation_that_is_not_known_is_parked_and_nothing_else() {
    let scene = Scene::set().await;
    let (known, foreign) = (scene.id, TicketId::new(chrono::Utc::now(), 7));
    scene.append(foreign.stream(), "ticket", "TicketCreated", 99, json!({})).await;
    assert_nothing_parked(&scene.desk).await;
    scene.append(foreign.stream(), "ticket", "TicketUnassigned", 1, json!({})).await;
    scene.append(known.stream(), "ticket", "TicketUnassigned", 1, json!({})).await;
    let parked: Vec<(String, Uuid)> = sqlx::query_as("select model, entity from read.parked order by model")
        .fetch_all(scene.desk.desk.pool())
        .await
        .expect("parked");
    let expected = ["ticket_list", "ticket_page", "ticket_past", "trends"]
        .map(|model| (model.to_owned(), foreign.stream()));
    assert_eq!(parked, expected);
    assert_eq!(scene.desk.get(&scene.admin, &format!("/api/v1/tickets/{foreign}")).await.status, 404);
    assert_eq!(scene.page(&scene.ivan).await.body["status"], "open");
}

fn ledgerdesk(test: &TestDatabase, arguments: &[&str]) -> String {
    let output = Command::new(Binary::path())
        .args(arguments)
        .env("DATABASE_URL", url(&test.options))
        .env("MASTER_KEY", BASE64.encode(MASTER_KEY))
        .env("JWT_SECRET", JWT_SECRET)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_events_the_program_does_not_know() {
    let scene = Scene::set().await;
    scene.append_unknown().await;
    let ticket = scene.id.to_string();
    let test = scene.desk.close().await;
    let tail = ledgerdesk(&test, &["log", "tail", "--output", "json"]);
    let lines: Vec<Value> = tail.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let teleported = lines.iter().find(|line| line["event_type"] == "TicketTeleported").expect("listed");
    assert_eq!(teleported["payload"]["where"], "Mars");
    assert_eq!(lines.last().expect("events")["position"], lines.len());

    let replay = ledgerdesk(&test, &["replay", &ticket]);
    assert!(replay.contains("TicketTeleported, which this version does not know"), "{replay}");
    assert!(replay.contains("version      4"), "{replay}");
    let rebuilt = ledgerdesk(&test, &["projections", "rebuild", "ticket_page"]);
    assert!(rebuilt.contains("ticket_page"), "{rebuilt}");
}

/// What an earlier version stored is brought up to date for every reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_an_earlier_version_counts_for_decisions_and_readers() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let id: TicketId = ticket["ticket_id"].as_str().expect("an id").parse().expect("a ticket id");
    let event = Foreign {
        stream: id.stream(),
        stream_type: "ticket",
        event_type: "TicketFlagged",
        schema_version: 1,
        payload: json!({ "reason": null }),
    };
    let position = append_foreign(&desk.database.database, event).await;
    assert!(desk.desk.visible.wait(position, Duration::from_secs(20)).await);
    let path = format!("/api/v1/tickets/{id}");
    assert_eq!(desk.get(&admin, &path).await.expect(200).body["misuse_flag"], true);
    let history = desk.get(&admin, &format!("{path}/history")).await.expect(200).body.to_string();
    assert!(history.contains("\"Misuse suspected\""), "{history}");
    desk.assert_sound().await;
    let test = desk.close().await;
    let replay = ledgerdesk(&test, &["replay", &id.to_string()]);
    assert!(replay.contains("suspected misuse\n") && replay.contains("misuse       suspected"), "{replay}");
}
