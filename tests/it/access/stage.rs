//! The people who ask, and the tickets they ask about.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::Utc;
use domain::access::Role;
use reqwest::Method;
use serde_json::json;
use tests::desk::{Answer, PASSWORD, Somebody, TestDesk};

use super::document::Operation;

/// What stands in title and description of every ticket of a department here.
pub(super) const CANARIES: [(&str, &str); 2] = [("IT", "canary-of-it"), ("HR", "canary-of-hr")];
/// What stands in the internal note on every ticket here.
pub(super) const NOTE_CANARY: &str = "canary-in-the-note";
/// What stands in a body for another ticket.
const OTHER: &str = "<other ticket>";

/// Who asks about a ticket, and of which department the ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    Nobody,
    Owner,
    OtherUser,
    ItAgentOnIt,
    ItAgentOnHr,
    HrAgentOnHr,
    HrAgentOnIt,
    Agent,
    Admin,
}

impl Asker {
    /// In the order of the table's columns.
    pub(super) const ALL: [Self; 9] = [
        Self::Nobody,
        Self::Owner,
        Self::OtherUser,
        Self::ItAgentOnIt,
        Self::ItAgentOnHr,
        Self::HrAgentOnHr,
        Self::HrAgentOnIt,
        Self::Agent,
        Self::Admin,
    ];

    fn department(self) -> &'static str {
        if matches!(self, Self::ItAgentOnHr | Self::HrAgentOnHr) { "HR" } else { "IT" }
    }

    /// Whether the tickets of `department` are within their sight.
    pub(super) fn sees(self, department: &str) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::ItAgentOnIt | Self::ItAgentOnHr => department == "IT",
            Self::HrAgentOnHr | Self::HrAgentOnIt => department == "HR",
            Self::Nobody | Self::OtherUser | Self::Agent => false,
        }
    }

    /// Whether the internal note is theirs to read.
    pub(super) fn reads_the_note(self) -> bool {
        matches!(self, Self::ItAgentOnIt | Self::HrAgentOnHr | Self::Admin)
    }
}

/// How far along a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Filed, with a message of its requester and an internal note on it.
    Open,
    /// Resolved besides.
    Resolved,
}

/// A ticket to ask about.
pub(super) struct Subject {
    ticket: String,
    message: String,
    /// Another ticket of the same department, if the body names one.
    other: Option<String>,
}

/// A desk with everybody who asks.
pub(super) struct Cast {
    pub(super) desk: TestDesk,
    pub(super) owner: Somebody,
    other_user: Somebody,
    it_agent: Somebody,
    hr_agent: Somebody,
    agent: Somebody,
    admin: Somebody,
    counter: AtomicU32,
}

impl Cast {
    pub(super) async fn assemble() -> Self {
        let desk = TestDesk::open().await;
        let admin = desk.admin().await;
        let body = json!({
            "username": "matrix", "email": "matrix@example.com", "role": "user", "password": PASSWORD,
        });
        let _ = desk.post(&admin, "/api/v1/users", body).await.expect(201);
        Self {
            owner: desk.user().await,
            other_user: desk.user().await,
            it_agent: desk.it_agent().await,
            hr_agent: desk.hr_agent().await,
            agent: desk.somebody(Role::Agent, &["FACILITIES"]).await,
            admin,
            counter: AtomicU32::new(0),
            desk,
        }
    }

    pub(super) fn person(&self, asker: Asker) -> Option<&Somebody> {
        Some(match asker {
            Asker::Nobody => return None,
            Asker::Owner => &self.owner,
            Asker::OtherUser => &self.other_user,
            Asker::ItAgentOnIt | Asker::ItAgentOnHr => &self.it_agent,
            Asker::HrAgentOnHr | Asker::HrAgentOnIt => &self.hr_agent,
            Asker::Agent => &self.agent,
            Asker::Admin => &self.admin,
        })
    }

    /// `somebody` with a token of their own for one request, since some requests end the token.
    pub(super) fn signed_in_anew(&self, somebody: &Somebody) -> Somebody {
        let hour = Duration::from_hours(1);
        let (token, _) = self.desk.desk.tokens.issue(somebody.id, somebody.role, Utc::now(), hour);
        Somebody { token, ..somebody.clone() }
    }

