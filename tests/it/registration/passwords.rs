//! Passwords that are changed by whoever knows them.

use serde_json::json;
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

use super::{account, is_signed_in, signed_in};

const OTHER: &str = "three blind mice run";

async fn change(desk: &TestDesk, who: &Somebody, old: &str, new: &str) -> Answer {
    desk.post(who, "/api/v1/auth/password/change", json!({ "old": old, "new": new })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_ends_every_other_sign_in() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let elsewhere = signed_in(&desk, "ada", PASSWORD).await.expect("a sign-in");
    let elsewhere = Somebody { token: elsewhere, ..ada.clone() };
    assert!(is_signed_in(&desk, &elsewhere).await);
    let changed = change(&desk, &ada, PASSWORD, OTHER).await.expect(200);
    assert_eq!(changed.body["message"], "Password changed");
    assert!(!changed.header("x-ledger-position").is_empty());
    assert!(is_signed_in(&desk, &ada).await && !is_signed_in(&desk, &elsewhere).await);
    assert!(signed_in(&desk, "ada", PASSWORD).await.is_none());
    assert!(signed_in(&desk, "ada", OTHER).await.is_some());
    let mails = desk.mails_to("ada@example.com", 1).await;
    assert!(mails[0].header("Subject").contains("was changed"));
    let admin = desk.admin().await;
    let events = desk.get(&admin, "/api/v1/events?types=PasswordChanged").await.expect(200).body;
    assert_eq!(events["events"][0]["data"], json!({ "how": "change" }));
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_know_the_present_password_changes_nothing() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let head = desk.head().await;
    let refused = change(&desk, &ada, "not the password", OTHER).await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "old");
    for weak in ["short", "password1", "ada@example.com", PASSWORD] {
        let refused = change(&desk, &ada, PASSWORD, weak).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], "new", "{weak}");
    }
    assert!(signed_in(&desk, "ada", PASSWORD).await.is_some());
    // Somebody without a password has none to show.
    let nobody = desk.user().await;
    let _ = change(&desk, &nobody, "", OTHER).await.expect(422);
    let changed = desk.desk.log.verify().await.expect("readable").events;
    assert!(changed > head, "the log goes on");
    let admin = desk.admin().await;
    let events = desk.get(&admin, "/api/v1/events?types=PasswordChanged").await.expect(200).body;
    assert_eq!(events["events"], json!([]));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_token_gives_no_more_guesses_than_the_sign_in() {
    let desk = TestDesk::open().await;
    let ada = account(&desk, "ada").await;
    let mut answers = Vec::new();
    for guess in 0..7 {
        answers.push(change(&desk, &ada, &format!("guess number {guess}"), OTHER).await.status.as_u16());
    }
    assert_eq!(answers[..5], [422; 5]);
    assert!(answers[5..].iter().all(|status| *status == 429), "{answers:?}");
    desk.close().await;
}
