//! Access tokens made up, bent, or of another kind. That every operation refuses bad ones: `access/tokens.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, JWT_SECRET, PASSWORD, TestDesk};

use super::{Caller, account};

async fn me(desk: &TestDesk, token: &str) -> Answer {
    desk.send(desk.request(None, Method::GET, "/api/v1/auth/me").bearer_auth(token)).await
}

/// `header` and `claims`, signed as HS256 with `key`, whatever the header says.
fn forged(header: &Value, claims: &str, key: &[u8]) -> String {
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims));
    let signature = BASE64.encode(ring::hmac::sign(&hmac, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn claims_of(token: &str) -> Value {
    let payload = BASE64.decode(token.split('.').nth(1).expect("three parts")).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_algorithm_key_or_header_is_taken() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let (said, own_key) = (claims_of(&admin.token), b"a key of the attacker's, 32 bytes or so".as_slice());
    let secret = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    let as_text = said.to_string();
    let mut bad = vec![
        (
            "HS384 with the desk's key",
            encode(&Header::new(Algorithm::HS384), &said, &secret).expect("a token"),
        ),
        (
            "HS512 with the desk's key",
            encode(&Header::new(Algorithm::HS512), &said, &secret).expect("a token"),
        ),
    ];
    let headers = [
        ("none", json!({ "alg": "none", "typ": "JWT" })),
        ("None", json!({ "alg": "None" })),
        ("RS256", json!({ "alg": "RS256" })),
        ("ES256", json!({ "alg": "ES256" })),
        ("EdDSA", json!({ "alg": "EdDSA" })),
        ("hs256 in lower case", json!({ "alg": "hs256" })),
        ("no algorithm", json!({ "typ": "JWT" })),
        ("an algorithm that is a list", json!({ "alg": ["HS256"] })),
    ];
    for (kind, header) in headers {
        bad.push((kind, forged(&header, &as_text, JWT_SECRET.as_bytes())));
    }
    // Whoever brings a key along, or says where to find one, is not listened to.
    for header in [
        json!({ "alg": "HS256", "kid": "../../../../dev/null" }),
        json!({ "alg": "HS256", "kid": "' union select 'a key" }),
        json!({ "alg": "HS256", "kid": "x".repeat(65_536 / 32) }),
        json!({ "alg": "HS256", "jku": "http://127.0.0.1:9/jwks.json" }),
        json!({ "alg": "HS256", "x5u": "http://127.0.0.1:9/cert.pem" }),
        json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": BASE64.encode(own_key) } }),
    ] {
        bad.push(("a key of one's own", forged(&header, &as_text, own_key)));
        bad.push(("an empty key", forged(&header, &as_text, b"")));
    }
    let crit = json!({ "alg": "HS256", "crit": ["exp"], "exp": 1 });
    bad.push(("what must be understood", forged(&crit, &as_text, JWT_SECRET.as_bytes())));
    for (kind, token) in bad {
        let refused = me(&desk, &token).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (401, "AUTH_INVALID"), "{kind}");
    }
    let honest = forged(&json!({ "alg": "HS256" }), &as_text, JWT_SECRET.as_bytes());
    let _ = me(&desk, &honest).await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_shape_is_taken() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let said = claims_of(&user.token);
    let but = |name: &str, value: Value| {
        let mut claims = said.clone();
        claims[name] = value;
        claims.to_string()
    };
    let mut shapes: Vec<String> =
        ["sub", "role", "exp", "iat", "jti"].map(|name| but(name, Value::Null)).to_vec();
    for name in ["sub", "role", "exp", "iat", "jti", "iss", "aud", "typ"] {
        let mut claims = said.clone();
        claims.as_object_mut().expect("claims").remove(name);
        shapes.push(claims.to_string());
    }
    shapes.extend([
        but("exp", json!("9999999999")),
        but("exp", json!(-1)),
        but("exp", json!(1.5)),
        but("exp", json!(u64::MAX)),
        but("exp", json!([said["exp"]])),
        but("nbf", json!("0")),
        but("role", json!("root")),
        but("role", json!(["user", "admin"])),
        but("sub", json!({ "id": said["sub"] })),
        said.to_string().replacen("\"exp\":", "\"exp\":1e400,\"exp2\":", 1),
        said.to_string().replacen('{', "{\"exp\":9999999999,", 1),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
    ]);
    for shape in shapes {
        let token = forged(&json!({ "alg": "HS256" }), &shape, JWT_SECRET.as_bytes());
        assert_eq!(me(&desk, &token).await.code(), "AUTH_INVALID", "{shape}");
    }
    desk.close().await;
}

/// A role in a token that says more than the account has: the account counts, even under the desk's own signature.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_what_the_account_has() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let mut said = claims_of(&user.token);
    said["role"] = json!("admin");
    let token = forged(&json!({ "alg": "HS256" }), &said.to_string(), JWT_SECRET.as_bytes());
    let request = desk.request(None, Method::GET, "/api/v1/users").bearer_auth(&token);
    assert_eq!(desk.send(request).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_five_megabytes_is_not_even_read() {
    let desk = TestDesk::open().await;
    let user = desk.user().await;
    let token = format!("{}{}", user.token, "A".repeat(5 << 20));
    let request = desk.request(None, Method::GET, "/api/v1/auth/me").bearer_auth(token);
    // The connection may be closed before all of it was sent.
    if let Ok(answer) = request.send().await {
        assert!(matches!(answer.status().as_u16(), 400 | 401 | 431), "{}", answer.status());
    }
    let _ = desk.get(&user, "/api/v1/auth/me").await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_token_is_good_for_its_own_purpose_only() {
    let desk = TestDesk::open().await;
    account(&desk, "ada").await;
    let pair = Caller::at("127.0.1.1").sign_in(&desk, "ada", PASSWORD).await.expect(200);
    let (access, refresh) = (pair.body["access_token"].as_str(), pair.body["refresh_token"].as_str());
    let (access, refresh) = (access.expect("a token"), refresh.expect("a token"));
    assert_eq!(me(&desk, refresh).await.expect(401).code(), "AUTH_INVALID");
    let body = json!({ "refresh_token": access });
    let renewed = desk.request(None, Method::POST, "/api/v1/auth/refresh").json(&body);
    assert_eq!(desk.send(renewed).await.expect(401).code(), "AUTH_INVALID");
    desk.close().await;
}
