//! Showing a password.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde_json::{Value, json};
use tests::desk::PASSWORD;

use super::{EMAIL, NAME, desk_with_ada, holder, post, post_form, said, sign_in, stored_hash};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_or_an_address_signs_in_as_json_or_as_a_form() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let login = "/api/v1/auth/login";
    let pairs = [
        post(&desk, login, &json!({ "username": NAME, "password": PASSWORD })).await,
        post(&desk, login, &json!({ "username": "ADA", "password": PASSWORD })).await,
        post(&desk, login, &json!({ "email": "Ada@Example.com", "password": PASSWORD })).await,
        post(&desk, login, &json!({ "username": EMAIL, "password": PASSWORD })).await,
        post(&desk, "/auth/token/", &json!({ "username": NAME, "password": PASSWORD })).await,
        post_form(
            &desk,
            "/api/v1/auth/token",
            "grant_type=password&username=ada&password=correct+horse%20battery",
        )
        .await,
    ];
    for pair in pairs {
        let pair = pair.expect(200);
        assert_eq!(pair.body["token_type"], "bearer");
        assert_eq!(pair.body["user"]["id"], ada.to_string());
        assert!(!pair.body.to_string().contains("password"), "{}", pair.body);
        let _ = desk.get(&holder(&pair), "/api/v1/auth/me").await.expect(200);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_says_when_it_was_last_signed_in_to() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let admin = desk.admin().await;
    let last_login = async || {
        let head = desk.head().await;
        let path = format!("/api/v1/users/{ada}?min_position={head}");
        desk.get(&admin, &path).await.expect(200).body["last_login"].clone()
    };
    assert_eq!(last_login().await, Value::Null);
    let mut before = Utc::now();
    for _ in 0..2 {
        let _ = sign_in(&desk).await.expect(200);
        let at = last_login().await.as_str().and_then(|at| at.parse().ok()).expect("a time");
        assert!(before < at && at < Utc::now(), "{at}");
        before = at;
    }
    desk.close().await;
}

/// A04: who, as what, since when and until when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_access_token_says_who_as_what_and_until_when() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let pair = sign_in(&desk).await.expect(200);
    let token = holder(&pair).token;
    let payload = token.split('.').nth(1).expect("three parts");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON");
    assert_eq!((&claims["sub"], &claims["role"]), (&json!(ada), &json!("user")));
    let time = |name: &str| claims[name].as_i64().expect("seconds");
    assert!((Utc::now().timestamp() - time("iat")).abs() <= 30);
    assert_eq!(time("exp") - time("iat"), 7 * 24 * 3_600, "seven days");
    assert_eq!(pair.body["expires_in"], 7 * 24 * 3_600);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let (desk, _) = desk_with_ada(Some(PASSWORD)).await;
    let login = "/api/v1/auth/login";
    let wrong =
        post(&desk, login, &json!({ "username": NAME, "password": "correct horse" })).await.expect(401);
    assert_eq!(wrong.code(), "AUTH_INVALID");
    let others = [
        json!({ "username": "nobody", "password": PASSWORD }),
        json!({ "username": "not a name", "password": PASSWORD }),
        json!({ "email": "nobody@example.com", "password": PASSWORD }),
        json!({ "email": "no address", "password": PASSWORD }),
        json!({ "username": NAME, "password": "" }),
        json!({ "username": "ada'--", "password": PASSWORD }),
    ];
    for body in others {
        let other = post(&desk, login, &body).await.expect(401);
        assert_eq!(said(&other), said(&wrong), "{body}");
        assert_eq!(other.header("www-authenticate"), wrong.header("www-authenticate"), "{body}");
    }
    let form = post_form(&desk, login, "username=nobody&password=x").await.expect(401);
    assert_eq!(said(&form), said(&wrong));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_password_cannot_sign_in() {
    let (desk, ada) = desk_with_ada(None).await;
    assert_eq!(stored_hash(&desk, ada.0).await, None);
    for password in ["", PASSWORD] {
        let body = json!({ "username": NAME, "password": password });
        let _ = post(&desk, "/api/v1/auth/login", &body).await.expect(401);
    }
    desk.close().await;
}

/// A05: passwords of the predecessors go on working, and are kept better from then on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bcrypt_hash_is_accepted_and_replaced() {
    let (desk, ada) = desk_with_ada(None).await;
    let hash = bcrypt::hash(PASSWORD, 12).expect("a hash");
    assert!(hash.starts_with("$2b$12$"), "{hash}");
    sqlx::query("insert into desk.credentials (user_id, password_hash) values ($1, $2)")
        .bind(ada.0)
        .bind(&hash)
        .execute(&mut desk.database.owner().await)
        .await
        .expect("stored");
    let wrong = json!({ "username": NAME, "password": "correct horse" });
    let _ = post(&desk, "/api/v1/auth/login", &wrong).await.expect(401);
    assert_eq!(stored_hash(&desk, ada.0).await.as_deref(), Some(&*hash), "a wrong password changes nothing");
    let _ = sign_in(&desk).await.expect(200);
    let upgraded = stored_hash(&desk, ada.0).await.expect("a hash");
    assert!(upgraded.starts_with("$argon2id$"), "{upgraded}");
    let _ = sign_in(&desk).await.expect(200);
    assert_eq!(stored_hash(&desk, ada.0).await, Some(upgraded), "once is enough");
    let _ = post(&desk, "/api/v1/auth/login", &wrong).await.expect(401);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_signed_in_sees_themselves_without_a_password() {
    let (desk, ada) = desk_with_ada(Some(PASSWORD)).await;
    let signed = holder(&sign_in(&desk).await.expect(200));
    for path in ["/api/v1/auth/me", "/api/v1/me", "/auth/me", "/me", "/me/"] {
        let me = desk.get(&signed, path).await.expect(200);
        let fields: Vec<&str> = me.body.as_object().expect("an object").keys().map(String::as_str).collect();
        let known = [
            "building_id",
            "capacity",
            "created_at",
            "departments",
            "email",
            "id",
            "is_active",
            "is_available",
            "is_deleted",
            "is_service",
            "last_login",
            "locale",
            "organization_id",
            "role",
            "signature",
            "timezone",
            "updated_at",
            "username",
            "version",
        ];
        assert_eq!(fields, known, "{path}");
        assert_eq!((&me.body["id"], &me.body["role"]), (&json!(ada), &json!("user")));
        assert_eq!(me.header("etag"), format!("\"v{}\"", me.body["version"]));
    }
    desk.close().await;
}
