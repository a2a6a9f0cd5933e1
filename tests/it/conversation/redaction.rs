//! Redacting: the words are gone by every way out, the log's event and its proofs stay.

use std::time::{Duration, Instant};

use application::ledger::Ledger as _;
use domain::conversation::ConversationEvent;
use domain::event::Event;
use domain::id::TicketId;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tests::desk::{Answer, Somebody, TestDesk};

use super::path_of;

/// Stands in all that is redacted, and nowhere else.
const MARK: &str = "qzrd";
/// The card's number is what is redacted: from the 12th character to the 24th.
const TEXT: &str = "My card is qzrd-4711-no, thanks. Größe 🙂 stays.";
const LEFT: &str = "My card is [redacted], thanks. Größe 🙂 stays.";

struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    root: Somebody,
    path: String,
    id: TicketId,
    /// The position behind the message that is redacted.
    then: i64,
    message: String,
}

impl Scene {
    /// A ticket on which Ada said [`TEXT`] under an idempotency key, and Ivan answered.
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let path = path_of(&ticket);
        let id = ticket["ticket_id"].as_str().expect("an id").parse().expect("a ticket's id");
        let scene = Self { desk, ada, ivan, root, path, id, then: 0, message: String::new() };
        let said = scene.say_once().await.expect(201).body;
        let then = said["position"].as_i64().expect("a position");
        let message = said["id"].as_str().expect("an id").to_owned();
        let answer = json!({ "content": "Thank you." });
        let _ = scene.desk.post(&scene.ivan, &scene.messages(), answer).await.expect(201);
        Self { then, message, ..scene }
    }

    fn messages(&self) -> String {
        format!("{}/messages", self.path)
    }

    async fn say_once(&self) -> Answer {
        let request = self.desk.request(Some(&self.ada), Method::POST, &self.messages());
        self.desk.send(request.header("Idempotency-Key", "said").json(&json!({ "content": TEXT }))).await
    }

    async fn redact(&self, by: &Somebody, body: Value) -> Answer {
        self.desk.post(by, &format!("{}/{}/redact", self.messages(), self.message), body).await
    }

    /// Every way in which somebody could read what was said.
    fn ways(&self) -> Vec<String> {
        let (path, then) = (&self.path, self.then);
        vec![
            format!("{path}?include=messages,history"),
            format!("{path}?as_of=position:{then}&include=messages,history"),
            format!("{path}/messages"),
            format!("{path}/comments"),
            format!("{path}/messages?after_pos=0"),
            format!("{path}/messages?as_of=position:{then}"),
            format!("{path}/messages?as_of=2099-01-01T00:00:00Z"),
            format!("{path}/history"),
            format!("{path}/events"),
            format!("{path}/why?field=status"),
            format!("{path}/audit-proof"),
            format!("/api/v1/events?streams={}", self.id),
            format!("/api/v1/events?streams={}&schema=MessagePosted:1", self.id),
            format!("/api/v1/events?after={}", then - 1),
            "/api/v1/tickets".to_owned(),
            "/api/v1/tickets?as_of=2099-01-01T00:00:00Z".to_owned(),
            format!("/api/v1/users/{}/export", self.ada.id),
            "/api/v1/admin/audit".to_owned(),
        ]
    }

    async fn read(&self, node: &TestDesk, by: &Somebody, way: &str) -> String {
        let answer = node.get(by, way).await;
        assert!(answer.status.as_u16() < 500, "{way}: {}", answer.body);
        answer.body.to_string()
    }

    /// Waits until no way shows the words on `node` to anybody.
    async fn until_nothing_shows(&self, node: &TestDesk) {
        let started = Instant::now();
        for by in [&self.root, &self.ivan, &self.ada] {
            for way in self.ways() {
                loop {
                    let shown = self.read(node, by, &way).await;
                    if !shown.contains(MARK) {
                        break;
                    }
                    assert!(started.elapsed() < Duration::from_secs(3), "{way}: {shown}");
                }
            }
        }
    }

    /// What the log has as the message's content for whoever has the master key and everything that is stored.
    async fn in_the_log(&self) -> Option<String> {
        let log = self.desk.database.log().await;
        let events = log.read_streams(&[(self.id.conversation(), 0)]).await.expect("readable");
        match &events[0].event {
            Event::Conversation(ConversationEvent::MessagePosted { content, .. }) => {
                content.text().map(str::to_owned)
            }
            other => panic!("{other:?}"),
        }
    }

    /// The tables that hold the words in the clear.
    async fn tables_with_it(&self) -> Vec<String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.relkind = 'r' and (n.nspname in ('read', 'desk', 'ledger') or n.nspname like 'read\\_%')",
        )
        .fetch_all(&mut self.desk.database.owner().await)
        .await
        .expect("tables");
        let mut found = Vec::new();
        for table in tables {
            let query = format!("select count(*) from {table} t where t::text like '%{MARK}%'");
            let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(query));
            // The purge's copies come and go.
            match query.fetch_one(&mut self.desk.database.owner().await).await {
                Ok(rows) => found.extend((rows > 0).then_some(table)),
                Err(error) => assert!(table.starts_with("read_"), "{table}: {error}"),
            }
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redacted_words_are_gone_by_every_way_out_and_the_log_stays_whole() {
    let scene = Scene::set().await;
    let Scene { desk, root, .. } = &scene;
    let other = desk.another_node().await;
    let shown = [0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 16].map(|n| scene.ways()[n].clone());
    for way in shown {
        for node in [desk, &other] {
            assert!(scene.read(node, root, &way).await.contains(MARK), "{way} shows it before");
        }
    }
    assert_eq!(scene.in_the_log().await.as_deref(), Some(TEXT));
    assert_eq!(scene.tables_with_it().await, ["read.ticket_messages"]);
    let payload =
        "select payload::text from ledger.events where event_type = 'MessagePosted' order by position";
    let before: Vec<String> = sqlx::query_scalar(payload).fetch_all(desk.desk.pool()).await.expect("stored");

    let part = json!({ "spans": [{ "start": 11, "end": 23 }], "reason": "The number of a card" });
    let redacted = scene.redact(root, part).await.expect(200);
    assert_eq!((&redacted.body["content"], &redacted.body["is_redacted"]), (&json!(LEFT), &json!(true)));
    for node in [desk, &other] {
        scene.until_nothing_shows(node).await;
        for by in [&scene.ada, &scene.ivan, root] {
            let read = node.get(by, &scene.messages()).await.expect(200).body;
            assert_eq!(read["messages"][0]["content"], LEFT, "{read}");
            assert_eq!(read["messages"][1]["content"], "Thank you.", "the others stay: {read}");
        }
    }
    let as_then = format!("{}?as_of=position:{}", scene.messages(), scene.then);
    let then = desk.get(root, &as_then).await.expect(200).body;
    assert_eq!(then["messages"][0]["content"], "[redacted]", "in the past as well: {then}");
    assert!(!scene.say_once().await.body.to_string().contains(MARK), "a kept answer quotes nothing");
    let of_requester = desk.get(&scene.ada, &format!("{}/events", scene.path)).await.expect(200).body;
    assert!(!of_requester.to_string().contains("number of a card"), "why is for staff: {of_requester}");
    let of_staff = desk.get(&scene.ivan, &format!("{}/events", scene.path)).await.expect(200).body;
    assert!(of_staff.to_string().contains("number of a card"), "{of_staff}");

    assert_eq!(scene.in_the_log().await, None, "the master key opens nothing");
    assert!(scene.tables_with_it().await.is_empty());
    let after: Vec<String> = sqlx::query_scalar(payload).fetch_all(desk.desk.pool()).await.expect("stored");
    assert_eq!(after, before, "the event stays to the letter");
    desk.assert_sound().await;
    purged(desk, 1).await;
    desk.assert_sound().await;
    assert!(scene.tables_with_it().await.is_empty());
    other.close().await;
    scene.desk.close().await;
}