    /// A ticket of the owner for `asker` to ask about; and another one, if the body `template` names one.
    pub(super) async fn subject(&self, asker: Asker, stage: Stage, template: Option<&str>) -> Subject {
        let department = asker.department();
        let (_, canary) = CANARIES.iter().find(|(of, _)| *of == department).expect("one each");
        let body = json!({
            "title": format!("The printer {canary}"), "description": format!("It says {canary}."),
            "department": department, "on_behalf_of": self.owner.id,
        });
        let ticket = self.desk.post(&self.admin, "/api/v1/tickets", body).await.expect(201);
        let ticket = ticket.body["ticket_id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/tickets/{ticket}/messages");
        let note = json!({ "content": format!("Between us: {NOTE_CANARY}"), "is_internal": true });
        let _ = self.desk.post(&self.admin, &path, note).await.expect(201);
        let said = json!({ "content": format!("It still says {canary}.") });
        let said = self.desk.post(&self.owner, &path, said).await.expect(201);
        if stage == Stage::Resolved {
            let path = format!("/api/v1/tickets/{ticket}/resolve");
            let _ = self.desk.post(&self.admin, &path, json!({})).await.expect(200);
        }
        let message = said.body["id"].as_str().expect("a message's id").to_owned();
        let other = match template {
            Some(template) if template.contains(OTHER) => Some(self.other_ticket(asker).await),
            _ => None,
        };
        Subject { ticket, message, other }
    }

    /// The id of another ticket of the owner in the department that `asker` asks about.
    async fn other_ticket(&self, asker: Asker) -> String {
        let body = json!({
            "title": "Another one", "description": "Besides.", "department": asker.department(),
            "on_behalf_of": self.owner.id,
        });
        let ticket = self.desk.post(&self.admin, "/api/v1/tickets", body).await.expect(201);
        ticket.body["ticket_id"].as_str().expect("an id").to_owned()
    }

    /// A body with real values in its places.
    async fn body(&self, template: &str, subject: Option<&Subject>) -> String {
        let mut body = template.to_owned();
        if let Some(Subject { message, other, .. }) = subject {
            body = body.replace("<message>", message);
            body = body.replace(OTHER, other.as_deref().unwrap_or_default());
        }
        if body.contains("<refresh token>") {
            let login = json!({ "username": "matrix", "password": PASSWORD });
            let login = self.desk.request(None, Method::POST, "/api/v1/auth/login").json(&login);
            let pair = self.desk.send(login).await.expect(200);
            body = body.replace("<refresh token>", pair.body["refresh_token"].as_str().expect("a token"));
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed).to_string();
        body.replace("<it agent>", &self.it_agent.id.to_string()).replace("<number>", &number)
    }

    /// Asks for `operation` with the body `template`, a form if it begins with `--form`, or the query if it begins with `?`; about `subject` if it is about a
    /// ticket.
    pub(super) async fn ask(
        &self,
        who: Option<&Somebody>,
        operation: &Operation,
        template: Option<&str>,
        subject: Option<&Subject>,
    ) -> Answer {
        // What is not about a ticket is about the owner, or about nothing that exists.
        let id = self.owner.id.to_string();
        let path = subject.map_or_else(
            || operation.path_with(&[&id, &id]),
            |subject| operation.path_with(&[&subject.ticket, &subject.message]),
        );
        let query = template.filter(|template| template.starts_with('?'));
        let path = path + query.unwrap_or_default();
        let mut request = self.desk.request(who, operation.method.clone(), &path);
        if let Some(template) = template.filter(|_| query.is_none()) {
            let is_form = template.starts_with("--form");
            let kind = if is_form { "multipart/form-data; boundary=form" } else { "application/json" };
            request = request.header("content-type", kind).body(self.body(template, subject).await);
        }
        self.desk.send(request).await
    }

    /// Asks as `asker`.
    pub(super) async fn ask_as(
        &self,
        asker: Asker,
        operation: &Operation,
        template: Option<&str>,
        subject: Option<&Subject>,
    ) -> Answer {
        let who = self.person(asker).map(|somebody| self.signed_in_anew(somebody));
        self.ask(who.as_ref(), operation, template, subject).await
    }
}
