//! What every answer is protected by, whatever answers.

use reqwest::Method;
use serde_json::Value;
use tests::desk::{Answer, TestDesk};

use super::ask;

/// What all answers carry.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];
/// What answers of the API carry besides.
const DATA: [(&str, &str); 2] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];

fn faults(what: &str, answer: &Answer, expected: &[(&str, &str)]) -> Vec<String> {
    let missing = expected.iter().filter(|(name, value)| answer.header(name) != *value);
    missing.map(|(name, _)| format!("{what}: {name} is {:?}", answer.header(name))).collect()
}

#[tokio::test]
async fn every_answer_is_locked_down() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let document = serde_json::to_value(api::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let mut wrong = Vec::new();
    for (path, item) in paths {
        for method in item.as_object().map(|item| item.keys()).into_iter().flatten() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let at = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
            let at = at.collect::<Vec<_>>().join("/");
            for who in [None, Some(&admin)] {
                let answer = desk.send(desk.request(who, method.clone(), &at).json(&Value::Null)).await;
                let what = format!("{method} {path} ({})", answer.status);
                wrong.extend(faults(&what, &answer, &ALWAYS));
                wrong.extend(faults(&what, &answer, &DATA));
            }
        }
    }
    for path in ["/nowhere", "/api/v1/nowhere", "/api/v1/tickets/%ff", "/openapi.json", "/schemas"] {
        let answer = ask(&desk, path, &[]).await;
        wrong.extend(faults(path, &answer, &ALWAYS));
    }
    for path in ["/docs/", "/docs/swagger-ui.css"] {
        let answer = ask(&desk, path, &[]).await.expect(200);
        wrong.extend(faults(path, &answer, &ALWAYS));
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    desk.close().await;
}

#[tokio::test]
async fn no_other_site_may_ask_unless_it_is_named() {
    let settings = [("CORS_ORIGINS", "https://portal.example.org")];
    let desk = TestDesk::with(tests::postgres::TestDatabase::create().await, &settings).await;
    for origin in ["https://evil.example", "null", "https://portal.example.org.evil.example"] {
        let answer = ask(&desk, "/health", &[("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    let answer = ask(&desk, "/api/v1/auth/me", &[("origin", "https://portal.example.org")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://portal.example.org");
    assert_eq!(answer.header("access-control-allow-credentials"), "", "tokens, never cookies");
    let exposed = answer.header("access-control-expose-headers");
    for name in ["x-ratelimit-remaining", "ratelimit", "retry-after", "etag"] {
        assert!(exposed.split(',').any(|exposed| exposed == name), "{name} in {exposed}");
    }
    desk.close().await;
}
