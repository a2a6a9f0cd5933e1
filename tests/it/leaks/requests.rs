//! Every GET of the document, with everything in its places that a scene has: an endpoint that is added later is asked, too.

use domain::ticket::Field;
use futures::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::scene::{Reader, Scene};
use super::stage::WORD;

/// How many requests are under way at once.
const AT_ONCE: usize = 6;

/// A request for something.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The operation, by its name in the document.
    pub(super) operation: String,
    pub(super) path: String,
}

/// What somebody got.
#[derive(Debug)]
pub(super) struct Got {
    /// What for.
    pub(super) request: Request,
    pub(super) status: u16,
    pub(super) text: String,
}

/// What `reader` gets for every GET.
pub(super) async fn all(scene: &Scene, reader: &Reader<'_>) -> Vec<Got> {
    let requests = requests(scene, reader).await;
    stream::iter(requests).map(|request| got(scene, reader, request)).buffered(AT_ONCE).collect().await
}

async fn got(scene: &Scene, reader: &Reader<'_>, request: Request) -> Got {
    let answer = scene.request(reader, Method::GET, &request.path).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // Streams have no end, and ways of their own.
    let text = if kind.starts_with("text/event-stream") {
        String::new()
    } else {
        String::from_utf8_lossy(&answer.bytes().await.expect("all of it")).into_owned()
    };
    assert!(status < 500, "{}: {text}", request.path);
    Got { request, status, text }
}

/// The requests for everything that has a place in the scene.
pub(super) async fn requests(scene: &Scene, reader: &Reader<'_>) -> Vec<Request> {
    let document = serde_json::to_value(api::openapi()).expect("JSON");
    let head = scene.desk.head().await;
    let mut requests = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        let Some(id) = operation["operationId"].as_str() else { continue };
        let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        for path in paths(path, scene, reader) {
            for query in queries(&parameters, scene, reader, head) {
                requests.push(Request { operation: id.to_owned(), path: format!("{path}{query}") });
            }
        }
    }
    requests
}

/// `path` with everything in its places.
fn paths(path: &str, scene: &Scene, reader: &Reader<'_>) -> Vec<String> {
    let mut paths = vec![String::new()];
    let mut noun = "";
    for segment in path.split('/').skip(1) {
        let values =
            if segment.starts_with('{') { ids(noun, scene, reader) } else { vec![segment.to_owned()] };
        paths =
            paths.iter().flat_map(|path| values.iter().map(move |value| format!("{path}/{value}"))).collect();
        noun = segment;
    }
    paths
}

/// What there is of what is called `noun` in addresses.
fn ids(noun: &str, scene: &Scene, reader: &Reader<'_>) -> Vec<String> {
    let stage = reader.stage;
    let people = || vec![reader.person().to_string(), stage.requester.id.to_string()];
    match noun {
        "tickets" | "chat" => stage.tickets().map(String::clone).to_vec(),
        "attachments" => stage.files.clone(),
        "users" | "agents" => people(),
        "webhooks" => scene.webhooks.clone(),
        // Whatever it is: perhaps it goes by one of these.
        _ => {
            let others = [scene.organization.to_string(), Uuid::now_v7().to_string(), stage.ticket.clone()];
            stage.notes.iter().chain(&stage.files).cloned().chain(people()).chain(others).collect()
        }
    }
}

/// No parameters but those that are needed, and each of the others with each of its values.
fn queries(parameters: &[&Value], scene: &Scene, reader: &Reader<'_>, head: i64) -> Vec<String> {
    let mut queries = vec![String::new()];
    let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
    let (needed, more): (Vec<&Value>, Vec<&Value>) =
        in_query.partition(|parameter| parameter["required"] == true);
    for parameter in needed {
        let values = values(parameter, scene, reader, head);
        queries =
            queries.iter().flat_map(|query| values.iter().map(move |value| with(query, value))).collect();
    }
    let with_all = more.iter().filter(|parameter| parameter["name"] == "include");
    let all: Vec<String> = with_all.flat_map(|parameter| values(parameter, scene, reader, head)).collect();
    let mut found = queries.clone();
    for value in more.iter().flat_map(|parameter| values(parameter, scene, reader, head)) {
        found.push(with(&queries[0], &value));
        if value.starts_with("as_of") {
            let both = all.iter().map(|include| with(&with(&queries[0], &value), include));
            found.extend(both);
        }
    }
    found
}

fn with(query: &str, pair: &str) -> String {
    let sign = if query.is_empty() { '?' } else { '&' };
    format!("{query}{sign}{pair}")
}

/// A parameter with each value that could tell something.
fn values(parameter: &Value, scene: &Scene, reader: &Reader<'_>, head: i64) -> Vec<String> {
    let name = parameter["name"].as_str().expect("a name");
    let schema = &parameter["schema"];
    let words = schema["enum"].as_array().or_else(|| schema["items"]["enum"].as_array());
    let words = words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let values: Vec<String> = match name {
        "as_of" => {
            let places = ["2099-01-01T00:00:00Z".to_owned(), format!("position:{head}")];
            places.into_iter().chain(["1".to_owned(), "3".to_owned()]).collect()
        }
        "field" => Field::ALL.iter().map(|field| field.name().to_owned()).collect(),
        "include" => vec![words.collect::<Vec<_>>().join(",")],
        "streams" => vec![reader.stage.tickets().map(String::clone).join(",")],
        "after" | "after_pos" => vec!["0".to_owned()],
        "limit" => vec![schema["maximum"].as_i64().map_or_else(|| "100".to_owned(), |most| most.to_string())],
        "schema" => vec!["MessagePosted:1".to_owned(), "AttachmentAdded:1,MessageRedacted:1".to_owned()],
        "types" => vec!["MessagePosted,AttachmentAdded,MessageRedacted,TicketLinked,TicketSplit".to_owned()],
        "organization" => vec![scene.organization.to_string()],
        "requester" => vec![reader.stage.requester.id.to_string()],
        "assignee" | "following" => vec!["me".to_owned()],
        "department" => vec!["IT".to_owned()],
        // Waits; goes on where a page ended; asks for what is not in the scene.
        "wait" | "cursor" | "consumer" | "min_position" | "link" => vec![],
        _ if schema["type"] == "boolean" => vec!["true".to_owned(), "false".to_owned()],
        _ if schema["type"] == "integer" => vec!["1".to_owned()],
        _ if name.ends_with("_after") => vec!["2000-01-01T00:00:00Z".to_owned()],
        _ if name.ends_with("_before") => vec!["2099-01-01T00:00:00Z".to_owned()],
        _ => {
            let words: Vec<String> = words.collect();
            if words.is_empty() {
                vec![WORD.to_owned(), format!("{}-note", reader.stage.mark)]
            } else {
                words
            }
        }
    };
    values.into_iter().map(|value| format!("{name}={value}")).collect()
}
