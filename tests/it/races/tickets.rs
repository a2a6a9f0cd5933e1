//! One ticket, many hands.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{events_of, id_of, tally};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_who_resolve_one_ticket_all_succeed_and_it_is_resolved_once() {
    let desk = TestDesk::for_crowds().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = id_of(&desk.ticket(&user, Some("IT")).await);
    let path = format!("/api/v1/tickets/{ticket}/resolve");
    let by = |number| if number % 2 == 0 { &user } else { &agent };
    let answers = join_all((0..64).map(|number| desk.post(by(number), &path, json!({})))).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, ""), 64)]));
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        assert_eq!(answer.body["ticket"]["status"], "resolved", "whoever came second sees it, too");
    }
    let expected = BTreeMap::from([("TicketCreated", 1), ("TicketResolved", 1)]);
    assert_eq!(events_of(&desk, ticket).await, expected);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_who_claim_one_ticket_one_gets_it() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    let ticket = id_of(&desk.ticket(&user, Some("IT")).await);
    let agents = join_all((0..30).map(|_| desk.it_agent())).await;
    let path = format!("/api/v1/tickets/{ticket}/claim");
    let answers = join_all(agents.iter().map(|agent| desk.post(agent, &path, json!({})))).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, ""), 1), ((409, "CONFLICT"), 29)]));
    let winner = answers.iter().position(|answer| answer.status.is_success()).expect("one");
    let winner = json!(agents[winner].id);
    for loser in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(loser.body["error"]["details"]["assignee_id"], winner);
    }
    assert_eq!(events_of(&desk, ticket).await["TicketAssigned"], 1);
    let shown = desk.get(&user, &format!("/api/v1/tickets/{ticket}")).await.expect(200);
    assert_eq!(shown.body["assignee_id"], winner);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_messages_at_once_none_is_lost() {
    let desk = TestDesk::for_crowds().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = id_of(&desk.ticket(&user, Some("IT")).await);
    let path = format!("/api/v1/tickets/{ticket}/messages");
    let by = |number| if number % 2 == 0 { &user } else { &agent };
    let say = |number: usize| desk.post(by(number), &path, json!({ "content": format!("message {number}") }));
    let answers = join_all((0..64).map(say)).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, ""), 64)]));

    let head = desk.head().await;
    let list = desk.get(&user, &format!("{path}?limit=100&min_position={head}")).await.expect(200);
    let messages = list.body["messages"].as_array().expect("messages");
    assert_eq!((messages.len(), &list.body["total_count"]), (64, &json!(64)));
    let positions: Vec<i64> = messages.iter().filter_map(|message| message["position"].as_i64()).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "in order of position: {positions:?}");
    let mut contents: Vec<&str> = messages.iter().filter_map(|message| message["content"].as_str()).collect();
    contents.sort_unstable();
    let mut sent: Vec<String> = (0..64).map(|number| format!("message {number}")).collect();
    sent.sort_unstable();
    assert_eq!(contents, sent);
    let events = events_of(&desk, ticket).await;
    assert_eq!(events.get("StatusChanged"), Some(&1), "the first answer starts the work: {events:?}");
    desk.assert_sound().await;
    desk.close().await;
}

/// A message sent twice under the sender's own id for it is one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_sent_many_times_is_posted_once() {
    let desk = TestDesk::for_crowds().await;
    let user = desk.user().await;
    let ticket = id_of(&desk.ticket(&user, Some("IT")).await);
    let path = format!("/api/v1/tickets/{ticket}/messages");
    let body = json!({ "content": "Hello?", "client_msg_id": "tab-1" });
    let answers = join_all((0..16).map(|_| desk.post(&user, &path, body.clone()))).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, ""), 16)]));
    let ids: Vec<&Value> =
        answers.iter().map(|answer| &answer.body["id"]).filter(|id| id.is_string()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let list = desk.get(&user, &path).await.expect(200);
    assert_eq!(list.body["total_count"], 1);
    desk.close().await;
}

/// Edits of the same version: one is made, the others are told that it is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_insist_on_one_version_one_gets_it() {
    let desk = TestDesk::for_crowds().await;
    let (user, agent) = (desk.user().await, desk.it_agent().await);
    let ticket = id_of(&desk.ticket(&user, Some("IT")).await);
    let path = format!("/api/v1/tickets/{ticket}");
    let edit = |number: usize| {
        let body = json!({ "title": format!("Title {number}") });
        let request = desk.request(Some(&user), reqwest::Method::PATCH, &path).json(&body);
        desk.send(request.header("If-Match", "\"v1\""))
    };
    let answers = join_all((0..16).map(edit)).await;
    assert_eq!(tally(&answers), BTreeMap::from([((200, ""), 1), ((412, "PRECONDITION_FAILED"), 15)]));
    let shown = desk.get(&agent, &path).await.expect(200);
    assert_eq!(shown.header("etag"), "\"v2\"");
    desk.close().await;
}
