//! Which moments there are, what those that are none are answered with, and who may look back.

use application::{NewTicket, Request};
use chrono::{TimeDelta, Utc};
use domain::id::TicketId;
use domain::ticket::Report;
use domain::ticket::values::Urgency;
use serde_json::json;
use sqlx::Executor as _;
use tests::postgres::the_desk;
use uuid::Uuid;

use super::Scene;

const VIEWS: [&str; 5] = ["?", "/history?", "/messages?", "/events?", "/why?field=status&"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_moment_is_told_what_is_one() {
    let scene = Scene::set().await;
    let head = scene.desk.head().await;
    let beyond = format!("position:{}", head + 1);
    let nonsense =
        ["yesterday", "", "-1", "1.5", "v1", "position:", "position:x", "2026-01-01", "99999999999"];
    for view in VIEWS {
        for as_of in nonsense {
            let refused = scene.get(&scene.ada, &format!("{view}as_of={as_of}")).await.expect(422);
            let error = &refused.body["error"]["details"]["errors"][0];
            assert_eq!(
                (refused.code(), &error["field"]),
                ("VALIDATION_ERROR", &json!("as_of")),
                "{view} {as_of}"
            );
            let message = error["message"].as_str().expect("a message");
            assert!(
                ["a time", "a version", "position:"].iter().all(|word| message.contains(word)),
                "{message}"
            );
        }
        for (as_of, range) in
            [("2", "versions 1 to 1"), ("0", "versions 1 to 1"), (&*beyond, &*format!("1 to {head}"))]
        {
            let refused = scene.get(&scene.ada, &format!("{view}as_of={as_of}")).await.expect(422);
            let error = &refused.body["error"]["details"]["errors"][0];
            assert_eq!(
                (&error["field"], &error["code"]),
                (&json!("as_of"), &json!("out_of_range")),
                "{view} {as_of}"
            );
            assert!(error["message"].as_str().is_some_and(|text| text.contains(range)), "{error}");
        }
    }
    for as_of in nonsense.into_iter().chain(["3", &*beyond, "position:99999999999999999999"]) {
        let refused = scene.desk.get(&scene.ada, &format!("/api/v1/tickets?as_of={as_of}")).await.expect(422);
        assert_eq!(
            refused.body["error"]["details"]["errors"][0]["field"], "as_of",
            "{as_of}: {}",
            refused.body
        );
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_it_was_filed_there_was_no_ticket() {
    let scene = Scene::set().await;
    let filed = scene.desk.head().await;
    for view in VIEWS {
        for early in
            ["position:0".to_owned(), format!("position:{}", filed - 1), "2001-01-01T00:00:00Z".to_owned()]
        {
            let refused = scene.get(&scene.ada, &format!("{view}as_of={early}")).await.expect(404);
            assert_eq!(refused.code(), "NOT_FILED_YET", "{view} {early}");
        }
    }
    for early in ["position:0", "2001-01-01T00:00:00Z"] {
        let list = scene.desk.get(&scene.admin, &format!("/api/v1/tickets?as_of={early}")).await.expect(200);
        assert_eq!(list.body["total_count"], 0);
        assert_eq!(list.body["as_of"], json!({ "position": 0, "recorded_at": null }));
    }
    scene.desk.close().await;
}

/// A time that has not come yet is the present.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_future_is_not_known_yet() {
    let scene = Scene::set().await;
    scene.say(&scene.ivan, "On my way.", false).await;
    let (now, then) =
        (scene.get(&scene.ada, "?").await, scene.get(&scene.ada, "?as_of=2999-01-01T00:00:00Z").await);
    assert_eq!(super::without_moment(&then), now.body);
    assert!(then.header("etag").is_empty() && !now.header("etag").is_empty());
    scene.desk.close().await;
}

/// The desk knows what it recorded when it recorded it, whenever it is said to have happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_means_what_the_desk_knew_then() {
    let scene = Scene::set().await;
    let long_ago = Utc::now() - TimeDelta::days(30);
    let new = NewTicket {
        id: TicketId::new(long_ago, 4_711),
        report: Report {
            requester: scene.ada.id,
            title: "Told late".to_owned(),
            description: "It happened a month ago.".to_owned(),
            urgency: Urgency::Low,
            ..Report::default()
        },
        per_day: i32::MAX,
        attachments: vec![],
    };
    let before = Utc::now().to_rfc3339().replace('+', "%2B");
    let request = Request::once(the_desk(), long_ago, "test", Uuid::now_v7());
    let (id, done) = scene.desk.desk.commands.create_ticket(&request, new).await.expect("filed");
    let position = done.position().expect("an event");
    let path = format!("/api/v1/tickets/{id}?min_position={position}&as_of=");
    assert_eq!(
        scene.desk.get(&scene.ada, &format!("{path}{before}")).await.expect(404).code(),
        "NOT_FILED_YET"
    );
    let known = scene.desk.get(&scene.ada, &format!("{path}position:{position}")).await.expect(200);
    let recorded = known.body["as_of"]["recorded_at"].as_str().expect("a time");
    let at = scene.desk.get(&scene.ada, &format!("{path}{recorded}")).await.expect(200);
    assert_eq!(at.body["title"], "Told late");
    for (as_of, count) in [(before.as_str(), 1), (recorded, 2)] {
        let list = scene.desk.get(&scene.admin, &format!("/api/v1/tickets?as_of={as_of}")).await.expect(200);
        assert_eq!(list.body["total_count"], count, "{as_of}");
    }
    scene.desk.close().await;
}

/// A ticket sent elsewhere has taken its past along; whoever got it has all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_is_for_those_who_see_the_present() {
    let scene = Scene::set().await;
    let before = scene.say(&scene.ivan, "It is about the payslip.", true).await;
    let transferred = scene.act(&scene.ivan, "transfer", json!({ "department": "HR" })).await;
    for view in VIEWS {
        let path = format!("{view}as_of=position:{before}");
        assert_eq!(scene.get(&scene.ivan, &path).await.expect(404).code(), "NOT_FOUND");
        let _ = scene.get(&scene.hana, &path).await.expect(200);
    }
    let then = scene.get(&scene.hana, &format!("?as_of=position:{before}")).await.expect(200);
    assert_eq!((&then.body["department"], &then.body["message_count"]), (&json!("IT"), &json!(1)));
    for view in VIEWS {
        let ada = scene.get(&scene.ada, &format!("{view}as_of=position:{before}")).await.expect(200);
        assert!(!ada.body.to_string().contains("payslip"), "{view}: {}", ada.body);
    }
    // In a list: whoever sees it now and saw it then.
    for (who, position, count) in [
        (&scene.ivan, before, 0),
        (&scene.ivan, transferred, 0),
        (&scene.hana, before, 0),
        (&scene.hana, transferred, 1),
        (&scene.ada, before, 1),
        (&scene.admin, before, 1),
    ] {
        let list =
            scene.desk.get(who, &format!("/api/v1/tickets?as_of=position:{position}")).await.expect(200);
        assert_eq!(list.body["total_count"], count, "{:?} at {position}", who.role);
        assert_eq!(
            list.body["tickets"].as_array().map(Vec::len),
            Some(count),
            "{:?} at {position}",
            who.role
        );
    }
    scene.desk.close().await;
}

/// A text opens with the key of today: who was erased since is erased in the past as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_since_is_erased_in_the_past() {
    let scene = Scene::set().await;
    scene.say(&scene.ada, "My name is Ada.", false).await;
    let mut owner = scene.desk.database.owner().await;
    let destroy = format!(
        "update desk.subject_keys set wrapped = null, destroyed_at = now() where subject = '{}'",
        scene.ada.id
    );
    owner.execute(sqlx::AssertSqlSafe(destroy)).await.expect("destroyed");
    let log = scene.desk.database.log().await; // with no keys in memory
    drop(log);
    let database = scene.desk.close().await;
    let desk = tests::desk::TestDesk::on(database).await;
    for view in ["?", "/messages?", "/events?"] {
        let then = desk.get(&scene.admin, &format!("{}{view}as_of=2999-01-01T00:00:00Z", scene.path)).await;
        let text = then.expect(200).body.to_string();
        assert!(
            text.contains("[erased]") && !text.contains("printer") && !text.contains("Ada"),
            "{view}: {text}"
        );
    }
    desk.close().await;
}
