//! Lists: every filter shows exactly the tickets that are meant, of those the reader sees.

use std::collections::BTreeMap;

use application::Request;
use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::id::TicketId;
use domain::ticket::TicketCommand;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Somebody, TestDesk};
use tests::postgres::the_desk;
use uuid::Uuid;

use super::{fields, found, path_of, tickets};

/// A desk with all sorts of tickets.
pub(super) struct Crowd {
    pub(super) desk: TestDesk,
    pub(super) admin: Somebody,
    pub(super) it: Somebody,
    hr: Somebody,
    facilities: Somebody,
    users: [Somebody; 2],
    /// Every ticket, as the administrator's list shows it.
    pub(super) all: Vec<Value>,
}

const HOW_MANY: usize = 36;
const DEPARTMENTS: [Option<&str>; 4] = [Some("IT"), Some("HR"), None, Some("FACILITIES")];
const URGENCIES: [&str; 3] = ["low", "medium", "high"];

impl Crowd {
    pub(super) async fn gather() -> Self {
        let desk = TestDesk::open().await;
        let mut crowd = Self {
            admin: desk.admin().await,
            it: desk.it_agent().await,
            hr: desk.hr_agent().await,
            facilities: desk.somebody(Role::Agent, &["FACILITIES"]).await,
            users: [desk.user().await, desk.user().await],
            all: Vec::new(),
            desk,
        };
        for some in (0..HOW_MANY).collect::<Vec<_>>().chunks(6) {
            join_all(some.iter().map(|number| crowd.file(*number))).await;
        }
        let all = found(&crowd.desk, &crowd.admin, "").await;
        assert_eq!(all.body["total_count"], HOW_MANY);
        crowd.all = tickets(&all).to_vec();
        crowd
    }

    /// Files a ticket and does something with it, all depending on its number.
    async fn file(&self, number: usize) {
        let requester = [&self.users[0], &self.users[1], &self.it][number % 3];
        let mut body = json!({
            "title": format!("Ticket {number}"), "description": "x", "on_behalf_of": requester.id,
            "urgency": URGENCIES[number / 2 % 3],
        });
        if let Some(department) = DEPARTMENTS[number % 4] {
            body["department"] = department.into();
        }
        let ticket = self.desk.post(&self.admin, "/api/v1/tickets", body).await.expect(201).body;
        let path = path_of(&ticket);
        if number.is_multiple_of(5) {
            let edit = self.desk.request(Some(&self.admin), Method::PATCH, &path);
            let _ = self.desk.send(edit.json(&json!({ "priority": "critical" }))).await.expect(200);
        }
        if number.is_multiple_of(6) {
            self.flag(&ticket).await;
        }
        let commands: &[(&str, Value)] = match number % 7 {
            1 => &[("assign", json!({ "agent_id": self.it.id }))],
            2 => &[("status", json!({ "status": "in_progress" }))],
            3 => &[("resolve", json!({}))],
            4 => &[("resolve", json!({})), ("close", json!({}))],
            5 => {
                &[("assign", json!({ "agent_id": self.hr.id })), ("messages", json!({ "content": "Hello." }))]
            }
            _ => &[],
        };
        for (command, body) in commands {
            let done = self.desk.post(&self.admin, &format!("{path}/{command}"), body.clone()).await;
            assert!(done.status.is_success(), "{command}: {}", done.body);
        }
    }

    async fn flag(&self, ticket: &Value) {
        let id: TicketId = ticket["ticket_id"].as_str().expect("an id").parse().expect("an id");
        let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
        let done = self.desk.desk.commands.ticket(&request, id, TicketCommand::Flag { reason: None }).await;
        done.expect("flagged");
    }

    pub(super) fn viewers(&self) -> [&Somebody; 5] {
        [&self.admin, &self.it, &self.hr, &self.facilities, &self.users[0]]
    }

