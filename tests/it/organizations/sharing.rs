//! Colleagues read what their organization shares, and nothing else, whichever way they look.

use domain::id::EntryId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};

use super::{comes_to, organization, patch, patch_user, path_of};

/// Stands in everything that Ada may not read.
const CANARY: &str = "canary-of-others";

struct Scene {
    desk: TestDesk,
    admin: Somebody,
    agent: Somebody,
    /// Reads.
    ada: Somebody,
    /// Writes.
    eve: Somebody,
    acme: EntryId,
    /// Eve's, which Ada sees.
    shared: Value,
    /// Those that she does not see: what is wrong with each.
    hidden: Vec<(&'static str, Value)>,
}

async fn filed(desk: &TestDesk, who: &Somebody, department: Option<&str>, text: &str) -> Value {
    let mut body = json!({ "title": text, "description": text });
    if let Some(department) = department {
        body["department"] = department.into();
    }
    let ticket = desk.post(who, "/api/v1/tickets", body).await.expect(201).body;
    let message = json!({ "content": text });
    let _ = desk.post(who, &format!("{}/messages", path_of(&ticket)), message).await.expect(201);
    ticket
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (admin, agent) = (desk.admin().await, desk.it_agent().await);
        let (ada, eve, outsider) = (desk.user().await, desk.user().await, desk.user().await);
        let before = filed(&desk, &eve, Some("IT"), CANARY).await;
        let acme = organization(&desk, &admin, &["IT"], &[&ada, &eve]).await;
        organization(&desk, &admin, &["IT"], &[&outsider]).await;
        let shared = filed(&desk, &eve, Some("IT"), "The printer jams").await;
        let note = json!({ "content": CANARY, "is_internal": true });
        let _ = desk.post(&agent, &format!("{}/messages", path_of(&shared)), note).await.expect(201);
        let mut moved = filed(&desk, &eve, Some("IT"), CANARY).await;
        let transfer = json!({ "department": "HR" });
        moved = desk.post(&eve, &format!("{}/transfer", path_of(&moved)), transfer).await.expect(200).body;
        let hidden = vec![
            ("a department's that is not shared", filed(&desk, &eve, Some("HR"), CANARY).await),
            ("no department's yet", filed(&desk, &eve, None, CANARY).await),
            ("sent to a department that is not shared", moved["ticket"].clone()),
            ("filed before she belonged there", before),
            ("of another organization", filed(&desk, &outsider, Some("IT"), CANARY).await),
        ];
        Self { desk, admin, agent, ada, eve, acme, shared, hidden }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_reads_what_is_shared_and_meets_nothing_else() {
    let scene = Scene::set().await;
    let Scene { desk, ada, eve, acme, shared, hidden, .. } = &scene;
    let head = desk.head().await;
    let of_tickets = [
        "",
        "?include=messages,history",
        "?as_of=1",
        "/messages",
        "/comments",
        "/history",
        "/history?as_of=1",
        "/events",
        "/why?field=status",
    ];
    for way in of_tickets {
        let seen = desk.get(ada, &format!("{}{way}", path_of(shared))).await.expect(200).body.to_string();
        assert!(!seen.contains(CANARY) && !seen.to_lowercase().contains("internal note"), "{way}: {seen}");
        for (what, ticket) in hidden {
            for reference in [path_of(ticket), format!("/api/v1/tickets/{}", ticket["number"])] {
                let answer = desk.get(ada, &format!("{reference}{way}")).await.expect(404);
                assert!(!answer.body.to_string().contains(CANARY), "{what}: {way}");
            }
        }
    }
    let seen = desk.get(ada, &path_of(shared)).await.expect(200).body;
    assert_eq!((&seen["message_count"], &seen["organization_id"]), (&json!(1), &json!(acme)));

    let lists = [
        "/api/v1/tickets?limit=100".to_owned(),
        format!("/api/v1/tickets?organization={acme}"),
        format!("/api/v1/tickets?requester={}", eve.id),
        format!("/api/v1/tickets?as_of=position:{head}"),
        "/api/v1/tickets?department=IT,HR&sort=-priority".to_owned(),
        "/api/v1/tickets?status=open&sort=updated_at".to_owned(),
    ];
    for list in &lists {
        let seen = desk.get(ada, list).await.expect(200).body;
        assert_eq!(seen["total_count"], 1, "{list}: {seen}");
        assert_eq!(seen["tickets"][0]["id"], shared["id"], "{list}: {seen}");
        assert!(!seen.to_string().contains(CANARY), "{list}");
    }
    let own = desk.get(ada, "/api/v1/tickets?requester=me").await.expect(200).body;
    assert_eq!(own["total_count"], 0);
    // Of the past, only what is seen now and was seen then.
    let created = hidden[2].1["number"].as_i64().expect("a number");
    let then = desk.get(ada, &format!("/api/v1/tickets?as_of=position:{created}")).await.expect(200).body;
    assert!(!then.to_string().contains(CANARY), "{then}");
    for list in ["/api/v1/user/home", "/api/v1/auth/me"] {
        assert!(!desk.get(ada, list).await.expect(200).body.to_string().contains(CANARY), "{list}");
    }
    let refused = desk.get(ada, &format!("/api/v1/users/{}/export", eve.id)).await;
    assert!([403, 404].contains(&refused.status.as_u16()), "{}", refused.body);
    scene.desk.close().await;
}

/// Reading along is no part in it: nothing is answered, corrected or judged by a colleague.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_changes_nothing() {
    let scene = Scene::set().await;
    let Scene { desk, ada, eve, agent, shared, hidden, .. } = &scene;
    let message = desk.get(ada, &format!("{}/messages", path_of(shared))).await.expect(200).body;
    let message = message["messages"][0]["id"].as_str().expect("a message").to_owned();
    let asks = [
        (Method::POST, "/messages".to_owned(), json!({ "content": "Me too" })),
        (Method::PUT, format!("/messages/{message}/feedback"), json!({ "feedback": "up" })),
        (Method::PATCH, String::new(), json!({ "title": "Another title" })),
        (Method::PATCH, String::new(), json!({ "urgency": "high" })),
        (Method::PATCH, String::new(), json!({ "urgency": "medium" })),
        (Method::PATCH, String::new(), json!({ "building_id": null })),
        (Method::PATCH, String::new(), json!({ "tags": [] })),
        (Method::PATCH, String::new(), json!({ "status": "resolved" })),
        (Method::POST, "/transfer".to_owned(), json!({ "department": "HR" })),
        (Method::POST, "/resolve".to_owned(), json!({})),
        (Method::POST, "/close".to_owned(), json!({})),
        (Method::POST, "/reopen".to_owned(), json!({})),
        (Method::POST, "/feedback".to_owned(), json!({ "rating": 1 })),
        (Method::POST, "/assign".to_owned(), json!({ "agent_id": null })),
        (Method::POST, "/claim".to_owned(), json!({})),
        (Method::POST, "/unassign".to_owned(), json!({})),
    ];
    let head = desk.head().await;
    let ask = async |who: &Somebody, ticket: &Value, (method, way, body): &(Method, String, Value)| {
        let path = format!("{}{way}", path_of(ticket));
        desk.send(desk.request(Some(who), method.clone(), &path).json(body)).await
    };
    for asked in &asks {
        let refused = ask(ada, shared, asked).await.expect(403);
        assert_eq!(refused.code(), "AUTHZ_FORBIDDEN", "{asked:?}");
        let unseen = ask(ada, &hidden[0].1, asked).await;
        assert_eq!(unseen.status, 404, "{asked:?}: {}", unseen.body);
    }
    assert_eq!(desk.head().await, head, "nothing happened");
    let _ = ask(eve, shared, &asks[0]).await.expect(201);
    let _ = ask(agent, shared, &asks[9]).await.expect(200);
    for asked in [&asks[11], &asks[12]] {
        let _ = ask(ada, shared, asked).await.expect(403);
    }
    scene.desk.close().await;
}

/// What the sharing rests on ends it: the setting, the organization, the membership, the department, the role.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sharing_ends_with_what_it_rests_on() {
    let scene = Scene::set().await;
    let Scene { desk, admin, ada, eve, acme, shared, .. } = &scene;
    let (ticket, of_acme) = (path_of(shared), format!("/api/v1/organizations/{acme}"));
    let steps = [
        (of_acme.clone(), json!({ "shared_departments": [] }), json!({ "shared_departments": ["IT"] })),
        (of_acme.clone(), json!({ "active": false }), json!({ "active": true })),
        (
            format!("/api/v1/users/{}", ada.id),
            json!({ "organization_id": null }),
            json!({ "organization_id": acme }),
        ),
        (ticket.clone(), json!({ "department": "HR" }), json!({ "department": "IT" })),
    ];
    for (path, ends, begins) in steps {
        let _ = patch(desk, admin, &path, ends.clone()).await.expect(200);
        comes_to(desk, ada, &ticket, 404).await;
        assert_eq!(desk.get(ada, "/api/v1/tickets").await.expect(200).body["total_count"], 0, "{ends}");
        assert_eq!(desk.get(eve, &ticket).await.expect(200).body["id"], shared["id"], "{ends}");
        let _ = patch(desk, admin, &path, begins).await.expect(200);
        comes_to(desk, ada, &ticket, 200).await;
    }
    // Who leaves takes nothing along: their tickets stay the organization's, and theirs.
    let _ = patch_user(desk, admin, eve, json!({ "organization_id": null })).await.expect(200);
    comes_to(desk, ada, &ticket, 200).await;
    let _ = desk.get(eve, &ticket).await.expect(200);
    // Staff see as staff, whatever organization they belong to.
    let promoted = json!({ "role": "hr_agent" });
    let _ = patch_user(desk, admin, ada, promoted).await.expect(200);
    comes_to(desk, ada, &ticket, 404).await;
    scene.desk.close().await;
}

/// An API token sees what its owner sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_s_token_sees_the_same() {
    let scene = Scene::set().await;
    let Scene { desk, ada, shared, hidden, .. } = &scene;
    let body = json!({ "name": "reader", "scopes": ["tickets:read"] });
    let issued = desk.post(ada, "/api/v1/auth/tokens", body).await.expect(201).body;
    let secret = issued["secret"].as_str().expect("a secret").to_owned();
    let program = Somebody { id: ada.id, role: ada.role, token: secret };
    let list = desk.get(&program, "/api/v1/tickets").await.expect(200).body;
    assert_eq!((&list["total_count"], &list["tickets"][0]["id"]), (&json!(1), &shared["id"]));
    for (what, ticket) in hidden {
        let answer = desk.get(&program, &path_of(ticket)).await;
        assert_eq!(answer.status, 404, "{what}");
    }
    scene.desk.close().await;
}
