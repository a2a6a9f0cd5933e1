//! Codes that prove an address: six digits, hashed, ten minutes, five tries, once.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;
use tests::smtp::{SmtpServer, Tls};

use super::{age, anybody, code_for, set_registration};

const ADA: &str = "ada@example.com";

async fn verify(desk: &TestDesk, email: &str, otp: &str) -> (u16, String) {
    let answer = anybody(desk, "verify-otp", &json!({ "email": email, "otp": otp })).await;
    (answer.status.as_u16(), answer.code().to_owned())
}

fn invalid() -> (u16, String) {
    (400, "OTP_INVALID".to_owned())
}

/// As `row_to_json` shows bytes.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Nobody's guesses count any more, so that what is tested is the code's own limit.
async fn forgive(desk: &TestDesk) {
    sqlx::query("delete from desk.guesses").execute(desk.desk.pool()).await.expect("forgiven");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_came_by_mail_is_good_once() {
    let server = SmtpServer::start(Tls::StartTls, Some(("desk", "hush hush"))).await;
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let asked = anybody(&desk, "request-otp", &json!({ "email": "Ada@Example.com" })).await.expect(202);
    assert_eq!(asked.body["message"], "If there is reason to, a mail is on its way");
    let received = server.wait_for(1).await.remove(0);
    assert_eq!(received.to, [ADA]);
    let code = received.mail.code().to_owned();
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    assert!(!received.mail.header("Subject").contains(&code), "lock screens show subjects");

    let body = json!({ "email": ADA, "otp": code });
    let verified = anybody(&desk, "verify-otp", &body).await.expect(200).body;
    assert_eq!(verified["expires_in"], 1800);
    assert_eq!(verified["verification_token"].as_str().expect("a token").len(), 43, "256 bits");
    assert_eq!(verify(&desk, ADA, &code).await, invalid());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_guesses_at_once_are_five_tries() {
    let desk = TestDesk::open().await;
    let code = code_for(&desk, ADA, 1).await;
    let number: u32 = code.parse().expect("a number");
    let guesses = (1..=200).map(|n| format!("{:06}", (number + n * 4_999) % 1_000_000));
    let answers = join_all(guesses.map(|guess| {
        let desk = &desk;
        async move { verify(desk, ADA, &guess).await.0 }
    }));
    let answers: BTreeSet<u16> = answers.await.into_iter().collect();
    assert!(answers.is_subset(&BTreeSet::from([400, 429])), "{answers:?}");
    let attempts: i16 = sqlx::query_scalar("select attempts from desk.mail_codes")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a code");
    assert_eq!(attempts, 5);
    forgive(&desk).await;
    assert_eq!(verify(&desk, ADA, &code).await, invalid(), "the right one comes too late");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_show_the_right_code_at_once_one_gets_a_token() {
    let desk = TestDesk::open().await;
    let code = code_for(&desk, ADA, 1).await;
    let answers = join_all((0..20).map(|_| verify(&desk, ADA, &code))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_for_its_address_and_its_time_and_the_newest_counts() {
    let desk = TestDesk::open().await;
    let first = code_for(&desk, ADA, 1).await;
    assert_eq!(verify(&desk, "hana@example.com", &first).await, invalid());
    for nonsense in ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0x1234"] {
        assert_eq!(verify(&desk, "hana@example.com", nonsense).await.0 / 100, 4, "{nonsense:?}");
        forgive(&desk).await;
    }
    age(&desk, 61).await;
    let second = code_for(&desk, ADA, 2).await;
    if first != second {
        assert_eq!(verify(&desk, ADA, &first).await, invalid());
    }
    sqlx::query("update desk.mail_codes set expires_at = now() - interval '1 second'")
        .execute(desk.desk.pool())
        .await
        .expect("expired");
    assert_eq!(verify(&desk, ADA, &second).await, invalid());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_gets_one_code_a_minute_and_five_an_hour() {
    let desk = TestDesk::open().await;
    let ask = async || anybody(&desk, "request-otp", &json!({ "email": ADA })).await.expect(202).body;
    let first = ask().await;
    let at_once = join_all((0..8).map(|_| ask())).await;
    assert!(at_once.iter().all(|body| *body == first), "the answer tells nothing");
    for _ in 0..6 {
        age(&desk, 61).await;
        assert_eq!(ask().await, first);
    }
    let codes: i64 = sqlx::query_scalar("select count(*) from desk.mail_codes")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(codes, 5);
    assert_eq!(desk.mails_to(ADA, 5).await.len(), 5);
    age(&desk, 3_600).await;
    ask().await;
    desk.mails_to(ADA, 6).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_code_nor_token_nor_address_is_stored_as_it_is() {
    let desk = TestDesk::open().await;
    let code = code_for(&desk, ADA, 1).await;
    let body = json!({ "email": ADA, "otp": code });
    let verified = anybody(&desk, "verify-otp", &body).await.expect(200).body;
    let token = verified["verification_token"].as_str().expect("a token");
    let row: String = sqlx::query_scalar("select row_to_json(c)::text from desk.mail_codes c")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a row");
    let plain = hex(ADA.as_bytes());
    for secret in [ADA, token, &plain] {
        assert!(!row.contains(secret), "{secret} in {row}");
    }
    // A dump gives the code away neither as it is nor by a hash that anybody could compute.
    let digest = ring::digest::digest(&ring::digest::SHA256, code.as_bytes());
    let digest = hex(digest.as_ref());
    assert!(!row.contains(&digest) && !row.contains(&format!("\"{code}\"")), "{row}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_may_register_no_code_is_sent() {
    let desk = TestDesk::open().await;
    set_registration(&desk, "closed").await;
    let _ = anybody(&desk, "request-otp", &json!({ "email": ADA })).await.expect(202);
    let codes: i64 = sqlx::query_scalar("select count(*) from desk.mail_codes")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(codes, 0);
    desk.close().await;
}
