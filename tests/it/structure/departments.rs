//! Departments have to exist, be active and take tickets where tickets are sent and people work.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{add, department, patch, path_of};

async fn file(desk: &TestDesk, who: &Somebody, department: &str) -> Answer {
    let body = json!({ "title": "It is broken", "description": "Badly.", "department": department });
    desk.post(who, "/api/v1/tickets", body).await
}

async fn hire(desk: &TestDesk, admin: &Somebody, name: &str, department: &str) -> Answer {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "role": "agent", "departments": [department],
    });
    desk.post(admin, "/api/v1/users", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_and_people_go_to_departments_that_are_there_and_active() {
    let desk = TestDesk::open().await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let _ = file(&desk, &admin, "FACILITIES").await.expect(422);
    let refused = hire(&desk, &admin, "eve", "FACILITIES").await.expect(422);
    assert!(refused.body.to_string().contains("no active department FACILITIES"), "{}", refused.body);
    let added = add(&desk, &admin, "departments", "facilities", json!({})).await.expect(201).body;
    let _ = hire(&desk, &admin, "eve", "facilities").await.expect(201);
    let ticket = file(&desk, &admin, "Facilities").await.expect(201).body;
    assert_eq!(ticket["department"], "FACILITIES");

    let ticket = file(&desk, &ivan, "IT").await.expect(201).body;
    let ticket = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
    let path = path_of("departments", &added);
    let _ = patch(&desk, &admin, &path, json!({ "active": false })).await.expect(200);
    let there = json!({ "department": "FACILITIES" });
    let _ = file(&desk, &admin, "FACILITIES").await.expect(422);
    let _ = hire(&desk, &admin, "hugo", "FACILITIES").await.expect(422);
    let _ = desk.post(&ivan, &format!("{ticket}/transfer"), there.clone()).await.expect(422);
    let _ = patch(&desk, &ivan, &ticket, there.clone()).await.expect(422);
    let _ = patch(&desk, &admin, &path, json!({ "active": true })).await.expect(200);
    let _ = desk.post(&ivan, &format!("{ticket}/transfer"), there).await.expect(200);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn general_is_there_for_articles_and_takes_no_tickets() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let general = department(&desk, &admin, "GENERAL").await;
    assert_eq!((&general["name"], &general["takes_tickets"]), (&json!("General"), &json!(false)));
    let _ = file(&desk, &admin, "GENERAL").await.expect(422);
    let _ = hire(&desk, &admin, "eve", "GENERAL").await.expect(422);
    let path = path_of("departments", &general);
    let _ = patch(&desk, &admin, &path, json!({ "takes_tickets": true })).await.expect(200);
    let _ = file(&desk, &admin, "GENERAL").await.expect(201);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_that_is_closed_takes_nothing_on_any_node_within_a_second() {
    let desk = TestDesk::open().await;
    let other = desk.another_node().await;
    let admin = desk.admin().await;
    let path = path_of("departments", &department(&desk, &admin, "HR").await);
    let _ = file(&other, &admin, "HR").await.expect(201);
    let close = desk.request(Some(&admin), Method::PATCH, &path).json(&json!({ "active": false }));
    let _ = desk.send(close).await.expect(200);
    let began = Instant::now();
    while file(&other, &admin, "HR").await.status == 201 {
        assert!(began.elapsed() < Duration::from_secs(5), "it still takes tickets");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
    // And one that was just opened takes them everywhere at once.
    let _ = patch(&desk, &admin, &path, json!({ "active": true })).await.expect(200);
    let _: Value = file(&other, &admin, "HR").await.expect(201).body;
    other.close().await;
    desk.close().await;
}
