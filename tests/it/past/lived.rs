//! Time travel equals lived experience: whatever was answered after a command is answered again as of then.

use std::collections::HashSet;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::without_moment;

const COMMANDS: usize = 180;
const LISTS: [&str; 7] = [
    "",
    "&sort=-updated_at",
    "&sort=priority,-number",
    "&status=open,in_progress",
    "&department=HR&sort=number",
    "&assignee=me,none",
    "&priority=high,critical",
];

/// Numbers that look random and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// What somebody was answered, when the log had come to `position`.
struct Lived {
    position: i64,
    who: usize,
    path: String,
    answer: Answer,
}

struct Life {
    desk: TestDesk,
    /// Administrator, agents of IT and HR, two requesters.
    people: [Somebody; 5],
    tickets: Vec<String>,
    lived: Vec<Lived>,
}

impl Life {
    async fn begin() -> Self {
        let desk = TestDesk::open().await;
        let people = [
            desk.admin().await,
            desk.it_agent().await,
            desk.hr_agent().await,
            desk.user().await,
            desk.user().await,
        ];
        Self { desk, people, tickets: Vec::new(), lived: Vec::new() }
    }

    /// A command by somebody who may or may not be allowed to.
    async fn command(&mut self, chance: &mut Chance) -> Answer {
        if self.tickets.is_empty() || (self.tickets.len() < 12 && chance.below(7) == 0) {
            let requester = &self.people[3 + chance.below(2)];
            let mut body = json!({
                "title": format!("Ticket {}", self.tickets.len()), "description": "It is broken.",
                "on_behalf_of": requester.id, "urgency": chance.one(&["low", "medium", "high"]),
            });
            if let Some(department) = chance.one(&[Some("IT"), Some("HR"), None]) {
                body["department"] = (*department).into();
            }
            let filed = self.desk.post(&self.people[0], "/api/v1/tickets", body).await.expect(201);
            self.tickets.push(filed.body["ticket_id"].as_str().expect("an id").to_owned());
            return filed;
        }
        let (method, rest, body) = self.any(chance);
        let path = format!("/api/v1/tickets/{}{rest}", chance.one(&self.tickets));
        let who = *chance.one(&[0, 0, 1, 2, 3, 4]);
        let request = self.desk.request(Some(&self.people[who]), method, &path);
        self.desk.send(request.json(&body)).await
    }

    fn any(&self, chance: &mut Chance) -> (Method, &'static str, Value) {
        let agent = self.people[chance.below(3)].id;
        let words = format!("Words {}", chance.below(1_000));
        let (rest, body) = match chance.below(14) {
            0..=2 => ("/messages", json!({ "content": words })),
            3 => ("/messages", json!({ "content": words, "is_internal": true })),
            4 => ("/assign", json!({ "agent_id": agent })),
            5 => ("/claim", json!({})),
            6 => ("/unassign", json!({})),
            7 | 13 => ("/transfer", json!({ "department": chance.one(&["IT", "HR"]), "note": words })),
            8 => ("/status", json!({ "status": chance.one(&["in_progress", "waiting_on_customer"]) })),
            9 => ("/resolve", json!({ "resolution": words })),
            10 => (*chance.one(&["/reopen", "/close"]), json!({})),
            11 => ("/feedback", json!({ "rating": 1 + chance.below(5) })),
            _ => {
                let edit =
                    [json!({ "title": words }), json!({ "impact": "high" }), json!({ "priority": "low" })];
                return (Method::PATCH, "", chance.one(&edit).clone());
            }
        };
        (Method::POST, rest, body)
    }

    /// Writes down what everybody is answered now: lists, and two of the tickets in every view.
    async fn look(&mut self, position: i64, chance: &mut Chance) {
        let mut paths: Vec<String> = Vec::new();
        for _ in 0..2 {
            paths.push(format!("/api/v1/tickets?limit=100{}", chance.one(&LISTS)));
            let ticket = chance.one(&self.tickets);
            let views = ["?include=history", "/messages?limit=100", "/history?limit=100"];
            paths.extend(views.map(|view| format!("/api/v1/tickets/{ticket}{view}")));
        }
        for who in 0..self.people.len() {
            let answers = join_all(paths.iter().map(|path| self.desk.get(&self.people[who], path))).await;
            let lived = paths.iter().cloned().zip(answers);
            self.lived.extend(lived.map(|(path, answer)| Lived { position, who, path, answer }));
        }
    }

    /// The ids of the tickets that each of the people sees now.
    async fn seen_now(&self) -> Vec<HashSet<String>> {
        let lists =
            join_all(self.people.iter().map(|who| self.desk.get(who, "/api/v1/tickets?limit=100"))).await;
        lists.iter().map(|list| ids(&list.body)).collect()
    }
}

fn ids(list: &Value) -> HashSet<String> {
    let tickets = list["tickets"].as_array().expect("tickets").iter();
    tickets.map(|ticket| ticket["ticket_id"].as_str().expect("an id").to_owned()).collect()
}

