//! Fetching: whole or a part, as it was.

use reqwest::Method;
use tests::desk::TestDesk;

use super::{at, download, fetch, sha256, text, upload};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_part_is_fetched_by_itself() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let content = text(200_000);
    let file = upload(&desk, &ada, "a.txt", &content).await.expect(201).body;
    let part = |range: &str| {
        fetch(desk.request(Some(&ada), Method::GET, &at(&file, "/download")).header("Range", range))
    };
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=0-65535", 0, 65_536),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=65536-131071", 65_536, 131_072),
        ("bytes=70000-180000", 70_000, 180_001),
        ("bytes=199999-", 199_999, 200_000),
        ("bytes=-1", 199_999, 200_000),
        ("bytes=-70000", 130_000, 200_000),
        ("bytes=100-99999999", 100, 200_000),
        ("bytes=0-", 0, 200_000),
    ] {
        let fetched = part(range).await;
        assert_eq!(fetched.status, 206, "{range}");
        assert_eq!(fetched.header("content-range"), format!("bytes {from}-{}/200000", to - 1), "{range}");
        assert_eq!(fetched.header("content-length"), (to - from).to_string(), "{range}");
        assert!(fetched.bytes.expect("whole") == content[from..to], "{range}");
    }
    for range in ["bytes=200000-", "bytes=999999-1000000", "bytes=-0"] {
        let refused = part(range).await;
        assert_eq!((refused.status, refused.header("content-range")), (416, "bytes */200000"), "{range}");
    }
    for range in ["bytes=0-1,5-6", "bytes=x", "lines=1-2"] {
        let whole = part(range).await;
        assert_eq!((whole.status, whole.bytes.expect("whole").len()), (200, 200_000), "{range}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_says_what_it_is_and_is_never_changed_on_the_way() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let content = text(100_000);
    let file = upload(&desk, &ada, "größe.txt", &content).await.expect(201).body;
    let request = desk.request(Some(&ada), Method::GET, &at(&file, "/download"));
    let fetched = fetch(request.header("Accept-Encoding", "gzip, br")).await;
    assert_eq!(fetched.header("etag"), format!("\"{}\"", sha256(&content)));
    assert_eq!(fetched.header("content-length"), "100000");
    assert_eq!(fetched.header("content-encoding"), "", "it is not compressed");
    assert_eq!(fetched.header("accept-ranges"), "bytes");
    assert_eq!(fetched.header("content-disposition"), "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt");
    assert!(fetched.bytes.expect("whole") == content);
    // What follows on something else is not what is asked for.
    let part = |tag: &str| {
        let request = desk.request(Some(&ada), Method::GET, &at(&file, "/download"));
        fetch(request.header("Range", "bytes=0-9").header("If-Range", tag))
    };
    assert_eq!(part(&format!("\"{}\"", sha256(&content))).await.status, 206);
    assert_eq!(part("\"something else\"").await.status, 200);
    let head = fetch(desk.request(Some(&ada), Method::HEAD, &at(&file, "/download"))).await;
    assert_eq!((head.status, head.header("content-length")), (200, "100000"));
    assert!(head.bytes.expect("nothing").is_empty());
    for bad in ["/download?x=1", "/download?link="] {
        let refused = fetch(desk.request(Some(&ada), Method::GET, &at(&file, bad))).await;
        assert!([401, 422].contains(&refused.status), "{bad}: {}", refused.status);
    }
    assert_eq!(download(&desk, &ada, &file).await.status, 200);
    desk.close().await;
}
