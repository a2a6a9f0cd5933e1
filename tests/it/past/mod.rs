//! The past: what was seen then is what is shown as of then, to whom, and why things are as they are.

mod events;
mod lived;
mod loading;
mod moments;
mod replay;
mod why;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// A desk with a requester, an agent of IT, an agent of HR, an administrator, and a ticket of the requester in IT.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    hana: Somebody,
    admin: Somebody,
    /// The ticket's address.
    path: String,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (ada, ivan, hana) = (desk.user().await, desk.it_agent().await, desk.hr_agent().await);
        let admin = desk.admin().await;
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
        Self { desk, ada, ivan, hana, admin, path }
    }

    /// The answer to `who` at the ticket's address and `rest`.
    async fn get(&self, who: &Somebody, rest: &str) -> Answer {
        self.desk.get(who, &format!("{}{rest}", self.path)).await
    }

    /// Does something to the ticket; gives the position it led to.
    async fn act(&self, who: &Somebody, rest: &str, body: Value) -> i64 {
        let done = self.desk.post(who, &format!("{}/{rest}", self.path), body).await;
        assert!(done.status.is_success(), "{rest}: {}", done.body);
        done.header("x-ledger-position").parse().expect("something happened")
    }

    async fn edit(&self, who: &Somebody, body: Value) -> i64 {
        let request = self.desk.request(Some(who), Method::PATCH, &self.path).json(&body);
        let done = self.desk.send(request).await.expect(200);
        done.header("x-ledger-position").parse().expect("something happened")
    }

    async fn say(&self, who: &Somebody, content: &str, is_internal: bool) -> i64 {
        self.act(who, "messages", json!({ "content": content, "is_internal": is_internal })).await
    }
}

/// The answer without the moment it is as of.
fn without_moment(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body.as_object_mut().expect("an object").remove("as_of").expect("a moment");
    body
}
