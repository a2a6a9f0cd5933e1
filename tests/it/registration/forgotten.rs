//! Passwords that are forgotten: a token by mail, good once, which ends every sign-in.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::{Executor as _, PgConnection};
use tests::desk::{Answer, PASSWORD, TestDesk};
use tests::postgres::TestDatabase;

use super::{account, age, anybody, is_signed_in, signed_in};

const ADA: &str = "ada@example.com";
const OTHER: &str = "three blind mice run";

/// Says that the password of `email` is forgotten, and reads the token from the mail, which is the `nth` to there.
async fn token_for(desk: &TestDesk, email: &str, nth: usize) -> String {
    let _ = anybody(desk, "password/forgot", &json!({ "email": email })).await.expect(202);
    desk.mails_to(email, nth).await[nth - 1].code().to_owned()
}

async fn reset(desk: &TestDesk, token: &str, password: &str) -> Answer {
    anybody(desk, "password/reset", &json!({ "token": token, "new_password": password })).await
}

/// What was recorded of changed passwords.
async fn recorded(desk: &TestDesk) -> Vec<String> {
    let admin = desk.admin().await;
    let events = desk.get(&admin, "/api/v1/events?types=PasswordChanged").await.expect(200).body;
    let events = events["events"].as_array().expect("events").iter();
    events.map(|event| event["data"]["how"].as_str().expect("how").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_password_is_chosen_with_the_token_and_every_sign_in_ends() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let pair = anybody(&desk, "login", &json!({ "username": "ada", "password": PASSWORD })).await.expect(200);
    let refresh = json!({ "refresh_token": pair.body["refresh_token"] });
    let token = token_for(&desk, ADA, 1).await;
    assert_eq!(token.len(), 43, "256 bits");

    let changed = reset(&desk, &token, OTHER).await.expect(200);
    assert_eq!(changed.body["message"], "Password changed");
    assert!(!is_signed_in(&desk, &ada).await, "the access token is good no more");
    let _ = anybody(&desk, "refresh", &refresh).await.expect(401);
    assert!(signed_in(&desk, "ada", PASSWORD).await.is_none());
    assert!(signed_in(&desk, "ada", OTHER).await.is_some());
    assert_eq!(recorded(&desk).await, ["reset"]);

    let again = reset(&desk, &token, "and another blind mouse").await.expect(400);
    assert_eq!(again.code(), "RESET_INVALID");
    let mails = desk.mails_to(ADA, 2).await;
    assert!(mails[1].header("Subject").contains("was changed"), "{:?}", mails[1].headers);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_at_another_node_end_within_a_second() {
    let here = TestDesk::open().await;
    let there = TestDesk::on(TestDatabase::at(here.database.options.clone())).await;
    let ada = account(&here, "ada").await;
    assert!(is_signed_in(&there, &ada).await, "and is trusted there for a second");
    // Either node may be the one that sends.
    let _ = anybody(&here, "password/forgot", &json!({ "email": ADA })).await.expect(202);
    let started = std::time::Instant::now();
    let token = loop {
        let mut mails = tests::mails::Mail::in_folder(here.data());
        mails.extend(tests::mails::Mail::in_folder(there.data()));
        if let Some(mail) = mails.first() {
            break mail.code().to_owned();
        }
        assert!(started.elapsed().as_secs() < 30, "no mail");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let _ = reset(&here, &token, OTHER).await.expect(200);
    let changed = std::time::Instant::now();
    while is_signed_in(&there, &ada).await {
        assert!(changed.elapsed().as_millis() < 1_100, "signed in still");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop((there.close().await, here.close().await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_has_its_time_and_one_that_is_used_takes_the_others_with_it() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let first = token_for(&desk, ADA, 1).await;
    age(&desk, 61).await;
    let second = token_for(&desk, ADA, 2).await;
    let _ = reset(&desk, &second, OTHER).await.expect(200);
    let _ = reset(&desk, &first, "and another blind mouse").await.expect(400);

    age(&desk, 61).await;
    let third = token_for(&desk, ADA, 4).await;
    sqlx::query("update desk.password_resets set expires_at = now() - interval '1 second'")
        .execute(desk.desk.pool())
        .await
        .expect("expired");
    let _ = reset(&desk, &third, "and another blind mouse").await.expect(400);
    for nonsense in ["", "x", &"A".repeat(43), &format!("{third}A")] {
        let _ = reset(&desk, nonsense, OTHER).await.expect(400);
    }
    assert!(signed_in(&desk, "ada", OTHER).await.is_some());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_show_one_token_at_once_one_chooses_the_password() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let token = token_for(&desk, ADA, 1).await;
    let passwords: Vec<String> = (0..6).map(|n| format!("{n} blind mice run after")).collect();
    let answers = join_all(passwords.iter().map(|password| reset(&desk, &token, password))).await;
    let winners: Vec<usize> = (0..6).filter(|n| answers[*n].status == 200).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert_eq!(recorded(&desk).await, ["reset"]);
    assert!(signed_in(&desk, "ada", &passwords[winners[0]]).await.is_some());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_password_does_not_use_the_token_up() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let token = token_for(&desk, ADA, 1).await;
    let refused = reset(&desk, &token, "password1").await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "new_password");
    assert!(is_signed_in(&desk, &ada).await && recorded(&desk).await.is_empty());
    let _ = reset(&desk, &token, OTHER).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_sign_in_gets_no_token_and_cannot_use_one() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let token = token_for(&desk, ADA, 1).await;
    let request = application::Request::once(
        tests::postgres::the_desk(),
        chrono::Utc::now(),
        "test",
        uuid::Uuid::now_v7(),
    );
    let deactivate = domain::user::UserCommand::Deactivate;
    desk.desk.commands.user(&request, ada.id, deactivate).await.expect("deactivated");
    let refused = reset(&desk, &token, OTHER).await.expect(400);
    assert_eq!(refused.code(), "RESET_INVALID");

    age(&desk, 61).await;
    for email in [ADA, "nobody@example.com"] {
        let _ = anybody(&desk, "password/forgot", &json!({ "email": email })).await.expect(202);
    }
    let hana = account(&desk, "hana").await;
    let _ = token_for(&desk, "hana@example.com", 1).await;
    assert_eq!(desk.mails_to(ADA, 1).await.len(), 1, "who was asked for before hana gets nothing");
    assert!(desk.mails_to("nobody@example.com", 0).await.is_empty());
    let kept: i64 = sqlx::query_scalar("select count(*) from desk.password_resets where user_id <> all($1)")
        .bind([ada.id.0, hana.id.0].as_slice())
        .fetch_one(desk.desk.pool())
        .await
        .expect("a count");
    assert_eq!(kept, 0);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_gets_one_token_a_minute_and_five_an_hour() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let ask = async || anybody(&desk, "password/forgot", &json!({ "email": ADA })).await.expect(202);
    let _ = join_all((0..8).map(|_| ask())).await;
    desk.mails_to(ADA, 1).await;
    for nth in 2..=5 {
        age(&desk, 61).await;
        let _ = token_for(&desk, ADA, nth).await;
    }
    age(&desk, 61).await;
    let _ = ask().await;
    // Whatever was asked for before this one is dealt with when its mail is there.
    let _ = account(&desk, "hana").await;
    let _ = token_for(&desk, "hana@example.com", 1).await;
    assert_eq!(desk.mails_to(ADA, 5).await.len(), 5);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_stored_as_it_is() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let token = token_for(&desk, ADA, 1).await;
    let row: String = sqlx::query_scalar("select row_to_json(r)::text from desk.password_resets r")
        .fetch_one(desk.desk.pool())
        .await
        .expect("a row");
    assert!(!row.contains(&token) && !row.contains(ADA), "{row}");
    let request = desk.request(None, Method::GET, "/api/v1/auth/password/reset");
    let _ = desk.send(request).await.expect(405);
    desk.close().await;
}

/// Waits until `count` are waiting for the table of sign-ins, which somebody else has locked.
async fn until_waiting(mut superuser: PgConnection, count: i64) {
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks where relation = 'desk.sessions'::regclass and not granted
                and database = (select oid from pg_database where datname = current_database())",
        )
        .fetch_one(&mut superuser)
        .await
        .expect("a count");
        if waiting >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Its password was looked at before the reset, and it comes to be after it: step by step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_a_reset_overtakes_is_none() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let token = token_for(&desk, ADA, 1).await;
    let (one, two) = (desk.database.superuser().await, desk.database.superuser().await);
    let mut lock = desk.database.superuser().await;
    lock.execute("begin").await.expect("begun");
    lock.execute("lock table desk.sessions in exclusive mode").await.expect("locked");

    let login = json!({ "username": "ada", "password": PASSWORD });
    let resetting = async {
        until_waiting(one, 1).await;
        reset(&desk, &token, OTHER).await
    };
    let unlocking = async {
        until_waiting(two, 2).await;
        lock.execute("commit").await.expect("unlocked");
    };
    let (signed_in_meanwhile, replaced, ()) =
        tokio::join!(anybody(&desk, "login", &login), resetting, unlocking);
    assert_eq!(replaced.status.as_u16(), 200);
    assert_eq!(signed_in_meanwhile.status.as_u16(), 401, "{}", signed_in_meanwhile.body);
    assert!(signed_in(&desk, "ada", OTHER).await.is_some());
    desk.close().await;
}
