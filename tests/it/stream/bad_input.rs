//! Requests that are wrong: each is told so, with a code.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{EVENTS, STREAM, page, text, write};

/// Wrong wherever the log is read, and which parameter it is.
const OF_BOTH: &[(&str, &str)] = &[
    ("after=-1", "after"),
    ("after=x", "after"),
    ("after=", "after"),
    ("after=1.5", "after"),
    ("after=7.AAAA", "after"),
    ("after=%00", "after"),
    ("after=99999999999999999999", "after"),
    ("types=TicketTeleported", "types"),
    ("types=ticketcreated", "types"),
    ("streams=TKT-1", "streams"),
    ("streams=x", "streams"),
    ("consumer=a&after=1", "consumer"),
    ("consumer=a&types=TicketCreated", "consumer"),
    ("schema=", "schema"),
    ("schema=TicketFlagged", "schema"),
    ("schema=TicketFlagged:3", "schema"),
    ("schema=TicketTeleported:1", "schema"),
    ("schema=TicketFlagged:1,TicketFlagged:2", "schema"),
    ("colour=red", "colour"),
    ("min_position=x", "min_position"),
];
/// Wrong for pages.
const OF_PAGES: &[(&str, &str)] = &[
    ("limit=0", "limit"),
    ("limit=1001", "limit"),
    ("limit=-1", "limit"),
    ("wait=26", "wait"),
    ("wait=-1", "wait"),
    ("wait=forever", "wait"),
    ("format=cloudevents", "format"),
];
/// Wrong for streams.
const OF_STREAMS: &[(&str, &str)] =
    &[("format=xml", "format"), ("ids=hash", "ids"), ("limit=1", "limit"), ("wait=1", "wait")];

/// The cursor of the end of another log that is as long.
async fn foreign_cursor(length: i64) -> String {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 60).await;
    let other = page(&desk, &admin, &format!("after={length}&limit=1")).await;
    let cursor = text(&other, "cursor").to_owned();
    desk.close().await;
    cursor
}

fn complains_about(answer: &Answer, field: &str) -> bool {
    answer.body["error"]["details"]["errors"][0]["field"] == field
}

