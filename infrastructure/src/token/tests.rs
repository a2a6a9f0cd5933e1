//! Tokens that must not be accepted, and why not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, TimeZone};
use serde_json::{Value, json};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn desk() -> Tokens {
    Tokens::new(&Secret::new("k".repeat(32)))
}

fn now() -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000, 0).single().expect("a time")
}

fn ada() -> UserId {
    UserId(Uuid::from_u128(1))
}

/// The claims of a good token, to be spoilt.
fn claims() -> Value {
    let (_, claims) = desk().issue(ada(), Role::Admin, now(), HOUR);
    serde_json::to_value(claims).expect("JSON")
}

/// A token signed with the desk's own key that says `claims`, word for word.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, "k".repeat(32).as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

fn verdict(claims: &Value) -> Result<Claims, BadToken> {
    desk().verify(&signed(r#"{"alg":"HS256"}"#, &claims.to_string()), now())
}

fn with(name: &str, value: Value) -> Result<Claims, BadToken> {
    let mut claims = claims();
    claims[name] = value;
    verdict(&claims)
}

#[test]
fn an_issued_token_says_what_it_was_issued_for() {
    let (token, claims) = desk().issue(ada(), Role::ItAgent, now(), HOUR);
    assert_eq!(desk().verify(&token, now()), Ok(claims.clone()));
    assert_eq!((claims.sub, claims.role), (ada(), Role::ItAgent));
    assert_eq!(claims.expires_at(), now() + HOUR);
    assert_eq!(format!("{:?}", desk()), "Tokens(***)");
    assert!(verdict(&self::claims()).is_ok(), "the tests' own signature is right");
}

#[test]
fn a_token_is_good_within_its_time_only() {
    let (token, _) = desk().issue(ada(), Role::User, now(), HOUR);
    let at = |seconds| desk().verify(&token, now() + TimeDelta::seconds(seconds)).map(drop);
    assert_eq!(at(-3600), Err(BadToken::NotYet));
    assert_eq!(at(-LEEWAY), Ok(()));
    assert_eq!(at(3599 + LEEWAY), Ok(()));
    assert_eq!(at(3600 + LEEWAY), Err(BadToken::Expired));
}

#[test]
fn the_token_has_no_say_in_the_algorithm() {
    let claims = claims().to_string();
    for alg in ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256"] {
        let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
        assert_eq!(desk().verify(&signed(&header, &claims), now()), Err(BadToken::Malformed), "{alg}");
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(&header), URL_SAFE_NO_PAD.encode(&claims));
        assert_eq!(desk().verify(&unsigned, now()), Err(BadToken::Malformed), "{alg}");
    }
    let key = EncodingKey::from_secret("k".repeat(32).as_bytes());
    let other = jsonwebtoken::encode(&Header::new(Algorithm::HS384), &self::claims(), &key).expect("signed");
    assert_eq!(desk().verify(&other, now()), Err(BadToken::Malformed));
}

#[test]
fn the_token_has_no_say_in_the_key() {
    let (token, _) = Tokens::new(&Secret::new("o".repeat(32))).issue(ada(), Role::Admin, now(), HOUR);
    assert_eq!(desk().verify(&token, now()), Err(BadToken::BadSignature));
    let own = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("o".repeat(32)) });
    let header = json!({ "alg": "HS256", "kid": "../../dev/null", "jwk": own }).to_string();
    let claims = token.split('.').nth(1).expect("claims");
    let signature = token.split('.').nth(2).expect("a signature");
    let forged = format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(desk().verify(&forged, now()), Err(BadToken::BadSignature));
}

#[test]
fn a_changed_payload_no_longer_fits_its_signature() {
    let (token, _) = desk().issue(ada(), Role::User, now(), HOUR);
    let signature = token.rsplit('.').next().expect("a signature");
    let header = token.split('.').next().expect("a header");
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    let forged = format!("{header}.{payload}.{signature}");
    assert_eq!(desk().verify(&forged, now()), Err(BadToken::BadSignature));
}

