//! What tickets are marked with: categories, buildings, tags and teams.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use uuid::Uuid;

use super::{found, path_of, tickets};

struct Scene {
    desk: TestDesk,
    admin: Somebody,
    agent: Somebody,
    user: Somebody,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (admin, agent, user) = (desk.admin().await, desk.it_agent().await, desk.user().await);
        Self { desk, admin, agent, user }
    }

    /// The id of a new entry.
    async fn entry(&self, catalogue: &str, code: &str, more: Value) -> String {
        let mut body = json!({ "code": code, "name": code });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        let added = self.desk.post(&self.admin, &format!("/api/v1/{catalogue}"), body).await.expect(201);
        added.body["id"].as_str().expect("an id").to_owned()
    }

    async fn patch(&self, who: &Somebody, path: &str, body: Value) -> Answer {
        self.desk.send(self.desk.request(Some(who), Method::PATCH, path).json(&body)).await
    }
}

fn wrong_field(refused: &Answer) -> &str {
    refused.body["error"]["details"]["errors"][0]["field"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_filed_with_a_category_and_a_building() {
    let scene = Scene::set().await;
    let Scene { desk, admin, user, .. } = &scene;
    let vpn = scene.entry("categories", "VPN", json!({ "department": "IT" })).await;
    let [mill, quay] = [
        scene.entry("buildings", "MILL", json!({})).await,
        scene.entry("buildings", "QUAY", json!({})).await,
    ];
    let _ = scene
        .patch(admin, &format!("/api/v1/users/{}", user.id), json!({ "building_id": mill }))
        .await
        .expect(200);
    let file = async |more: Value| {
        let mut body = json!({ "title": "No connection", "description": "Since today." });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        desk.post(user, "/api/v1/tickets", body).await
    };
    let ticket = file(json!({ "category_id": vpn })).await.expect(201).body;
    assert_eq!(
        (&ticket["category_id"], &ticket["department"]),
        (&json!(vpn), &json!("IT")),
        "the category's"
    );
    assert_eq!(ticket["building_id"], json!(mill), "where its requester is");
    assert_eq!((&ticket["tags"], &ticket["team_id"]), (&json!([]), &Value::Null));
    let ticket =
        file(json!({ "category_id": vpn, "department": "HR", "building_id": quay })).await.expect(201).body;
    assert_eq!((&ticket["department"], &ticket["building_id"]), (&json!("HR"), &json!(quay)));
    let head = desk.head().await;
    for (more, field) in [
        (json!({ "category_id": mill }), "category_id"),
        (json!({ "building_id": vpn }), "building_id"),
        (json!({ "building_id": Uuid::now_v7() }), "building_id"),
    ] {
        assert_eq!(wrong_field(&file(more).await.expect(422)), field);
    }
    let _ = scene
        .patch(admin, &format!("/api/v1/categories/{vpn}"), json!({ "active": false }))
        .await
        .expect(200);
    assert_eq!(wrong_field(&file(json!({ "category_id": vpn })).await.expect(422)), "category_id");
    assert_eq!(desk.head().await, head + 1, "only the category changed");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_mark_tickets_and_find_them_by_it() {
    let scene = Scene::set().await;
    let Scene { desk, admin, agent, user, .. } = &scene;
    let vpn = scene.entry("categories", "VPN", json!({})).await;
    let mill = scene.entry("buildings", "MILL", json!({})).await;
    let mut tags = Vec::new();
    for code in ["WIFI", "W_FI", "URGENT"] {
        tags.push(scene.entry("tags", code, json!({})).await);
    }
    let [one, other] = [desk.ticket(user, Some("IT")).await, desk.ticket(user, Some("IT")).await];
    let path = path_of(&one);
    let marked = json!({ "category_id": vpn, "building_id": mill, "tags": ["wifi", "urgent", "WIFI"] });
    let ticket = scene.patch(agent, &path, marked.clone()).await.expect(200).body;
    let shown = |ticket: &Value| json!([ticket["category_id"], ticket["building_id"], ticket["tags"]]);
    assert_eq!(shown(&ticket), json!([vpn, mill, ["URGENT", "WIFI"]]));
    assert_eq!(shown(&desk.get(user, &path).await.expect(200).body), shown(&ticket));
    let _ = scene.patch(agent, &path_of(&other), json!({ "tags": ["W_FI"] })).await.expect(200);
    let head = desk.head().await;
    let again = scene.patch(agent, &path, marked).await.expect(200);
    assert_eq!(
        (desk.head().await, again.body["version"].clone()),
        (head, ticket["version"].clone()),
        "no change"
    );

    let of_one = [
        format!("category={vpn}"),
        format!("building={mill}"),
        "tag=WIFI".to_owned(),
        "tag=urgent,wifi".to_owned(),
        format!("tag=WIFI&as_of=position:{head}"),
    ];
    for query in &of_one {
        let list = found(desk, agent, query).await;
        assert_eq!(list.body["total_count"], 1, "{query}");
        assert_eq!(
            (&tickets(&list)[0]["id"], shown(&tickets(&list)[0])),
            (&one["id"], shown(&ticket)),
            "{query}"
        );
    }
    assert_eq!(found(desk, agent, "tag=WIFI,W_FI").await.body["total_count"], 2);
    assert_eq!(
        found(desk, agent, &format!("tag=WIFI&building={}", Uuid::now_v7())).await.body["total_count"],
        0
    );

    // As it was, and why it is so.
    let then = desk.get(agent, &format!("{path}?as_of=1")).await.expect(200).body;
    assert_eq!(shown(&then), json!([null, null, []]));
    let why = desk.get(agent, &format!("{path}/why?field=tags")).await.expect(200).body.to_string();
    assert!(why.contains("TagsChanged"), "{why}");
    let history = desk.get(agent, &format!("{path}/history")).await.expect(200).body.to_string();
    for words in ["Category changed", "Building changed", "Tags changed", "URGENT, WIFI"] {
        assert!(history.contains(words), "{words}: {history}");
    }

    // What is in use is not removed; what is inactive stays where it is and is not chosen again.
    for (catalogue, id) in [("tags", &tags[0]), ("categories", &vpn), ("buildings", &mill)] {
        let refused = desk
            .send(desk.request(Some(admin), Method::DELETE, &format!("/api/v1/{catalogue}/{id}")))
            .await
            .expect(409);
        assert_eq!(
            refused.body["error"]["details"]["referred_to_by"],
            json!({ "tickets": 1 }),
            "{catalogue}"
        );
    }
    let _ = scene
        .patch(admin, &format!("/api/v1/tags/{}", tags[0]), json!({ "active": false }))
        .await
        .expect(200);
    let kept = scene.patch(agent, &path, json!({ "tags": ["WIFI", "W_FI"] })).await.expect(200).body;
    assert_eq!(kept["tags"], json!(["WIFI", "W_FI"]));
    let refused = scene.patch(agent, &path_of(&other), json!({ "tags": ["WIFI"] })).await.expect(422);
    assert_eq!(wrong_field(&refused), "tags");
    let cleared = json!({ "category_id": null, "building_id": null, "tags": [] });
    assert_eq!(shown(&scene.patch(agent, &path, cleared).await.expect(200).body), json!([null, null, []]));
    desk.assert_sound().await;
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_says_where_it_is_and_no_more() {
    let scene = Scene::set().await;
    let Scene { desk, agent, user, .. } = &scene;
    let (vpn, mill) = (
        scene.entry("categories", "VPN", json!({})).await,
        scene.entry("buildings", "MILL", json!({})).await,
    );
    scene.entry("tags", "WIFI", json!({})).await;
    let path = path_of(&desk.ticket(user, Some("IT")).await);
    for body in [
        json!({ "category_id": vpn }),
        json!({ "category_id": null }),
        json!({ "tags": ["WIFI"] }),
        json!({ "tags": [] }),
    ] {
        assert_eq!(scene.patch(user, &path, body).await.expect(403).code(), "AUTHZ_FORBIDDEN");
    }
    let _ = scene.patch(user, &path, json!({ "building_id": mill })).await.expect(200);
    let _ = desk.post(agent, &format!("{path}/claim"), json!({})).await.expect(200);
    assert_eq!(scene.patch(user, &path, json!({ "building_id": null })).await.expect(409).code(), "CONFLICT");
    let _ = desk.post(agent, &format!("{path}/resolve"), json!({})).await.expect(200);
    let _ = scene.patch(agent, &path, json!({ "building_id": null, "category_id": vpn })).await.expect(200);
    let many: Vec<String> = (0..21).map(|n| format!("T{n}")).collect();
    for code in &many {
        scene.entry("tags", code, json!({})).await;
    }
    assert_eq!(wrong_field(&scene.patch(agent, &path, json!({ "tags": many })).await.expect(422)), "tags");
    for bad in [
        json!({ "tags": ["two words"] }),
        json!({ "tags": null }),
        json!({ "tags": "WIFI" }),
        json!({ "category_id": "vpn" }),
    ] {
        let _ = scene.patch(agent, &path, bad).await.expect(422);
    }
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_gets_work_of_its_department() {
    let scene = Scene::set().await;
    let Scene { desk, agent, user, .. } = &scene;
    let outsider = desk.it_agent().await;
    let members = json!([agent.id]);
    let network = scene.entry("teams", "NETWORK", json!({ "department": "IT", "member_ids": members })).await;
    let payroll = scene.entry("teams", "PAYROLL", json!({ "department": "HR" })).await;
    let path = path_of(&desk.ticket(user, Some("IT")).await);
    let assign = async |body: Value| desk.post(agent, &format!("{path}/assign"), body).await;
    let team = async || desk.get(agent, &path).await.expect(200).body["team_id"].clone();

    let queued = assign(json!({ "agent_id": null, "team_id": network })).await.expect(200).body;
    assert_eq!((&queued["team_id"], &queued["status"]), (&json!(network), &json!("assigned")));
    assert_eq!(found(desk, agent, &format!("team={network}")).await.body["total_count"], 1);
    let head = desk.head().await;
    let elsewhere = assign(json!({ "agent_id": null, "team_id": payroll })).await.expect(409);
    let stranger = assign(json!({ "agent_id": outsider.id, "team_id": network })).await.expect(409);
    assert_eq!((elsewhere.code(), stranger.code()), ("CONFLICT", "CONFLICT"));
    let none = assign(json!({ "agent_id": null, "team_id": Uuid::now_v7() })).await.expect(422);
    assert_eq!((wrong_field(&none), desk.head().await), ("team_id", head));

    // Whoever gets it, it stays the team's, until it is sent elsewhere or is nobody's.
    let _ = assign(json!({ "agent_id": agent.id, "team_id": network })).await.expect(200);
    let _ = assign(json!({ "agent_id": outsider.id })).await.expect(200);
    assert_eq!(team().await, json!(network));
    let _ = desk.post(agent, &format!("{path}/unassign"), json!({})).await.expect(200);
    assert_eq!(team().await, Value::Null);
    let _ = assign(json!({ "agent_id": null, "team_id": network })).await.expect(200);
    let _ = assign(json!({ "agent_id": null, "team_id": null })).await.expect(200);
    assert_eq!(team().await, Value::Null);
    let _ = assign(json!({ "agent_id": null, "team_id": network })).await.expect(200);
    let _ = desk.post(agent, &format!("{path}/transfer"), json!({ "department": "HR" })).await.expect(200);
    let moved = desk.get(user, &path).await.expect(200).body;
    assert_eq!((&moved["team_id"], &moved["department"]), (&Value::Null, &json!("HR")));
    desk.assert_sound().await;
    scene.desk.close().await;
}

/// What a node saw of an entry a moment ago is nothing to go by: it may be closed elsewhere since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_closes_is_closed_at_the_other() {
    let scene = Scene::set().await;
    let Scene { desk, admin, agent, user } = &scene;
    let other = desk.another_node().await;
    let vpn = scene.entry("categories", "VPN", json!({})).await;
    let mill = scene.entry("buildings", "MILL", json!({})).await;
    let wifi = scene.entry("tags", "WIFI", json!({})).await;
    let network = scene.entry("teams", "NETWORK", json!({})).await;
    let acme = scene.entry("organizations", "ACME", json!({})).await;
    let ticket = desk.ticket(user, Some("IT")).await;
    let (path, account) = (path_of(&ticket), format!("/api/v1/users/{}", user.id));
    let change = async |who, path: &str, body: Value| {
        other.send(other.request(Some(who), Method::PATCH, path).json(&body)).await
    };
    let assign = json!({ "agent_id": null, "team_id": network });
    let filed = json!({ "title": "No connection", "description": "Since today.", "category_id": vpn });
    let none = json!({ "category_id": null, "building_id": null, "tags": [] });
    let all = json!({ "category_id": vpn, "building_id": mill, "tags": ["WIFI"] });
    for body in [&all, &none] {
        let _ = change(agent, &path, body.clone()).await.expect(200);
    }
    let _ = other.post(user, "/api/v1/tickets", filed.clone()).await.expect(201);
    let _ = other.post(agent, &format!("{path}/assign"), assign.clone()).await.expect(200);
    for organization in [json!(acme), Value::Null] {
        let _ = change(admin, &account, json!({ "organization_id": organization })).await.expect(200);
    }
    let _ = other.post(agent, &format!("{path}/unassign"), json!({})).await.expect(200);
    for (catalogue, id) in [
        ("categories", &vpn),
        ("buildings", &mill),
        ("tags", &wifi),
        ("teams", &network),
        ("organizations", &acme),
    ] {
        let closed = json!({ "active": false });
        let _ = scene.patch(admin, &format!("/api/v1/{catalogue}/{id}"), closed).await.expect(200);
    }
    for (field, value) in
        [("category_id", json!(vpn)), ("building_id", json!(mill)), ("tags", json!(["WIFI"]))]
    {
        assert_eq!(wrong_field(&change(agent, &path, json!({ field: value })).await.expect(422)), field);
    }
    assert_eq!(wrong_field(&other.post(user, "/api/v1/tickets", filed).await.expect(422)), "category_id");
    let refused = other.post(agent, &format!("{path}/assign"), assign).await.expect(422);
    assert_eq!(wrong_field(&refused), "team_id");
    let refused = change(admin, &account, json!({ "organization_id": acme })).await.expect(422);
    assert_eq!(wrong_field(&refused), "organization_id");
    scene.desk.close().await;
}
