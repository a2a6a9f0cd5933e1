//! Who may call: programs on this machine, and from elsewhere whoever shows a token for it.

use domain::access::Role;
use domain::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{call, payloads};

const HEALTH: &str = "/api/v1/internal/webhook/health";
/// What proxies add to what they pass on.
const BY_PROXIES: [(&str, &str); 9] = [
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Host", "desk.example.org"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Anything", "1"),
    ("Forwarded", "for=127.0.0.1"),
    ("Forwarded", "proto=https"),
    ("Via", "1.1 proxy"),
    ("X-Real-IP", "::1"),
    ("CF-Connecting-IP", "127.0.0.1"),
];

/// What everything answers that comes by a proxy, from `who`.
async fn from_elsewhere(desk: &TestDesk, who: Option<&Somebody>, header: (&str, &str)) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (name, body) in payloads("999999999", "019b76da-a800-7000-8000-0000000000ff") {
        let mut request = call(desk, name, &body).header(header.0, header.1);
        if let Some(who) = who {
            request = request.bearer_auth(&who.token);
        }
        answers.push(desk.send(request).await);
    }
    answers.push(desk.send(desk.request(who, Method::GET, HEALTH).header(header.0, header.1)).await);
    answers
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status.as_u16()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_on_this_machine_needs_no_token_at_either_address() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let (ticket, person) = (ticket["ticket_id"].as_str().expect("an id"), ada.id.to_string());
    for (name, body) in payloads(ticket, &person) {
        for base in ["/api/v1", ""] {
            let path = format!("{base}/internal/webhook/{name}");
            let answer = desk.send(desk.request(None, Method::POST, &path).json(&body)).await.expect(200);
            assert_eq!(answer.body, json!({ "status": "ok" }), "{path}");
            assert!(!answer.header("x-ratelimit-remaining").is_empty(), "{path} is counted");
        }
    }
    for path in [HEALTH, "/internal/webhook/health"] {
        let answer = desk.send(desk.request(None, Method::GET, path)).await.expect(200);
        assert_eq!(answer.body, json!({ "status": "ok" }));
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_by_a_proxy_is_not_on_this_machine() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for header in BY_PROXIES {
        for answer in from_elsewhere(&desk, None, header).await {
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "AUTH_INVALID"), "{header:?}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{header:?}");
        }
        assert_eq!(statuses(&from_elsewhere(&desk, Some(&ada), header).await), [403; 5], "{header:?}");
    }
    desk.close().await;
}

/// Some proxies add no header; that of nginx speaks HTTP/1.0 unless it is told otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_says_nothing_is_known_by_its_address_or_its_protocol() {
    let desk = TestDesk::open().await;
    let url = desk.url("");
    let host = url.trim_start_matches("http://");
    for (version, expected) in [("1.0", "401"), ("1.1", "200")] {
        let mut stream = TcpStream::connect(host).await.expect("connected");
        let request = format!("GET {HEALTH} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert_eq!(answer.split(' ').nth(1), Some(expected), "HTTP/{version}: {answer}");
    }
    desk.close().await;
    let settings = [("TRUSTED_PROXIES", "127.0.0.0/8")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let _ = desk.send(desk.request(None, Method::GET, HEALTH)).await.expect(401);
    desk.close().await;
}

/// A token for `scopes` of `owner`, issued by `by`.
async fn token(desk: &TestDesk, by: &Somebody, owner: &Somebody, scopes: Value) -> Somebody {
    let mut body = json!({ "name": "a seed", "scopes": scopes });
    if by.id != owner.id {
        body["user_id"] = json!(owner.id);
    }
    let issued = desk.post(by, "/api/v1/auth/tokens", body).await.expect(201).body;
    Somebody { token: issued["secret"].as_str().expect("a secret").to_owned(), ..owner.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_elsewhere_it_takes_a_token_that_an_administrator_gave() {
    let desk = TestDesk::open().await;
    let (root, ada, ivan) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    let body = json!({ "username": "seed", "email": "seed@example.com", "role": "user", "kind": "service" });
    let made = desk.post(&root, "/api/v1/users", body).await.expect(201).body;
    let id = UserId(made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"));
    let seed = Somebody { id, role: Role::User, token: String::new() };
    let with = token(&desk, &root, &seed, json!(["internal"])).await;
    let others = json!(["tickets:read", "tickets:write", "events:read", "audit:read", "users:read", "admin"]);
    let without = token(&desk, &root, &seed, others).await;
    let of_admin = token(&desk, &root, &root, json!(["internal"])).await;
    let (forwarded, head) = (BY_PROXIES[0], desk.decided().await);
    // It is let in, and told of each what is wrong with it: neither the ticket nor the person exists.
    let let_in = [404, 404, 404, 404, 200];
    assert_eq!(statuses(&from_elsewhere(&desk, Some(&with), forwarded).await), let_in);
    assert_eq!(statuses(&from_elsewhere(&desk, Some(&of_admin), forwarded).await), let_in);
    for answer in from_elsewhere(&desk, Some(&without), forwarded).await {
        assert_eq!(answer.status.as_u16(), 403, "{}", answer.body);
        assert_eq!(answer.body["error"]["details"]["required_scope"], "internal");
    }
    // It opens nothing else.
    let _ = desk.get(&with, "/api/v1/tickets").await.expect(403);
    let _ = desk.get(&with, "/api/v1/users").await.expect(403);
    for who in [&ada, &ivan] {
        let body = json!({ "name": "a seed", "scopes": ["internal"] });
        let _ = desk.post(who, "/api/v1/auth/tokens", body).await.expect(403);
    }
    assert_eq!(desk.decided().await, head, "nothing happened");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_counted_as_every_other_request() {
    let settings = [("RATE_LIMIT_MAX_REQUESTS", "5")];
    let desk = TestDesk::with(TestDatabase::create().await, &settings).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let answer = desk.send(desk.request(None, Method::GET, HEALTH)).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    desk.close().await;
}