async fn follow(desk: &TestDesk, who: &Somebody, query: &str, last: Option<&str>) -> Answer {
    let request = desk.request(Some(who), Method::GET, &format!("{STREAM}?{query}"));
    let request = match last {
        Some(last) => request.header("last-event-id", last),
        None => request,
    };
    desk.send(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_asks_for_nonsense_is_told_what_is_wrong() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 40).await;
    let cases = [(EVENTS, OF_BOTH), (STREAM, OF_BOTH), (EVENTS, OF_PAGES), (STREAM, OF_STREAMS)];
    for (path, queries) in cases {
        for (query, field) in queries {
            let answer = desk.get(&admin, &format!("{path}?{query}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (422, "VALIDATION_ERROR"),
                "{path} {query}: {}",
                answer.body
            );
            assert!(complains_about(&answer, field), "{path} {query}: {}", answer.body);
        }
    }
    let named = desk.get(&admin, &format!("{EVENTS}?types=TicketTeleported")).await.body.to_string();
    assert!(named.contains("TicketCreated") && named.contains("UserDeactivated"), "what is allowed: {named}");
    for last in ["x", "-1", "1.5", "7.AAAA", "ü"] {
        let answer = follow(&desk, &admin, "", Some(last)).await.expect(422);
        assert!(complains_about(&answer, "Last-Event-ID"), "{last}: {}", answer.body);
    }
    for path in [EVENTS, STREAM] {
        for name in ["nobody", "No%20name"] {
            let answer = desk.get(&admin, &format!("{path}?consumer={name}")).await.expect(404);
            assert_eq!(answer.code(), "NOT_FOUND");
        }
    }
    let user = desk.user().await;
    assert_eq!(follow(&desk, &user, "consumer=nobody", None).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_none_in_this_log_is_refused() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 59).await;
    let foreign = foreign_cursor(50).await;
    assert!(foreign.starts_with("51."), "{foreign}");
    let head = desk.head().await;
    let cases = [
        ((head + 1).to_string(), Value::Null),
        (i64::MAX.to_string(), Value::Null),
        (foreign.clone(), json!(0)),
    ];
    for (place, common) in cases {
        for answer in [
            desk.get(&admin, &format!("{EVENTS}?after={place}")).await,
            desk.get(&admin, &format!("{STREAM}?after={place}")).await,
            follow(&desk, &admin, "after=1", Some(&place)).await,
        ] {
            let answer = answer.expect(409);
            let details = &answer.body["error"]["details"];
            assert_eq!((answer.code(), &details["head"]), ("LOG_FORKED", &json!(head)), "{place}");
            assert_eq!(details["cursor_position"].to_string(), place.split('.').next().expect("a position"));
            let position = details["last_common"].get("position").unwrap_or(&Value::Null);
            assert_eq!(position, &common, "{place}: {details}");
        }
    }
    // A cursor with one bit changed is none of this log.
    let honest = text(&page(&desk, &admin, "after=0&limit=7").await, "cursor").to_owned();
    let flipped = |c: char| if c == 'A' { 'B' } else { 'A' };
    let middle = "7.".len() + 14; // within the hash of the block
    let bent: String = honest.char_indices().map(|(i, c)| if i == middle { flipped(c) } else { c }).collect();
    let answer = desk.get(&admin, &format!("{EVENTS}?after={bent}")).await;
    assert_eq!(answer.code(), "LOG_FORKED", "{honest} {bent}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_is_wrong_is_not_made_or_moved() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let put = async |name: &str, body: Value| {
        let path = format!("/api/v1/consumers/{name}");
        desk.send(desk.request(Some(&admin), Method::PUT, &path).json(&body)).await
    };
    let long = "x".repeat(65);
    for name in ["Warehouse", "-x", "a%20b", "a%2Fb", &long] {
        let answer = put(name, json!({})).await.expect(422);
        assert!(complains_about(&answer, "name"), "{}", answer.body);
    }
    for (body, field) in [
        (json!({ "types": ["TicketTeleported"] }), "types"),
        (json!({ "streams": ["x"] }), "streams"),
        (json!({ "streams": vec!["019b76da-a800-7000-8000-000000000000"; 101] }), "streams"),
        (json!({ "from": "middle" }), "from"),
        (json!({ "after": "x" }), "after"),
        (json!({ "from": "end", "after": "1" }), "after"),
        (json!({ "cursor": "1" }), "cursor"),
    ] {
        let answer = put("warehouse", body.clone()).await.expect(422);
        assert!(complains_about(&answer, field), "{body}: {}", answer.body);
    }
    let beyond = (desk.head().await + 1).to_string();
    assert_eq!(put("warehouse", json!({ "after": beyond })).await.expect(409).code(), "LOG_FORKED");
    let _ = desk.get(&admin, "/api/v1/consumers/warehouse").await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_that_is_wrong_moves_nothing() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let ack = async |body: Value| desk.post(&admin, "/api/v1/consumers/warehouse/ack", body).await;
    assert_eq!(ack(json!({ "pos": 1 })).await.expect(404).code(), "NOT_FOUND");
    let made = desk.request(Some(&admin), Method::PUT, "/api/v1/consumers/warehouse");
    let _ = desk.send(made).await.expect(201);
    for (body, field) in [
        (json!({}), "pos"),
        (json!({ "pos": 1, "cursor": "1" }), "pos"),
        (json!({ "pos": -1 }), "pos"),
        (json!({ "pos": "1" }), "pos"),
        (json!({ "cursor": "x" }), "cursor"),
        (json!({ "pos": 1, "reset": "yes" }), "reset"),
    ] {
        let answer = ack(body.clone()).await.expect(422);
        assert!(complains_about(&answer, field), "{body}: {}", answer.body);
    }
    desk.close().await;
}
