//! Setting a second factor up, and taking it away.

use chrono::Utc;
use domain::access::Role;
use infrastructure::two_factor::TotpSecret;
use serde_json::json;
use tests::desk::{PASSWORD, TestDesk};

use super::{events_of, guarded, holder, person, sign_in, status_of, told};

const SETUP: &str = "/api/v1/auth/2fa/setup";
const ENABLE: &str = "/api/v1/auth/2fa/enable";
const DISABLE: &str = "/api/v1/auth/2fa/disable";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_for_until_the_app_has_shown_a_code() {
    let desk = TestDesk::open().await;
    let ada = person(&desk, Role::User).await;
    let early = desk.post(&ada.signed, ENABLE, json!({ "code": "123456" })).await;
    assert_eq!(told(&early), (409, "TWO_FACTOR_NOT_SET_UP", ""));
    for (proof, code) in [(json!({}), "PASSWORD_REQUIRED"), (json!({ "password": "x" }), "PASSWORD_INVALID")]
    {
        let refused = desk.post(&ada.signed, SETUP, proof).await;
        assert_eq!(told(&refused), (403, "REAUTHENTICATION_FAILED", code));
    }
    let proof = json!({ "password": PASSWORD });
    let first = desk.post(&ada.signed, SETUP, proof.clone()).await.expect(200);
    let second = desk.post(&ada.signed, SETUP, proof.clone()).await.expect(200);
    let [first, app] = [first, second].map(|answer| {
        let url = answer.body["otpauth_url"].as_str().expect("a link");
        assert!(url.starts_with(&format!("otpauth://totp/Ledgerdesk:{}?", ada.name)), "{url}");
        TotpSecret::parse(answer.body["secret"].as_str().expect("a secret")).expect("a secret")
    });
    let _ = sign_in(&desk, &ada.name, None).await.expect(200);
    let now = Utc::now().timestamp();
    let replaced = desk.post(&ada.signed, ENABLE, json!({ "code": first.code_at(now) })).await;
    assert_eq!(told(&replaced), (422, "VALIDATION_ERROR", ""));
    let _ = desk.post(&ada.signed, ENABLE, json!({ "code": app.code_at(now) })).await.expect(200);
    assert_eq!(told(&sign_in(&desk, &ada.name, None).await), (401, "AUTH_INVALID", "TOTP_REQUIRED"));
    let reused = sign_in(&desk, &ada.name, Some(&app.code_at(now))).await;
    assert_eq!(told(&reused), (401, "AUTH_INVALID", "TOTP_INVALID"), "the code that enabled it is used up");
    for path in [SETUP, ENABLE] {
        let body = if path == SETUP { proof.clone() } else { json!({ "code": app.code_at(now + 30) }) };
        assert_eq!(told(&desk.post(&ada.signed, path, body).await), (409, "TWO_FACTOR_ON", ""));
    }
    desk.close().await;
}

/// Whoever signed in while the password was enough is out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enabling_ends_the_other_sign_ins_and_not_this_one() {
    let desk = TestDesk::open().await;
    let ada = person(&desk, Role::User).await;
    let pair = sign_in(&desk, &ada.name, None).await.expect(200);
    let other = holder(&pair, Role::User);
    assert_eq!(status_of(&desk, &other).await, 200);
    let proof = json!({ "password": PASSWORD });
    let secret = desk.post(&ada.signed, SETUP, proof).await.expect(200).body["secret"].clone();
    let app = TotpSecret::parse(secret.as_str().expect("a secret")).expect("a secret");
    let code = json!({ "code": app.code_at(Utc::now().timestamp()) });
    let _ = desk.post(&ada.signed, ENABLE, code).await.expect(200);
    assert_eq!(status_of(&desk, &other).await, 401);
    let refresh = json!({ "refresh_token": pair.body["refresh_token"] });
    let _ = super::post(&desk, "/api/v1/auth/refresh", &refresh).await.expect(401);
    assert_eq!(status_of(&desk, &ada.signed).await, 200);
    let refresh = json!({ "refresh_token": ada.pair.body["refresh_token"] });
    let _ = super::post(&desk, "/api/v1/auth/refresh", &refresh).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disabling_takes_the_password_and_a_code() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let code = ada.fresh_code(&desk).await;
    let other =
        holder(&sign_in(&desk, &ada.name, Some(&ada.recovery_codes[0])).await.expect(200), Role::User);
    let cases = [
        (json!({}), "PASSWORD_REQUIRED"),
        (json!({ "totp": code }), "PASSWORD_REQUIRED"),
        (json!({ "password": PASSWORD }), "TOTP_REQUIRED"),
        (json!({ "password": "a wrong guess", "totp": code }), "PASSWORD_INVALID"),
        (json!({ "password": PASSWORD, "totp": "000000" }), "TOTP_INVALID"),
    ];
    for (proof, detail) in cases {
        let refused = desk.post(&ada.signed, DISABLE, proof.clone()).await;
        assert_eq!(told(&refused), (403, "REAUTHENTICATION_FAILED", detail), "{proof}");
    }
    let proof = json!({ "password": PASSWORD, "totp": code });
    let _ = desk.post(&ada.signed, DISABLE, proof.clone()).await.expect(204);
    assert_eq!(status_of(&desk, &other).await, 401, "other sign-ins end");
    assert_eq!(status_of(&desk, &ada.signed).await, 200);
    let _ = sign_in(&desk, &ada.name, None).await.expect(200);
    assert_eq!(told(&desk.post(&ada.signed, DISABLE, proof).await), (409, "TWO_FACTOR_OFF", ""));
    let events = events_of(&desk, ada.signed.id).await;
    let expected =
        ["UserCreated", "TwoFactorEnabled", "RecoveryCodesMade", "RecoveryCodeUsed", "TwoFactorDisabled"];
    assert_eq!(events, expected);
    desk.close().await;
}

/// A dump of the database, and whoever reads the log, learn nothing to sign in with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_the_secret_nor_a_code_is_stored_as_it_is() {
    let desk = TestDesk::open().await;
    let ada = guarded(&desk, Role::User).await;
    let secret = ada.app.as_ref().expect("an app").reveal();
    let mut owner = desk.database.owner().await;
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text from information_schema.tables
          where table_schema in ('desk', 'ledger', 'read') and table_type = 'BASE TABLE'",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the tables");
    assert!(tables.len() > 15, "{tables:?}");
    for (schema, table) in tables {
        let dump = format!("select coalesce(string_agg(t::text, E'\\n'), '') from {schema}.{table} t");
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(dump)).fetch_one(&mut owner).await.expect("the rows");
        let bare = ada.recovery_codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]);
        for text in bare.chain([secret.clone()]) {
            assert!(!rows.contains(&text), "{schema}.{table} has a secret");
        }
    }
    desk.close().await;
}
