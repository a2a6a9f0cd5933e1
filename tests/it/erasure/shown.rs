//! What people see: on every node and by every way, `[erased]`, within a second or two.

use std::time::{Duration, Instant};

use application::ledger::{AppendError, Ledger as _};
use domain::event::Event;
use domain::id::UserId;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Claim, Progress};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::appends::{append, created, new_stream, on};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;
use uuid::Uuid;

use super::{MARK, Person, done, erase, once, sign_in};

/// Every way in which staff could read something of the person.
fn ways(person: &Person) -> Vec<String> {
    let Person { id, ticket, .. } = person;
    vec![
        format!("/api/v1/tickets/{ticket}"),
        format!("/api/v1/tickets/{ticket}/messages"),
        format!("/api/v1/tickets/{ticket}/history"),
        format!("/api/v1/tickets/{ticket}?as_of=1"),
        format!("/api/v1/tickets/{ticket}/messages?as_of=2099-01-01T00:00:00Z"),
        format!("/api/v1/tickets/{ticket}/events"),
        format!("/api/v1/tickets/{ticket}/why?field=title"),
        format!("/api/v1/events?streams={ticket}"),
        "/api/v1/tickets?as_of=2099-01-01T00:00:00Z".to_owned(),
        "/api/v1/tickets".to_owned(),
        format!("/api/v1/tickets?requester={id}"),
        format!("/api/v1/users/{id}"),
        "/api/v1/users".to_owned(),
        format!("/api/v1/users?q={MARK}"),
        "/api/v1/agents".to_owned(),
        "/api/v1/admin/home".to_owned(),
    ]
}

async fn read(desk: &TestDesk, admin: &Somebody, path: &str) -> String {
    desk.get(admin, path).await.expect(200).body.to_string()
}

/// Waits until no way shows anything; gives how long that took.
async fn until_nothing_shows(desk: &TestDesk, admin: &Somebody, person: &Person) -> Duration {
    let started = Instant::now();
    for path in ways(person) {
        loop {
            let shown = read(desk, admin, &path).await;
            if !shown.contains(MARK) {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(2), "{path}: {shown}");
        }
    }
    started.elapsed()
}

