//! However often an event is handled, and by however many processes: each is told once.

use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::{ON, address, all_is_told, list, say, told, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_begin_anew_raise_nothing_twice() {
    let desk = super::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, None).await;
    say(&desk, &root, &ticket, "hello").await;
    told(&desk, &ada, 1).await;
    desk.mails_to(&address(&ada), 1).await;
    let database = desk.close().await;
    sqlx::query("update desk.handlers set position = 0 where name = 'notifications'")
        .execute(database.database.pool())
        .await
        .expect("begun anew");
    let desk = TestDesk::with(database, &ON).await;
    all_is_told(&desk).await;
    assert_eq!(list(&desk, &ada).await.len(), 1);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_one_raises_and_one_sends() {
    let desk = super::open().await;
    let other = TestDesk::with(TestDatabase::at(desk.database.options.clone()), &ON).await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, None).await;
    for n in 0..10 {
        say(if n % 2 == 0 { &desk } else { &other }, &root, &ticket, &format!("message {n}")).await;
    }
    told(&desk, &ada, 10).await;
    all_is_told(&desk).await;
    let sent = async || {
        let mut all = desk.mails_to(&address(&ada), 0).await;
        all.extend(other.mails_to(&address(&ada), 0).await);
        all
    };
    until("all are sent", async || sent().await.len() >= 10).await;
    let mut texts: Vec<String> =
        sent().await.into_iter().map(|mail| mail.header("Message-ID").to_owned()).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 10);
    other.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_it_is_off_nobody_is_told_then_or_later() {
    let desk = TestDesk::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let ticket = desk.ticket(&ada, None).await;
    say(&desk, &root, &ticket, "of no consequence").await;
    let head = desk.head().await;
    let passed = "select position from desk.handlers where name = 'notifications'";
    let position = async || {
        let position: i64 = sqlx::query_scalar(passed).fetch_one(desk.desk.pool()).await.expect("a position");
        position
    };
    until("all is passed over", async || position().await >= head).await;
    let desk = TestDesk::with(desk.close().await, &ON).await;
    all_is_told(&desk).await;
    assert_eq!(list(&desk, &ada).await.len(), 0);
    desk.close().await;
}
