//! Five tickets in 24 hours, however they are filed.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

use super::tally;

const TICKETS: &str = "/api/v1/tickets";

fn body() -> Value {
    json!({ "title": "The printer jams", "description": "Again." })
}

async fn file(desk: &TestDesk, who: &Somebody, key: Option<&str>) -> Answer {
    let request = desk.request(Some(who), Method::POST, TICKETS).json(&body());
    desk.send(match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    })
    .await
}

async fn count(desk: &TestDesk, who: &Somebody) -> i64 {
    let head = desk.head().await;
    let list = desk.get(who, &format!("{TICKETS}?min_position={head}")).await.expect(200);
    list.body["total_count"].as_i64().expect("a number")
}

/// The answer to one ticket too many, part by part (B04).
fn check_refused(answer: &Answer) {
    let body = &answer.body;
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "RATE_LIMIT_EXCEEDED"), "{body}");
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("Rate limit exceeded"), "{message}");
    let seconds: u32 = answer.header("retry-after").parse().expect("seconds");
    assert!((86_000..=86_401).contains(&seconds), "about a day: {seconds}");
    assert!(body["error"]["details"]["rate_limit_reset"].is_string(), "{body}");
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("5", "0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_tickets_filed_at_once_five_are_taken() {
    let desk = TestDesk::for_crowds().await;
    let (user, other) = (desk.user().await, desk.user().await);
    let answers = join_all((0..20).map(|_| file(&desk, &user, None))).await;
    let expected = BTreeMap::from([((200, ""), 5), ((429, "RATE_LIMIT_EXCEEDED"), 15)]);
    assert_eq!(tally(&answers), expected);
    answers.iter().filter(|answer| answer.status == 429).for_each(check_refused);
    assert_eq!(count(&desk, &user).await, 5);
    assert!(file(&desk, &other, None).await.status.is_success(), "everybody has their own");
    desk.assert_sound().await;
    desk.close().await;
}

/// The tickets in answers to one request that was sent many times.
fn tickets_in(answers: &[Answer]) -> BTreeSet<String> {
    let mut tickets = BTreeSet::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => {
                tickets.insert(answer.body["ticket_id"].as_str().expect("an id").to_owned());
            }
            // Filed, and not visible yet; or another one with the key is still being served.
            202 | 409 => assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers),
            status => panic!("{status}: {}", answer.body),
        }
    }
    tickets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_filed_twenty_times_under_one_key_is_one_ticket() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    let answers = join_all((0..20).map(|_| file(&desk, &user, Some("one")))).await;
    let tickets = tickets_in(&answers);
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert_eq!(count(&desk, &user).await, 1);
    let again = file(&desk, &user, Some("one")).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(tickets.contains(again.body["ticket_id"].as_str().expect("an id")));
    desk.assert_sound().await;
    desk.close().await;
}

/// Neither process knows what the other is serving; the log does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_one_key_and_an_allowance_one_allowance_on_every_node() {
    let here = TestDesk::for_crowds().await;
    let same = TestDatabase::at(here.database.options.clone());
    let elsewhere = TestDesk::on(same).await;
    let node = |number: usize| if number.is_multiple_of(2) { &here } else { &elsewhere };
    let user = here.user().await;
    for key in ["one", "two", "three"] {
        let answers = join_all((0..10).map(|number| file(node(number), &user, Some(key)))).await;
        assert_eq!(tickets_in(&answers).len(), 1, "{key}");
    }
    assert_eq!(count(&here, &user).await, 3);
    let answers = join_all((0..20).map(|number| file(node(number), &user, None))).await;
    let expected = BTreeMap::from([((200, ""), 2), ((429, "RATE_LIMIT_EXCEEDED"), 18)]);
    assert_eq!(tally(&answers), expected);
    here.assert_sound().await;
    elsewhere.close().await;
    here.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sixth_ticket_is_one_too_many_and_repetitions_do_not_count() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    for number in 1..=5 {
        let key = format!("ticket-{number}");
        let first = file(&desk, &user, Some(&key)).await.expect(201);
        for _ in 0..3 {
            let again = file(&desk, &user, Some(&key)).await.expect(201);
            assert_eq!(again.body["ticket_id"], first.body["ticket_id"], "{key}");
        }
        assert_eq!(count(&desk, &user).await, number);
    }
    check_refused(&file(&desk, &user, Some("ticket-6")).await);
    check_refused(&file(&desk, &user, None).await);
    let first = file(&desk, &user, Some("ticket-1")).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), "true", "what was filed stays filed");
    assert_eq!(count(&desk, &user).await, 5);
    desk.close().await;
}

/// A ticket that is refused for what it says uses up nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_ticket_does_not_count() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    for _ in 0..6 {
        let _ = desk.post(&user, TICKETS, json!({ "title": "", "description": "" })).await.expect(422);
    }
    let answers = join_all((0..6).map(|_| file(&desk, &user, None))).await;
    assert_eq!(tally(&answers)[&(200, "")], 5);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_file_as_many_as_they_like() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    for who in [desk.it_agent().await, desk.admin().await] {
        let mut own = Vec::new();
        for _ in 0..7 {
            own.push(file(&desk, &who, None).await);
        }
        assert_eq!(tally(&own), BTreeMap::from([((200, ""), 7)]), "{:?}", who.role);
        let mut for_user = body();
        for_user["on_behalf_of"] = json!(user.id);
        let others = join_all((0..3).map(|_| desk.post(&who, TICKETS, for_user.clone()))).await;
        assert_eq!(tally(&others), BTreeMap::from([((200, ""), 3)]), "{:?}", who.role);
    }
    let mine = join_all((0..6).map(|_| file(&desk, &user, None))).await;
    assert_eq!(tally(&mine)[&(200, "")], 5, "what staff filed for somebody is not theirs to pay for");
    desk.close().await;
}