/// A second node on the same database.
async fn another(desk: &TestDesk) -> TestDesk {
    let options = desk.database.options.clone();
    TestDesk::on(TestDatabase::at(options)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_person_is_erased_on_every_node_within_two_seconds() {
    let desk = TestDesk::open().await;
    let other = another(&desk).await;
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    let person = Person::at(&desk, &admin, &agent).await;
    let bystander = desk.user().await;
    let others = desk.ticket(&bystander, Some("IT")).await;
    for node in [&desk, &other] {
        for path in ways(&person) {
            let shown = read(node, &admin, &path).await;
            let names_them =
                !path.ends_with("/history") && !path.ends_with("/agents") && !path.ends_with("/home");
            assert!(!names_them || shown.contains(MARK), "{path} shows them before: {shown}");
        }
    }
    let messages = format!("/api/v1/tickets/{}/messages", person.ticket);
    let answer = json!({ "content": format!("{MARK} answer"), "is_internal": false });
    let kept = once(&other, &agent, &messages, "answer", answer.clone()).await.expect(201);
    assert_eq!(kept.header("idempotency-replayed"), "true");

    // Nothing is built anew while these are held: what shows nothing was masked.
    let mut held = Vec::new();
    for model in projections::all() {
        held.push(Claim::take(&desk.desk.database, &model).await.expect("free"));
    }
    let job = erase(&desk, &admin, &person.id).await.body["job"].clone();
    assert_eq!((&job["id"], &job["reason"]), (&json!(person.id), &json!("request_of_person")));
    for node in [&desk, &other] {
        let took = until_nothing_shows(node, &admin, &person).await;
        eprintln!("nothing shows any more after {took:?}");
        let page = node.get(&admin, &format!("/api/v1/tickets/{}", person.ticket)).await.expect(200).body;
        for field in ["title", "description", "resolution"] {
            assert_eq!(page[field], "[erased]", "{field}: {page}");
        }
        assert_eq!(page["status"], "resolved", "the ticket itself stays");
        let account = node.get(&admin, &format!("/api/v1/users/{}", person.id)).await.expect(200).body;
        assert_eq!((&account["username"], &account["is_active"]), (&json!("[erased]"), &json!(false)));
        let _ = node.get(&person.signed, "/api/v1/auth/me").await.expect(401);
    }
    // What happens on the ticket from now on is folded onto the masked row, not onto one somebody remembers.
    let page = format!("/api/v1/tickets/{}", person.ticket);
    let _ = desk.post(&agent, &format!("{page}/close"), json!({})).await.expect(200);
    let closed = desk.get(&agent, &page).await.expect(200);
    assert_eq!((&closed.body["title"], &closed.body["status"]), (&json!("[erased]"), &json!("closed")));
    let again = once(&other, &agent, &messages, "answer", answer).await;
    assert!(!again.body.to_string().contains(MARK), "a kept answer quotes nobody: {}", again.body);
    for claim in held {
        let verified = claim.verify(&desk.desk.log, &Progress::default()).await.expect("comparable");
        let equal = verified.tables.iter().all(|table| table.differences == 0);
        assert!(equal, "masked is what a rebuild makes of it, before the rebuild: {verified:?}");
    }
    done(&desk, &admin, &person.id).await;
    desk.assert_sound().await; // and after it; and the chain of the log is whole
    let untouched = format!("/api/v1/tickets/{}", others["ticket_id"].as_str().expect("an id"));
    assert_eq!(other.get(&admin, &untouched).await.expect(200).body["title"], others["title"]);
    other.close().await;
    desk.close().await;
}

/// A process that nobody told that a key was destroyed asks by itself, and forgets what it has in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_heard_nothing_finds_out() {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    let (ada, stream) = (UserId(Uuid::now_v7()), new_stream());
    log.append(append(vec![on(stream, 0, vec![created(ada)])])).await.expect("accepted");
    let title = async || match &log.read_streams(&[(stream, 0)]).await.expect("readable")[0].event {
        Event::Ticket(TicketEvent::TicketCreated { title, .. }) => title.text().map(str::to_owned),
        _ => None,
    };
    assert!(title().await.is_some() && log.tail_after(0, 1).is_some(), "the key and the event are in memory");
    let destroyed = "update desk.subject_keys set wrapped = null, destroyed_at = now()";
    test.owner().await.execute(destroyed).await.expect("destroyed behind its back");
    let started = Instant::now();
    while title().await.is_some() || log.tail_after(0, 1).is_some() {
        assert!(started.elapsed() < Duration::from_secs(8), "it asks every five seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = log.append(append(vec![on(stream, 1, vec![created(ada)])])).await;
    assert_eq!(refused, Err(AppendError::Erased(ada)), "and seals nothing for them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_cannot_come_back_and_the_name_is_free() {
    let desk = TestDesk::open().await;
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    let person = Person::at(&desk, &admin, &agent).await;
    erase(&desk, &person.signed, &person.id).await;
    let (name, password) = (format!("{MARK}-name"), format!("{MARK} a password"));
    let _ = sign_in(&desk, &name, &password).await.expect(401);
    done(&desk, &admin, &person.id).await;
    let _ = desk.get(&person.signed, "/api/v1/tickets").await.expect(401);
    let refresh = json!({ "refresh_token": person.refresh_token });
    let _ =
        desk.send(desk.request(None, Method::POST, "/api/v1/auth/refresh").json(&refresh)).await.expect(401);

    // Nothing more is written about them; what needs no words goes on.
    let path = |rest: &str| format!("/api/v1/tickets/{}{rest}", person.ticket);
    let refused =
        desk.post(&agent, &path("/messages"), json!({ "content": "Are you there?" })).await.expect(409);
    assert_eq!(refused.code(), "PERSON_ERASED");
    let on_behalf = json!({ "title": "A new one", "description": "Of theirs.", "on_behalf_of": person.id });
    let _ = desk.post(&agent, "/api/v1/tickets", on_behalf).await.expect(422);
    let _ = desk.post(&agent, &path("/close"), json!({})).await.expect(200);

    let next = json!({
        "username": name, "email": format!("{MARK}-mail@example.com"), "role": "user", "password": password,
    });
    let next: Value = desk.post(&admin, "/api/v1/users", next).await.expect(201).body;
    assert_ne!(next["id"], person.id.as_str());
    let signed_in = sign_in(&desk, &name, &password).await.expect(200).body;
    assert_eq!(signed_in["user"]["id"], next["id"], "the name is somebody else's now");
    desk.assert_sound().await;
    desk.close().await;
}
