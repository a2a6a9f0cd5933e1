//! Recovery codes: each is good once instead of the app.

use std::collections::BTreeSet;

use domain::access::Role;
use futures::future::join_all;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};

use super::{events_of, guarded, sign_in, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_signs_in_once_however_it_is_typed() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let codes: BTreeSet<&String> = ada.recovery_codes.iter().collect();
    assert_eq!(codes.len(), 10);
    let typed = ada.recovery_codes[3].to_uppercase().replace('-', " ");
    let _ = sign_in(&desk, &ada.name, Some(&typed)).await.expect(200);
    let again = sign_in(&desk, &ada.name, Some(&ada.recovery_codes[3])).await;
    assert_eq!(told(&again), (401, "AUTH_INVALID", "TOTP_INVALID"));
    let shown = desk.get(&ada.signed, "/api/v1/auth/2fa").await.expect(200);
    assert_eq!(shown.body, json!({ "is_enabled": true, "is_required": false, "recovery_codes_left": 9 }));
    let used = events_of(&desk, ada.signed.id).await;
    assert_eq!(used.iter().filter(|event| *event == "RecoveryCodeUsed").count(), 1, "{used:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_show_one_recovery_code_at_once_one_signs_in() {
    let one = TestDesk::open().await;
    let other = one.another_node().await;
    let ada = guarded(&one, Role::User).await;
    let desks = [&one, &other];
    let all = (0..40).map(|n| sign_in(desks[n % 2], &ada.name, Some(&ada.recovery_codes[0])));
    let statuses: Vec<u16> = join_all(all).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    let events = events_of(&one, ada.signed.id).await;
    assert_eq!(events.iter().filter(|event| *event == "RecoveryCodeUsed").count(), 1, "{events:?}");
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_is_good_for_nobody_else() {
    let desk = TestDesk::open().await;
    let (ada, eve) = (guarded(&desk, Role::User).await, guarded(&desk, Role::User).await);
    let theirs = sign_in(&desk, &eve.name, Some(&ada.recovery_codes[0])).await;
    assert_eq!(told(&theirs), (401, "AUTH_INVALID", "TOTP_INVALID"));
    let _ = sign_in(&desk, &ada.name, Some(&ada.recovery_codes[0])).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_recovery_codes_take_the_password_and_a_code_and_replace_the_old_ones() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let path = "/api/v1/auth/2fa/recovery-codes";
    let bare = desk.post(&ada.signed, path, json!({ "password": PASSWORD })).await;
    assert_eq!(told(&bare), (403, "REAUTHENTICATION_FAILED", "TOTP_REQUIRED"));
    let code = ada.fresh_code(&desk).await;
    let bare = desk.post(&ada.signed, path, json!({ "totp": code })).await;
    assert_eq!(told(&bare), (403, "REAUTHENTICATION_FAILED", "PASSWORD_REQUIRED"));
    let made = desk.post(&ada.signed, path, json!({ "password": PASSWORD, "totp": code })).await.expect(200);
    let codes: Vec<String> = serde_json::from_value(made.body["recovery_codes"].clone()).expect("codes");
    assert!(codes.len() == 10 && !codes.contains(&ada.recovery_codes[0]));
    let old = sign_in(&desk, &ada.name, Some(&ada.recovery_codes[0])).await;
    assert_eq!(told(&old), (401, "AUTH_INVALID", "TOTP_INVALID"));
    let _ = sign_in(&desk, &ada.name, Some(&codes[0])).await.expect(200);
    desk.close().await;
}
