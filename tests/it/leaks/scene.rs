//! Tickets with everything on them that is for staff only, and whoever could be told too much of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::access::Role;
use domain::id::{EntryId, UserId};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::desk::{Answer, NOTIFICATIONS, Somebody, TestDesk};
use tests::postgres::TestDatabase;
use uuid::Uuid;

use super::stage::{Stage, TOLD};
use crate::organizations::organization;
use crate::webhooks::receiver::Receiver;

/// What lets receivers on this machine be sent to, and tickets be filed as needed.
const SETTINGS: [(&str, &str); 3] =
    [("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8, ::1"), ("TICKETS_PER_DAY", "1000"), (NOTIFICATIONS, "on")];

/// How long anything is waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// A desk with a ticket of a requester and one of an agent, both with all that is for staff.
pub(super) struct Scene {
    pub(super) desk: TestDesk,
    /// Writes what is for staff.
    pub(super) agent: Somebody,
    pub(super) admin: Somebody,
    /// A requester of the organization of the requester, which shares tickets.
    colleague: Somebody,
    /// Another one, who follows the ticket.
    follower: Somebody,
    pub(super) organization: EntryId,
    /// The requester's ticket.
    pub(super) of_requester: Stage,
    /// The ticket of an agent, whose department it is with.
    pub(super) of_agent: Stage,
    /// What webhooks are told that are not for staff.
    pub(super) outside: Receiver,
    /// What a webhook is told that is.
    pub(super) inside: Receiver,
    pub(super) webhooks: Vec<String>,
    endings: AtomicUsize,
}

