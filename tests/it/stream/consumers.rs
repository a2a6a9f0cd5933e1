//! Durable consumers: their place is the desk's to keep.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::client::Follower;
use super::{page, positions, text, write};

const CONSUMER: &str = "/api/v1/consumers/warehouse";

async fn put(desk: &TestDesk, admin: &Somebody, body: Value) -> Answer {
    desk.send(desk.request(Some(admin), Method::PUT, CONSUMER).json(&body)).await
}

async fn ack(desk: &TestDesk, admin: &Somebody, body: Value) -> Answer {
    desk.post(admin, &format!("{CONSUMER}/ack"), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_reads_on_behind_what_it_acknowledged() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 9).await;
    let head = desk.head().await;
    let made = put(&desk, &admin, json!({})).await.expect(201).body;
    assert_eq!((&made["position"], &made["lag_events"]), (&json!(0), &json!(head)));
    assert!(made["lag_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{made}");
    assert_eq!(made["created_by"], json!(admin.id));

    let read = async || positions(&page(&desk, &admin, "consumer=warehouse&limit=3").await);
    assert_eq!(read().await, [1, 2, 3]);
    assert_eq!(read().await, [1, 2, 3], "reading moves nothing");
    let moved = ack(&desk, &admin, json!({ "pos": 2 })).await.expect(200).body;
    assert_eq!((&moved["position"], &moved["lag_events"]), (&json!(2), &json!(head - 2)));
    assert_eq!(read().await, [3, 4, 5]);
    let mut follower = Follower::open(&desk, &admin, "consumer=warehouse").await;
    assert_eq!(follower.next().await.expect("an event").data.expect("data")["pos"], 3);

    // By cursor, of a page; the same again is no error.
    let cursor = page(&desk, &admin, "consumer=warehouse&limit=4").await["cursor"].clone();
    for _ in 0..2 {
        let moved = ack(&desk, &admin, json!({ "cursor": cursor })).await.expect(200).body;
        assert_eq!((&moved["position"], &moved["cursor"]), (&json!(6), &cursor));
    }
    let at_the_end = ack(&desk, &admin, json!({ "pos": head })).await.expect(200).body;
    assert_eq!((&at_the_end["lag_events"], at_the_end["lag_seconds"].as_f64()), (&json!(0), Some(0.0)));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_goes_back_only_on_purpose_and_never_beyond_the_head() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 5).await;
    let head = desk.head().await;
    let _ = put(&desk, &admin, json!({ "after": "4" })).await.expect(201);
    let behind = ack(&desk, &admin, json!({ "pos": 3 })).await.expect(409);
    assert_eq!((behind.code(), &behind.body["error"]["details"]["position"]), ("ACK_BEHIND", &json!(4)));
    let back = ack(&desk, &admin, json!({ "pos": 3, "reset": true })).await.expect(200).body;
    assert_eq!(back["position"], 3);
    let beyond = ack(&desk, &admin, json!({ "pos": head + 1 })).await.expect(409);
    assert_eq!(beyond.code(), "LOG_FORKED");
    assert_eq!(beyond.body["error"]["details"]["head"], head);
    assert_eq!(beyond.body["error"]["details"]["last_common"], Value::Null);
    for reset in [false, true] {
        let beyond = ack(&desk, &admin, json!({ "pos": i64::MAX, "reset": reset })).await.expect(409);
        assert_eq!(beyond.code(), "LOG_FORKED");
    }
    let shown = desk.get(&admin, CONSUMER).await.expect(200).body;
    assert_eq!(shown["position"], 3, "nothing moved");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_exists_keeps_its_place_and_changes_its_filter() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    let ticket = desk.ticket(&user, None).await;
    let made =
        put(&desk, &admin, json!({ "from": "end", "types": ["TicketCreated"] })).await.expect(201).body;
    let head = desk.head().await;
    assert_eq!((&made["position"], &made["types"]), (&json!(head), &json!(["TicketCreated"])));
    let changed = json!({ "from": "beginning", "streams": [ticket["ticket_id"]] });
    let changed = put(&desk, &admin, changed).await.expect(200).body;
    assert_eq!((&changed["position"], &changed["types"]), (&json!(head), &json!([])));
    assert_eq!(changed["streams"].as_array().map(Vec::len), Some(2), "a ticket has two streams");
    assert_eq!(changed["streams"][0], ticket["id"]);
    write(&desk.desk.log, 3).await;
    let read = page(&desk, &admin, "consumer=warehouse").await;
    assert_eq!((positions(&read), &read["next_after"]), (vec![], &json!(head + 3)));

    let listed = desk.get(&admin, "/api/v1/consumers").await.expect(200).body;
    assert_eq!(listed["consumers"].as_array().map(Vec::len), Some(1));
    assert_eq!(text(&listed["consumers"][0], "name"), "warehouse");
    assert!(listed["consumers"][0]["last_seen_at"].is_string(), "{listed}");
    let remove = || desk.send(desk.request(Some(&admin), Method::DELETE, CONSUMER));
    let _ = remove().await.expect(204);
    let _ = remove().await.expect(404);
    let _ = desk.get(&admin, CONSUMER).await.expect(404);
    desk.close().await;
}