/// Waits until so many redactions are complete, down to files.
async fn purged(desk: &TestDesk, redactions: i64) {
    let started = Instant::now();
    let done = "select count(*) from desk.erasures where done_at is not null";
    while sqlx::query_scalar::<_, i64>(done).fetch_one(desk.desk.pool()).await.expect("a count") < redactions
    {
        assert!(started.elapsed() < Duration::from_mins(1), "the purge takes too long");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_can_be_redacted_until_nothing_is() {
    let scene = Scene::set().await;
    let Scene { desk, ada, ivan, root, .. } = &scene;
    let part = |start: usize, end: usize| json!({ "spans": [{ "start": start, "end": end }], "reason": "x" });
    let _ = scene.redact(root, part(11, 23)).await.expect(200);
    let again = scene.redact(root, part(0, 2)).await.expect(200).body;
    assert_eq!(again["content"], format!("[redacted]{}", &LEFT[2..]));
    let all = json!({ "all": true, "reason": "x" });
    assert_eq!(scene.redact(root, all.clone()).await.expect(200).body["content"], "[redacted]");
    let decided = desk.decided().await;
    assert_eq!(scene.redact(root, all.clone()).await.expect(200).body["content"], "[redacted]");
    assert_eq!(desk.decided().await, decided, "there is nothing left to redact");
    scene.until_nothing_shows(desk).await;
    // A comparison gives up when a key is destroyed meanwhile.
    purged(desk, 3).await;
    desk.assert_sound().await;

    // A note's redaction is as internal as the note.
    let note = json!({ "content": "Psst.", "is_internal": true });
    let note = desk.post(ivan, &scene.messages(), note).await.expect(201).body;
    let path = format!("{}/{}/redact", scene.messages(), note["id"].as_str().expect("an id"));
    let _ = desk.post(root, &path, all).await.expect(200);
    let note = note["id"].as_str().expect("an id");
    for view in ["?include=messages,history", "/messages", "/history", "/events"] {
        let seen = desk.get(ada, &format!("{}{view}", scene.path)).await.expect(200).body.to_string();
        assert!(!seen.contains(note) && !seen.contains("nternal note"), "{view}: {seen}");
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_redact_and_only_what_is_there() {
    let scene = Scene::set().await;
    let Scene { desk, ada, ivan, root, .. } = &scene;
    let eve = desk.user().await;
    let all = json!({ "all": true, "reason": "x" });
    let decided = desk.decided().await;
    for (by, status) in [(ada, 403), (ivan, 403), (&eve, 404)] {
        let _ = scene.redact(by, all.clone()).await.expect(status);
    }
    let span = |start: i64, end: i64| json!({ "spans": [{ "start": start, "end": end }], "reason": "x" });
    let many = vec![json!({ "start": 0, "end": 1 }); 101];
    let bad = [
        json!({}),
        json!({ "all": true }),
        json!({ "all": true, "reason": " " }),
        json!({ "all": true, "reason": "r".repeat(501) }),
        json!({ "reason": "x" }),
        json!({ "all": false, "reason": "x" }),
        json!({ "all": true, "spans": [{ "start": 0, "end": 1 }], "reason": "x" }),
        json!({ "spans": [], "reason": "x" }),
        json!({ "spans": many, "reason": "x" }),
        span(0, 0),
        span(3, 2),
        span(0, 1_000),
        span(-1, 2),
    ];
    for body in bad {
        let refused = scene.redact(root, body.clone()).await.expect(422);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{body}: {}", refused.body);
    }
    let unknown = format!("{}/{}/redact", scene.messages(), uuid::Uuid::now_v7());
    let _ = desk.post(root, &unknown, all.clone()).await.expect(404);
    assert_eq!(desk.decided().await, decided, "nothing happened");
    scene.desk.close().await;
}

/// Spans are counted in the text as it is; whoever insists on the version they saw never hits another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_redact_the_version_they_saw_one_does() {
    let scene = Scene::set().await;
    let Scene { desk, root, .. } = &scene;
    let seen = desk.get(root, &scene.messages()).await.expect(200).header("etag").to_owned();
    let path = format!("{}/{}/redact", scene.messages(), scene.message);
    let tries = (0..16).map(|_| {
        let body = json!({ "spans": [{ "start": 11, "end": 23 }], "reason": "x" });
        desk.send(desk.request(Some(root), Method::POST, &path).header("If-Match", &seen).json(&body))
    });
    let answers = futures::future::join_all(tries).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(200), count(412)), (1, 15));
    let read = desk.get(root, &scene.messages()).await.expect(200).body;
    assert_eq!(read["messages"][0]["content"], LEFT);
    scene.desk.close().await;
}
