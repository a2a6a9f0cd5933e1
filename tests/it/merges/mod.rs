//! Merging tickets: one lives on in another one, until that is taken back.

mod past;
mod races;
mod rules;
mod sight;

use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

/// A desk with a ticket of Ada's and one of Eve's in IT, and one of Eve's in HR. Ivan works for IT, Hana for HR.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    eve: Somebody,
    ivan: Somebody,
    hana: Somebody,
    root: Somebody,
    /// Ada's.
    source: String,
    /// Eve's in IT.
    target: String,
    /// Eve's in HR.
    elsewhere: String,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &[("TICKETS_PER_DAY", "1000")]).await;
        let (ada, eve) = (desk.user().await, desk.user().await);
        let (ivan, hana, root) = (desk.it_agent().await, desk.hr_agent().await, desk.admin().await);
        let source = id_of(&desk.ticket(&ada, Some("IT")).await);
        let target = id_of(&desk.ticket(&eve, Some("IT")).await);
        let elsewhere = id_of(&desk.ticket(&eve, Some("HR")).await);
        Self { desk, ada, eve, ivan, hana, root, source, target, elsewhere }
    }

    /// The answer to `body` at `rest` of `ticket`.
    async fn act(&self, by: &Somebody, ticket: &str, rest: &str, body: Value) -> Answer {
        self.desk.post(by, &format!("/api/v1/tickets/{ticket}/{rest}"), body).await
    }

    async fn merge(&self, by: &Somebody, ticket: &str, into: &str) -> Answer {
        self.act(by, ticket, "merge", json!({ "into": into })).await
    }

    async fn unmerge(&self, by: &Somebody, ticket: &str) -> Answer {
        self.act(by, ticket, "unmerge", json!({})).await
    }

    async fn say(&self, by: &Somebody, ticket: &str, content: &str) -> Answer {
        self.act(by, ticket, "messages", json!({ "content": content })).await
    }

    /// What `by` reads at `rest` of `ticket`, which they see.
    async fn read(&self, by: &Somebody, ticket: &str, rest: &str) -> Value {
        self.desk.get(by, &format!("/api/v1/tickets/{ticket}{rest}")).await.expect(200).body
    }

    /// The tickets that `by` reads were merged into `ticket`.
    async fn merged_into(&self, by: &Somebody, ticket: &str, rest: &str) -> Vec<String> {
        let shown = self.read(by, ticket, rest).await;
        shown["merged_tickets"].as_array().expect("tickets").iter().map(id_of).collect()
    }
}

fn id_of(ticket: &Value) -> String {
    ticket["ticket_id"].as_str().expect("an id").to_owned()
}
