//! A ticket with everything on it that is for staff only.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::scene::text;
use crate::attachments::{form, send_form, upload};

/// Stands in everything that is for staff, for whoever searches.
pub(super) const WORD: &str = "Zanzibar";

/// What the note ends with that an agent is notified of.
pub(super) const TOLD: &str = "-told";

/// Something that is for staff only.
pub(super) struct Secret {
    pub(super) name: &'static str,
    /// What stands in it and nowhere else.
    pub(super) text: String,
}

/// A ticket, and two more that some of it came from and went to.
pub(super) struct Stage {
    /// What all texts on it begin with.
    pub(super) mark: &'static str,
    pub(super) requester: Somebody,
    pub(super) ticket: String,
    /// What was split off.
    pub(super) split: String,
    /// What was merged into it.
    pub(super) merged: String,
    /// The internal notes, by id.
    pub(super) notes: Vec<String>,
    /// The files that are for staff, by id.
    pub(super) files: Vec<String>,
    pub(super) secrets: Vec<Secret>,
}

impl Stage {
    /// A ticket of the first of the people, on which the second writes, an agent, and the third redacts.
    pub(super) async fn set(desk: &TestDesk, people: [&Somebody; 3], mark: &'static str) -> Self {
        let [requester, agent, admin] = people;
        let ticket = file_ticket(desk, requester, "HR").await;
        let (notes, files, secrets) = (vec![], vec![], vec![]);
        let (split, merged) = (String::new(), file_ticket(desk, requester, "IT").await);
        let mut stage =
            Self { mark, requester: requester.clone(), ticket, split, merged, notes, files, secrets };
        let note = stage.secret("transfer note", "-transfer");
        stage.act(desk, admin, "transfer", json!({ "department": "IT", "note": note })).await;
        let greeting = format!("{mark}-public");
        stage.say(desk, requester, &greeting, json!({})).await;
        let public = form(&format!("{mark}-public.txt"), b"public");
        let path = stage.path("/attachments");
        let _ = send_form(desk, requester, &path, public).await.expect(201);
        stage.set_notes(desk, agent).await;
        // The agent is told of what others write.
        let told = stage.secret("note of an administrator", TOLD);
        let note = stage.say(desk, admin, &told, json!({ "is_internal": true })).await;
        stage.notes.push(note);
        stage.redact_notes(desk, agent, admin).await;
        stage.move_notes(desk, agent).await;
        let url = format!("https://example.org/{}", stage.secret("link", "-link").replace(' ', "/"));
        stage.act(desk, agent, "links", json!({ "type": "external", "url": url })).await;
        let draft = json!({ "content": stage.secret("draft", "-draft"), "is_internal": true });
        let path = stage.path("/draft");
        let kept = desk.send(desk.request(Some(agent), Method::PUT, &path).json(&draft)).await;
        assert!(kept.status.is_success(), "{}", kept.body);
        stage.whisper(desk, agent).await;
        stage
    }

    /// A note with a file and a mention, a file of its own, and one that is gone again.
    async fn set_notes(&mut self, desk: &TestDesk, agent: &Somebody) {
        let mentioned = desk.it_agent().await;
        if !self.requester.role.is_agent() {
            // Agents are shown who there is.
            self.secrets.push(Secret { name: "mentioned person", text: mentioned.id.to_string() });
        }
        for (name, end) in [("file", "-file.txt"), ("removed file", "-removed.txt")] {
            let (file, content) =
                (self.secret(name, end), self.secret("content of a file", &format!("-in{end}")));
            let file = upload(desk, agent, &file, content.as_bytes()).await.expect(201).body;
            self.files.push(text(&file["id"]));
        }
        let note = self.secret("note", "-note");
        let with = json!({ "is_internal": true, "attachment_ids": self.files, "mentions": [mentioned.id] });
        let note = self.say(desk, agent, &note, with).await;
        self.notes.push(note);
        let removed = format!("/api/v1/attachments/{}", self.files[1]);
        let _ = desk.send(desk.request(Some(agent), Method::DELETE, &removed)).await.expect(204);
        let loose = form(&self.secret("file without a note", "-loose.txt"), b"text");
        let path = self.path("/attachments?is_internal=true");
        let loose = send_form(desk, agent, &path, loose).await.expect(201).body;
        self.files.push(text(&loose["id"]));
    }