    /// The moment at which the middle one of all tickets was touched as `field` says.
    fn middle(&self, field: &str) -> String {
        let mut times: Vec<_> = self.all.iter().map(|ticket| time(&ticket[field])).collect();
        times.sort_unstable();
        times[HOW_MANY / 2].to_rfc3339().replace('+', "%2B")
    }
}

/// Whether `who` should see `ticket` (A14).
pub(super) fn sees(who: &Somebody, ticket: &Value) -> bool {
    let department = match who.role {
        Role::Admin => return true,
        Role::User => return ticket["user_id"] == json!(who.id),
        Role::ItAgent => "IT",
        Role::HrAgent => "HR",
        Role::Agent => "FACILITIES",
    };
    let is = |field: &str| ticket[field] == json!(who.id);
    ticket["department"] == department || is("assignee_id") || is("user_id")
}

pub(super) fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).expect("a time")
}

type Rule = Box<dyn Fn(&Value, &Somebody) -> bool>;

/// Filters, and what each means.
fn filters(crowd: &Crowd) -> Vec<(String, Rule)> {
    let one = |field: &'static str, words: &'static [&str]| -> Rule {
        Box::new(move |ticket, _| ticket[field].as_str().is_some_and(|word| words.contains(&word)))
    };
    let is = |field: &'static str, ids: Vec<Value>| -> Rule { Box::new(move |t, _| ids.contains(&t[field])) };
    let me = |field: &'static str| -> Rule { Box::new(move |ticket, who| ticket[field] == json!(who.id)) };
    let span = |field: &'static str, from: Option<String>, to: Option<String>| -> Rule {
        let parse = |text: String| text.replace("%2B", "+").parse::<DateTime<Utc>>().expect("a time");
        let (from, to) = (from.map(parse), to.map(parse));
        Box::new(move |ticket, _| {
            let at = time(&ticket[field]);
            from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to)
        })
    };
    let (it, hr, ada) = (json!(crowd.it.id), json!(crowd.hr.id), json!(crowd.users[0].id));
    let (created, updated) = (crowd.middle("created_at"), crowd.middle("updated_at"));
    let year = "2099-01-01T00:00:00Z".to_owned();
    let open_it: Rule = Box::new(|ticket, _| {
        ticket["status"] == "open" && ticket["department"] == "IT" && ticket["priority"] == "medium"
    });
    vec![
        (String::new(), Box::new(|_, _| true)),
        ("status=open".to_owned(), one("status", &["open"])),
        ("status=NEW".to_owned(), one("status", &["open"])),
        ("status=resolved,Closed".to_owned(), one("status", &["resolved", "closed"])),
        ("status=assigned&status=in_progress".to_owned(), one("status", &["assigned", "in_progress"])),
        ("status=waiting_on_customer".to_owned(), one("status", &["waiting_on_customer"])),
        ("department=it".to_owned(), one("department", &["IT"])),
        ("department=IT,HR".to_owned(), one("department", &["IT", "HR"])),
        ("department=MOON".to_owned(), one("department", &["MOON"])),
        ("priority=critical".to_owned(), one("priority", &["critical"])),
        ("priority=low,HIGH".to_owned(), one("priority", &["low", "high"])),
        ("urgency=high".to_owned(), one("urgency", &["high"])),
        ("assignee=me".to_owned(), me("assignee_id")),
        ("assignee=none".to_owned(), is("assignee_id", vec![Value::Null])),
        (format!("assignee={}", text(&it)), is("assignee_id", vec![it.clone()])),
        (format!("assignee=none,{}", text(&hr)), is("assignee_id", vec![Value::Null, hr.clone()])),
        ("requester=me".to_owned(), me("user_id")),
        (format!("requester={}", text(&ada)), is("user_id", vec![ada.clone()])),
        (format!("requester={},{}", text(&ada), text(&it)), is("user_id", vec![ada, it])),
        (format!("created_after={created}"), span("created_at", Some(created.clone()), None)),
        (format!("created_before={created}"), span("created_at", None, Some(created.clone()))),
        (format!("updated_after={updated}"), span("updated_at", Some(updated.clone()), None)),
        (format!("updated_before={updated}"), span("updated_at", None, Some(updated))),
        (
            format!("created_after={created}&created_before={year}"),
            span("created_at", Some(created), Some(year)),
        ),
        ("status=open&department=IT&priority=medium".to_owned(), open_it),
    ]
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn by_id(tickets: impl Iterator<Item = Value>) -> BTreeMap<String, Value> {
    tickets.map(|ticket| (text(&ticket["id"]).to_owned(), ticket)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_shows_everybody_what_it_means_of_what_they_see() {
    let crowd = Crowd::gather().await;
    let mut shown_at_all = 0;
    for (query, rule) in filters(&crowd) {
        for who in crowd.viewers() {
            let list = found(&crowd.desk, who, &query).await;
            let meant = crowd.all.iter().filter(|ticket| sees(who, ticket) && rule(ticket, who));
            let meant = by_id(meant.cloned());
            let shown = tickets(&list);
            assert_eq!(shown.len(), meant.len(), "{query} for {:?}", who.role);
            assert_eq!(by_id(shown.iter().cloned()), meant, "{query} for {:?}", who.role);
            assert_eq!(list.body["total_count"], meant.len(), "{query} for {:?}: the count", who.role);
            shown_at_all += meant.len();
        }
    }
    assert!(shown_at_all > 500, "the filters show something: {shown_at_all}");
    crowd.desk.assert_sound().await;
    crowd.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspicion_is_a_filter_for_administrators() {
    let crowd = Crowd::gather().await;
    for flagged in [true, false] {
        let query = format!("misuse_flag={flagged}");
        let list = found(&crowd.desk, &crowd.admin, &query).await;
        let meant = crowd.all.iter().filter(|ticket| ticket["misuse_flag"] == flagged).count();
        assert!(meant > 0);
        assert_eq!((tickets(&list).len(), &list.body["total_count"]), (meant, &json!(meant)), "{query}");
        for who in &crowd.viewers()[1..] {
            let refused = crowd.desk.get(who, &format!("/api/v1/tickets?{query}")).await.expect(403);
            assert_eq!(refused.code(), "AUTHZ_FORBIDDEN");
        }
    }
    crowd.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn homes_count_what_their_owner_sees() {
    let crowd = Crowd::gather().await;
    for who in crowd.viewers() {
        let path = match who.role {
            Role::Admin => "/admin/home",
            Role::User => "/user/home",
            _ => "/agent/home",
        };
        let mut by_status = BTreeMap::<&str, usize>::new();
        for ticket in crowd.all.iter().filter(|ticket| sees(who, ticket)) {
            *by_status.entry(text(&ticket["status"])).or_default() += 1;
        }
        let total: usize = by_status.values().sum();
        let home = crowd.desk.get(who, path).await.expect(200);
        assert_eq!(home.body["tickets"], json!({ "total": total, "by_status": by_status }), "{path}");
    }
    crowd.desk.close().await;
}

/// A status that the last ticket has left is left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn homes_do_not_count_what_is_not_there_any_more() {
    let desk = TestDesk::open().await;
    let (user, agent, admin) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let path = path_of(&desk.ticket(&user, Some("IT")).await);
    let _ = desk.post(&agent, &format!("{path}/resolve"), json!({})).await.expect(200);
    for (who, path) in [(&user, "/user/home"), (&agent, "/agent/home"), (&admin, "/admin/home")] {
        let home = desk.get(who, path).await.expect(200);
        assert_eq!(home.body["tickets"], json!({ "total": 1, "by_status": { "resolved": 1 } }), "{path}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_shows_the_fields_asked_for_and_no_others() {
    let crowd = Crowd::gather().await;
    let list = found(&crowd.desk, &crowd.it, "fields=title,ticket_id&fields=status").await;
    assert!(!tickets(&list).is_empty());
    for ticket in tickets(&list) {
        assert_eq!(fields(ticket), ["status", "ticket_id", "title"]);
    }
    crowd.desk.close().await;
}
