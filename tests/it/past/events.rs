//! A ticket's events as the log has them.

use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::desk::Somebody;

use super::Scene;

async fn events(scene: &Scene, who: &Somebody, query: &str) -> Vec<Value> {
    let answer = scene.get(who, &format!("/events?{query}")).await.expect(200);
    answer.body["events"].as_array().expect("events").clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

async fn told() -> Scene {
    let scene = Scene::set().await;
    scene.say(&scene.ivan, "Third jam this month.", true).await;
    scene.say(&scene.ivan, "On my way.", false).await;
    scene.act(&scene.ivan, "transfer", json!({ "department": "HR", "note": "canary-for-colleagues" })).await;
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_ticket_and_conversation_come_in_order_of_position() {
    let scene = told().await;
    let all = events(&scene, &scene.hana, "").await;
    assert_eq!(
        types(&all),
        ["TicketCreated", "MessagePosted", "MessagePosted", "StatusChanged", "TicketTransferred"]
    );
    let positions: Vec<i64> = all.iter().filter_map(|event| event["pos"].as_i64()).collect();
    assert!(positions.is_sorted() && positions.len() == all.len(), "{positions:?}");
    assert_eq!(all[0]["data"]["title"], "The printer prints blank pages");
    assert_eq!(all[1]["data"]["content"], "Third jam this month.");
    assert_eq!(all[4]["data"]["note"], "canary-for-colleagues");
    let ticket = scene.path.trim_start_matches("/api/v1/tickets/");
    assert!(all.iter().all(|event| event["subject"] == ticket), "{all:?}");
    assert_eq!((&all[1]["actor"]["id"], &all[1]["via"]), (&json!(scene.ivan.id), &json!("api")));
    for event in &all {
        let hash: Vec<u8> = sqlx::query_scalar("select leaf_hash from ledger.events where position = $1")
            .bind(event["pos"].as_i64())
            .fetch_one(scene.desk.desk.pool())
            .await
            .expect("a hash");
        let digits = event["hash"].as_str().expect("digits").as_bytes();
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).expect("ASCII"), 16).expect("digits"))
            .collect();
        assert_eq!(bytes, hash);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_is_shown_the_public_part() {
    let scene = told().await;
    let public = events(&scene, &scene.ada, "").await;
    assert_eq!(types(&public), ["TicketCreated", "MessagePosted", "StatusChanged", "TicketTransferred"]);
    assert_eq!(public[1]["data"]["content"], "On my way.");
    let text = Value::from(public).to_string();
    assert!(!text.contains("canary-for-colleagues") && !text.contains("Third jam"), "{text}");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_events_leave_nothing_out() {
    let scene = told().await;
    for who in [&scene.hana, &scene.ada] {
        let whole = events(&scene, who, "").await;
        for limit in 1..=whole.len() {
            let (mut seen, mut after) = (Vec::new(), 0);
            loop {
                let answer =
                    scene.get(who, &format!("/events?after={after}&limit={limit}")).await.expect(200);
                let page = answer.body["events"].as_array().expect("events");
                assert!(page.len() == limit || answer.body["has_more"] == false, "a full page, or the last");
                seen.extend(page.clone());
                after = answer.body["next_after"].as_i64().expect("a position");
                if answer.body["has_more"] == false {
                    break;
                }
            }
            assert_eq!(seen, whole, "{limit} at a time");
            let beyond = scene.get(who, &format!("/events?after={after}")).await.expect(200);
            assert_eq!(beyond.body, json!({ "events": [], "next_after": after, "has_more": false }));
        }
    }
    let early = events(&scene, &scene.hana, "as_of=1").await;
    assert_eq!(types(&early), ["TicketCreated"]);
    for (query, field) in
        [("limit=0", "limit"), ("limit=1001", "limit"), ("after=x", "after"), ("colour=red", "colour")]
    {
        let refused = scene.get(&scene.ada, &format!("/events?{query}")).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], field);
    }
    scene.desk.close().await;
}

/// An event that this version does not know breaks nothing; staff see that there is one, its texts stay sealed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_event_breaks_nothing() {
    let scene = told().await;
    let mut superuser = scene.desk.database.superuser().await;
    superuser
        .execute(
            "set session_replication_role = replica;
             update ledger.events set event_type = 'TicketTeleported', payload = '{\"to\":\"the moon\"}'
              where event_type = 'StatusChanged'",
        )
        .await
        .expect("a type of another version");
    let seen = events(&scene, &scene.hana, "").await;
    assert_eq!(types(&seen)[3], "TicketTeleported");
    assert_eq!(seen[3]["data"], json!({ "to": "the moon" }));
    assert_eq!(types(&events(&scene, &scene.ada, "").await).len(), 3);
    for view in
        ["?include=history&as_of=2", "/history?as_of=2", "/messages?as_of=2", "/why?field=status&as_of=2"]
    {
        let then = scene.get(&scene.hana, view).await.expect(200);
        assert_eq!(then.body["as_of"]["version"], 2, "{view}");
    }
    let why = scene.get(&scene.hana, "/why?field=status").await.expect(200);
    assert_eq!((&why.body["value"], &why.body["set_by"]["type"]), (&json!("open"), &json!("TicketCreated")));
    scene.desk.close().await;
}