/// Somebody who reads, and what is not for them.
pub(super) struct Reader<'s> {
    pub(super) name: &'static str,
    pub(super) who: Somebody,
    /// As whom, if the program that asks is somebody else.
    on_behalf: Option<UserId>,
    pub(super) stage: &'s Stage,
    /// Whether everything is theirs to read, so that a way that gathers nothing is found out.
    pub(super) is_control: bool,
    /// Whether a token limits them, so that not every way is open to them.
    pub(super) is_limited: bool,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &SETTINGS).await;
        let (agent, admin) = (desk.it_agent().await, desk.admin().await);
        let (requester, own) = (desk.user().await, desk.it_agent().await);
        let (colleague, follower) = (desk.user().await, desk.user().await);
        let organization = organization(&desk, &admin, &["IT"], &[&requester, &colleague, &follower]).await;
        let (outside, inside) = (Receiver::start().await, Receiver::start().await);
        let chosen =
            json!(["MessagePosted", "AttachmentAdded", "TicketLinked", "TicketSplit", "TicketTransferred"]);
        let mut webhooks = Vec::new();
        for body in [
            json!({ "url": outside.url() }),
            json!({ "url": outside.url(), "events": chosen }),
            json!({ "url": inside.url(), "internal": true }),
        ] {
            let added = desk.post(&admin, "/api/v1/webhooks", body).await.expect(201).body;
            webhooks.push(text(&added["webhook"]["id"]));
        }
        let of_requester = Stage::set(&desk, [&requester, &agent, &admin], "qzada").await;
        let of_agent = Stage::set(&desk, [&own, &agent, &admin], "qzown").await;
        let follow = format!("/api/v1/tickets/{}/followers/{}", of_requester.ticket, follower.id);
        let _ = desk.send(desk.request(Some(&follower), Method::PUT, &follow)).await.expect(200);
        for stage in [&of_requester, &of_agent] {
            is_told(&desk, &agent, &format!("{}{TOLD}", stage.mark)).await;
        }
        let endings = AtomicUsize::new(0);
        Self {
            desk,
            agent,
            admin,
            colleague,
            follower,
            organization,
            of_requester,
            of_agent,
            outside,
            inside,
            webhooks,
            endings,
        }
    }

    /// Everybody who reads; the one who may read everything last.
    pub(super) async fn readers(&self) -> Vec<Reader<'_>> {
        let (ada, own) = (&self.of_requester, &self.of_agent);
        let reader = |name, who: &Somebody, stage| Reader {
            name,
            who: who.clone(),
            on_behalf: None,
            stage,
            is_control: false,
            is_limited: false,
        };
        let token = self.token(&ada.requester, json!(["tickets:read", "tickets:write"])).await;
        let program = self.program().await;
        vec![
            reader("the requester", &ada.requester, ada),
            reader("a colleague", &self.colleague, ada),
            reader("a follower", &self.follower, ada),
            reader("an agent on their own ticket", &own.requester, own),
            Reader { is_limited: true, ..reader("an API token of the requester", &token, ada) },
            Reader {
                on_behalf: Some(ada.requester.id),
                is_limited: true,
                ..reader("a program on behalf of the requester", &program, ada)
            },
            Reader { is_control: true, ..reader("an agent of the department", &self.agent, ada) },
        ]
    }

    /// `owner` as shown by a token of theirs for `scopes`.
    async fn token(&self, owner: &Somebody, scopes: Value) -> Somebody {
        let body = json!({ "name": "a program", "scopes": scopes });
        let issued = self.desk.post(owner, "/api/v1/auth/tokens", body).await.expect(201).body;
        Somebody { token: text(&issued["secret"]), ..owner.clone() }
    }

    /// A service account of an administrator with a token for everything that reads, and for acting as others.
    async fn program(&self) -> Somebody {
        let name = format!("robot-{}", Uuid::new_v4().simple());
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "role": "admin", "kind": "service",
        });
        let made = self.desk.post(&self.admin, "/api/v1/users", body).await.expect(201).body;
        let id = text(&made["id"]).parse().expect("an id");
        let scopes = [
            "tickets:read",
            "tickets:write",
            "events:read",
            "audit:read",
            "users:read",
            "admin",
            "impersonate",
        ];
        let body = json!({ "name": "everything", "scopes": scopes, "user_id": id });
        let issued = self.desk.post(&self.admin, "/api/v1/auth/tokens", body).await.expect(201).body;
        Somebody { id: UserId(id), role: Role::Admin, token: text(&issued["secret"]) }
    }

    /// Has something happen on the ticket that is for staff, and then the requester say something, which it gives.
    pub(super) async fn stir(&self, stage: &Stage) -> String {
        stage.whisper(&self.desk, &self.agent).await;
        let ending = format!("{}-ending-{}-", stage.mark, self.endings.fetch_add(1, Ordering::Relaxed));
        stage.say(&self.desk, &stage.requester, &ending, json!({})).await;
        ending
    }

    /// A request of `reader`, to be completed.
    pub(super) fn request(&self, reader: &Reader<'_>, method: Method, path: &str) -> RequestBuilder {
        let request = self.desk.request(Some(&reader.who), method, path);
        match reader.on_behalf {
            Some(person) => request.header("X-On-Behalf-Of", person.to_string()),
            None => request,
        }
    }

    /// What `reader` gets for `body`.
    pub(super) async fn ask(&self, reader: &Reader<'_>, method: Method, path: &str, body: &Value) -> Answer {
        self.desk.send(self.request(reader, method, path).json(body)).await
    }
}

impl Reader<'_> {
    /// Who reads.
    pub(super) fn person(&self) -> UserId {
        self.on_behalf.unwrap_or(self.who.id)
    }

    /// Whether a program asks for them.
    pub(super) fn is_somebody_else(&self) -> bool {
        self.on_behalf.is_some()
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Waits until `who` was notified of something that says `text`: then everybody was whom it concerns.
async fn is_told(desk: &TestDesk, who: &Somebody, text: &str) {
    let started = Instant::now();
    loop {
        let listed = desk.get(who, "/api/v1/notifications?limit=100").await.expect(200).body;
        if listed.to_string().contains(text) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "nobody is told of {text}: {listed}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
