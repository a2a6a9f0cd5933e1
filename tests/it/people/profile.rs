//! What people choose for themselves.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{of, patch};

const ME: &str = "/api/v1/auth/me";

fn chosen(body: &Value) -> Value {
    json!([body["locale"], body["timezone"], body["signature"]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn language_time_zone_and_signature_are_set_kept_and_cleared() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let body = json!({ "locale": "pt_br", "timezone": "Europe/Berlin", "signature": "Ada\r\naccounting" });
    let set = patch(&desk, &ada, ME, body.clone()).await.expect(200);
    assert_eq!(set.header("etag"), "\"v2\"");
    assert_eq!(chosen(&set.body), json!(["pt-BR", "Europe/Berlin", "Ada\naccounting"]));
    let head = desk.head().await;
    let _ = patch(&desk, &ada, "/api/v1/me", body).await.expect(200);
    assert_eq!(desk.head().await, head, "and nothing happens twice");
    let kept = patch(&desk, &ada, ME, json!({ "locale": "de", "signature": null })).await.expect(200);
    assert_eq!(chosen(&kept.body), json!(["de", "Europe/Berlin", null]));
    let read = desk.get(&admin, &of(&ada, "")).await.expect(200);
    assert_eq!(chosen(&read.body), json!(["de", "Europe/Berlin", null]));
    let stale = desk.request(Some(&ada), Method::PATCH, ME).header("If-Match", "\"v1\"");
    let _ = desk.send(stale.json(&json!({ "locale": "en" }))).await.expect(412);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_language_time_zone_or_signature_is_refused() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let head = desk.head().await;
    for (field, bad) in [
        ("locale", json!("german")),
        ("locale", json!("")),
        ("timezone", json!("Berlin")),
        ("timezone", json!("Europe/Berlin\u{0}")),
        ("timezone", json!(7)),
        ("signature", json!(" ")),
        ("signature", json!("x".repeat(2_001))),
        ("signature", json!("a\u{202e}b")),
    ] {
        let refused = patch(&desk, &ada, ME, json!({ field: bad })).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], field, "{}", refused.body);
    }
    assert_eq!(desk.head().await, head);
    desk.close().await;
}

/// A profile is personal: ciphertext in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_holds_a_profile_sealed() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let body = json!({ "timezone": "Antarctica/Troll", "signature": "Canary of the signature" });
    let _ = patch(&desk, &ada, ME, body).await.expect(200);
    let told: i64 = sqlx::query_scalar(
        "select count(*) from ledger.events where payload::text like '%Troll%' or payload::text like '%Canary%'",
    )
    .fetch_one(&mut desk.database.owner().await)
    .await
    .expect("a count");
    assert_eq!(told, 0);
    desk.close().await;
}
