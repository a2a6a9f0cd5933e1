//! Who belongs to an organization.

use domain::access::Role;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use uuid::Uuid;

use super::{organization, patch, patch_user};

async fn with_domains(desk: &TestDesk, admin: &Somebody, code: &str, domains: &[&str]) -> Answer {
    let body = json!({ "code": code, "name": code, "domains": domains });
    desk.post(admin, "/api/v1/organizations", body).await
}

async fn user(desk: &TestDesk, admin: &Somebody, domain: &str, more: Value) -> Answer {
    let name = format!("u{}", &Uuid::new_v4().simple().to_string()[..12]);
    let mut body = json!({ "username": name, "email": format!("{name}@{domain}"), "role": "user" });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    desk.post(admin, "/api/v1/users", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_belongs_where_their_address_does() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let acme = with_domains(&desk, &admin, "ACME", &["acme.example", "Acme.Test"]).await.expect(201).body;
    let other = with_domains(&desk, &admin, "OTHER", &["other.example"]).await.expect(201).body;
    let of = async |domain: &str, more: Value| {
        user(&desk, &admin, domain, more).await.expect(201).body["organization_id"].clone()
    };
    assert_eq!(of("acme.example", json!({})).await, acme["id"]);
    assert_eq!(of("ACME.test", json!({})).await, acme["id"], "in any case");
    assert_eq!(of("sub.acme.example", json!({})).await, Value::Null, "a domain is itself only");
    assert_eq!(of("acme.example", json!({ "organization_id": other["id"] })).await, other["id"]);
    assert_eq!(of("acme.example", json!({ "organization_id": null })).await, Value::Null);
    assert_eq!(of("acme.example", json!({ "role": "it_agent" })).await, Value::Null, "staff are put there");

    let path = format!("/api/v1/organizations/{}", acme["id"].as_str().expect("an id"));
    let _ = patch(&desk, &admin, &path, json!({ "active": false })).await.expect(200);
    assert_eq!(of("acme.example", json!({})).await, Value::Null, "it is not active");
    desk.close().await;
}

/// Of two organizations with one domain nobody could say whose the next member is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_one_organization_s() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let acme = with_domains(&desk, &admin, "ACME", &["acme.example"]).await.expect(201).body;
    let taken = with_domains(&desk, &admin, "COPY", &["copy.example", "ACME.example"]).await.expect(409);
    assert_eq!(taken.code(), "DUPLICATE");
    assert!(taken.body.to_string().contains("domain"), "{}", taken.body);
    let copy = with_domains(&desk, &admin, "COPY", &["copy.example"]).await.expect(201).body;
    let path = |entry: &Value| format!("/api/v1/organizations/{}", entry["id"].as_str().expect("an id"));
    let more = json!({ "domains": ["copy.example", "acme.example"] });
    let _ = patch(&desk, &admin, &path(&copy), more.clone()).await.expect(409);
    let _ = patch(&desk, &admin, &path(&acme), json!({ "domains": ["acme.test"] })).await.expect(200);
    let _ = patch(&desk, &admin, &path(&copy), more).await.expect(200);
    let _ = with_domains(&desk, &admin, "THIRD", &["acme.test"]).await.expect(409);
    let removed = desk.send(desk.request(Some(&admin), reqwest::Method::DELETE, &path(&acme))).await;
    let _ = removed.expect(204);
    let _ = with_domains(&desk, &admin, "THIRD", &["acme.test"]).await.expect(201);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_put_where_there_is_something() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    let acme = organization(&desk, &admin, &[], &[&ada]).await;
    let body = json!({ "code": "MILL", "name": "The Old Mill" });
    let mill = desk.post(&admin, "/api/v1/buildings", body).await.expect(201).body["id"].clone();
    let changed = patch_user(&desk, &admin, &ada, json!({ "building_id": mill })).await.expect(200).body;
    assert_eq!((&changed["building_id"], &changed["organization_id"]), (&mill, &json!(acme)));
    let me = desk.get(&ada, "/api/v1/auth/me").await.expect(200).body;
    assert_eq!((&me["building_id"], &me["organization_id"]), (&mill, &json!(acme)), "{me}");
    let head = desk.head().await;
    for (field, value) in [
        ("building_id", json!(acme)),
        ("organization_id", mill.clone()),
        ("building_id", json!(Uuid::now_v7())),
    ] {
        let refused = patch_user(&desk, &admin, &ada, json!({ field: value })).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], field, "{}", refused.body);
        let refused = user(&desk, &admin, "example.com", json!({ field: value })).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], field, "{}", refused.body);
    }
    for smuggled in [json!({ "organization_id": acme }), json!({ "building_id": mill })] {
        let refused = patch(&desk, &ada, "/api/v1/auth/me", smuggled).await.expect(422);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
    }
    assert_eq!(desk.head().await, head);
    for (query, count) in [
        (format!("organization={acme}"), 1),
        (format!("building={}", mill.as_str().expect("an id")), 1),
        (format!("building={acme}"), 0),
    ] {
        let list = desk.get(&admin, &format!("/api/v1/users?{query}")).await.expect(200).body;
        assert_eq!(list["total_count"], count, "{query}");
    }
    for (catalogue, id) in [("buildings", &mill), ("organizations", &json!(acme))] {
        let path = format!("/api/v1/{catalogue}/{}", id.as_str().expect("an id"));
        let refused = desk.send(desk.request(Some(&admin), reqwest::Method::DELETE, &path)).await.expect(409);
        assert_eq!(refused.body["error"]["details"]["referred_to_by"], json!({ "users": 1 }));
    }
    let _ = patch_user(&desk, &admin, &ada, json!({ "building_id": null })).await.expect(200);
    assert_eq!(
        desk.get(&admin, &format!("/api/v1/users/{}", ada.id)).await.expect(200).body["building_id"],
        Value::Null
    );
    let agent = desk.somebody(Role::Agent, &["IT"]).await;
    let _ = patch_user(&desk, &admin, &agent, json!({ "organization_id": acme })).await.expect(200);
    desk.assert_sound().await;
    desk.close().await;
}