/// The list as it was, less what is out of sight now.
fn still_seen(was: &Value, now: &HashSet<String>) -> Value {
    let mut list = was.clone();
    let tickets = list["tickets"].as_array_mut().expect("tickets");
    tickets.retain(|ticket| ticket["ticket_id"].as_str().is_some_and(|id| now.contains(id)));
    let total = tickets.len();
    list["total_count"] = total.into();
    list["pagination"]["total_pages"] = usize::from(total > 0).into();
    list
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_then_is_answered_as_of_then() {
    let mut life = Life::begin().await;
    let mut chance = Chance(20_261_121);
    for _ in 0..COMMANDS {
        let done = life.command(&mut chance).await;
        if let Ok(position) = done.header("x-ledger-position").parse() {
            life.look(position, &mut chance).await;
        }
    }
    let now = life.seen_now().await;
    let (mut shown, mut lost) = (0, 0);
    for lived in &life.lived {
        let Lived { position, who, path, answer: was } = lived;
        let then = life.desk.get(&life.people[*who], &format!("{path}&as_of=position:{position}")).await;
        let about = format!("{path} for {:?} as of {position}", life.people[*who].role);
        if path.contains("/tickets?") {
            assert_eq!(without_moment(&then.expect(200)), still_seen(&was.body, &now[*who]), "{about}");
            shown += 1;
        } else if !now[*who].iter().any(|ticket| path.contains(ticket.as_str())) {
            assert_eq!((then.status.as_u16(), then.code()), (404, "NOT_FOUND"), "{about}");
            lost += usize::from(was.status == 200);
        } else if was.status == 200 {
            assert_eq!(then.header("etag"), "", "{about}");
            assert_eq!(without_moment(&then.expect(200)), was.body, "{about}");
            shown += 1;
        }
    }
    assert!(shown > 1_000 && lost > 10, "{shown} answers compared, {lost} out of sight since");
    assert_every_state_is_kept(&life.desk).await;
    life.desk.assert_sound().await;
    life.desk.close().await;
}

/// The moment in an answer, given back as a time, a position or a version, shows the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moment_has_three_names() {
    let mut life = Life::begin().await;
    let mut chance = Chance(7);
    let mut moments = Vec::new();
    for _ in 0..40 {
        let done = life.command(&mut chance).await;
        moments.extend(done.header("x-ledger-position").parse::<i64>());
    }
    let admin = &life.people[0];
    let ticket = format!("/api/v1/tickets/{}", life.tickets[0]);
    for position in moments {
        let list =
            life.desk.get(admin, &format!("/api/v1/tickets?as_of=position:{position}")).await.expect(200);
        let moment = &list.body["as_of"];
        assert_eq!(moment["position"], position);
        let at = moment["recorded_at"].as_str().expect("a time");
        let again = life.desk.get(admin, &format!("/api/v1/tickets?as_of={at}")).await.expect(200);
        assert_eq!(again.body, list.body);
        let page = life.desk.get(admin, &format!("{ticket}?as_of=position:{position}")).await.expect(200);
        let at = page.body["as_of"]["recorded_at"].as_str().expect("a time");
        let same = life.desk.get(admin, &format!("{ticket}?as_of={at}")).await.expect(200);
        assert_eq!(same.body, page.body);
        let version = &page.body["version"];
        assert_eq!(page.body["as_of"]["version"], *version);
        let version = life.desk.get(admin, &format!("{ticket}?as_of={version}")).await.expect(200);
        for field in ["status", "version", "assignee_id", "priority", "title", "department"] {
            assert_eq!(version.body[field], page.body[field], "{field} at {position}");
        }
    }
    life.desk.close().await;
}

/// A list of then has pages like one of now: by number, by cursor and by the links in the header.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_list_of_then_are_all_of_the_same_moment() {
    let mut life = Life::begin().await;
    let mut chance = Chance(11);
    while life.tickets.len() < 9 {
        let _ = life.command(&mut chance).await;
    }
    let position = life.desk.head().await;
    let admin = life.people[0].clone();
    let mut whole = Vec::new();
    for order in ["-created_at", "priority,-updated_at", "-number"] {
        let path = format!("/api/v1/tickets?sort={order}&limit=100");
        whole.push((order, life.desk.get(&admin, &path).await.expect(200).body["tickets"].clone()));
    }
    for _ in 0..30 {
        let _ = life.command(&mut chance).await;
    }
    let moment =
        life.desk.get(&admin, &format!("/api/v1/tickets?as_of=position:{position}")).await.expect(200);
    let at = moment.body["as_of"]["recorded_at"].as_str().expect("a time").to_owned();
    for (order, whole) in whole {
        let (mut by_cursor, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/tickets?sort={order}&limit=2&as_of={at}{cursor}");
            let page = life.desk.get(&admin, &path).await.expect(200);
            by_cursor.extend(page.body["tickets"].as_array().expect("tickets").clone());
            let Some(next) = page.body["pagination"]["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(Value::from(by_cursor), whole, "{order} by cursor");
        let by_link = by_link(&life.desk, &admin, order, &at, position).await;
        assert_eq!(Value::from(by_link), whole, "{order} by link");
    }
    life.desk.close().await;
}

/// All pages of the list as of the time `at`, which is `position`, along the links in the header.
async fn by_link(desk: &TestDesk, who: &Somebody, order: &str, at: &str, position: i64) -> Vec<Value> {
    let (mut seen, mut next) = (Vec::new(), Some(format!("/api/v1/tickets?sort={order}&limit=2&as_of={at}")));
    while let Some(path) = next {
        let page = desk.get(who, &path).await.expect(200);
        seen.extend(page.body["tickets"].as_array().expect("tickets").clone());
        let forward = page.header("link").split(", ").find_map(|link| link.strip_suffix(">; rel=\"next\""));
        next = forward.map(|link| link.trim_start_matches('<').to_owned());
        let is_fixed = |path: &String| path.contains(&format!("as_of=position:{position}"));
        assert!(next.as_ref().is_none_or(is_fixed), "{next:?}");
    }
    seen
}

/// Every state is kept, also those that no reader ever saw since two events came at once.
async fn assert_every_state_is_kept(desk: &TestDesk) {
    let (kept, led_to): (i64, i64) = sqlx::query_as(
        "select (select count(*) from read.ticket_past),
                (select count(*) from ledger.events where stream_type = 'ticket' or event_type = 'MessagePosted')",
    )
    .fetch_one(desk.desk.pool())
    .await
    .expect("two counts");
    assert_eq!(kept, led_to);
}
