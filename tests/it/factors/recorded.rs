//! What is recorded of second factors: how people came in, and why not.

use domain::access::Role;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{guarded, sign_in};

/// What the events of these types say, oldest first.
async fn recorded(desk: &TestDesk, types: &str) -> Vec<Value> {
    let admin = desk.admin().await;
    let path = format!("/api/v1/events?types={types}&limit=100");
    let answer = desk.get(&admin, &path).await.expect(200);
    let events = answer.body["events"].as_array().expect("events").clone();
    events.into_iter().map(|event| event["data"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_says_which_second_factor_was_shown_and_a_refusal_that_it_was_wrong() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let _ = sign_in(&desk, &ada.name, None).await.expect(401);
    let _ = sign_in(&desk, &ada.name, Some("000000")).await.expect(401);
    let code = ada.fresh_code(&desk).await;
    let _ = sign_in(&desk, &ada.name, Some(&code)).await.expect(200);
    let _ = sign_in(&desk, &ada.name, Some(&ada.recovery_codes[0])).await.expect(200);
    let came: Vec<Value> =
        recorded(&desk, "SignedIn").await.iter().map(|e| e["second_factor"].clone()).collect();
    assert_eq!(came, [Value::Null, json!("totp"), json!("recovery_code")]);
    let refused = recorded(&desk, "SignInRefused").await;
    assert_eq!(refused.len(), 1, "whoever is only asked for a code was not refused: {refused:?}");
    assert_eq!(
        (&refused[0]["why"], &refused[0]["user"]),
        (&json!("wrong_second_factor"), &json!(ada.signed.id))
    );
    let text = serde_json::to_string(&refused).expect("JSON");
    assert!(!text.contains("000000"), "never what was shown: {text}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_says_which_sign_ins_it_ended_and_who_asked_for_it() {
    let desk = TestDesk::open().await;
    let (ada, admin) = (guarded(&desk, Role::User).await, desk.admin().await);
    let _ =
        desk.post(&admin, &format!("/api/v1/users/{}/reset-2fa", ada.signed.id), json!({})).await.expect(200);
    let ended = recorded(&desk, "SessionRevoked").await;
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(
        (&ended[0]["why"], &ended[0]["user"]),
        (&json!("second_factor_changed"), &json!(ada.signed.id))
    );
    let path = format!("/api/v1/admin/audit?action=TwoFactorDisabled&min_position={}", desk.head().await);
    let acts = desk.get(&admin, &path).await.expect(200).body["activity"].clone();
    assert_eq!((&acts[0]["actor"], &acts[0]["target"]), (&json!(admin.id), &json!(ada.signed.id)), "{acts}");
    desk.close().await;
}
