//! Everything stored about a person: complete, in order, from the log, and only for who may read it.

use reqwest::Method;
use serde_json::Value;
use tests::desk::{Answer, Somebody, TestDesk};

use super::{MARK, Person, done, erase};

async fn export(desk: &TestDesk, by: &Somebody, id: &str) -> Answer {
    desk.send(desk.request(Some(by), Method::GET, &format!("/api/v1/users/{id}/export"))).await
}

fn types(events: &Value) -> Vec<&str> {
    let events = events.as_array().expect("events").iter();
    events.map(|event| event["event_type"].as_str().expect("a type")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_gets_everything_about_them() {
    let desk = TestDesk::open().await;
    let (admin, agent) = (desk.admin().await, desk.it_agent().await);
    let person = Person::at(&desk, &admin, &agent).await;
    desk.ticket(&agent, Some("IT")).await;
    let own = export(&desk, &person.signed, &person.id).await.expect(200);
    assert_eq!(
        own.header("content-disposition"),
        format!("attachment; filename=\"ledgerdesk-{}.json\"", person.id)
    );
    let all = export(&desk, &admin, &person.id).await.expect(200).body;
    let own = own.body;
    assert_eq!(own["account"][0]["data"]["username"], format!("{MARK}-name"));
    assert_eq!(own["sign_ins"].as_array().map(Vec::len), Some(1));
    assert_eq!((&own["kept_answers"], &own["waiting_mails"]), (&4.into(), &0.into()));
    let tickets = own["tickets"].as_array().expect("tickets");
    assert_eq!((tickets.len(), &tickets[0]["ticket_id"]), (1, &Value::from(person.ticket.as_str())));
    let text = own.to_string();
    for word in [
        "title",
        "description",
        "corrected",
        "in full",
        "question",
        "answer",
        "thanks",
        "resolution",
        "comment",
    ] {
        assert!(text.contains(&format!("{MARK} {word}")), "{word}: {text}");
    }
    assert!(!text.contains(&format!("{MARK} note")), "not what staff wrote to each other");
    assert!(all.to_string().contains(&format!("{MARK} note")), "which administrators get");

    // Positions rise, are in the log, and what the person did is all there.
    let positions: Vec<i64> = tickets[0]["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["position"].as_i64().expect("a position"))
        .collect();
    assert!(positions.is_sorted() && positions.last() <= own["head"].as_i64().as_ref(), "{positions:?}");
    for event in tickets[0]["events"].as_array().expect("events") {
        let id: uuid::Uuid = sqlx::query_scalar("select event_id from ledger.events where position = $1")
            .bind(event["position"].as_i64())
            .fetch_one(desk.desk.pool())
            .await
            .expect("in the log");
        assert_eq!(event["event_id"], id.to_string());
    }
    let acts = types(&own["acts"]);
    assert_eq!(acts.iter().filter(|act| **act == "MessagePosted").count(), 2, "{acts:?}");
    for act in ["TicketCreated", "TicketDetailsEdited", "FeedbackGiven"] {
        assert!(acts.contains(&act), "{acts:?}");
    }

    let of_agent = export(&desk, &agent, &agent.id.to_string()).await.expect(200).body;
    assert!(types(&of_agent["acts"]).contains(&"TicketResolved"));
    assert!(!of_agent.to_string().contains(MARK), "what others wrote is not the agent's");
    let _ = export(&desk, &agent, &person.id).await.expect(404);

    erase(&desk, &admin, &person.id).await;
    done(&desk, &admin, &person.id).await;
    let gone = export(&desk, &admin, &person.id).await.expect(410);
    assert_eq!(gone.code(), "PERSON_ERASED");
    desk.close().await;
}
