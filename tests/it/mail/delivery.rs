//! A mail that is queued arrives, once, by whichever way the server asks for.

use std::collections::BTreeSet;

use tests::postgres::TestDatabase;
use tests::smtp::{SmtpServer, Tls};

use super::{mail, sending_by, wait_until};

const LOGIN: Option<(&str, &str)> = Some(("desk", "hush hush"));

/// Sends one mail by a server that wants `tls` and `login`.
async fn arrives(tls: Tls, login: Option<(&'static str, &'static str)>) {
    let server = SmtpServer::start(tls, login).await;
    let desk = sending_by(&server, TestDatabase::create().await).await;
    desk.desk.mail(mail(None, "ada@example.com", "Grüße <b>to</b> you.\n.\nEnd")).await.expect("queued");
    let received = server.wait_for(1).await.remove(0);
    wait_until(&desk, |status| status.waiting == 0).await;

    assert_eq!(received.to, ["ada@example.com"]);
    assert_eq!(received.signed_in, login.is_some());
    let sent = &received.mail;
    assert_eq!(sent.header("From"), "Desk <desk@example.org>");
    assert_eq!(sent.header("To"), "ada@example.com");
    assert_eq!(sent.header("Subject"), "News of the desk");
    assert_eq!(sent.header("Auto-Submitted"), "auto-generated");
    let id = sent.header("Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
    assert_eq!(sent.text, "Grüße <b>to</b> you.\n.\nEnd\n");
    assert!(sent.raw.contains("text/html") && sent.raw.contains("&lt;b&gt;"), "{}", sent.raw);
    assert_eq!(server.received().len(), 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_over_starttls_with_a_password() {
    arrives(Tls::StartTls, LOGIN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_over_implicit_tls_with_a_password() {
    arrives(Tls::Implicit, LOGIN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_in_the_clear_on_this_machine() {
    arrives(Tls::None, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_nodes_one_sends_and_every_mail_arrives_once() {
    let server = SmtpServer::start(Tls::None, None).await;
    let first = sending_by(&server, TestDatabase::create().await).await;
    let second = sending_by(&server, TestDatabase::at(first.database.options.clone())).await;
    for number in 0..20 {
        let node = if number % 2 == 0 { &first } else { &second };
        let to = format!("ada-{number}@example.com");
        node.desk.mail(mail(None, &to, "Hello")).await.expect("queued");
    }
    wait_until(&first, |status| status.waiting == 0).await;
    let received = server.wait_for(20).await;
    let to: BTreeSet<_> = received.iter().flat_map(|received| received.to.clone()).collect();
    assert_eq!((received.len(), to.len()), (20, 20));
    drop((second.close().await, first.close().await));
}
