//! `GET /events/stream`: following, going on, filters, shapes.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tests::desk::TestDesk;

use super::client::{Follower, types};
use super::{STREAM, page, positions, text, write, write_block};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_what_was_and_what_happens() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    write_block(&desk.desk.log, 1_300).await;
    let head = desk.head().await;
    let mut follower = Follower::open(&desk, &admin, "after=0").await;
    let first = follower.frame().await.expect("a greeting");
    assert_eq!(first.comment.as_deref(), Some("behind 0"));
    let past = follower.take(usize::try_from(head).expect("a count")).await;
    for (position, frame) in (1..).zip(&past) {
        assert_eq!(frame.id.as_deref(), Some(position.to_string().as_str()));
        assert_eq!(frame.data.as_ref().expect("data")["pos"], position);
    }
    desk.ticket(&user, None).await;
    let now = follower.next().await.expect("an event");
    assert_eq!(now.data.expect("data")["type"], "TicketCreated");

    // Without a place it begins with what happens next.
    let mut new = Follower::open(&desk, &admin, "").await;
    write(&desk.desk.log, 1).await;
    assert_eq!(types(&new.take(1).await), ["TicketCreated"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_id_weighs_more_than_where_the_stream_began() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write(&desk.desk.log, 30).await;
    for ids in ["position", "cursor"] {
        let mut follower = Follower::open(&desk, &admin, &format!("after=2&ids={ids}")).await;
        let seen = follower.take(18).await;
        let last = seen[17].id.clone().expect("an id");
        assert!(last == "20" || last.starts_with("20."), "{last}");
        drop(follower);
        let request = desk.request(Some(&admin), Method::GET, &format!("{STREAM}?after=2&ids={ids}"));
        let response = request.header("last-event-id", last).send().await.expect("an answer");
        let next = Follower::of(response).next().await.expect("an event");
        assert_eq!(next.data.expect("data")["pos"], 21, "{ids}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filtered_stream_tells_how_far_it_looked() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    let ticket = desk.ticket(&user, None).await;
    let mut follower = Follower::open(&desk, &admin, "types=MessagePosted&format=cloudevents").await;
    let before = desk.head().await;
    write_block(&desk.desk.log, 1_800).await;
    let told = loop {
        let frame = follower.frame().await.expect("a frame");
        if let Some(id) = frame.id {
            assert_eq!(frame.data, None, "no event, but an id to go on from");
            break id.parse::<i64>().expect("a position");
        }
    };
    assert!(told >= before + 1_000, "{told}");
    let id = text(&ticket, "ticket_id");
    let said = json!({ "content": "Hello?" });
    let _ = desk.post(&user, &format!("/api/v1/tickets/{id}/messages"), said).await.expect(201);
    let said = follower.next().await.expect("an event").data.expect("data");
    assert_eq!((text(&said, "type"), text(&said, "subject")), ("ledgerdesk.MessagePosted", id));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_node_wrote_arrives() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let mut follower = Follower::open(&desk, &admin, "").await;
    let elsewhere = desk.database.log().await;
    write(&elsewhere, 2).await;
    assert_eq!(types(&follower.take(2).await).len(), 2);
    elsewhere.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_type_that_is_not_known_stops_nobody() {
    let desk = TestDesk::open().await;
    let (admin, user, agent) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&user, Some("IT")).await;
    let before = desk.head().await;
    let stream = text(&ticket, "id");
    let unknown = format!(
        "select * from ledger.append_batch(
           array[gen_random_uuid()], array[null]::bytea[], '{{1}}', '{{{stream}}}', '{{1}}',
           '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}',
           '{{1}}', '{{{stream}}}', '{{2}}', '{{ticket}}', array[gen_random_uuid()], '{{TicketTeleported}}',
           '{{1}}', array[now()], '{{system}}', array[null]::uuid[], '{{test}}', array[null]::uuid[],
           array[gen_random_uuid()], array['{{\"to\":\"the moon\"}}'], array['\\x00'::bytea])"
    );
    let mut owner = desk.database.owner().await;
    sqlx::Executor::execute(&mut owner, sqlx::AssertSqlSafe(unknown)).await.expect("appended");
    write(&desk.desk.log, 1).await;
    let read = page(&desk, &admin, &format!("after={before}")).await;
    assert_eq!(positions(&read), [before + 1, before + 2]);
    assert_eq!(read["events"][0]["type"], "TicketTeleported");
    assert_eq!(read["events"][0]["data"], json!({ "to": "the moon" }));

    let message = json!({ "content": "Still there?" });
    let path = format!("/api/v1/tickets/{}/messages", text(&ticket, "ticket_id"));
    let _ = desk.post(&user, &path, message).await.expect(201);
    for (who, expected) in [
        (&admin, &["TicketTeleported", "TicketCreated", "MessagePosted"][..]),
        (&agent, &["MessagePosted"]),
        (&user, &["MessagePosted"]),
    ] {
        let mut follower = Follower::open(&desk, who, &format!("after={before}")).await;
        assert_eq!(types(&follower.take(expected.len()).await), expected, "{:?}", who.role);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_hears_of_an_event_as_soon_as_the_read_models_show_it() {
    let desk = TestDesk::open().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&user, Some("IT")).await;
    let path = format!("/api/v1/tickets/{}/messages", text(&ticket, "ticket_id"));
    let mut follower = Follower::open(&desk, &agent, "").await;
    let mut waited = Duration::ZERO;
    for _ in 0..10 {
        let _ = desk.post(&user, &path, json!({ "content": "Hello?" })).await.expect(201);
        let shown = Instant::now();
        assert_eq!(types(&follower.take(1).await), ["MessagePosted"]);
        waited += shown.elapsed();
    }
    assert!(waited < Duration::from_secs(4), "ten events that were visible: {waited:?}");
    desk.close().await;
}
