//! Without a server, mails are files that only the account of the service can read.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tests::desk::TestDesk;

use super::{mail, wait_until};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("exists").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_a_file_for_its_owner_only() {
    let desk = TestDesk::open().await;
    desk.desk.mail(mail(None, "ada@example.com", "Hello there.")).await.expect("queued");
    let mails = desk.mails_to("ada@example.com", 1).await;
    assert_eq!(mails[0].text.trim(), "Hello there.");
    assert_eq!(mails[0].header("Subject"), "News of the desk");
    let folder = desk.data().join("mail");
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).expect("a folder").flatten() {
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
    }
    wait_until(&desk, |status| status.waiting == 0).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_reaches_nobody_gets_no_mail() {
    let desk = TestDesk::open().await;
    for nobody in ["x@no-address.invalid", "admin@localhost.localdomain"] {
        desk.desk.mail(mail(None, nobody, "Hello")).await.expect("accepted");
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from desk.outgoing_mail")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(rows, 0);
    assert!(!desk.data().join("mail").exists());
    desk.close().await;
}
