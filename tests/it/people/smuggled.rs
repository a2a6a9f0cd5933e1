//! Fields that nobody may set, smuggled into the bodies of every endpoint about people.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{of, send};

/// What must not be settable by a request, wherever it stands.
const FIELDS: [&str; 12] = [
    "id",
    "role",
    "is_active",
    "is_deleted",
    "created_at",
    "updated_at",
    "version",
    "actor",
    "password_hash",
    "departments",
    "active_count",
    "by",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_sets_what_is_not_its_to_set() {
    let desk = TestDesk::open().await;
    let (admin, ada, ivan) = (desk.admin().await, desk.user().await, desk.it_agent().await);
    let new = json!({ "username": "new", "email": "new@example.com", "role": "user" });
    let availability = json!({ "is_available": true, "capacity": 5 });
    let theirs = format!("/api/v1/agents/{}/availability", ivan.id);
    // The body as it may be, and which of the fields are its own.
    let endpoints: [(Method, String, Value, &[&str]); 6] = [
        (Method::POST, "/api/v1/users".to_owned(), new, &["role", "departments"]),
        (Method::PATCH, of(&ada, ""), json!({ "username": "ada.new" }), &["role", "departments"]),
        (Method::PATCH, "/api/v1/auth/me".to_owned(), json!({ "locale": "de" }), &[]),
        (Method::PATCH, "/api/v1/me".to_owned(), json!({ "locale": "de" }), &[]),
        (Method::PUT, "/api/v1/me/availability".to_owned(), availability.clone(), &[]),
        (Method::PUT, theirs, availability, &[]),
    ];
    let head = desk.head().await;
    let mut wrong = Vec::new();
    for (method, path, body, own) in &endpoints {
        for field in FIELDS.iter().filter(|field| !own.contains(field)) {
            let mut smuggled = body.clone();
            smuggled[*field] = json!("admin");
            let answer = send(&desk, &admin, method.clone(), path, smuggled).await;
            let error = &answer.body["error"]["details"]["errors"][0];
            if answer.status != 422 || error["field"] != *field || error["code"] != "unknown_field" {
                wrong.push(format!("{method} {path} with {field}: {} {}", answer.status, answer.body));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(desk.head().await, head, "nothing happened");
    desk.close().await;
}
