//! Servers that are away, refuse, hang or are not who they should be.

use std::time::Duration;

use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::smtp::{SmtpServer, Tls};

use super::{hurry, mail, sending_by, wait_until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_queued_while_the_server_was_away_arrives_once_when_it_is_back() {
    let mut server = SmtpServer::prepared(Tls::StartTls, None);
    let desk = sending_by(&server, TestDatabase::create().await).await;
    desk.desk.mail(mail(None, "ada@example.com", "Hello")).await.expect("queued");
    let status = wait_until(&desk, |status| status.last_error.is_some()).await;
    assert_eq!((status.waiting, status.given_up), (1, 0));
    assert_eq!(status.last_error.as_deref(), Some("connecting: the connection failed"));
    server.launch();
    server.up().await;
    hurry(&desk).await;
    wait_until(&desk, |status| status.waiting == 0).await;
    assert_eq!(server.received().len(), 1);
    server.kill();
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recipient_that_is_refused_is_given_up_and_holds_up_nobody() {
    let server = SmtpServer::start(Tls::None, None).await;
    let desk = sending_by(&server, TestDatabase::create().await).await;
    for to in ["refused@example.com", "later@example.com", "ada@example.com"] {
        desk.desk.mail(mail(None, to, "Hello")).await.expect("queued");
    }
    let status = wait_until(&desk, |status| status.given_up == 1 && status.waiting == 1).await;
    assert_eq!(server.received().len(), 1, "{status:?}");

    // What operators see of it names nobody.
    let admin = desk.admin().await;
    let ready = desk.get(&admin, "/health/ready").await.expect(200).body;
    assert_eq!((&ready["mail"]["given_up"], &ready["mail"]["waiting"]), (&1.into(), &1.into()));
    let metrics = reqwest::get(desk.url("/metrics")).await.expect("metrics").text().await.expect("a text");
    assert!(metrics.contains("ledgerdesk_mail_given_up 1"), "{metrics}");
    let errors: Vec<String> = sqlx::query_scalar("select error from desk.outgoing_mail order by dead_at")
        .fetch_all(desk.desk.pool())
        .await
        .expect("errors");
    assert_eq!(errors, ["sending: the server answered 550", "sending: the server answered 451"]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_holds_up_neither_other_mails_nor_the_desk() {
    let server = SmtpServer::start(Tls::None, None).await;
    let desk = sending_by(&server, TestDatabase::create().await).await;
    desk.desk.mail(mail(None, "hang@example.com", "Hello")).await.expect("queued");
    desk.desk.mail(mail(None, "ada@example.com", "Hello")).await.expect("queued");
    server.wait_for(1).await;
    wait_until(&desk, |status| status.waiting == 1).await;
    // It stops at once, and the next one tries again.
    let closing = tokio::time::timeout(Duration::from_secs(10), desk.close()).await;
    drop(closing.expect("the desk closes in time"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_nobody_took_in_time_is_given_up() {
    let server = SmtpServer::prepared(Tls::None, None);
    let desk = sending_by(&server, TestDatabase::create().await).await;
    let mut late = mail(None, "ada@example.com", "Hello");
    late.good_until = Some(chrono::Utc::now() - chrono::TimeDelta::seconds(1));
    desk.desk.mail(late).await.expect("queued");
    let status = wait_until(&desk, |status| status.given_up == 1).await;
    assert_eq!(status.last_error.as_deref(), Some("not taken in time; at last: no try"));
    desk.close().await;
}

/// Queues a mail on a desk set to `settings` and gives why it does not leave.
async fn refused_because(settings: &[(&str, String)]) -> String {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    desk.desk.mail(mail(None, "ada@example.com", "Hello")).await.expect("queued");
    let status = wait_until(&desk, |status| status.last_error.is_some()).await;
    assert_eq!((status.waiting, status.given_up), (1, 0), "worth another try: {status:?}");
    desk.close().await;
    status.last_error.expect("an error")
}

/// The settings for `server` with one of them changed.
fn but(server: &SmtpServer, name: &str, value: &str) -> Vec<(&'static str, String)> {
    let mut settings = server.settings();
    let setting = settings.iter_mut().find(|(set, _)| *set == name).expect("set");
    value.clone_into(&mut setting.1);
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_to_a_server_that_cannot_prove_who_it_is_or_does_not_know_us() {
    let server = SmtpServer::start(Tls::StartTls, Some(("desk", "hush hush"))).await;
    let plain = SmtpServer::start(Tls::None, None).await;
    let authority = tempfile::NamedTempFile::new().expect("a file");
    let pem = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(authority.path(), pem.cert.pem()).expect("written");
    let authority = authority.path().display().to_string();

    let cases = [
        (but(&server, "SMTP_CA_FILE", &authority), "STARTTLS: "),
        (but(&server, "SMTP_PASS", "wrong"), "signing in: the server answered 535"),
        // The certificate is for `localhost`.
        (but(&server, "SMTP_HOST", "127.0.0.1"), "STARTTLS: "),
        (but(&plain, "SMTP_TLS", "starttls"), "STARTTLS: the server does not offer it"),
    ];
    for (settings, why) in cases {
        let because = refused_because(&settings).await;
        assert!(because.starts_with(why), "{because} instead of {why}");
    }
    assert!(server.received().is_empty() && plain.received().is_empty());
}
