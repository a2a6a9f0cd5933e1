//! From a text to the agent who has the ticket, and what is said of the way there.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::Connection as _;
use tests::desk::TestDesk;
use tests::postgres::TestDatabase;

use super::{LEAVE, VPN, events, file, file_with, open, path, switch, types};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_finds_its_department_and_its_agent_and_says_why() {
    let desk = open().await;
    let (ada, ivan, hana, admin) =
        (desk.user().await, desk.it_agent().await, desk.hr_agent().await, desk.admin().await);

    let filed = file(&desk, &ada, VPN).await.expect(201);
    let ticket = &filed.body;
    assert_eq!((&ticket["department"], &ticket["status"]), (&json!("IT"), &json!("assigned")), "{ticket}");
    assert_eq!(ticket["assignee_id"], json!(ivan.id));
    let position: i64 = filed.header("x-ledger-position").parse().expect("a position");
    assert_eq!(position, desk.head().await, "the answer is as of the whole chain");

    let all = events(&desk, &admin, ticket).await;
    assert_eq!(types(&all)[..3], ["TicketCreated", "TicketScreened", "TicketRouted"], "{all:?}");
    assert_eq!(types(&all).last(), Some(&"TicketAssigned"));
    for (name, said) in &all[1..3] {
        assert!(said["model"].as_str().is_some_and(|model| model.starts_with("local-")), "{name}: {said}");
        assert!(said["confidence"].as_f64().is_some_and(|sure| (0.0..=1.0).contains(&sure)), "{said}");
        assert!(said["took_us"].as_i64().is_some_and(|took| took > 0), "{said}");
    }
    assert_eq!(all[1].1["found"], "harmless");
    assert!(all[2].1["reasons"].is_string(), "{:?}", all[2]);
    let why = desk.get(&ivan, &format!("{}/why?field=department", path(ticket))).await.expect(200);
    assert_eq!(why.body["set_by"]["type"], "TicketRouted");

    // With whom it is they may know; what a model thinks of them they are not told.
    let theirs = events(&desk, &ada, ticket).await;
    assert!(!types(&theirs).contains(&"TicketScreened"), "{theirs:?}");
    let routed = &theirs.iter().find(|(name, _)| name.ends_with("TicketRouted")).expect("routed").1;
    assert_eq!(
        (&routed["department"], &routed["model"], &routed["reasons"]),
        (&json!("IT"), &json!(null), &json!(null))
    );

    let leave = file(&desk, &ada, LEAVE).await.expect(201).body;
    assert_eq!((&leave["department"], &leave["assignee_id"]), (&json!("HR"), &json!(hana.id)));

    // What whoever files it says stands.
    let chosen = file_with(&desk, &ada, "HR").await;
    assert_eq!((&chosen["department"], &chosen["assignee_id"]), (&json!("HR"), &json!(hana.id)));
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_can_tell_waits_for_a_person() {
    let desk = open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let odd =
        file(&desk, &ada, ("Zwölf Boxkämpfer", "Jagen Viktor quer über den großen Sylter Deich.")).await;
    let odd = odd.expect(201).body;
    assert_eq!((&odd["department"], &odd["status"]), (&json!(null), &json!("open")), "{odd}");
    let all = events(&desk, &admin, &odd).await;
    assert_eq!(types(&all).last(), Some(&"TicketRouted"));
    let said = &all.last().expect("routed").1;
    assert_eq!((&said["by"], &said["department"]), (&json!("nobody"), &json!(null)), "{said}");

    // A person says where it goes; from there it goes on by itself.
    let to_it = json!({ "department": "IT" });
    let _ = desk.post(&admin, &format!("{}/transfer", path(&odd)), to_it).await.expect(200);
    super::handing_out::until_assigned(&desk, &admin, &odd, Some(&ivan)).await;

    // Switched off, it is not asked; and what is filed with a department has one anyway.
    switch(&desk, "routing", false).await;
    let vpn = file(&desk, &ada, VPN).await.expect(201).body;
    assert_eq!((&vpn["department"], &vpn["status"]), (&json!(null), &json!("open")));
    switch(&desk, "auto_assignment", false).await;
    let queued = file_with(&desk, &ada, "IT").await;
    assert_eq!((&queued["status"], &queued["assignee_id"]), (&json!("assigned"), &json!(null)));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_longer_than_a_second_and_what_stood_still_is_caught_up() {
    let desk = open().await;
    let (ada, ivan, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let _ = file(&desk, &ada, VPN).await.expect(201);
    // The handler cannot say how far it has come, and so does not go on.
    let mut apart = sqlx::PgConnection::connect_with(&desk.database.options).await.expect("a connection");
    let mut held = apart.begin().await.expect("a transaction");
    let lock = "select 1 from desk.handlers where name = 'triage' for update";
    let _ = sqlx::query(lock).execute(&mut *held).await.expect("held");
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    let began = Instant::now();
    let late = file(&desk, &ada, VPN).await.expect(201).body;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_millis(2_500), "{took:?}");
    assert_eq!((&late["status"], &late["department"]), (&json!("open"), &json!(null)));
    held.rollback().await.expect("let go");
    super::handing_out::until_assigned(&desk, &admin, &late, Some(&ivan)).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_do_it_answers_as_the_one_that_does() {
    let desk = open().await;
    let (ada, ivan) = (desk.user().await, desk.it_agent().await);
    let _ = file(&desk, &ada, VPN).await.expect(201);
    let other = TestDesk::with(TestDatabase::at(desk.database.options.clone()), &super::SETTINGS).await;
    let filed = file(&other, &ada, VPN).await.expect(201).body;
    assert_eq!((&filed["status"], &filed["assignee_id"]), (&json!("assigned"), &json!(ivan.id)));
    let _ = other.close().await;
    desk.close().await;
}
