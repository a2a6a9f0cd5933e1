//! Whom what concerns.

use application::{NewTicket, Request};
use chrono::{TimeDelta, Utc};
use domain::id::TicketId;
use domain::ticket::{Report, TicketCommand};
use domain::webhook::{Destination, WebhookCommand};
use serde_json::json;
use tests::desk::PASSWORD;
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{PREFERENCES, act, all_is_told, assign, list, name, note, path_of, put, said, say, told};

const TITLE: &str = "The printer prints blank pages";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_told_to_the_agents_of_its_department_and_without_one_to_administrators() {
    let desk = super::open().await;
    let (ada, ivan, hana, root) =
        (desk.user().await, desk.it_agent().await, desk.hr_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let at_ivan = told(&desk, &ivan, 1).await.remove(0);
    assert_eq!(at_ivan["type"], "ticket_created");
    assert_eq!(at_ivan["title"], format!("New ticket: {TITLE}"));
    assert_eq!(at_ivan["message"], "");
    assert_eq!((&at_ivan["read"], &at_ivan["user_id"]), (&json!(false), &json!(ivan.id)));
    assert_eq!(at_ivan["data"]["ticket_id"], ticket["ticket_id"]);
    assert_eq!(at_ivan["data"]["actor_username"], name(&ada));
    let id = at_ivan["id"].as_str().expect("an id");
    let (ms, code) = id.strip_prefix("NOT-").and_then(|rest| rest.split_once('-')).expect("an id");
    assert!(ms.parse::<u64>().is_ok() && code.len() == 12, "{id}");
    desk.ticket(&ada, None).await;
    assert_eq!(said(&told(&desk, &root, 1).await), [("ticket_created", &*format!("New ticket: {TITLE}"))]);
    act(&desk, &ivan, &ticket, "transfer", json!({ "department": "HR" })).await;
    assert_eq!(told(&desk, &hana, 1).await[0]["type"], "ticket_created");
    for (who, count) in [(&ada, 0), (&ivan, 1), (&root, 1)] {
        assert_eq!(list(&desk, who).await.len(), count);
    }
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_told_to_those_around_the_ticket_and_never_to_who_wrote_them() {
    let desk = super::open().await;
    let (ada, ivan, iris, root) =
        (desk.user().await, desk.it_agent().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    say(&desk, &ada, &ticket, "Is  anybody\nthere?").await;
    for agent in [&ivan, &iris] {
        let listed = told(&desk, agent, 2).await;
        assert_eq!(said(&listed)[1], ("message_received", &*format!("{} wrote on “{TITLE}”", name(&ada))));
        assert_eq!(listed[1]["message"], "Is anybody there?");
    }
    assign(&desk, &root, &ticket, &ivan).await;
    assert_eq!(
        said(&told(&desk, &ivan, 3).await)[2],
        ("ticket_assigned", &*format!("Assigned to you: {TITLE}"))
    );
    let at_ada = told(&desk, &ada, 1).await;
    assert_eq!(said(&at_ada), [("ticket_assigned", &*format!("Assigned to {}: {TITLE}", name(&ivan)))]);
    let _ = put(&desk, &root, &format!("{}/followers/{}", path_of(&ticket), root.id), json!({}))
        .await
        .expect(200);
    say(&desk, &ada, &ticket, "Thank you.").await;
    say(&desk, &ivan, &ticket, "I am at it.").await;
    assert_eq!(told(&desk, &ivan, 4).await[3]["message"], "Thank you.");
    assert_eq!(told(&desk, &ada, 2).await[1]["message"], "I am at it.");
    assert_eq!(told(&desk, &root, 2).await.len(), 2, "who follows it");
    assert_eq!(told(&desk, &iris, 2).await.len(), 2, "it is not everybody's any more");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_told_to_staff_alone_and_who_is_mentioned_in_it_is_meant() {
    let desk = super::open().await;
    let (ada, eve, ivan, iris, root) = (
        desk.user().await,
        desk.user().await,
        desk.it_agent().await,
        desk.it_agent().await,
        desk.admin().await,
    );
    let ticket = desk.ticket(&ada, Some("IT")).await;
    assign(&desk, &root, &ticket, &ivan).await;
    told(&desk, &ada, 1).await;
    let text = format!("@{} between us: @{} and @{} exaggerate", name(&iris), name(&ada), name(&eve));
    let posted = note(&desk, &root, &ticket, &text).await;
    let at_iris = told(&desk, &iris, 2).await.remove(1);
    assert_eq!(at_iris["type"], "mention");
    assert_eq!(at_iris["data"]["message_id"], posted["id"]);
    assert_eq!(at_iris["message"], text);
    assert_eq!(told(&desk, &ivan, 3).await[2]["type"], "message_received");
    all_is_told(&desk).await;
    assert_eq!(list(&desk, &ada).await.len(), 1);
    assert_eq!(list(&desk, &eve).await.len(), 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_ticket_stands_is_told_to_requester_and_agent_and_feedback_to_the_agent() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    assign(&desk, &root, &ticket, &ivan).await;
    act(&desk, &ivan, &ticket, "resolve", json!({ "resolution": "New paper." })).await;
    let resolved = told(&desk, &ada, 2).await.remove(1);
    assert_eq!(resolved["type"], "status_changed");
    assert_eq!(resolved["title"], format!("“{TITLE}” is resolved now"));
    assert_eq!(resolved["data"]["status"], "resolved");
    act(&desk, &ada, &ticket, "feedback", json!({ "rating": 2, "comment": "Still blank" })).await;
    act(&desk, &ada, &ticket, "reopen", json!({})).await;
    let at_ivan = told(&desk, &ivan, 4).await;
    assert_eq!(at_ivan[2]["type"], "feedback_received");
    assert_eq!(at_ivan[3]["title"], format!("“{TITLE}” is in progress now"));
    all_is_told(&desk).await;
    assert_eq!(list(&desk, &ada).await.len(), 2, "nobody is told what they did");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspicion_and_a_webhook_that_is_disabled_are_told_to_administrators() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let id = ticket["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()).expect("an id");
    let request = || Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    let flag = TicketCommand::Flag { reason: Some("spam".to_owned()) };
    desk.desk.commands.ticket(&request(), TicketId::of_stream(id), flag).await.expect("flagged");
    assert_eq!(told(&desk, &root, 1).await[0]["type"], "misuse_detected");
    let (webhook, to) =
        (Uuid::now_v7(), Destination { host: "example.org".to_owned(), url_id: Uuid::now_v7() });
    let add = WebhookCommand::Add {
        to,
        secret_id: Uuid::now_v7(),
        events: vec!["WebhookReplayed".to_owned()],
        internal: false,
    };
    desk.desk.commands.add_webhook(&request(), webhook, add).await.expect("added");
    let disable = WebhookCommand::Disable { reason: "the receiver answered 410".to_owned() };
    desk.desk.commands.webhook(&request(), webhook, disable).await.expect("disabled");
    let alert = told(&desk, &root, 2).await.remove(1);
    assert_eq!(
        (&alert["type"], &alert["data"]["alert"]),
        (&json!("system_alert"), &json!("webhook_disabled"))
    );
    assert_eq!(list(&desk, &ivan).await.len(), 1);
    assert_eq!(list(&desk, &ada).await.len(), 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_whose_sign_in_was_copied_is_told_and_nobody_else() {
    let desk = super::open().await;
    let root = desk.admin().await;
    let body =
        json!({ "username": "grace", "email": "grace@example.com", "role": "user", "password": PASSWORD });
    let _ = desk.post(&root, "/api/v1/users", body).await.expect(201);
    let sign_in = || async {
        let body = json!({ "username": "grace", "password": PASSWORD });
        desk.send(desk.request(None, reqwest::Method::POST, "/api/v1/auth/login").json(&body))
            .await
            .expect(200)
            .body
    };
    let refresh = |pair: &serde_json::Value| {
        let body = json!({ "refresh_token": pair["refresh_token"] });
        desk.send(desk.request(None, reqwest::Method::POST, "/api/v1/auth/refresh").json(&body))
    };
    let first = sign_in().await;
    let second = refresh(&first).await.expect(200).body;
    let _ = refresh(&second).await.expect(200);
    let _ = refresh(&first).await.expect(401);
    let pair = sign_in().await;
    let grace = tests::desk::Somebody {
        id: serde_json::from_value(pair["user"]["id"].clone()).expect("an id"),
        role: domain::access::Role::User,
        token: pair["access_token"].as_str().expect("a token").to_owned(),
    };
    let alert = told(&desk, &grace, 1).await.remove(0);
    assert_eq!((&alert["type"], &alert["data"]["alert"]), (&json!("system_alert"), &json!("token_reused")));
    assert_eq!(list(&desk, &root).await.len(), 0);
    let mail = desk.mails_to("grace@example.com", 1).await.remove(0);
    assert!(mail.text.contains("Sign in again"), "{}", mail.text);
    desk.close().await;
}

/// Tickets that come from another system, with their own times, were told of there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_long_before_it_was_recorded_is_told_to_nobody() {
    let desk = super::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let _ = put(&desk, &ivan, PREFERENCES, json!({ "types": { "ticket_created": { "email": true } } }))
        .await
        .expect(200);
    for (hours, expected) in [(25, 0), (2, 1)] {
        let at = Utc::now() - TimeDelta::hours(hours);
        let report = Report {
            requester: ada.id,
            title: TITLE.to_owned(),
            description: "Since this morning.".to_owned(),
            department: Some("IT".parse().expect("a code")),
            ..Report::default()
        };
        let new = NewTicket { id: TicketId::new(at, 7), report, per_day: 10, attachments: vec![] };
        let request = Request::once(the_desk(), at, "import", Uuid::now_v7());
        desk.desk.commands.create_ticket(&request, new).await.expect("filed");
        all_is_told(&desk).await;
        assert_eq!(list(&desk, &ivan).await.len(), expected, "{hours} hours later");
    }
    let mailed: i64 =
        sqlx::query_scalar("select count(*) from desk.notification_deliveries where user_id = $1")
            .bind(ivan.id.0)
            .fetch_one(desk.desk.pool())
            .await
            .expect("a count");
    assert_eq!(mailed, 0);
    desk.close().await;
}
