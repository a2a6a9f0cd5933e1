//! Answers from the knowledge base: before people write, in chats, and as drafts for agents.

mod chats;
mod models;
mod self_serve;
mod suggestions;
mod trends;
mod usual;

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

const ASK: &str = "/api/v1/ai/self-serve-query";
const CHAT: &str = "/api/v1/chatbot/messages";
const TICKETS: &str = "/api/v1/tickets";
/// What stands only in what is not for requesters.
const SECRET: &str = "quokka";

/// An article that is published for `visibility`; gives its document id.
async fn article(desk: &TestDesk, title: &str, content: &str, visibility: &str) -> String {
    let admin = desk.admin().await;
    let body = json!({ "title": title, "content": content, "category": "IT", "visibility": visibility });
    let written = desk.post(&admin, "/api/v1/kb/articles", body).await.expect(201).body;
    let name = written["document_id"].as_str().expect("a document id").to_owned();
    let _ = desk.post(&admin, &format!("/api/v1/kb/articles/{name}/publish"), json!({})).await.expect(200);
    name
}

/// A desk with articles for everybody and for staff.
async fn open() -> TestDesk {
    let desk = TestDesk::open().await;
    let vpn = "## From home\n\nStart the VPN client and choose *Connect*. Sign in with your usual password.\n\n\
               ## Error 809\n\nRestart your router: the firewall blocks the tunnel.";
    article(&desk, "Connect to the VPN", vpn, "public").await;
    article(&desk, "Order a parking permit", "Ask reception for a parking permit form.", "public").await;
    let internal = format!("The VPN error 809 from home: the master code of the VPN firewall is {SECRET}.");
    article(&desk, "VPN firewall for staff", &internal, "internal").await;
    desk
}

async fn patch(desk: &TestDesk, path: &str, body: Value) {
    let admin = desk.admin().await;
    let _ = desk.send(desk.request(Some(&admin), Method::PATCH, path).json(&body)).await.expect(200);
}

/// What somebody who is not signed in gets.
async fn anonymously(desk: &TestDesk, path: &str, body: Value) -> Answer {
    desk.send(desk.request(None, Method::POST, path).json(&body)).await
}

async fn chat(desk: &TestDesk, who: &Somebody, conversation: Option<&Value>, content: &str) -> Value {
    let mut body = json!({ "content": content });
    if let Some(conversation) = conversation {
        body["conversation_id"] = conversation.clone();
    }
    desk.post(who, CHAT, body).await.expect(200).body
}
