//! What is for staff reaches nobody else, by whichever way: one scene, every way out, everybody who reads.

mod live;
mod requests;
mod scene;
mod stage;
mod tries;
mod unchanged;

use futures::future::BoxFuture;
use serde_json::Value;

use self::requests::{Got, Request};
use self::scene::{Reader, Scene};
use self::stage::Stage;

/// How something is got.
enum By {
    /// By those GETs of the document that no row before takes.
    Get(fn(&Request) -> bool),
    /// By itself, or by trying.
    Itself(for<'s> fn(&'s Scene, &'s Reader<'s>) -> BoxFuture<'s, Vec<Got>>),
}

/// A way out of the desk: its name, how something is got by it, what everybody finds who gets anything (none by a token that
/// does not open it), and the secrets that the agent finds, so that it is known to lead to them.
struct Way(&'static str, By, Option<&'static str>, &'static [&'static str]);

const SAID: &[&str] =
    &["note", "file", "what is left of a note", "moved note", "merged note", "mentioned person"];
const TOLD: &[&str] = &["transfer note", "note", "file without a note", "moved note", "merged note", "link"];
const HAPPENED: &[&str] = &["transfer note", "note", "reason", "file without a note", "moved note", "link"];

const WAYS: &[Way] = &[
    Way(
        "a ticket as it was",
        By::Get(|of| of.operation == "show_ticket" && of.path.contains("as_of")),
        Some("It also beeps"),
        SAID,
    ),
    Way(
        "messages as they were",
        By::Get(|of| of.operation == "list_messages" && of.path.contains("as_of")),
        Some("It also beeps"),
        SAID,
    ),
    Way(
        "anything else as it was",
        By::Get(|of| of.path.contains("as_of")),
        Some("as_of"),
        &["transfer note", "note"],
    ),
    Way("search", By::Get(|of| of.path.contains("?q=") || of.path.contains("&q=")), Some("total_count"), &[]),
    Way("a ticket", By::Get(|of| of.operation == "show_ticket"), Some("-public"), SAID),
    Way("messages", By::Get(|of| of.operation == "list_messages"), Some("-public"), SAID),
    Way("history", By::Get(|of| of.operation == "show_ticket_history"), Some("Ticket created"), &[]),
    Way("events of a ticket", By::Get(|of| of.operation == "list_ticket_events"), None, HAPPENED),
    Way("why", By::Get(|of| of.operation == "explain_ticket_field"), None, &["transfer note"]),
    Way(
        "attachments of a ticket",
        By::Get(|of| of.operation == "list_ticket_attachments"),
        Some("-public.txt"),
        &["file", "file without a note"],
    ),
    Way(
        "attachments",
        By::Get(|of| of.path.starts_with("/api/v1/attachments")),
        None,
        &["file", "content of a file"],
    ),
    Way("drafts", By::Get(|of| of.operation == "show_draft"), None, &["draft"]),
    Way("export", By::Get(|of| of.operation == "export_user"), None, &["draft"]),
    Way(
        "notifications",
        By::Get(|of| of.operation == "list_notifications"),
        Some("unread_count"),
        &["note of an administrator"],
    ),
    Way("every other GET", By::Get(|_| true), Some("username"), &["link"]),
    Way(
        "rooms of sockets",
        By::Itself(|scene, reader| Box::pin(live::rooms(scene, reader))),
        Some("-public"),
        TOLD,
    ),
    Way(
        "sockets of tickets",
        By::Itself(|scene, reader| Box::pin(live::chat(scene, reader))),
        Some("-ending"),
        &["note", "file"],
    ),
    Way(
        "the stream of events",
        By::Itself(|scene, reader| Box::pin(live::stream(scene, reader))),
        None,
        HAPPENED,
    ),
    Way(
        "webhooks",
        By::Itself(|scene, reader| Box::pin(live::webhooks(scene, reader))),
        Some("-public"),
        HAPPENED,
    ),
    Way(
        "mail",
        By::Itself(|scene, reader| Box::pin(live::mails(scene, reader))),
        Some("Subject: "),
        &["note of an administrator"],
    ),
    Way(
        "tries",
        By::Itself(|scene, reader| Box::pin(tries::all(scene, reader))),
        Some("\"error\""),
        &["note"],
    ),
];

