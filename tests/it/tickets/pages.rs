//! Pages: whatever the order, they show the whole list, nothing twice, nothing left out.

use std::cmp::Ordering;

use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::lists::{Crowd, sees, time};
use super::tickets;

const ORDERS: [&str; 10] = [
    "-created_at",
    "created_at",
    "-updated_at",
    "updated_at",
    "number",
    "-number",
    "priority",
    "-priority",
    "-priority,created_at",
    "priority,-updated_at,number",
];

/// How two tickets are to be sorted by `order`: ties go by id in the direction of the first key.
fn compare(order: &str, one: &Value, other: &Value) -> Ordering {
    let rank = |ticket: &Value| {
        ["low", "medium", "high", "critical"].iter().position(|word| ticket["priority"] == **word)
    };
    let number = |ticket: &Value| ticket["number"].as_i64();
    let id = |ticket: &Value| ticket["id"].as_str().map(str::to_owned);
    let directed = |descends: bool, by: Ordering| if descends { by.reverse() } else { by };
    let by_keys = order.split(',').map(|key| {
        let by = match key.trim_start_matches('-') {
            "priority" => rank(one).cmp(&rank(other)),
            "number" => number(one).cmp(&number(other)),
            field => time(&one[field]).cmp(&time(&other[field])),
        };
        directed(key.starts_with('-'), by)
    });
    let by_id = directed(order.starts_with('-'), id(one).cmp(&id(other)));
    by_keys.chain([by_id]).find(|by| by.is_ne()).unwrap_or(Ordering::Equal)
}

fn numbers<'a>(tickets: impl IntoIterator<Item = &'a Value>) -> Vec<i64> {
    tickets.into_iter().filter_map(|ticket| ticket["number"].as_i64()).collect()
}

async fn page(desk: &TestDesk, who: &Somebody, query: &str) -> Answer {
    desk.get(who, &format!("/api/v1/tickets?{query}")).await.expect(200)
}

/// The numbers on all pages, one after the other, having checked what each page says of itself.
async fn by_page(desk: &TestDesk, who: &Somebody, order: &str, limit: usize, total: usize) -> Vec<i64> {
    let pages = total.div_ceil(limit);
    let mut seen = Vec::new();
    for number in 1..=pages.max(1) {
        let list = page(desk, who, &format!("sort={order}&limit={limit}&page={number}")).await;
        let pagination = &list.body["pagination"];
        assert_eq!(list.body["total_count"], total);
        let said = ["page", "limit", "total_pages", "has_more"].map(|field| pagination[field].clone());
        assert_eq!(said, [json!(number), json!(limit), json!(pages), json!(number < pages)], "{order}");
        assert_eq!(list.header("link").contains("rel=\"next\""), number < pages, "{}", list.header("link"));
        seen.extend(numbers(tickets(&list)));
    }
    let behind = page(desk, who, &format!("sort={order}&limit={limit}&page={}", pages + 1)).await;
    assert_eq!((tickets(&behind).len(), &behind.body["total_count"]), (0, &json!(total)));
    seen
}

/// The same, following cursors.
async fn by_cursor(desk: &TestDesk, who: &Somebody, order: &str, limit: usize, total: usize) -> Vec<i64> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = page(desk, who, &format!("sort={order}&limit={limit}{cursor}")).await;
        assert_eq!(list.body["total_count"], total);
        seen.extend(numbers(tickets(&list)));
        let Some(next) = list.body["pagination"]["next_cursor"].as_str() else { return seen };
        assert!(seen.len() < total, "{order}: a cursor behind the last page");
        cursor = format!("&cursor={next}");
    }
}

/// The same, following the header `Link`.
async fn by_link(desk: &TestDesk, who: &Somebody, order: &str) -> Vec<i64> {
    let (mut seen, mut next) = (Vec::new(), Some(format!("/api/v1/tickets?sort={order}&limit=11")));
    while let Some(path) = next {
        let list = desk.get(who, &path).await.expect(200);
        seen.extend(numbers(tickets(&list)));
        let forward = list.header("link").split(", ").find_map(|link| link.strip_suffix(">; rel=\"next\""));
        next = forward.map(|link| link.trim_start_matches('<').to_owned());
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_through_a_list_show_all_of_it_in_order() {
    let crowd = Crowd::gather().await;
    for who in crowd.viewers() {
        let mut visible: Vec<&Value> = crowd.all.iter().filter(|ticket| sees(who, ticket)).collect();
        for order in ORDERS {
            visible.sort_by(|one, other| compare(order, one, other));
            let (whole, total) = (numbers(visible.iter().copied()), visible.len());
            assert_eq!(by_page(&crowd.desk, who, order, 7, total).await, whole, "{order}, {:?}", who.role);
            assert_eq!(by_cursor(&crowd.desk, who, order, 5, total).await, whole, "{order}, {:?}", who.role);
            assert_eq!(by_link(&crowd.desk, who, order).await, whole, "{order}, {:?}", who.role);
        }
        visible.sort_by(|one, other| compare("-created_at", one, other));
        let newest_first = page(&crowd.desk, who, "limit=100").await;
        assert_eq!(numbers(tickets(&newest_first)), numbers(visible.iter().copied()), "unless asked");
    }
    crowd.desk.close().await;
}

/// What is filed while somebody reads neither repeats nor hides anything on the pages to come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_goes_on_where_it_was_although_tickets_are_filed() {
    let crowd = Crowd::gather().await;
    let before = numbers(&crowd.all);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = page(&crowd.desk, &crowd.admin, &format!("limit=10{cursor}")).await;
        seen.extend(numbers(tickets(&list)));
        let Some(next) = list.body["pagination"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        crowd.desk.ticket(&crowd.admin, Some("IT")).await;
    }
    assert_eq!(seen, before);
    crowd.desk.close().await;
}

/// A cursor belongs to the order it came from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_fits_no_other_order_and_shows_nobody_more() {
    let crowd = Crowd::gather().await;
    let list = page(&crowd.desk, &crowd.admin, "sort=number&limit=1").await;
    let cursor = list.body["pagination"]["next_cursor"].as_str().expect("a cursor").to_owned();
    let other = format!("/api/v1/tickets?sort=-number&cursor={cursor}");
    assert_eq!(crowd.desk.get(&crowd.admin, &other).await.expect(422).code(), "VALIDATION_ERROR");
    let list = page(&crowd.desk, &crowd.it, &format!("sort=number&limit=100&cursor={cursor}")).await;
    assert!(tickets(&list).iter().all(|ticket| sees(&crowd.it, ticket)));
    crowd.desk.close().await;
}
