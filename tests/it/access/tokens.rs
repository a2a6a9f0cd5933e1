//! Tokens that are not good: refused by every operation that needs one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use infrastructure::token::ApiSecret;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tests::desk::{JWT_SECRET, Somebody};

use super::document::operations;
use super::stage::{Asker, Cast, Stage};
use super::table::{Row, TABLE};

/// What `token` says.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64.decode(payload).expect("base64")).expect("JSON")
}

fn signed(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
}

/// `claims` under a header of one's own making, signed with the desk's key all the same.
fn with_header(header: &Value, claims: &Value) -> String {
    let honest = signed(Algorithm::HS256, claims, JWT_SECRET);
    let mut parts: Vec<&str> = honest.split('.').collect();
    let header = BASE64.encode(header.to_string());
    parts[0] = &header;
    parts.join(".")
}

/// `token` without a signature, its header saying that it needs none.
fn unsigned(algorithm: &str, token: &str) -> String {
    let header = BASE64.encode(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
    format!("{header}.{}.", token.split('.').nth(1).expect("three parts"))
}

/// `token` saying something else than what was signed.
fn tampered(token: &str, change: &Value) -> String {
    let mut said = claims(token);
    merge(&mut said, change);
    let payload = BASE64.encode(said.to_string());
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[1] = &payload;
    parts.join(".")
}

/// `claims` with `change`; null takes a claim away.
fn but(claims: &Value, change: &Value) -> Value {
    let mut changed = claims.clone();
    merge(&mut changed, change);
    changed
}

fn merge(claims: &mut Value, change: &Value) {
    let claims = claims.as_object_mut().expect("claims");
    for (name, value) in change.as_object().expect("changes") {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
}

/// Every kind of bad token for `admin`, by name.
fn bad_tokens(admin: &Somebody, signed_out: String) -> Vec<(&'static str, String)> {
    let (token, said) = (&admin.token, claims(&admin.token));
    let now = said["iat"].as_i64().expect("seconds");
    let honest = |change: Value| signed(Algorithm::HS256, &but(&said, &change), JWT_SECRET);
    let jwk = json!({ "kty": "oct", "k": BASE64.encode("a key of my own") });
    vec![
        ("expired", honest(json!({ "iat": now - 7_200, "exp": now - 3_600 }))),
        ("without an end", honest(json!({ "exp": null }))),
        ("its end a text", honest(json!({ "exp": "9999999999" }))),
        ("its end before 1970", honest(json!({ "exp": -1 }))),
        ("without end in sight", honest(json!({ "exp": i64::MAX }))),
        ("not yet begun", honest(json!({ "iat": now + 3_600, "exp": now + 7_200 }))),
        ("its beginning a text", honest(json!({ "nbf": "soon" }))),
        ("for somebody else", honest(json!({ "aud": "elsewhere" }))),
        ("from somebody else", honest(json!({ "iss": "elsewhere" }))),
        ("of another kind", honest(json!({ "typ": "refresh" }))),
        ("of nobody", honest(json!({ "sub": null }))),
        ("of somebody who does not exist", honest(json!({ "sub": "019b76da-a800-7000-8000-0000000000ff" }))),
        ("without an identity", honest(json!({ "jti": null }))),
        ("tampered with", tampered(token, &json!({ "exp": now + 7_200 }))),
        ("of another algorithm", signed(Algorithm::HS512, &said, JWT_SECRET)),
        ("signed with another key", signed(Algorithm::HS256, &said, "another secret of thirty-two bytes")),
        ("signed with nothing", signed(Algorithm::HS256, &said, "")),
        ("with a key of its own", with_header(&json!({ "alg": "HS256", "jwk": jwk }), &said)),
        ("unsigned", unsigned("none", token)),
        ("unsigned, shouting", unsigned("NONE", token)),
        ("of the algorithm RS256", with_header(&json!({ "alg": "RS256" }), &said)),
        ("cut short", token[..token.len() - 1].to_owned()),
        ("padded", format!("{token}=")),
        ("far too long", format!("{token}{}", "A".repeat(6_000))),
        ("empty", String::new()),
        ("signed out", signed_out),
        ("an API token of nobody", ApiSecret::generate().reveal()),
        ("an API token with a slip", format!("{}A", &ApiSecret::generate().reveal()[..50])),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_takes_a_bad_token() {
    let cast = Cast::assemble().await;
    let admin = cast.signed_in_anew(&cast.desk.admin().await);
    let crafted = signed(Algorithm::HS256, &claims(&admin.token), JWT_SECRET);
    let good = Somebody { token: crafted, ..admin.clone() };
    let _ = cast.desk.get(&good, "/api/v1/auth/me").await.expect(200);
    let gone = cast.signed_in_anew(&admin);
    let _ = cast.desk.get(&gone, "/api/v1/auth/me").await.expect(200);
    let _ = cast.desk.post(&gone, "/api/v1/auth/logout", json!({})).await.expect(200);

    let subject = cast.subject(Asker::Admin, Stage::Open, None).await;
    let (head, mut wrong, mut asked) = (cast.desk.head().await, Vec::new(), 0);
    for operation in operations().iter().filter(|operation| operation.is_guarded) {
        let Some(Row(id, _, body, _)) = TABLE.iter().find(|Row(id, ..)| *id == operation.id) else {
            continue;
        };
        let subject = Some(&subject).filter(|_| operation.is_about_a_ticket());
        for (kind, token) in bad_tokens(&admin, gone.token.clone()) {
            let holder = Somebody { token, ..admin.clone() };
            let answer = cast.ask(Some(&holder), operation, *body, subject).await;
            if (answer.status.as_u16(), answer.code()) != (401, "AUTH_INVALID") {
                wrong.push(format!("{id}, {kind}: {} {}", answer.status, answer.body));
            }
            if !answer.header("www-authenticate").starts_with("Bearer") {
                wrong.push(format!("{id}, {kind}: without WWW-Authenticate"));
            }
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked} requests");
    assert!(wrong.is_empty(), "{} of {asked} requests:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(cast.desk.head().await, head, "nothing happened");
    cast.desk.close().await;
}
