//! Events in the versions that a reader knows, wherever the log is read.

use domain::id::TicketId;
use domain::ticket::TicketCommand;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::client::Follower;
use super::{EVENTS, page, text};

const FLAGS: &str = "types=TicketFlagged";

/// A ticket that screening flagged; gives its id.
async fn flagged(desk: &TestDesk) -> String {
    let user = desk.user().await;
    let ticket = desk.ticket(&user, Some("IT")).await;
    let id: TicketId = text(&ticket, "ticket_id").parse().expect("an id");
    let request = application::Request::once(the_desk(), chrono::Utc::now(), "test", Uuid::now_v7());
    let flag = TicketCommand::Flag { reason: Some("spam".to_owned()) };
    desk.desk.commands.ticket(&request, id, flag).await.expect("flagged");
    id.to_string()
}

/// The one event that the stream has for `admin` with `query`.
async fn followed(desk: &TestDesk, admin: &Somebody, query: &str) -> Value {
    let mut follower = Follower::open(desk, admin, &format!("after=0&{FLAGS}&{query}")).await;
    follower.next().await.expect("an event").data.expect("data")
}

/// The events of the ticket `id` as `admin` reads them with `query`; the flag, and then all others.
async fn on_ticket(desk: &TestDesk, admin: &Somebody, id: &str, query: &str) -> (Value, Vec<Value>) {
    let answer = desk.get(admin, &format!("/api/v1/tickets/{id}/events?{query}")).await.expect(200);
    let events = answer.body["events"].as_array().expect("events").clone();
    let (mut flags, others): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| event["type"] == "TicketFlagged");
    (flags.pop().expect("a flag"), others)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_knows_an_older_version_gets_that_one_wherever_it_reads() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let id = flagged(&desk).await;
    let newest = json!({ "reason": "spam", "by": "screening" });
    for (asked, version, data) in [
        ("", 2, newest.clone()),
        ("schema=TicketFlagged:2", 2, newest),
        ("schema=TicketFlagged:1,TicketCreated:2", 1, json!({ "reason": "spam" })),
    ] {
        let of_page = page(&desk, &admin, &format!("{FLAGS}&{asked}")).await["events"][0].clone();
        let (of_ticket, others) = on_ticket(&desk, &admin, &id, asked).await;
        for event in [&of_page, &followed(&desk, &admin, asked).await, &of_ticket] {
            assert_eq!((&event["schema"], &event["data"]), (&json!(version), &data), "{asked}: {event}");
        }
        let (unasked, as_ever) = on_ticket(&desk, &admin, &id, "").await;
        assert_eq!(
            (&of_ticket["hash"], others),
            (&unasked["hash"], as_ever),
            "{asked}: nothing else changes"
        );

        let batch = desk.request(Some(&admin), Method::GET, &format!("{EVENTS}?{FLAGS}&{asked}"));
        let batch = desk.send(batch.header("accept", "application/cloudevents-batch+json")).await.expect(200);
        let one = followed(&desk, &admin, &format!("format=cloudevents&{asked}")).await;
        for cloud in [&batch.body[0], &one] {
            let schema = format!("/schemas/TicketFlagged.v{version}.json");
            assert_eq!((text(cloud, "dataschema"), &cloud["data"]), (&*schema, &data), "{asked}: {cloud}");
        }
    }
    let path = format!("/api/v1/tickets/{id}/events?schema=TicketFlagged:9");
    let refused = desk.get(&admin, &path).await.expect(422);
    let wrong = &refused.body["error"]["details"]["errors"][0];
    assert_eq!((text(wrong, "field"), refused.code()), ("schema", "VALIDATION_ERROR"), "{wrong}");
    assert_eq!(wrong["message"], "TicketFlagged has the versions 1 to 2");
    desk.close().await;
}
