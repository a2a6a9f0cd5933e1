//! Nobody is told who has an account: neither by an answer nor by how long it takes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::desk::{Answer, PASSWORD, TestDesk};

use super::{account, anybody};

/// How often each is asked.
const TIMES: usize = 40;

/// An answer without what is different in every answer.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("timestamp");
        error.remove("request_id");
    }
    (answer.status.as_u16(), body)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Asks at `path` about somebody and about nobody, in turn: the answers are the same, and take as long.
async fn tells_nothing(desk: &TestDesk, path: &str, body: impl Fn(&str, usize) -> Value) {
    let mut times = [Vec::new(), Vec::new()];
    let mut answers = Vec::new();
    for round in 0..TIMES * 2 {
        // Each goes first as often as the other.
        let which = usize::from((round % 2 == 0) != (round / 2 % 2 == 0));
        let name =
            if which == 0 { format!("known-{}", round / 2 % 8) } else { format!("nobody-{}", round / 2 % 8) };
        // Whoever asked a lot is refused, known or not; that is tested elsewhere.
        sqlx::query("delete from desk.guesses").execute(desk.desk.pool()).await.expect("forgiven");
        let started = Instant::now();
        let answer = anybody(desk, path, &body(&name, round)).await;
        times[which].push(started.elapsed());
        answers.push(told(&answer));
        // What is done after the answer is not to be measured with the next.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{path}: {answers:?}");
    let [known, unknown] = times.map(median);
    let apart = known.abs_diff(unknown);
    assert!(
        apart < Duration::from_millis(5) || apart < known.min(unknown) / 4,
        "{path}: {known:?} for somebody, {unknown:?} for nobody"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_who_has_an_account() {
    let desk = TestDesk::open().await;
    for number in 0..8 {
        let _ = account(&desk, &format!("known-{number}")).await;
    }
    let email = |name: &str| format!("{name}@example.com");
    tells_nothing(&desk, "password/forgot", |name, _| json!({ "email": email(name) })).await;
    tells_nothing(&desk, "request-otp", |name, _| json!({ "email": email(name) })).await;
    tells_nothing(&desk, "verify-otp", |name, _| json!({ "email": email(name), "otp": "000000" })).await;
    tells_nothing(&desk, "login", |name, _| json!({ "username": name, "password": "not the password" }))
        .await;
    tells_nothing(&desk, "login", |name, _| json!({ "email": email(name), "password": "wrong" })).await;
    // Without a proof nobody hears whether the address is somebody's.
    tells_nothing(&desk, "register", |name, round| {
        json!({
            "username": format!("newcomer-{round}"), "password": PASSWORD, "email": email(name),
            "verification_token": "A".repeat(43),
        })
    })
    .await;
    desk.close().await;
}