    /// A note of which a part is redacted, and one of which nothing is left, for reasons that are nobody's business.
    async fn redact_notes(&mut self, desk: &TestDesk, agent: &Somebody, admin: &Somebody) {
        let redacted = self.secret("redacted words", "-redacted");
        let left = self.secret("what is left of a note", "-left");
        for (content, what) in [
            (format!("{redacted} {left}"), json!({ "spans": [{ "start": 0, "end": redacted.len() }] })),
            (redacted.clone(), json!({ "all": true })),
        ] {
            let note = self.say(desk, agent, &content, json!({ "is_internal": true })).await;
            let mut redact = what;
            redact["reason"] = self.secret("reason", "-reason").into();
            self.act(desk, admin, &format!("messages/{note}/redact"), redact).await;
            self.notes.push(note);
        }
    }

    /// A note that goes on as another ticket, and one on a ticket that lives on in this one.
    async fn move_notes(&mut self, desk: &TestDesk, agent: &Somebody) {
        let moved = self.secret("moved note", "-moved");
        let note = self.say(desk, agent, &moved, json!({ "is_internal": true })).await;
        let said = self.say(desk, &self.requester, "It also beeps", json!({})).await;
        let split = json!({ "title": "Another problem", "message_ids": [note, said] });
        self.split = text(&self.act(desk, agent, "split", split).await.body["ticket_id"]);
        self.notes.push(note);
        let merged = json!({ "content": self.secret("merged note", "-merged"), "is_internal": true });
        let path = format!("/api/v1/tickets/{}", self.merged);
        let note = desk.post(agent, &format!("{path}/messages"), merged).await.expect(201).body;
        self.notes.push(text(&note["id"]));
        let into = json!({ "into": self.ticket });
        let _ = desk.post(agent, &format!("{path}/merge"), into).await.expect(200);
        let split =
            desk.get(agent, &format!("/api/v1/tickets/{}/messages", self.split)).await.expect(200).body;
        let notes = split["messages"].as_array().expect("messages").iter();
        self.notes.extend(notes.filter(|note| note["is_internal"] == true).map(|note| text(&note["id"])));
    }

    /// Has `agent` write another note with a file.
    pub(super) async fn whisper(&self, desk: &TestDesk, agent: &Somebody) {
        let file = format!("{WORD} {}-file.txt", self.mark);
        let file = upload(desk, agent, &file, b"text").await.expect(201).body;
        let with = json!({ "is_internal": true, "attachment_ids": [file["id"]] });
        self.say(desk, agent, &format!("{WORD} {}-note", self.mark), with).await;
    }

    /// Has `who` write on the ticket; gives the message's id.
    pub(super) async fn say(&self, desk: &TestDesk, who: &Somebody, content: &str, with: Value) -> String {
        let mut body = with;
        body["content"] = content.into();
        text(&self.act(desk, who, "messages", body).await.body["id"])
    }

    async fn act(&self, desk: &TestDesk, who: &Somebody, rest: &str, body: Value) -> Answer {
        let answer = desk.post(who, &self.path(&format!("/{rest}")), body).await;
        assert!(answer.status.is_success(), "{rest}: {}", answer.body);
        answer
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/api/v1/tickets/{}{rest}", self.ticket)
    }

    /// The three tickets.
    pub(super) fn tickets(&self) -> [&String; 3] {
        [&self.ticket, &self.split, &self.merged]
    }

    /// A text that is for staff, of which the part behind the word is kept.
    fn secret(&mut self, name: &'static str, end: &str) -> String {
        let text = format!("{}{end}", self.mark);
        let whole = format!("{WORD} {text}");
        if self.secrets.iter().all(|secret| secret.text != text) {
            self.secrets.push(Secret { name, text });
        }
        whole
    }
}

async fn file_ticket(desk: &TestDesk, requester: &Somebody, department: &str) -> String {
    text(&desk.ticket(requester, Some(department)).await["ticket_id"])
}
