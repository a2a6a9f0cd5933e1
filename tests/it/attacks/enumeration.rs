//! Finding out who has an account, by what a sign-in answers and how long it takes.

use std::time::{Duration, Instant};

use application::Request;
use chrono::Utc;
use domain::user::UserCommand;
use serde_json::Value;
use tests::desk::{Answer, PASSWORD, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{Caller, WRONG, account};

/// How many accounts there are, and how often each is tried: fewer times than it may be wrong.
const ACCOUNTS: usize = 6;
const TRIES: usize = 4;

/// An answer without what differs from request to request.
fn said(answer: &Answer) -> (u16, Value, Vec<(String, String)>) {
    let mut body = answer.body.clone();
    for field in ["timestamp", "request_id"] {
        body["error"][field] = Value::Null;
    }
    let headers = answer.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    let headers = headers.map(|(name, value)| {
        // How much a network has left goes down with each request, whoever is named in it.
        let counts = matches!(name.as_str(), "ratelimit" | "x-ratelimit-remaining" | "x-ratelimit-reset");
        let value = if counts { "".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        (name.to_string(), value.into_owned())
    });
    (answer.status.as_u16(), body, headers.collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// In turns, so that whatever else the machine does falls on both alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_and_unknown_accounts_are_answered_alike_and_as_fast() {
    let desk = TestDesk::open().await;
    for number in 0..ACCOUNTS {
        account(&desk, &format!("known-{number}")).await;
    }
    let (mut known, mut unknown, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..ACCOUNTS * TRIES {
        let number = turn % ACCOUNTS;
        let caller = Caller::at(&format!("127.0.{}.1", turn % 4 + 1));
        for (kind, times) in [("known", &mut known), ("nobody", &mut unknown)] {
            let name = format!("{kind}-{number}");
            let name = if turn % 2 == 0 { name } else { format!("{name}@example.com") };
            let began = Instant::now();
            let answer = caller.sign_in(&desk, &name, WRONG).await;
            times.push(began.elapsed());
            answers.push(said(&answer));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{:?}", &answers[..2]);
    let (known, unknown) = (median(known), median(unknown));
    // Without the hash for nobody it would be a tenth; half as long again is what a busy machine may do to a median.
    let far_apart = known > unknown.mul_f64(1.5) || unknown > known.mul_f64(1.5);
    assert!(!far_apart, "known {known:?}, unknown {unknown:?}");
    desk.close().await;
}

/// Nor does it tell that an account is there and closed, even to whoever has its password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_account_is_answered_as_nobody_s_is() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    desk.desk.commands.user(&request, ada, UserCommand::Deactivate).await.expect("deactivated");
    let caller = Caller::at("127.0.1.1");
    for turn in 0..6 {
        let closed = caller.sign_in(&desk, "ada", PASSWORD).await;
        let nobody = caller.sign_in(&desk, "nobody", PASSWORD).await;
        assert_eq!(closed.status, if turn < 5 { 401 } else { 429 });
        assert_eq!((closed.status, closed.code()), (nobody.status, nobody.code()), "{turn}");
    }
    desk.close().await;
}
