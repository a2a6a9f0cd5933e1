//! The same with an S3-compatible service instead of a folder.

use reqwest::Method;
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::s3::S3Server;

use super::tampering::not_served;
use super::{at, download, fetch, files_in, rows, text, until, upload, upload_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_kept_with_a_service_and_go_from_there() {
    let service = S3Server::start().await;
    let settings = service.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    // In one piece, and in several.
    let (small, large) = (text(100_000), text(7_000_000));
    let one = upload_to(&desk, &ada, &ticket, &small).await;
    let other = upload(&desk, &ada, "large.txt", &large).await.expect(201).body;
    for (file, content) in [(&one, &small), (&other, &large)] {
        assert!(download(&desk, &ada, file).await.bytes.expect("whole") == *content);
    }
    let part = desk.request(Some(&ada), Method::GET, &at(&other, "/download"));
    let part = fetch(part.header("Range", "bytes=6000000-6000099")).await;
    assert!(part.status == 206 && part.bytes.expect("right") == large[6_000_000..6_000_100]);
    let mut objects = service.objects().await;
    assert!(objects.iter().all(|name| name.starts_with("desk/")), "{objects:?}");
    assert_eq!((objects.len(), files_in(&desk.data().join("attachments")).len()), (2, 0));
    for name in &objects {
        let bytes = service.object(name).await;
        assert!(!bytes.windows(4).any(|window| window == b"qzat"), "{name} is sealed");
    }
    // What is refused is called off there, too.
    let _ = upload(&desk, &ada, "larger.txt", &text(11_000_000)).await.expect(413);
    until("nothing stays of it", async || service.unfinished().await == 0 && rows(&desk).await == (0, 2))
        .await;
    // A byte that was changed there.
    objects.retain(|name| name.ends_with(one["id"].as_str().expect("an id")));
    let mut bytes = service.object(&objects[0]).await;
    bytes[70_000] ^= 1;
    service.replace(&objects[0], bytes).await;
    not_served(&desk, &ada, &one, &small, "a byte at the service").await;
    for file in [&one, &other] {
        let _ = desk.send(desk.request(Some(&ada), Method::DELETE, &at(file, ""))).await.expect(204);
    }
    until("they are gone", async || service.objects().await.is_empty()).await;
    desk.close().await;
    drop(service);
}

/// A service that is away is said to be, and nothing is stored by halves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_away_is_no_fault_of_the_file() {
    let settings = [
        ("UPLOAD_URL", "s3://files"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "an-id-of-the-tests"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
    ];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let ada = desk.user().await;
    let refused = upload(&desk, &ada, "a.txt", b"hello").await.expect(503);
    assert!(!refused.body.to_string().contains("127.0.0.1:9"), "{}", refused.body);
    assert_eq!(rows(&desk).await.1, 0);
    desk.close().await;
}
