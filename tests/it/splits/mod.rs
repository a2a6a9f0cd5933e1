//! Splitting a ticket: messages go on as a ticket of their own.

mod leaving;
mod rules;
mod secrets;
mod undoing;

use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// A desk with a ticket of Ada's in IT, on which Ivan works and Hana does not.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    hana: Somebody,
    root: Somebody,
    ticket: String,
}

impl Scene {
    async fn set() -> Self {
        Self::on(TestDesk::open().await).await
    }

    async fn on(desk: TestDesk) -> Self {
        let (ada, ivan) = (desk.user().await, desk.it_agent().await);
        let (hana, root) = (desk.hr_agent().await, desk.admin().await);
        let ticket = id_of(&desk.ticket(&ada, Some("IT")).await);
        Self { desk, ada, ivan, hana, root, ticket }
    }

    async fn post(&self, by: &Somebody, ticket: &str, rest: &str, body: Value) -> Answer {
        self.desk.post(by, &format!("/api/v1/tickets/{ticket}/{rest}"), body).await
    }

    /// Has `by` write on the ticket; gives the message's id.
    async fn say(&self, by: &Somebody, content: &str, is_internal: bool) -> String {
        let body = json!({ "content": content, "is_internal": is_internal });
        text(&self.post(by, &self.ticket, "messages", body).await.expect(201).body["id"])
    }

    /// Splits these messages off the ticket.
    async fn split(&self, by: &Somebody, messages: &[&str]) -> Answer {
        let body = json!({ "title": "Another problem", "message_ids": messages });
        self.post(by, &self.ticket, "split", body).await
    }

    /// Takes the split back that made `ticket`.
    async fn undo(&self, by: &Somebody, ticket: &str) -> Answer {
        self.post(by, ticket, "unsplit", Value::Null).await
    }

    async fn read(&self, by: &Somebody, ticket: &str, rest: &str) -> Value {
        self.desk.get(by, &format!("/api/v1/tickets/{ticket}{rest}")).await.expect(200).body
    }

    /// What the messages of `ticket` say to `by`.
    async fn said(&self, by: &Somebody, ticket: &str, rest: &str) -> Vec<String> {
        let messages = self.read(by, ticket, &format!("/messages{rest}")).await;
        messages["messages"].as_array().expect("messages").iter().map(|m| text(&m["content"])).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn id_of(ticket: &Value) -> String {
    text(&ticket["ticket_id"])
}
