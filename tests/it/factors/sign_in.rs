//! Signing in with a password and a code.

use domain::access::Role;
use futures::future::join_all;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};

use super::{guarded, post, sign_in, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_a_second_factor_signs_in_with_password_and_code() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let missing = sign_in(&desk, &ada.name, None).await;
    assert_eq!(told(&missing), (401, "AUTH_INVALID", "TOTP_REQUIRED"));
    let wrong = sign_in(&desk, &ada.name, Some("000000")).await;
    assert_eq!(told(&wrong), (401, "AUTH_INVALID", "TOTP_INVALID"));
    let code = ada.fresh_code(&desk).await;
    let pair = sign_in(&desk, &ada.name, Some(&code)).await.expect(200);
    assert_eq!(pair.body["user"]["id"], ada.signed.id.to_string());

    let code = ada.fresh_code(&desk).await;
    let form = format!("username={}&password=correct+horse+battery&totp={code}", ada.name);
    let request = desk.request(None, reqwest::Method::POST, "/api/v1/auth/token");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let _ = desk.send(request).await.expect(200);
    desk.close().await;
}

/// Only who knows the password is told that there is a second factor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_nothing_about_the_second_factor() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let code = ada.fresh_code(&desk).await;
    let unknown = json!({ "username": "nobody", "password": "a wrong guess", "totp": code });
    let unknown = post(&desk, "/api/v1/auth/login", &unknown).await;
    for totp in [None, Some(code.as_str()), Some("000000")] {
        let body = json!({ "username": ada.name, "password": "a wrong guess", "totp": totp });
        let answer = post(&desk, "/api/v1/auth/login", &body).await;
        assert_eq!(told(&answer), (401, "AUTH_INVALID", ""));
        assert_eq!(answer.body["error"]["message"], unknown.body["error"]["message"]);
        assert_eq!(answer.body["error"]["details"], unknown.body["error"]["details"]);
    }
    let _ = sign_in(&desk, &ada.name, Some(&code)).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_good_once_though_its_time_is_not_over() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let code = ada.fresh_code(&desk).await;
    let _ = sign_in(&desk, &ada.name, Some(&code)).await.expect(200);
    let again = sign_in(&desk, &ada.name, Some(&code)).await;
    assert_eq!(told(&again), (401, "AUTH_INVALID", "TOTP_INVALID"));
    let earlier = sign_in(&desk, &ada.name, Some(&ada.code_in(-30))).await;
    assert_eq!(told(&earlier), (401, "AUTH_INVALID", "TOTP_INVALID"), "nor is one from before it");
    let _ = sign_in(&desk, &ada.name, Some(&ada.code_in(30))).await.expect(200);
    desk.close().await;
}

/// Two nodes, so that nothing in one process keeps the racers apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_show_one_code_at_once_one_signs_in() {
    let one = TestDesk::open().await;
    let other = one.another_node().await;
    let ada = guarded(&one, Role::User).await;
    for round in 0..3 {
        let code = ada.fresh_code(&one).await;
        let desks = [&one, &other];
        let all = (0..50).map(|n| sign_in(desks[n % 2], &ada.name, Some(&code)));
        let statuses: Vec<u16> = join_all(all).await.iter().map(|answer| answer.status.as_u16()).collect();
        let good = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(good, 1, "round {round}: {statuses:?}");
        assert!(statuses.iter().all(|status| [200, 401, 429, 503].contains(status)), "{statuses:?}");
        forget_guesses(&one).await;
    }
    other.close().await;
    one.close().await;
}

/// As if a quarter of an hour had passed.
async fn forget_guesses(desk: &TestDesk) {
    let forget = sqlx::query("delete from desk.guesses");
    forget.execute(&mut desk.database.owner().await).await.expect("forgotten");
}

/// Each guess has the right password, so only the code's own limit stops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_cannot_be_guessed_one_after_the_other_nor_all_at_once() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let guesses = (0..30).map(|n| format!("{:06}", n * 31)).collect::<Vec<_>>();
    let answers = join_all(guesses.iter().map(|guess| sign_in(&desk, &ada.name, Some(guess)))).await;
    let looked_at = answers.iter().filter(|answer| told(answer).2 == "TOTP_INVALID").count();
    assert!(looked_at <= 5, "{looked_at} codes were compared");
    let mut refused = answers.iter().filter(|answer| answer.status == 429);
    assert!(refused.clone().count() >= 20, "{answers:?}");
    assert!(refused.all(|answer| !answer.header("retry-after").is_empty()));
    let code = ada.fresh_code(&desk).await;
    let _ = sign_in(&desk, &ada.name, Some(&code)).await.expect(429);
    let proof = json!({ "password": PASSWORD, "totp": code });
    let elsewhere = desk.post(&ada.signed, "/api/v1/auth/2fa/recovery-codes", proof).await;
    assert_eq!(elsewhere.status, 429, "the same attempts wherever a code is asked for: {}", elsewhere.body);
    forget_guesses(&desk).await;
    let _ = sign_in(&desk, &ada.name, Some(&code)).await.expect(200);
    desk.close().await;
}
