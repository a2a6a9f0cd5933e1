//! Parameters of lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use reqwest::Method;
use serde_json::json;

use super::{Expected, Scene, expected, wrong};

const TOO_DEEP: Expected = expected(400, "VALIDATION_ERROR");
const TICKETS: &str = "/api/v1/tickets";

fn cursor(order: &str, values: &[i64]) -> String {
    let id = "019b76da-a800-7000-8000-0000000000ff";
    BASE64.encode(json!({ "order": order, "values": values, "id": id }).to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_with_a_wrong_parameter_is_not_shown() {
    let scene = Scene::set().await;
    let forged = |order: &str, values: &[i64]| format!("cursor={}", cursor(order, values));
    let cases: Vec<(String, Expected)> = [
        ("page=0", wrong("page")),
        ("page=-1", wrong("page")),
        ("page=x", wrong("page")),
        ("page=1.5", wrong("page")),
        ("page=", wrong("page")),
        ("page=99999999999", wrong("page")),
        ("limit=0", wrong("limit")),
        ("limit=101", wrong("limit")),
        ("limit=100000", wrong("limit")),
        ("page=101&limit=100", TOO_DEEP),
        ("page=501", TOO_DEEP),
        ("page=4294967295&limit=100", TOO_DEEP),
        ("sort=colour", wrong("sort")),
        ("sort=title", wrong("sort")),
        ("sort=-", wrong("sort")),
        ("sort=created_at;drop", wrong("sort")),
        ("sort=number,number", wrong("sort")),
        ("colour=red", wrong("colour")),
        ("Status=open", wrong("Status")),
        ("status=lost", wrong("status")),
        ("status=open,lost", wrong("status")),
        ("department=I%20T", wrong("department")),
        ("priority=urgent", wrong("priority")),
        ("urgency=critical", wrong("urgency")),
        ("assignee=ivan", wrong("assignee")),
        ("requester=none", wrong("requester")),
        ("misuse_flag=perhaps", wrong("misuse_flag")),
        ("created_after=yesterday", wrong("created_after")),
        ("updated_before=2026-13-01T00:00:00Z", wrong("updated_before")),
        ("fields=colour", wrong("fields")),
        ("cursor=nonsense", wrong("cursor")),
        ("cursor=", wrong("cursor")),
    ]
    .into_iter()
    .map(|(query, expected)| (query.to_owned(), expected))
    .chain([
        (forged("number", &[1]), wrong("cursor")),
        (forged("-created_at", &[]), wrong("cursor")),
        (forged("-created_at", &[i64::MIN]), wrong("cursor")),
        (forged("-created_at", &[i64::MAX]), wrong("cursor")),
        (format!("page=2&{}", forged("-created_at", &[1])), wrong("cursor")),
        (format!("cursor={}", "A".repeat(5_000)), wrong("cursor")),
    ])
    .collect();
    let by = Some(&scene.user);
    for (query, expected) in cases {
        let request = scene.desk.request(by, Method::GET, &format!("{TICKETS}?{query}"));
        scene.refused(&query, request, by, TICKETS, expected).await;
    }
    for query in ["min_position=x", "min_position=-1", "min_position="] {
        let request = scene.desk.request(by, Method::GET, &format!("{TICKETS}?{query}"));
        scene.refused(query, request, by, TICKETS, wrong("min_position")).await;
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_parameters_that_can_be_read_break_nothing() {
    let scene = Scene::set().await;
    let queries = [
        "created_after=0000-01-01T00:00:00Z".to_owned(),
        "created_after=0001-01-01T00:00:00%2B23:59".to_owned(),
        "created_before=9999-12-31T23:59:59.999999999Z".to_owned(),
        "status=OPEN,%20Open,new".to_owned(),
        "status=".to_owned(),
        "page=500&limit=20".to_owned(),
        "page=100&limit=100".to_owned(),
        "sort=number,-priority,updated_at,created_at".to_owned(),
        format!("sort=number&cursor={}", cursor("number", &[253_402_300_799_999_999])),
        format!("sort=-priority&cursor={}", cursor("-priority", &[253_402_300_799_999_999])),
        format!("cursor={}", cursor("-created_at", &[0])),
        "fields=title,title".to_owned(),
        format!("assignee={}", vec!["none"; 1_000].join(",")),
        "min_position=0".to_owned(),
    ];
    for query in queries {
        let answer = scene.desk.get(&scene.agent, &format!("{TICKETS}?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_as_strict() {
    let scene = Scene::set().await;
    let admin = scene.desk.admin().await;
    let by = Some(&admin);
    let messages = scene.path("/messages");
    let history = scene.path("/history");
    let lists = [
        ("/api/v1/users", "/api/v1/users"),
        (messages.as_str(), "/api/v1/tickets/{id}/messages"),
        (history.as_str(), "/api/v1/tickets/{id}/history"),
    ];
    for (path, endpoint) in lists {
        for (query, expected) in [
            ("page=0", wrong("page")),
            ("limit=0", wrong("limit")),
            ("limit=100000", wrong("limit")),
            ("page=101&limit=100", TOO_DEEP),
            ("colour=red", wrong("colour")),
        ] {
            let request = scene.desk.request(by, Method::GET, &format!("{path}?{query}"));
            scene.refused(query, request, by, endpoint, expected).await;
        }
        let deep = scene.desk.get(&admin, &format!("{path}?page=100&limit=100")).await.expect(200);
        let first = scene.desk.get(&admin, path).await.expect(200);
        assert_eq!(deep.body["total_count"], first.body["total_count"], "{path}: the count of an empty page");
    }
    let include = scene.desk.request(by, Method::GET, &scene.path("?include=everything"));
    let answer = scene.desk.send(include).await.expect(422);
    assert_eq!(answer.code(), "VALIDATION_ERROR");
    scene.desk.close().await;
}
