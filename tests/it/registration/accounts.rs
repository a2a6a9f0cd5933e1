//! Accounts that people give themselves.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::desk::{PASSWORD, TestDesk};

use super::{account, anybody, proven, set_registration, signed_in};

const ADA: &str = "ada@example.com";

/// Registers, with `more` in the body.
async fn register(desk: &TestDesk, username: &str, more: Value) -> tests::desk::Answer {
    let mut body = json!({ "username": username, "password": PASSWORD });
    let more = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(more);
    anybody(desk, "register", &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_proved_an_address_gets_an_account_once() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    let with = |email: &str| json!({ "email": email, "verification_token": token });
    let created = register(&desk, "ada", with("ADA@example.com")).await.expect(201);
    assert_eq!(created.header("etag"), "\"v1\"");
    let user = &created.body;
    assert_eq!(
        (&user["username"], &user["email"], &user["role"]),
        (&json!("ada"), &json!(ADA), &json!("user"))
    );
    assert_eq!((&user["is_active"], &user["departments"]), (&json!(true), &json!([])));
    assert!(signed_in(&desk, "ada", PASSWORD).await.is_some());

    let head = desk.head().await;
    let again = register(&desk, "hana", with(ADA)).await.expect(422);
    assert_eq!(again.body["error"]["details"]["errors"][0]["field"], "verification_token");
    assert_eq!(desk.head().await, head);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_for_exactly_its_address_and_its_time() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    let with = |email: &str| json!({ "email": email, "verification_token": token });
    // Another address, a plus-tag, a dot, a twin in another script.
    for other in
        ["hana@example.com", "ada+x@example.com", "a.da@example.com", "аda@example.com", "ada@example.com."]
    {
        let _ = register(&desk, "ada", with(other)).await.expect(422);
    }
    let forged = json!({ "email": ADA, "verification_token": "A".repeat(43) });
    let _ = register(&desk, "ada", forged).await.expect(422);
    sqlx::query("update desk.mail_codes set token_expires_at = now() - interval '1 second'")
        .execute(desk.desk.pool())
        .await
        .expect("expired");
    let _ = register(&desk, "ada", with(ADA)).await.expect(422);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_themselves_more_than_the_role_user() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    for (field, value) in [
        ("role", json!("admin")),
        ("departments", json!(["IT"])),
        ("id", json!("019b76da-a800-7000-8000-000000000001")),
        ("is_admin", json!(true)),
        ("is_active", json!(true)),
        ("__proto__", json!({ "role": "admin" })),
        ("Role", json!("admin")),
    ] {
        let mut more = json!({ "email": ADA, "verification_token": token });
        more[field] = value;
        let refused = register(&desk, "ada", more).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["code"], "unknown_field", "{field}");
    }
    let more = json!({ "email": ADA, "verification_token": token });
    let created = register(&desk, "ada", more).await.expect(201);
    assert_eq!(created.body["role"], "user");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_that_wants_codes_takes_nobody_without_an_address() {
    let desk = TestDesk::open().await;
    let refused = register(&desk, "ada", json!({})).await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "email");
    let refused = register(&desk, "ada", json!({ "email": ADA })).await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "verification_token");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_desk_takes_nobody_and_an_open_one_also_without_an_address() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    set_registration(&desk, "closed").await;
    let more = json!({ "email": ADA, "verification_token": token });
    let refused = register(&desk, "ada", more.clone()).await.expect(403);
    assert_eq!(refused.code(), "REGISTRATION_CLOSED");

    set_registration(&desk, "open").await;
    let created = register(&desk, "hana", json!({})).await.expect(201);
    let address = created.body["email"].as_str().expect("an address");
    assert!(address.ends_with("@no-address.invalid"), "{address}");
    assert!(signed_in(&desk, "hana", PASSWORD).await.is_some());
    // An address is proven here, too: otherwise registering would tell whose account it is.
    let _ = register(&desk, "ada", json!({ "email": ADA })).await.expect(422);
    let _ = register(&desk, "ada", more).await.expect(201);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_taken_does_not_use_the_token_up_and_nobody_tries_many() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "taken").await;
    let token = proven(&desk, ADA).await;
    let with = || json!({ "email": ADA, "verification_token": token });
    for _ in 0..4 {
        let refused = register(&desk, "taken", with()).await.expect(409);
        assert_eq!(
            (refused.code(), &refused.body["error"]["details"]["field"]),
            ("DUPLICATE", &json!("username"))
        );
    }
    let _ = register(&desk, "ada", with()).await.expect(201);

    let hana = "hana@example.com";
    let token = proven(&desk, hana).await;
    let with = || json!({ "email": hana, "verification_token": token });
    for _ in 0..5 {
        let _ = register(&desk, "taken", with()).await.expect(409);
    }
    let _ = register(&desk, "hana", with()).await.expect(422);
    let left: i64 = sqlx::query_scalar(
        "select count(*) from desk.credentials c where not exists (select from read.user_directory u where u.id = c.user_id)",
    )
    .fetch_one(desk.desk.pool())
    .await
    .expect("a count");
    assert_eq!(left, 0, "a refused account leaves no password");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_proves_an_address_that_has_an_account_is_told_so() {
    let desk = TestDesk::open().await;
    let _ = account(&desk, "ada").await;
    let token = proven(&desk, ADA).await;
    let more = json!({ "email": ADA, "verification_token": token });
    let refused = register(&desk, "lovelace", more).await.expect(409);
    assert_eq!((refused.code(), &refused.body["error"]["details"]["field"]), ("DUPLICATE", &json!("email")));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_token_makes_one_account_however_many_show_it_at_once() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    let answers = join_all((0..10).map(|n| {
        let more = json!({ "email": ADA, "verification_token": token });
        let desk = &desk;
        async move { register(desk, &format!("ada-{n}"), more).await.status.as_u16() }
    }));
    let answers = answers.await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [201, 422].contains(status)), "{answers:?}");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_password_is_refused_in_words_and_the_token_stays_good() {
    let desk = TestDesk::open().await;
    let token = proven(&desk, ADA).await;
    let body = |password: &str| json!({ "username": "ada.lovelace", "password": password, "email": ADA, "verification_token": token });
    for weak in ["short", "password1", "ada.lovelace1", "ada@example.com", "qwertyuiop"] {
        let refused = anybody(&desk, "register", &body(weak)).await.expect(422).body;
        let error = &refused["error"]["details"]["errors"][0];
        let message = error["message"].as_str().expect("words");
        assert!(error["field"] == "password" && message.len() > 30, "{weak}: {error}");
        assert!(!refused.to_string().contains(&format!("\"{weak}\"")), "{refused}");
    }
    let _ = anybody(&desk, "register", &body(PASSWORD)).await.expect(201);
    desk.close().await;
}
