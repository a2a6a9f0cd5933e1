//! Reading one's own writes.

use std::time::{Duration, Instant};

use application::{NewTicket, Request};
use chrono::Utc;
use domain::access::{Caller, Reach};
use domain::id::TicketId;
use domain::ticket::Report;
use reqwest::Method;
use tests::desk::{Somebody, TestDesk};
use uuid::Uuid;

/// Files a ticket without waiting for the read models; gives its id and position.
async fn file(desk: &TestDesk, who: &Somebody) -> (TicketId, i64) {
    let caller = Caller::Person { id: who.id, role: who.role, departments: vec![], reach: Reach::default() };
    let entropy = u32::try_from(Uuid::new_v4().as_u128() & 0x3FFF_FFFF).expect("thirty bits");
    let new = NewTicket {
        id: TicketId::new(Utc::now(), entropy),
        report: Report {
            requester: who.id,
            title: "The printer jams".to_owned(),
            description: "Again.".to_owned(),
            ..Report::default()
        },
        per_day: i32::MAX,
        attachments: vec![],
    };
    let request = Request::once(caller, Utc::now(), "test", Uuid::now_v7());
    let (id, done) = desk.desk.commands.create_ticket(&request, new).await.expect("accepted");
    (id, done.position().expect("an event"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_names_a_position_sees_what_it_led_to() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    for round in 1..=40 {
        let (ticket, position) = file(&desk, &admin).await;
        let list = if round % 2 == 0 {
            desk.get(&admin, &format!("/api/v1/tickets?page=1&min_position={position}")).await
        } else {
            let request = desk.request(Some(&admin), Method::GET, "/api/v1/tickets");
            desk.send(request.header("X-Min-Position", position.to_string())).await
        };
        let list = list.expect(200);
        assert_eq!(list.body["total_count"], round);
        assert_eq!(list.body["tickets"][0]["ticket_id"], ticket.to_string());
    }
    for _ in 0..20 {
        let (ticket, position) = file(&desk, &admin).await;
        let path = format!("/api/v1/tickets/{ticket}?min_position={position}");
        assert_eq!(desk.get(&admin, &path).await.expect(200).body["ticket_id"], ticket.to_string());
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_that_does_not_come_is_not_waited_for_for_long() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let beyond = desk.head().await + 1;
    let started = Instant::now();
    let answer = desk.get(&admin, &format!("/api/v1/tickets?min_position={beyond}")).await.expect(503);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!((answer.code(), answer.header("retry-after")), ("DB_ERROR", "1"));
    assert_eq!(answer.body["error"]["details"]["position"], beyond);
    desk.close().await;
}
