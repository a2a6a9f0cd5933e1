//! Outgoing mail, against a real SMTP server and into the folder.

mod crash;
mod delivery;
mod folder;
mod privacy;
mod trouble;

use std::time::{Duration, Instant};

use domain::id::UserId;
use domain::user::values::EmailAddress;
use infrastructure::mail::{Letter, NewMail, Status, status};
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::smtp::SmtpServer;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A desk on `database` that sends by `server`.
async fn sending_by(server: &SmtpServer, database: TestDatabase) -> TestDesk {
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    TestDesk::with(database, &settings).await
}

/// A mail to `address` that says `text`.
fn mail(person: Option<UserId>, address: &str, text: &str) -> NewMail {
    let address = EmailAddress::parse(address).expect("an address");
    NewMail::new(person, address, Letter::new("News of the desk").paragraph(text))
}

/// Waits until the queue of `desk` is as it should be.
async fn wait_until(desk: &TestDesk, is_so: impl Fn(&Status) -> bool) -> Status {
    let started = Instant::now();
    loop {
        let status = status(desk.desk.pool()).await.expect("a status");
        if is_so(&status) {
            return status;
        }
        assert!(started.elapsed() < PATIENCE, "{status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes whatever waits for its next try due now.
async fn hurry(desk: &TestDesk) {
    sqlx::query("update desk.outgoing_mail set next_attempt_at = now()")
        .execute(desk.desk.pool())
        .await
        .expect("updated");
}