/// What of the secrets of `stage` stands in what somebody got, and did not themselves put there.
fn told<'s>(stage: &'s Stage, got: &Got) -> Vec<&'s str> {
    let asked = &got.request.path;
    let is_told = |text: &str| got.text.contains(text) && !asked.contains(text);
    let words = stage.secrets.iter().filter(|secret| is_told(&secret.text)).map(|secret| secret.name);
    let notes = stage.notes.iter().filter(|id| is_told(id)).map(|_| "a note's id");
    let files = stage.files.iter().filter(|id| is_told(id)).map(|_| "a file's id");
    words.chain(notes).chain(files).collect()
}

/// What is wrong with what `reader` got by a way.
fn faults(way: &Way, reader: &Reader<'_>, got: &[&Got]) -> Vec<String> {
    let Way(name, _, shows, finds) = way;
    let found: Vec<&str> = got.iter().flat_map(|got| told(reader.stage, got)).collect();
    let mut faults = Vec::new();
    if reader.is_control {
        let missed = finds.iter().filter(|secret| !found.contains(secret));
        faults.extend(missed.map(|secret| format!("{name} does not lead {} to the {secret}", reader.name)));
    } else {
        for got in got {
            for secret in told(reader.stage, got) {
                faults.push(format!(
                    "{name} tells {} of the {secret}: {} {}",
                    reader.name, got.request.path, got.text
                ));
            }
        }
    }
    let is_shown = |text: &str| got.iter().any(|got| got.text.contains(text));
    if got.is_empty() || !reader.is_limited && shows.is_some_and(|text| !is_shown(text)) {
        faults.push(format!("{name} shows {} nothing", reader.name));
    }
    faults
}

/// What is wrong with what is counted: a search for words of a note finds nothing, and nobody is told of more messages
/// than they are shown.
fn miscounted(reader: &Reader<'_>, all: &[Got]) -> Vec<String> {
    let json = |got: &Got| serde_json::from_str::<Value>(&got.text).unwrap_or_default();
    let searches =
        all.iter().filter(|got| got.request.path.contains("?q=") || got.request.path.contains("&q="));
    let counting = searches.filter(|got| json(got)["total_count"].as_i64().is_some_and(|count| count != 0));
    let mut faults: Vec<String> = counting
        .map(|got| format!("{} counts for {}: {}", got.request.path, reader.name, got.text))
        .collect();
    for ticket in reader.stage.tickets() {
        let path = format!("/api/v1/tickets/{ticket}");
        let at = |path: &str| all.iter().find(|got| got.request.path == path).map(json).unwrap_or_default();
        let (shown, listed) = (at(&path), at(&format!("{path}/messages?limit=100")));
        let said = listed["messages"].as_array().map(Vec::len).map(Value::from);
        let said = said.unwrap_or_default();
        if shown["message_count"] != said || listed["total_count"] != said {
            let counts = (&shown["message_count"], &listed["total_count"], &said);
            faults.push(format!("{ticket} counts other messages than {} is shown: {counts:?}", reader.name));
        }
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_staff_reaches_nobody_else_by_any_way() {
    let scene = Scene::set().await;
    let mut wrong = Vec::new();
    for reader in scene.readers().await {
        let all = requests::all(&scene, &reader).await;
        let mut rest: Vec<&Got> = all.iter().collect();
        for way in WAYS {
            let Way(name, by, ..) = way;
            let own;
            let got: Vec<&Got> = match by {
                By::Get(is_one) => {
                    let (got, others) = rest.into_iter().partition(|got| is_one(&got.request));
                    rest = others;
                    got
                }
                // A socket has a token and no headers besides.
                By::Itself(_) if reader.is_somebody_else() && name.contains("sockets") => continue,
                By::Itself(get) => {
                    own = get(&scene, &reader).await;
                    own.iter().collect()
                }
            };
            wrong.extend(faults(way, &reader, &got));
            if *name == "tries" {
                let done = tries::faults(&reader, got.iter().copied());
                wrong.extend(done.map(|what| format!("{} did {what}", reader.name)));
            }
        }
        wrong.extend(if reader.is_control { vec![] } else { miscounted(&reader, &all) });
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    scene.desk.assert_sound().await;
    scene.desk.close().await;
}
