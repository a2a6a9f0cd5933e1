//! Links: what tickets are to each other, and where else there is something about them.

mod erasing;
mod parents;
mod rules;
mod sight;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};
use tests::postgres::TestDatabase;

/// A desk with two tickets in IT, of Ada and of Eve, and one of Eve in HR. Ivan works for IT, Hana for HR.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    eve: Somebody,
    ivan: Somebody,
    hana: Somebody,
    root: Somebody,
    one: String,
    other: String,
    elsewhere: String,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::with(TestDatabase::create().await, &[("TICKETS_PER_DAY", "1000")]).await;
        let (ada, eve) = (desk.user().await, desk.user().await);
        let (ivan, hana, root) = (desk.it_agent().await, desk.hr_agent().await, desk.admin().await);
        let one = id_of(&desk.ticket(&ada, Some("IT")).await);
        let other = id_of(&desk.ticket(&eve, Some("IT")).await);
        let elsewhere = id_of(&desk.ticket(&eve, Some("HR")).await);
        Self { desk, ada, eve, ivan, hana, root, one, other, elsewhere }
    }

    /// Another ticket of Ada's in IT.
    async fn another(&self) -> String {
        id_of(&self.desk.ticket(&self.ada, Some("IT")).await)
    }

    async fn post(&self, by: &Somebody, ticket: &str, rest: &str, body: Value) -> Answer {
        self.desk.post(by, &format!("/api/v1/tickets/{ticket}/{rest}"), body).await
    }

    async fn link(&self, by: &Somebody, ticket: &str, kind: &str, to: &str) -> Answer {
        self.post(by, ticket, "links", json!({ "type": kind, "to": to })).await
    }

    async fn unlink(&self, by: &Somebody, ticket: &str, link: &str) -> Answer {
        let path = format!("/api/v1/tickets/{ticket}/links/{link}");
        self.desk.send(self.desk.request(Some(by), Method::DELETE, &path)).await
    }

    /// The links that `by` reads on `ticket`: their types, and where they lead.
    async fn links(&self, by: &Somebody, ticket: &str) -> Vec<(String, String)> {
        let path = format!("/api/v1/tickets/{ticket}/links");
        let links = self.desk.get(by, &path).await.expect(200).body;
        let links = links["links"].as_array().expect("links").iter();
        links
            .map(|link| {
                let to = if link["url"].is_string() { &link["url"] } else { &link["ticket"]["ticket_id"] };
                (text(&link["type"]), text(to))
            })
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn id_of(ticket: &Value) -> String {
    text(&ticket["ticket_id"])
}

/// A link as it is expected to be read.
fn link(kind: &str, to: &str) -> (String, String) {
    (kind.to_owned(), to.to_owned())
}
