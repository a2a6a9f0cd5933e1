//! What waits is sealed, cannot be forged by its words, and goes with the person it is about.

use std::sync::Arc;

use serde_json::json;
use tests::postgres::TestDatabase;
use tests::smtp::{SmtpServer, Tls};

use super::{mail, sending_by, wait_until};

/// Everything the queue holds, as text.
async fn rows(database: &sqlx::PgPool) -> String {
    let rows: Vec<String> = sqlx::query_scalar("select row_to_json(m)::text from desk.outgoing_mail m")
        .fetch_all(database)
        .await
        .expect("rows");
    rows.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_sealed_and_goes_with_the_person() {
    let server = SmtpServer::prepared(Tls::None, None);
    let desk = sending_by(&server, TestDatabase::create().await).await;
    let (admin, ada, hana) = (desk.admin().await, desk.user().await, desk.user().await);
    for (person, to) in [(Some(ada.id), "ada@example.com"), (Some(hana.id), "hana@example.com")] {
        desk.desk.mail(mail(person, to, "A canary.")).await.expect("queued");
    }
    desk.desk.mail(mail(None, "nobody@example.com", "A canary.")).await.expect("queued");
    let waiting = rows(desk.desk.pool()).await;
    assert_eq!(waiting.lines().count(), 3);
    for word in ["canary", "example.com", "News"] {
        assert!(!waiting.contains(word), "{word} in {waiting}");
    }

    let path = format!("/api/v1/users/{}/erase", ada.id);
    let asked = desk.post(&admin, &path, json!({ "reason": "legal" })).await.expect(200).body;
    let token = &asked["confirmation_token"];
    let body = json!({ "reason": "legal", "confirmation_token": token });
    let _ = desk.post(&admin, &path, body).await.expect(202);
    wait_until(&desk, |status| status.waiting == 2).await;
    assert!(!rows(desk.desk.pool()).await.contains(&ada.id.to_string()));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_mail_opens_in_its_own_row_only() {
    let server = SmtpServer::prepared(Tls::None, None);
    let desk = sending_by(&server, TestDatabase::create().await).await;
    for to in ["ada@example.com", "hana@example.com"] {
        desk.desk.mail(mail(None, to, "Hello")).await.expect("queued");
    }
    // Whoever can write the table swaps what two mails say.
    sqlx::query(
        "update desk.outgoing_mail m set sealed = other.sealed, next_attempt_at = now(), attempts = 0
           from desk.outgoing_mail other
          where other.id <> m.id",
    )
    .execute(desk.desk.pool())
    .await
    .expect("swapped");
    let status = wait_until(&desk, |status| status.given_up == 2).await;
    assert_eq!(status.last_error.as_deref(), Some("the ciphertext is not authentic"));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_words_of_a_mail_become_a_header_or_a_recipient() {
    let server = SmtpServer::start(Tls::None, None).await;
    let desk = Arc::new(sending_by(&server, TestDatabase::create().await).await);
    let mut evil = mail(None, "ada@example.com", "Hello\r\n.\r\nMAIL FROM:<x@y.z>\r\nBcc: x@y.z");
    evil.letter = infrastructure::mail::Letter::new("a\r\nBcc: x@y.z\r\n\r\n.\r\nRCPT TO:<x@y.z>")
        .paragraph("Hello\r\n.\r\nMAIL FROM:<x@y.z>\r\nBcc: x@y.z")
        .code("1\r\n.\r\nQUIT");
    desk.desk.mail(evil).await.expect("queued");
    let received = server.wait_for(1).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].to, ["ada@example.com"]);
    let added = received[0].mail.headers.iter().find(|line| line.starts_with("Bcc"));
    assert_eq!(added, None);
    assert!(received[0].mail.header("Subject").starts_with("a  Bcc: x@y.z"));
}
