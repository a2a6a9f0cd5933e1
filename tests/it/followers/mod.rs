//! Who follows a ticket: whoever wants to, sees it, or is spoken to on it.

mod filter;
mod following;
mod sight;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

/// A desk with a ticket of Ada's in IT, which Ivan sees and Hana does not.
struct Scene {
    desk: TestDesk,
    ada: Somebody,
    ivan: Somebody,
    hana: Somebody,
    root: Somebody,
    path: String,
}

impl Scene {
    async fn set() -> Self {
        let desk = TestDesk::open().await;
        let (ada, ivan) = (desk.user().await, desk.it_agent().await);
        let (hana, root) = (desk.hr_agent().await, desk.admin().await);
        let ticket = desk.ticket(&ada, Some("IT")).await;
        let path = format!("/api/v1/tickets/{}", ticket["ticket_id"].as_str().expect("an id"));
        Self { desk, ada, ivan, hana, root, path }
    }

    async fn ask(&self, by: &Somebody, method: Method, user: impl std::fmt::Display) -> Answer {
        let path = format!("{}/followers/{user}", self.path);
        self.desk.send(self.desk.request(Some(by), method, &path)).await
    }

    async fn follow(&self, by: &Somebody, user: &Somebody) -> Answer {
        self.ask(by, Method::PUT, user.id).await
    }

    async fn unfollow(&self, by: &Somebody, user: &Somebody) -> Answer {
        self.ask(by, Method::DELETE, user.id).await
    }

    async fn transfer(&self, to: &str) {
        let body = json!({ "department": to });
        let _ = self.desk.post(&self.root, &format!("{}/transfer", self.path), body).await.expect(200);
    }

    /// Whom `by` sees following.
    async fn seen_by(&self, by: &Somebody) -> Vec<String> {
        ids(&self.desk.get(by, &self.path).await.expect(200).body)
    }

    /// The types of the newest `count` events, and the commands they came with.
    async fn newest(&self, count: i64) -> Vec<(String, uuid::Uuid)> {
        sqlx::query_as(
            "select event_type, command_id from ledger.events where stream_type <> 'activity'
              order by position desc limit $1",
        )
        .bind(count)
        .fetch_all(self.desk.desk.pool())
        .await
        .expect("events")
    }
}

/// The followers in a ticket's page.
fn ids(ticket: &Value) -> Vec<String> {
    let followers = ticket["followers"].as_array().expect("followers").iter();
    followers.map(|follower| follower["id"].as_str().expect("an id").to_owned()).collect()
}

fn id(somebody: &Somebody) -> String {
    somebody.id.to_string()
}