#[test]
fn every_claim_is_required() {
    for name in ["sub", "role", "exp", "iat", "jti", "iss", "aud", "typ"] {
        let mut claims = claims();
        claims.as_object_mut().and_then(|claims| claims.remove(name)).expect("a claim");
        assert_eq!(verdict(&claims), Err(BadToken::Malformed), "{name}");
        assert_eq!(with(name, Value::Null), Err(BadToken::Malformed), "{name}");
    }
}

#[test]
fn an_end_is_a_number_within_reach() {
    assert_eq!(with("exp", json!("9999999999")), Err(BadToken::Malformed));
    assert_eq!(with("exp", json!(0)), Err(BadToken::Expired));
    assert_eq!(with("exp", json!(-1)), Err(BadToken::Malformed));
    assert_eq!(with("exp", json!(i64::MIN)), Err(BadToken::Malformed));
    assert_eq!(with("exp", json!(u64::MAX)), Err(BadToken::Malformed));
    assert_eq!(with("exp", json!(i64::MAX)), Err(BadToken::Malformed));
    assert_eq!(with("exp", json!(1.8e9 + 0.5)), Err(BadToken::Malformed));
    let text = claims().to_string();
    let exp = format!("\"exp\":{}", claims()["exp"]);
    for wrong in [r#""exp":1e400"#.to_owned(), format!("{exp},{exp}")] {
        let token = signed(r#"{"alg":"HS256"}"#, &text.replace(&exp, &wrong));
        assert_eq!(desk().verify(&token, now()), Err(BadToken::Malformed), "{wrong}");
    }
}

#[test]
fn a_beginning_counts_when_there_is_one() {
    assert_eq!(with("nbf", json!("1")), Err(BadToken::Malformed));
    assert_eq!(with("nbf", json!(now().timestamp() + 60)), Err(BadToken::NotYet));
    assert!(with("nbf", json!(now().timestamp())).is_ok());
}

#[test]
fn a_token_for_another_use_is_no_access_token() {
    assert_eq!(with("sub", json!("ada")), Err(BadToken::Malformed));
    assert_eq!(with("role", json!("root")), Err(BadToken::Malformed));
    assert_eq!(with("typ", json!("refresh")), Err(BadToken::Malformed));
    assert_eq!(with("iss", json!("elsewhere")), Err(BadToken::Malformed));
    assert_eq!(with("aud", json!("elsewhere")), Err(BadToken::Malformed));
    assert_eq!(with("aud", json!(["ledgerdesk", "elsewhere"])), Err(BadToken::Malformed));
    let header = r#"{"alg":"HS256","crit":["b64"],"b64":false}"#;
    assert_eq!(desk().verify(&signed(header, &claims().to_string()), now()), Err(BadToken::Malformed));
}

#[test]
fn any_text_is_refused_without_panic() {
    let (token, _) = desk().issue(ada(), Role::User, now(), HOUR);
    let long = format!("{token}{}", "A".repeat(5 << 20));
    let padded = format!("{token}=");
    for text in ["", ".", "..", "...", "a.b.c", "\0", "é.é.é", &long, &padded, &format!(" {token}")] {
        let bad = desk().verify(text, now()).expect_err("not a token");
        assert_eq!(bad, BadToken::Malformed);
        assert_eq!(bad.to_string(), "the token is malformed");
    }
}

#[test]
fn a_refresh_token_reads_back_and_is_stored_as_a_hash() {
    let token = RefreshToken::generate();
    let text = token.reveal();
    assert_eq!(text.len(), 43);
    let read = RefreshToken::parse(&text).expect("a token");
    assert_eq!(read.hash(), token.hash());
    assert_ne!(RefreshToken::generate().hash(), token.hash());
    assert!(!format!("{token:?}").contains(&text));
    for wrong in ["", "A", &text[1..], &format!("{text}="), &format!("{text}A"), &"A".repeat(1 << 20)] {
        assert!(RefreshToken::parse(wrong).is_err());
    }
    // The last of 43 characters carries four bits: only one spelling of a token is read.
    assert!(RefreshToken::parse(&format!("{}B", "A".repeat(42))).is_err());
}
