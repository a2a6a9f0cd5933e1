//! Mails: what they say, to whom they say it, and when they leave.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::TestDatabase;
use tests::process::free_port;

use super::{ON, PREFERENCES, act, address, all_is_told, assign, list, note, put, say, told, until};

/// Lets what `who` waits for be due now.
async fn is_due(desk: &TestDesk, who: &Somebody) {
    sqlx::query("update desk.notification_deliveries set due_at = now() where user_id = $1")
        .bind(who.id.0)
        .execute(desk.desk.pool())
        .await
        .expect("due");
}

/// How many notifications wait to be sent to `who`.
async fn waiting(desk: &TestDesk, who: &Somebody) -> i64 {
    sqlx::query_scalar(
        "select count(*) from desk.notification_deliveries where user_id = $1 and channel = 'email'",
    )
    .bind(who.id.0)
    .fetch_one(desk.desk.pool())
    .await
    .expect("a count")
}

fn id_of(ticket: &Value) -> &str {
    ticket["ticket_id"].as_str().expect("an id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_arrives_as_text_and_html_in_the_thread_of_its_ticket() {
    let desk = super::open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    say(&desk, &ivan, &ticket, "Try <b>paper</b> & wait.\nThen tell me.").await;
    act(&desk, &ivan, &ticket, "resolve", json!({})).await;
    let mails = desk.mails_to(&address(&ada), 2).await;
    let id = id_of(&ticket);
    for mail in &mails {
        assert_eq!(mail.header("Subject"), format!("[{id}] The printer prints blank pages"));
        for header in ["In-Reply-To", "References"] {
            let value = mail.header(header);
            assert!(value.starts_with(&format!("<{id}@")) && value.ends_with('>'), "{header}: {value}");
        }
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    }
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    assert!(mails[0].text.contains("Try <b>paper</b> & wait.\nThen tell me."), "{}", mails[0].text);
    let html = mails[0].raw.split("text/html").nth(1).expect("HTML").replace("=\r\n", "");
    assert!(
        html.contains("&lt;b&gt;paper&lt;/b&gt; &amp; wait.<br>") && !html.contains("<b>paper"),
        "{html}"
    );
    assert!(mails[1].text.contains("is resolved now"), "{}", mails[1].text);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_to_a_requester_has_anything_of_a_note() {
    let desk = super::open().await;
    let (ada, ivan, iris, root) =
        (desk.user().await, desk.it_agent().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    assign(&desk, &root, &ticket, &ivan).await;
    note(&desk, &iris, &ticket, "marker-of-the-note").await;
    say(&desk, &iris, &ticket, "A public answer.").await;
    let to_ivan = desk.mails_to(&address(&ivan), 3).await;
    assert!(to_ivan[1].text.contains("marker-of-the-note"), "who may read it gets it: {}", to_ivan[1].text);
    let to_ada = desk.mails_to(&address(&ada), 2).await;
    all_is_told(&desk).await;
    assert_eq!(desk.mails_to(&address(&ada), 2).await.len(), 2);
    assert!(!to_ada.iter().any(|mail| mail.raw.contains("marker-of-the-note")));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_quiet_hours_mails_wait_and_what_is_read_meanwhile_is_not_sent() {
    let desk = super::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let clock = |hours| (Utc::now() + TimeDelta::hours(hours)).format("%H:%M").to_string();
    let quiet = json!({ "quiet_hours": { "from": clock(-2), "to": clock(3) } });
    let _ = put(&desk, &ada, PREFERENCES, quiet).await.expect(200);
    let ticket = desk.ticket(&ada, None).await;
    say(&desk, &root, &ticket, "read in the list").await;
    say(&desk, &root, &ticket, "read in the mail").await;
    let listed = told(&desk, &ada, 2).await;
    until("both wait", async || waiting(&desk, &ada).await == 2).await;
    assert_eq!(desk.mails_to(&address(&ada), 0).await.len(), 0);
    let read = format!("/api/v1/notifications/{}/read", listed[0]["id"].as_str().expect("an id"));
    let _ = put(&desk, &ada, &read, json!({})).await.expect(200);
    is_due(&desk, &ada).await;
    let mails = desk.mails_to(&address(&ada), 1).await;
    until("none waits", async || waiting(&desk, &ada).await == 0).await;
    assert!(mails[0].text.contains("read in the mail"), "{}", mails[0].text);
    all_is_told(&desk).await;
    assert_eq!(desk.mails_to(&address(&ada), 1).await.len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_is_one_mail_of_all_that_was_not_read() {
    let desk = super::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let _ = put(&desk, &ada, PREFERENCES, json!({ "digest": { "every": "day" } })).await.expect(200);
    let (one, other) = (desk.ticket(&ada, None).await, desk.ticket(&ada, None).await);
    for (ticket, text) in [(&one, "first"), (&other, "second"), (&one, "third")] {
        say(&desk, &root, ticket, text).await;
    }
    let listed = told(&desk, &ada, 3).await;
    until("all wait", async || waiting(&desk, &ada).await == 3).await;
    let read = format!("/api/v1/notifications/{}/read", listed[1]["id"].as_str().expect("an id"));
    let _ = put(&desk, &ada, &read, json!({})).await.expect(200);
    is_due(&desk, &ada).await;
    let mail = desk.mails_to(&address(&ada), 1).await.remove(0);
    assert_eq!(mail.header("Subject"), "2 notifications from the help desk");
    assert_eq!(mail.header("References"), "", "it belongs to no ticket alone");
    assert!(mail.text.contains("first") && mail.text.contains("third") && !mail.text.contains("second"));
    assert!(mail.text.contains(id_of(&one)), "{}", mail.text);
    assert_eq!(waiting(&desk, &ada).await, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_see_the_ticket_any_more_when_it_is_due_gets_no_mail_of_it() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let _ = put(&desk, &ivan, PREFERENCES, json!({ "digest": { "every": "day" } })).await.expect(200);
    let (stays, leaves) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&ada, Some("IT")).await);
    say(&desk, &ada, &stays, "he still sees it").await;
    say(&desk, &ada, &leaves, "marker-of-what-left").await;
    until("both wait", async || waiting(&desk, &ivan).await == 2).await;
    act(&desk, &root, &leaves, "transfer", json!({ "department": "HR" })).await;
    is_due(&desk, &ivan).await;
    let mail = desk.mails_to(&address(&ivan), 1).await.remove(0);
    assert!(
        mail.text.contains("he still sees it") && !mail.raw.contains("marker-of-what-left"),
        "{}",
        mail.raw
    );
    desk.close().await;
}

/// A desk whose mail server is away, so that mails wait.
async fn without_a_server() -> TestDesk {
    let port = free_port().to_string();
    let settings = [
        ON[0],
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", &*port),
        ("SMTP_TLS", "none"),
        ("SMTP_FROM", "desk@example.org"),
    ];
    TestDesk::with(TestDatabase::create().await, &settings).await
}

/// How many mails to `who` wait.
async fn mails_waiting(desk: &TestDesk, who: &Somebody) -> i64 {
    sqlx::query_scalar("select count(*) from desk.outgoing_mail where user_id = $1")
        .bind(who.id.0)
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count")
}

async fn erase(desk: &TestDesk, root: &Somebody, who: &Somebody) {
    let path = format!("/api/v1/users/{}/erase", who.id);
    let confirm =
        desk.post(root, &path, json!({ "reason": "legal" })).await.body["confirmation_token"].clone();
    let body = json!({ "reason": "legal", "confirmation_token": confirm });
    let erased = desk.post(root, &path, body).await;
    assert!(erased.status.is_success(), "{}", erased.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_names_who_is_erased_never_leaves() {
    let desk = without_a_server().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    assign(&desk, &root, &ticket, &ivan).await;
    until("it waits", async || mails_waiting(&desk, &ada).await == 1).await;
    erase(&desk, &root, &ivan).await;
    until("it is gone", async || mails_waiting(&desk, &ada).await == 0).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_quotes_who_is_erased_or_what_is_redacted_never_leaves() {
    let desk = without_a_server().await;
    let (ada, eve, ivan, root) =
        (desk.user().await, desk.user().await, desk.it_agent().await, desk.admin().await);
    let (adas, eves) = (desk.ticket(&ada, Some("IT")).await, desk.ticket(&eve, Some("IT")).await);
    say(&desk, &ada, &adas, "of somebody who is erased").await;
    let redacted = say(&desk, &eve, &eves, "what is redacted").await;
    say(&desk, &eve, &eves, "what stays").await;
    until("all wait", async || mails_waiting(&desk, &ivan).await == 3).await;
    let path = format!("messages/{}/redact", redacted["id"].as_str().expect("an id"));
    act(&desk, &root, &eves, &path, json!({ "all": true, "reason": "A name" })).await;
    until("one is gone", async || mails_waiting(&desk, &ivan).await == 2).await;
    erase(&desk, &root, &ada).await;
    until("another is gone", async || mails_waiting(&desk, &ivan).await == 1).await;
    let quoted = serde_json::to_string(&list(&desk, &ivan).await).expect("JSON");
    assert!(
        !quoted.contains("of somebody who is erased") && !quoted.contains("what is redacted"),
        "{quoted}"
    );
    desk.close().await;
}
