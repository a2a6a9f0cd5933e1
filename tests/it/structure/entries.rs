//! Entries of every catalogue: added, listed, changed, and found again; and what cannot be meant is refused.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{CATALOGUES, add, delete, patch, path_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_catalogue_takes_shows_changes_and_gives_up_entries() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    for catalogue in CATALOGUES {
        let added = add(&desk, &admin, catalogue, "blue-1", json!({})).await.expect(201);
        let path = path_of(catalogue, &added.body);
        assert_eq!((added.header("location"), added.header("etag")), (path.as_str(), "\"v1\""));
        assert_eq!((&added.body["code"], &added.body["active"]), (&json!("BLUE-1"), &json!(true)));
        let shown = desk.get(&ada, &path).await.expect(200);
        assert_eq!((&shown.body, shown.header("etag")), (&added.body, "\"v1\""));
        let changed =
            patch(&desk, &admin, &path, json!({ "name": "Blue", "active": false })).await.expect(200);
        assert_eq!((&changed.body["name"], &changed.body["active"]), (&json!("Blue"), &json!(false)));
        assert_eq!(changed.header("etag"), "\"v3\"", "two things happened");
        let again = patch(&desk, &admin, &path, json!({ "name": "Blue" })).await.expect(200);
        assert_eq!(again.header("etag"), "\"v3\"", "it is so already");
        let stale = desk.request(Some(&admin), Method::PATCH, &path).header("if-match", "\"v1\"");
        let stale = desk.send(stale.json(&json!({ "name": "Red" }))).await.expect(412);
        assert_eq!(stale.body["error"]["details"]["current_version"], 3);
        for (active, count) in [("true", 0), ("false", 1)] {
            let query = format!("/api/v1/{catalogue}?active={active}&q=LUE");
            assert_eq!(desk.get(&ada, &query).await.expect(200).body["total_count"], count, "{query}");
        }
        let _ = delete(&desk, &admin, &path).await.expect(204);
        let _ = desk.get(&ada, &path).await.expect(404);
        let _ = delete(&desk, &admin, &path).await.expect(404);
        let _ = add(&desk, &admin, catalogue, "Blue-1", json!({})).await.expect(201);
    }
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_taken_once_within_its_catalogue_in_whatever_case() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let codes = ["vpn", "VPN", "Vpn", "vPN"].into_iter().cycle().take(16);
    let answers = join_all(codes.map(|code| add(&desk, &admin, "tags", code, json!({})))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    for refused in answers.into_iter().filter(|answer| answer.status != 201) {
        let refused = refused.expect(409);
        assert_eq!(
            (refused.code(), &refused.body["error"]["details"]["field"]),
            ("DUPLICATE", &json!("code"))
        );
    }
    // The same code in another catalogue is another code.
    let _ = add(&desk, &admin, "categories", "vpn", json!({})).await.expect(201);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_pages_and_a_tag_that_says_whether_anything_changed() {
    let desk = TestDesk::open().await;
    let (admin, ada) = (desk.admin().await, desk.user().await);
    for number in 10..35 {
        let _ = add(&desk, &admin, "tags", &format!("tag-{number}"), json!({})).await.expect(201);
    }
    let first = desk.get(&ada, "/api/v1/tags?limit=10").await.expect(200);
    let codes = |list: &Value| {
        let codes = list["tags"].as_array().expect("tags").iter().map(|tag| tag["code"].clone());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(codes(&first.body)[..2], [json!("TAG-10"), json!("TAG-11")]);
    assert_eq!(
        (&first.body["total_count"], &first.body["pagination"]["total_pages"]),
        (&json!(25), &json!(3))
    );
    let last = desk.get(&ada, "/api/v1/tags?limit=10&page=3").await.expect(200);
    assert_eq!((codes(&last.body).len(), &last.body["pagination"]["has_more"]), (5, &json!(false)));
    let seen = async || {
        let request = desk.request(Some(&ada), Method::GET, "/api/v1/tags?limit=10");
        desk.send(request.header("if-none-match", first.header("etag"))).await
    };
    assert_eq!(seen().await.status, 304);
    // Another catalogue is nothing to this one; its own change is, also a removal.
    let _ = add(&desk, &admin, "buildings", "hq", json!({ "address": "Main Street 1" })).await.expect(201);
    assert_eq!(seen().await.status, 304);
    let tag = &desk.get(&ada, "/api/v1/tags?q=tag-30").await.expect(200).body["tags"][0];
    let _ = delete(&desk, &admin, &path_of("tags", tag)).await.expect(204);
    assert_eq!(seen().await.expect(200).body["total_count"], 24);
    for (query, field) in [("limit=0", "limit"), ("active=perhaps", "active"), ("colour=blue", "colour")] {
        let refused = desk.get(&ada, &format!("/api/v1/tags?{query}")).await.expect(422);
        assert_eq!(refused.body["error"]["details"]["errors"][0]["field"], field);
    }
    let _ = desk.get(&ada, "/api/v1/tags?q=%00").await.expect(200);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_of_another_kind_is_refused_with_those_that_are_allowed() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let head = desk.head().await;
    for (catalogue, body, field, said) in [
        ("tags", json!({ "address": "Here" }), "address", "allowed: name"),
        ("buildings", json!({ "takes_tickets": true }), "takes_tickets", "allowed: name, address"),
        ("departments", json!({ "member_ids": [] }), "member_ids", "allowed: name, takes_tickets"),
        ("teams", json!({ "department": "NOWHERE" }), "department", "no active department NOWHERE"),
        ("teams", json!({ "department": "a b" }), "department", "letters, digits"),
        ("teams", json!({ "member_ids": [uuid::Uuid::now_v7()] }), "member_ids", "no active account"),
        ("categories", json!({ "parent_id": uuid::Uuid::now_v7() }), "parent_id", "active category"),
        ("organizations", json!({ "domains": ["example.com", "@"] }), "domains[1]", "must be a domain"),
        ("organizations", json!({ "colour": "blue" }), "colour", "allowed: code, name, active"),
        ("tags", json!({ "code": "a b" }), "code", "letters, digits"),
        ("tags", json!({ "name": "" }), "name", "characters or more"),
        ("tags", json!({ "active": false }), "active", "must be true"),
    ] {
        let refused = add(&desk, &admin, catalogue, "x", body.clone()).await.expect(422);
        let error = &refused.body["error"]["details"]["errors"][0];
        assert_eq!(error["field"], field, "{body}: {error}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(said)), "{body}: {error}");
    }
    assert_eq!(desk.head().await, head);
    let tag = add(&desk, &admin, "tags", "x", json!({})).await.expect(201).body;
    let refused = patch(&desk, &admin, &path_of("tags", &tag), json!({ "code": "y" })).await.expect(422);
    assert!(refused.body.to_string().contains("a code is for good"), "{}", refused.body);
    // What is in one catalogue is not in another.
    let _ = desk.get(&admin, &path_of("buildings", &tag)).await.expect(404);
    let _ = patch(&desk, &admin, &path_of("buildings", &tag), json!({ "name": "y" })).await.expect(404);
    let _ = delete(&desk, &admin, &path_of("buildings", &tag)).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_has_members_and_a_department() {
    let desk = TestDesk::open().await;
    let (admin, ivan, eve) = (desk.admin().await, desk.it_agent().await, desk.it_agent().await);
    let members = json!({ "department": "it", "member_ids": [ivan.id, eve.id, ivan.id] });
    let team = add(&desk, &admin, "teams", "network", members).await.expect(201).body;
    assert_eq!(team["department"], "IT");
    assert_eq!(team["member_ids"].as_array().map(Vec::len), Some(2));
    let path = path_of("teams", &team);
    let left =
        patch(&desk, &admin, &path, json!({ "member_ids": [eve.id], "department": null })).await.expect(200);
    assert_eq!((&left.body["member_ids"], &left.body["department"]), (&json!([eve.id]), &Value::Null));
    let renamed = patch(&desk, &admin, &path, json!({ "name": "Networks" })).await.expect(200);
    assert_eq!(renamed.body["member_ids"], json!([eve.id]), "what is not given stays");
    desk.close().await;
}

/// Two changes at once, each fine by itself, would put both categories above each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_category_comes_to_stand_above_itself() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    for round in 0..8 {
        let mut paths = Vec::new();
        let mut ids = Vec::new();
        for name in ["a", "b"] {
            let code = format!("{name}-{round}");
            let category = add(&desk, &admin, "categories", &code, json!({})).await.expect(201).body;
            paths.push(path_of("categories", &category));
            ids.push(category["id"].clone());
        }
        let put = |child: usize, parent: usize| {
            patch(&desk, &admin, &paths[child], json!({ "parent_id": ids[parent] }))
        };
        let (one, other) = tokio::join!(put(0, 1), put(1, 0));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "round {round}");
        let _ = put(0, 0).await.expect(422);
    }
    desk.close().await;
}
