//! What somebody is writing on a ticket: never lost, never overwritten unseen, and nobody else's.

mod bad_input;
mod erasing;
mod sending;
mod versions;
mod whose;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// A desk with a ticket of Ada's in IT, on which Ivan works.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    ticket: String,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (ada, ivan) = (desk.user().await, desk.it_agent().await);
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let ticket = ticket["ticket_id"].as_str().expect("an id").to_owned();
        Self { desk, ada, ivan, ticket }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/tickets/{}{rest}", self.ticket)
    }

    /// What `by` reads as their draft on `node`.
    async fn read(&self, node: &TestDesk, by: &Somebody) -> Answer {
        node.get(by, &self.path("/draft")).await
    }

    /// Keeps `body` as the draft of `by`, with one more header if there is one.
    async fn keep(&self, by: &Somebody, header: Option<(&str, &str)>, body: &Value) -> Answer {
        let mut request = self.desk.request(Some(by), Method::PUT, &self.path("/draft")).json(body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        self.desk.send(request).await
    }

    async fn discard(&self, by: &Somebody, version: Option<&str>) -> Answer {
        let mut request = self.desk.request(Some(by), Method::DELETE, &self.path("/draft"));
        if let Some(version) = version {
            request = request.header("If-Match", version);
        }
        self.desk.send(request).await
    }

    /// What the database has of drafts.
    async fn stored(&self) -> Vec<String> {
        sqlx::query_scalar("select row_to_json(d)::text from desk.drafts d")
            .fetch_all(self.desk.desk.pool())
            .await
            .expect("rows")
    }
}

fn said(content: &str) -> Value {
    json!({ "content": content })
}
