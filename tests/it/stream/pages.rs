//! `GET /events`: pages, filters, waiting, shapes.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tests::desk::TestDesk;

use super::{EVENTS, page, positions, text, write, write_block};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_on_from_page_to_page_sees_every_event_once() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    write_block(&desk.desk.log, 1_500).await;
    write(&desk.desk.log, 20).await;
    let head = desk.head().await;
    for limit in [1_usize, 7, 1_000] {
        let (mut after, mut seen) = ("0".to_owned(), Vec::new());
        let wanted = if limit == 1 { 30 } else { usize::try_from(head).expect("a count") };
        while seen.len() < wanted {
            let page = page(&desk, &admin, &format!("after={after}&limit={limit}")).await;
            assert_eq!(page["head"], head);
            assert!(positions(&page).len() <= limit);
            seen.extend(positions(&page));
            assert_eq!(page["next_after"], *seen.last().expect("an event"));
            after = text(&page, "cursor").to_owned();
        }
        assert!(seen.iter().copied().eq(1..=i64::try_from(seen.len()).expect("a count")), "limit {limit}");
    }
    let at_the_end = page(&desk, &admin, &format!("after={head}")).await;
    assert_eq!((positions(&at_the_end), &at_the_end["next_after"]), (vec![], &json!(head)));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_lets_through_what_it_names_and_moves_past_the_rest() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    let (ticket, other) = (desk.ticket(&user, Some("IT")).await, desk.ticket(&user, Some("IT")).await);
    let id = text(&ticket, "ticket_id");
    let said = json!({ "content": "Hello?" });
    for ticket in [&ticket, &other] {
        let path = format!("/api/v1/tickets/{}/messages", text(ticket, "ticket_id"));
        let _ = desk.post(&user, &path, said.clone()).await.expect(201);
    }
    // Once from memory, once from the database.
    for _ in 0..2 {
        let head = desk.head().await;
        let types = async |query: &str| {
            let page = page(&desk, &admin, query).await;
            assert_eq!(page["next_after"], head, "{query}: it moves past what it skipped");
            let events = page["events"].as_array().expect("events").clone();
            events.iter().map(|event| text(event, "type").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(types("types=MessagePosted").await, ["MessagePosted"; 2]);
        assert_eq!(types(&format!("streams={id}")).await, ["TicketCreated", "MessagePosted"]);
        let uuid = text(&ticket, "id");
        assert_eq!(types(&format!("streams={uuid}")).await, ["TicketCreated"], "a UUID is one stream");
        assert_eq!(types(&format!("streams={}", user.id)).await, ["UserCreated"]);
        let both = format!("types=TicketCreated,MessagePosted&streams={id},{}", text(&other, "ticket_id"));
        assert_eq!(types(&both).await.len(), 4);
        assert_eq!(types("types=TicketMerged").await, Vec::<String>::new());
        write_block(&desk.desk.log, 2_000).await;
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_poll_answers_as_soon_as_there_is_something() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    let head = desk.head().await;
    let began = Instant::now();
    let empty = page(&desk, &admin, &format!("after={head}&wait=1")).await;
    assert!(positions(&empty).is_empty() && began.elapsed() >= Duration::from_secs(1), "{empty}");

    let ticket = desk.ticket(&user, None).await;
    let path = format!("/api/v1/tickets/{}/messages", text(&ticket, "ticket_id"));
    let query = format!("after={head}&wait=25&types=MessagePosted");
    let waiting = page(&desk, &admin, &query);
    let acting = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        write(&desk.desk.log, 3).await;
        let _ = desk.post(&user, &path, json!({ "content": "Hello?" })).await.expect(201);
        Instant::now()
    };
    let (found, filed) = tokio::join!(waiting, acting);
    assert!(filed.elapsed() < Duration::from_secs(3), "it does not wait longer: {:?}", filed.elapsed());
    assert_eq!(found["events"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["events"][0]["type"], "MessagePosted");
    let began = Instant::now();
    let past = page(&desk, &admin, "wait=25&limit=1").await;
    assert!(began.elapsed() < Duration::from_secs(2), "what is there is answered at once");
    assert_eq!(positions(&past), [1]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_may_wait_longer_than_other_requests_may_take() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let began = Instant::now();
    let head = desk.head().await;
    let waited = page(&desk, &admin, &format!("after={head}&wait=17")).await;
    assert_eq!(waited["next_after"], head);
    assert!(began.elapsed() >= Duration::from_secs(17), "{:?}", began.elapsed());
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_has_its_envelope_or_is_a_cloud_event() {
    let desk = TestDesk::open().await;
    let (admin, user) = (desk.admin().await, desk.user().await);
    let ticket = desk.ticket(&user, Some("IT")).await;
    let own = &page(&desk, &admin, "types=TicketCreated").await["events"][0];
    let id = text(&ticket, "ticket_id");
    assert_eq!((text(own, "subject"), text(own, "stream")), (id, text(&ticket, "id")));
    assert_eq!((&own["version"], &own["schema"], text(own, "via")), (&json!(1), &json!(2), "api"));
    assert_eq!(own["actor"], json!({ "kind": "user", "id": user.id }));
    assert_eq!(own["data"]["title"], ticket["title"], "texts are opened");
    assert_eq!(text(own, "hash").len(), 64);

    let kind = "application/cloudevents-batch+json";
    let request = desk.request(Some(&admin), Method::GET, &format!("{EVENTS}?types=TicketCreated"));
    let answer = desk.send(request.header("accept", kind)).await.expect(200);
    assert_eq!(answer.header("content-type"), kind);
    let head = desk.head().await.to_string();
    assert_eq!((answer.header("x-next-after"), answer.header("x-log-head")), (head.as_str(), head.as_str()));
    assert!(answer.header("x-log-cursor").starts_with(&format!("{head}.")));
    let cloud = &answer.body[0];
    assert_eq!(text(cloud, "specversion"), "1.0");
    assert_eq!((text(cloud, "id"), text(cloud, "subject")), (text(own, "id"), id));
    assert_eq!(text(cloud, "source"), format!("/ledgerdesk/{}", desk.desk.log.id()));
    assert_eq!(text(cloud, "type"), "ledgerdesk.TicketCreated");
    assert_eq!(text(cloud, "dataschema"), "/schemas/TicketCreated.v2.json");
    assert_eq!(text(cloud, "sequence"), own["pos"].to_string());
    assert_eq!((text(cloud, "actorkind"), text(cloud, "actorid")), ("user", user.id.to_string().as_str()));
    assert_eq!((&cloud["data"], &cloud["time"]), (&own["data"], &own["occurred_at"]));
    assert_eq!(cloud["correlationid"], own["correlation_id"]);
    for name in cloud.as_object().expect("an object").keys() {
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
            "{name} is a CloudEvents name"
        );
    }
    desk.close().await;
}
