//! What is on the rise is told by what is usual on such days, follows what becomes of tickets, and knows nothing of who is erased.

use chrono::{TimeDelta, Utc};
use domain::id::UserId;
use domain::sealed::Sealed;
use domain::ticket::TicketEvent;
use serde_json::{Value, json};
use tests::appends::{accepted, append, created, new_stream, on};
use tests::desk::{Somebody, TestDesk};

use super::TICKETS;
use crate::erasure::{done, erase};

/// Files a ticket for the department of IT, so many days ago.
async fn filed_before(desk: &TestDesk, requester: UserId, title: &str, days: i64) {
    let TicketEvent::TicketCreated {
        description, urgency, priority, category, building, organization, ..
    } = created(requester)
    else {
        unreachable!("a creation")
    };
    let event = TicketEvent::TicketCreated {
        requester,
        title: Sealed::new(requester, title),
        description,
        urgency,
        priority,
        department: Some("IT".parse().expect("a code")),
        category,
        building,
        organization,
    };
    let mut append = append(vec![on(new_stream(), 0, vec![event])]);
    append.envelope.occurred_at = Utc::now() - TimeDelta::days(days);
    accepted(&desk.desk.log, append).await;
}

async fn file(desk: &TestDesk, requester: &Somebody, title: &str) -> String {
    let body = json!({ "title": title, "description": "Since today.", "department": "IT" });
    let filed = desk.post(requester, TICKETS, body).await.expect(201).body;
    format!("{TICKETS}/{}", filed["ticket_id"].as_str().expect("an id"))
}

/// What `who` is told is on the rise: labels with how many there are and how many are usual, and the same of topics.
async fn rising(desk: &TestDesk, who: &Somebody) -> (Value, Value) {
    let path = format!("/api/v1/ai/patterns?min_position={}", desk.head().await);
    let body = desk.get(who, &path).await.expect(200).body;
    let told = |list: &str, name: &str| -> Value {
        let all = body[list].as_array().expect("a list").iter();
        all.map(|one| json!([one[name], one["count"], one["usual"], one["growth"]])).collect()
    };
    (told("patterns", "label"), told("topics", "department"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_usual_is_counted_by_weekday_and_follows_what_becomes_of_tickets() {
    let desk = TestDesk::open().await;
    let (ada, bob, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let (ivan, hana) = (desk.it_agent().await, desk.hr_agent().await);
    for weeks in 1..=4 {
        for who in [&ada, &bob] {
            filed_before(&desk, who.id, "The coffee machine is leaking", weeks * 7).await;
        }
    }
    // As old as that, they say nothing of what is usual.
    filed_before(&desk, bob.id, "Coffee machines leak", 60).await;
    let mut coffee = Vec::new();
    for (who, title) in [
        (&ada, "Leaking coffee machine"),
        (&bob, "Coffee machine leaks all over"),
        (&bob, "The coffee machine leaks"),
    ] {
        coffee.push(file(&desk, who, title).await);
    }
    let told = (json!([["The coffee machine leaks", 3, 2.0, 1.5]]), json!([["IT", 3, 2.0, 1.5]]));
    assert_eq!(rising(&desk, &ivan).await, told);
    assert_eq!(rising(&desk, &hana).await, (json!([]), json!([])), "what HR does not see");

    // Two are as usual; a fourth one is not, wherever it was first.
    let _ =
        desk.post(&admin, &format!("{}/flag", coffee[2]), json!({ "reason": "Nonsense." })).await.expect(200);
    assert_eq!(rising(&desk, &ivan).await, (json!([]), json!([])), "suspected of misuse");
    let _ = desk.post(&admin, &format!("{}/clear-flag", coffee[2]), json!({})).await.expect(200);
    assert_eq!(rising(&desk, &admin).await, told);
    let there = json!({ "department": "HR" });
    let _ = desk.post(&admin, &format!("{}/transfer", coffee[1]), there).await.expect(200);
    assert_eq!(rising(&desk, &ivan).await, (json!([]), json!([])), "two are left");
    let (_, topics) = rising(&desk, &admin).await;
    assert_eq!(topics, json!([]), "two of IT and one of HR");
    let back = json!({ "department": "IT" });
    let _ = desk.post(&admin, &format!("{}/transfer", coffee[1]), back).await.expect(200);

    let place = json!({ "code": "NORTH", "name": "North building" });
    let place = desk.post(&admin, "/api/v1/buildings", place).await.expect(201).body["id"].clone();
    let category = json!({ "code": "COFFEE", "name": "Coffee" });
    let category = desk.post(&admin, "/api/v1/categories", category).await.expect(201).body["id"].clone();
    coffee.push(file(&desk, &bob, "Coffee machine still leaks").await);
    for ticket in &coffee {
        let there = json!({ "building_id": place, "category_id": category });
        let _ = desk
            .send(desk.request(Some(&admin), reqwest::Method::PATCH, ticket).json(&there))
            .await
            .expect(200);
    }
    // A category that had none before.
    let alerts = desk.get(&ivan, "/api/v1/ai/alerts").await.expect(200).body["alerts"].clone();
    assert_eq!(
        (&alerts[0]["building_id"], &alerts[0]["category_id"], &alerts[0]["count"], &alerts[0]["usual"]),
        (&place, &category, &json!(4), &json!(0.0)),
        "{alerts}"
    );
    assert!(alerts[0]["probability"].as_f64().is_some_and(|probability| probability < 0.01));
    assert_eq!(alerts[0]["sample_ticket_ids"].as_array().map(Vec::len), Some(4), "{alerts}");
    assert_eq!(desk.get(&hana, "/api/v1/ai/alerts").await.expect(200).body["alerts"], json!([]));

    // What an erased person's tickets were about is gone, how many there were is not.
    let _ = erase(&desk, &admin, &ada.id.to_string()).await;
    done(&desk, &admin, &ada.id.to_string()).await;
    let (patterns, topics) = rising(&desk, &ivan).await;
    assert_eq!(patterns, json!([["Coffee machine still leaks", 3, 1.0, 3.0]]));
    assert_eq!(topics, json!([["IT", 4, 0.0, null]]));
    let left: Vec<(String, String)> =
        sqlx::query_as("select title, words::text from read.counted_tickets where requester = $1")
            .bind(ada.id.0)
            .fetch_all(desk.desk.pool())
            .await
            .expect("rows");
    assert!(
        left.len() == 5 && left.iter().all(|row| *row == ("[erased]".to_owned(), String::new())),
        "{left:?}"
    );
    desk.assert_sound().await;
    desk.close().await;
}
