//! Making and removing links.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, link, text};

const INVERSE: [(&str, &str); 6] = [
    ("relates", "relates"),
    ("duplicates", "duplicated_by"),
    ("blocks", "blocked_by"),
    ("blocked_by", "blocks"),
    ("child", "parent"),
    ("parent", "child"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_stands_on_both_tickets_and_is_removed_from_either() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    for (n, (kind, inverse)) in INVERSE.into_iter().enumerate() {
        let made = scene.link(ivan, one, kind, other).await.expect(201).body;
        assert_eq!((text(&made["type"]), text(&made["ticket"]["ticket_id"])), link(kind, other));
        assert_eq!((&made["created_by"], &made["ticket"]["status"]), (&json!(ivan.id), &json!("open")));
        assert_eq!(scene.links(ivan, one).await, [link(kind, other)]);
        assert_eq!(scene.links(ivan, other).await, [link(inverse, one)]);
        // The same again, from whichever end, is the one that is there.
        let before = scene.desk.decided().await;
        for (from, kind, to) in [(one, kind, other), (other, inverse, one)] {
            let again = scene.link(ivan, from, kind, to).await.expect(200).body;
            assert_eq!(again["id"], made["id"]);
        }
        assert_eq!(scene.desk.decided().await, before);
        let from = if n % 2 == 0 { one } else { other };
        let _ = scene.unlink(ivan, from, &text(&made["id"])).await.expect(204);
        for ticket in [one, other] {
            assert_eq!(scene.links(ivan, ticket).await, []);
        }
        let _ = scene.unlink(ivan, from, &text(&made["id"])).await.expect(404);
    }
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_link_is_refused() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    let before = scene.desk.decided().await;
    let long = format!("https://example.org/{}", "x".repeat(2_000));
    let bad: [(Value, &str); 22] = [
        (json!({ "type": "relates" }), "to"),
        (json!({ "type": "external" }), "url"),
        (json!({ "type": "likes", "to": other }), "type"),
        (json!({ "type": "", "to": other }), "type"),
        (json!({ "to": other }), "type"),
        (json!({ "type": "relates", "to": other, "url": "https://example.org" }), "url"),
        (json!({ "type": "external", "to": other, "url": "https://example.org" }), "to"),
        (json!({ "type": "relates", "to": one }), "to"),
        (json!({ "type": "relates", "to": scene.elsewhere }), "to"),
        (json!({ "type": "relates", "to": "TKT-1763700000000-4K9XQ2" }), "to"),
        (json!({ "type": "relates", "to": "no ticket" }), "to"),
        (json!({ "type": "relates", "to": "" }), "to"),
        (json!({ "type": "external", "url": "" }), "url"),
        (json!({ "type": "external", "url": "javascript:alert(1)" }), "url"),
        (json!({ "type": "external", "url": "ftp://example.org" }), "url"),
        (json!({ "type": "external", "url": "//example.org" }), "url"),
        (json!({ "type": "external", "url": "https://" }), "url"),
        (json!({ "type": "external", "url": "https://ada:secret@example.org" }), "url"),
        (json!({ "type": "external", "url": "https://exa mple.org" }), "url"),
        (json!({ "type": "external", "url": "https:\\\\example.org" }), "url"),
        (json!({ "type": "external", "url": "https://example.org/\u{202e}gro" }), "url"),
        (json!({ "type": "external", "url": long }), "url"),
    ];
    for (body, field) in bad {
        let refused = scene.post(ivan, one, "links", body.clone()).await.expect(422);
        let error = &refused.body["error"]["details"]["errors"][0];
        assert_eq!((refused.code(), &error["field"]), ("VALIDATION_ERROR", &json!(field)), "{body}: {error}");
    }
    for body in
        [json!({ "type": 1, "to": other }), json!({ "type": "relates", "to": other, "more": 1 }), json!([])]
    {
        let refused = scene.post(ivan, one, "links", body.clone()).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{body}: {}", refused.body);
    }
    for id in ["1", "nothing", "0190a3b0-0000-7000-8000-000000000000"] {
        let _ = scene.unlink(ivan, one, id).await.expect(404);
    }
    assert_eq!(scene.desk.decided().await, before);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_not_its_own_opposite() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    for (kind, opposite) in [("blocks", "blocked_by"), ("duplicates", "duplicated_by")] {
        let _ = scene.link(ivan, one, kind, other).await.expect(201);
        for (from, kind, to) in [(one, opposite, other), (other, kind, one)] {
            assert_eq!(scene.link(ivan, from, kind, to).await.expect(409).code(), "LINK_CONTRADICTS");
        }
    }
    // Of another kind it is another link.
    let _ = scene.link(ivan, other, "relates", one).await.expect(201);
    assert_eq!(scene.links(ivan, one).await.len(), 3);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_a_link_of_one_ticket() {
    let scene = Scene::set().await;
    let url = "https://status.example.org:8443/incidents/7?lang=de#top";
    let external = json!({ "type": "external", "url": format!("  {url} ") });
    let made = scene.post(&scene.ivan, &scene.one, "links", external.clone()).await.expect(201).body;
    assert_eq!((&made["url"], &made["ticket"]), (&json!(url), &Value::Null));
    let again = scene.post(&scene.ivan, &scene.one, "links", external).await.expect(200).body;
    assert_eq!(again["id"], made["id"]);
    let _ = scene.unlink(&scene.ivan, &scene.one, &text(&made["id"])).await.expect(204);
    assert_eq!(scene.links(&scene.ivan, &scene.one).await, []);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_and_out_of_date_requests_are_known() {
    let scene = Scene::set().await;
    let path = format!("/api/v1/tickets/{}/links", scene.one);
    let body = json!({ "type": "blocks", "to": scene.other });
    let once = |key: &'static str, version: &'static str| {
        let request = scene.desk.request(Some(&scene.ivan), Method::POST, &path).header(key, version);
        scene.desk.send(request.json(&body))
    };
    assert_eq!(once("If-Match", "\"v9\"").await.expect(412).code(), "PRECONDITION_FAILED");
    let first = once("Idempotency-Key", "link-1").await.expect(201);
    let second = once("Idempotency-Key", "link-1").await.expect(201);
    assert_eq!((&first.body, second.header("idempotency-replayed")), (&second.body, "true"));
    let link = format!("{path}/{}", text(&first.body["id"]));
    let stale = scene.desk.request(Some(&scene.ivan), Method::DELETE, &link).header("If-Match", "\"v1\"");
    let stale = scene.desk.send(stale).await.expect(412);
    assert_eq!(stale.body["error"]["details"]["missed"][0]["event_type"], "TicketLinked");
    let fresh = scene.desk.request(Some(&scene.ivan), Method::DELETE, &link).header("If-Match", "\"v2\"");
    let _ = scene.desk.send(fresh).await.expect(204);
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merged_ticket_is_not_linked_and_loses_links_all_the_same() {
    let scene = Scene::set().await;
    let (ivan, one, other) = (&scene.ivan, &scene.one, &scene.other);
    let third = scene.another().await;
    let made = scene.link(ivan, one, "relates", &third).await.expect(201).body;
    let kept = scene.link(ivan, one, "blocks", other).await.expect(201).body;
    let _ = scene.post(ivan, one, "merge", json!({ "into": other })).await.expect(200);
    let refused = scene.link(ivan, one, "blocks", &third).await.expect(423);
    assert_eq!(refused.body["error"]["details"]["merged_into"], json!(other));
    let _ = scene.unlink(ivan, one, &text(&made["id"])).await.expect(423);
    let refused = scene.link(ivan, &third, "blocks", one).await.expect(409);
    assert_eq!(refused.code(), "LINK_TARGET_LOCKED");
    let _ = scene.unlink(ivan, &third, &text(&made["id"])).await.expect(204);
    let _ = scene.post(ivan, one, "unmerge", json!({})).await.expect(200);
    assert_eq!(scene.links(ivan, one).await, [link("blocks", other)], "{kept}");
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_link_the_same_tickets_at_once_one_link_remains() {
    let scene = Scene::set().await;
    let (one, other) = (&scene.one, &scene.other);
    let answers = futures::future::join_all((0..16).map(|n| {
        let (from, kind, to) = if n % 2 == 0 { (one, "blocks", other) } else { (other, "blocked_by", one) };
        scene.link(&scene.ivan, from, kind, to)
    }))
    .await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((made, answers.iter().filter(|answer| answer.status == 200).count()), (1, 15));
    assert!(answers.iter().all(|answer| answer.body["id"] == answers[0].body["id"]));
    assert_eq!(scene.links(&scene.ivan, one).await, [link("blocks", other)]);
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_has_a_hundred_links_at_most() {
    let scene = Scene::set().await;
    let external = |n: usize| json!({ "type": "external", "url": format!("https://example.org/{n}") });
    for n in 0..100 {
        let _ = scene.post(&scene.ivan, &scene.one, "links", external(n)).await.expect(201);
    }
    let refused = scene.post(&scene.ivan, &scene.one, "links", external(100)).await.expect(409);
    assert_eq!(refused.code(), "TOO_MANY_LINKS");
    // Nor from the other end.
    let refused = scene.link(&scene.ivan, &scene.other, "relates", &scene.one).await.expect(409);
    assert_eq!(refused.code(), "TOO_MANY_LINKS");
    assert_eq!(scene.links(&scene.ivan, &scene.other).await, []);
    scene.desk.close().await;
}
