//! What something refers to is not removed, and the answer says what refers to it.

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{add, delete, department, path_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_that_is_referred_to_stays() {
    let desk = TestDesk::open().await;
    let (admin, _) = (desk.admin().await, desk.somebody(domain::access::Role::Agent, &["LEGAL"]).await);
    let legal = path_of("departments", &department(&desk, &admin, "LEGAL").await);
    let referred = async || {
        let refused = delete(&desk, &admin, &legal).await.expect(409);
        assert_eq!(refused.code(), "REFERENCED");
        assert!(refused.body["error"]["message"].as_str().is_some_and(|text| text.contains("deactivate")));
        refused.body["error"]["details"]["referred_to_by"].clone()
    };
    assert_eq!(referred().await, json!({ "users": 1 }));
    for _ in 0..2 {
        desk.ticket(&admin, Some("LEGAL")).await;
    }
    let in_legal = || json!({ "department": "LEGAL" });
    let team = add(&desk, &admin, "teams", "contracts", in_legal()).await.expect(201).body;
    let category = add(&desk, &admin, "categories", "contracts", in_legal()).await.expect(201).body;
    assert_eq!(referred().await, json!({ "users": 1, "tickets": 2, "teams": 1, "categories": 1 }));
    let below =
        add(&desk, &admin, "categories", "nda", json!({ "parent_id": category["id"] })).await.expect(201);
    let refused = delete(&desk, &admin, &path_of("categories", &category)).await.expect(409);
    assert_eq!(refused.body["error"]["details"]["referred_to_by"], json!({ "categories": 1 }));
    for (catalogue, entry) in [("categories", &below.body), ("categories", &category), ("teams", &team)] {
        let _ = delete(&desk, &admin, &path_of(catalogue, entry)).await.expect(204);
    }
    assert_eq!(referred().await, json!({ "users": 1, "tickets": 2 }));
    let _: Value = desk.get(&admin, &legal).await.expect(200).body;
    desk.close().await;
}
