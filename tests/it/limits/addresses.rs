//! By which address a request is counted.

use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::{ME, ask, desk};

const FORGED: [&str; 5] = ["x-forwarded-for", "forwarded", "cf-connecting-ip", "x-real-ip", "true-client-ip"];

/// What `header` says for a client at `address`.
fn said(header: &str, address: &str) -> String {
    if header == "forwarded" { format!("for=\"{address}\"") } else { address.to_owned() }
}

#[tokio::test]
async fn forged_headers_change_nothing() {
    let desk = desk(3).await;
    let ask = async |header: &str, n: u8| {
        let forged = said(header, &format!("198.51.{n}.1"));
        ask(&desk, ME, &[(header, &forged)]).await
    };
    for (n, header) in (0..3).zip(FORGED) {
        let _ = ask(header, n).await.expect(401);
    }
    for (n, header) in (3..).zip(FORGED) {
        assert_eq!(ask(header, n).await.expect(429).code(), "RATE_LIMIT_EXCEEDED", "{header}");
    }
    desk.close().await;
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_whom_it_speaks_for() {
    let settings = [("RATE_LIMIT_MAX_REQUESTS", "2"), ("TRUSTED_PROXIES", "127.0.0.0/8, fd00::/8")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let list = async |text: &str| ask(&desk, ME, &[("x-forwarded-for", text)]).await.status.as_u16();
    assert_eq!([list("198.51.100.1").await, list("198.51.100.1").await], [401, 401]);
    assert_eq!(list("198.51.100.1").await, 429);
    assert_eq!(list("198.51.100.99").await, 429, "another address of the same connection");
    assert_eq!(list("6.6.6.6, 198.51.100.1, fd00::9").await, 429, "what the client wrote itself");
    assert_eq!(list("::ffff:198.51.100.1").await, 429, "the same in another spelling");
    assert_eq!(list("198.51.101.1").await, 401, "somebody else");
    let standard = async |text: &str| ask(&desk, ME, &[("forwarded", text)]).await.status.as_u16();
    assert_eq!(standard("for=198.51.100.1;proto=https").await, 429);
    // Whoever has a /64 of IPv6 has all of its addresses.
    for suffix in 1..=2 {
        assert_eq!(standard(&format!("for=\"[2001:db8:1:2::{suffix}]:4711\"")).await, 401);
    }
    assert_eq!(standard("for=\"[2001:db8:1:2:ffff::3]\"").await, 429);
    assert_eq!(standard("for=\"[2001:db8:1:3::1]\"").await, 401);
    desk.close().await;
}

#[tokio::test]
async fn no_address_is_stored() {
    let settings = [("TRUSTED_PROXIES", "127.0.0.1")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let _ = ask(&desk, ME, &[("x-forwarded-for", "198.51.100.1")]).await.expect(401);
    let stored: Vec<String> = sqlx::query_scalar("select r::text from desk.rate_limits r")
        .fetch_all(&mut desk.database.owner().await)
        .await
        .expect("rows");
    assert!(!stored.is_empty() && stored.iter().all(|row| !row.contains("198.51")), "{stored:?}");
    desk.close().await;
}
