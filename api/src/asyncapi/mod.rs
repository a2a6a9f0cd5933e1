//! The document that describes the channels events leave the desk by, in the form of `AsyncAPI` 3.0.

mod messages;

use domain::evolution::REGISTRY;
use serde_json::{Value, json};

use self::messages::{cloud_event, references};

const DESCRIPTION: &str = "Everything that happens on the desk, in one order: positions 1, 2, 3 … without holes. Who \
    follows any of these channels sees every event once in that order, as far as they may see it, and goes on where \
    they stopped by the position of the last one.\n\n\
    On the desk's own channels texts about people are opened for whoever may see them, and read `[erased]` once the \
    person was erased; each event comes in the newest version of its type, and a consumer that knows an older one \
    asks for it: `schema=TicketFlagged:1`. NATS has every event as it was stored, without the texts.\n\n\
    Consumers pass over types and fields that they do not know.";

/// The document.
#[must_use]
pub fn asyncapi() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ledgerdesk events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels(),
        "operations": operations(),
        "components": {
            "messages": messages::all(),
            "securitySchemes": {
                "bearerAuth": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token that /auth/login gave.",
                },
                "nats": { "type": "userPassword", "description": "As the operator of NATS set it up." },
            },
        },
    })
}

fn servers() -> Value {
    json!({
        "desk": {
            "host": "{host}",
            "protocol": "http",
            "description": "The desk itself; https behind a proxy that ends TLS.",
            "variables": { "host": { "default": "127.0.0.1:8080", "description": "As in `serve --listen`." } },
            "security": [{ "$ref": "#/components/securitySchemes/bearerAuth" }],
        },
        "nats": {
            "host": "{host}",
            "protocol": "nats",
            "description": "The JetStream that `NATS_URL` names, if the desk relays its events to one.",
            "variables": { "host": { "default": "127.0.0.1:4222", "description": "As in `NATS_URL`." } },
            "security": [{ "$ref": "#/components/securitySchemes/nats" }],
        },
    })
}

fn channels() -> Value {
    let (stream_types, event_types): (Vec<&str>, Vec<&str>) =
        REGISTRY.types().map(|(stream, name, _)| (stream.as_str(), name)).unzip();
    let mut stream_types = stream_types;
    stream_types.dedup();
    let plain = event_types.iter().map(ToString::to_string);
    let cloud_events = || event_types.iter().map(|name| cloud_event(name));
    let pages = ["Events".to_owned(), cloud_event("Events")].into_iter();
    json!({
        "stream": {
            "address": "/api/v1/events/stream",
            "title": "Server-sent events",
            "description": "Each event as it happens: `id` is its position, `data` the event. Who was cut off goes \
                            on behind `Last-Event-ID`, or behind the parameter `after`.",
            "servers": [{ "$ref": "#/servers/desk" }],
            "messages": references(plain.chain(cloud_events())),
        },
        "poll": {
            "address": "/api/v1/events",
            "title": "Long poll",
            "description": "The events behind the place `after`; if there is none, the next ones to happen, or after \
                            `wait` seconds an empty page.",
            "servers": [{ "$ref": "#/servers/desk" }],
            "messages": references(pages),
        },
        "subjects": {
            "address": "ledgerdesk.events.{stream_type}.{event_type}",
            "title": "NATS JetStream",
            "description": "Each event once, under a subject of its own that begins with the stream's name in lower \
                            case. The sequence in the stream is the position; `Nats-Msg-Id` is the event's id. Texts \
                            about people are null, and `withheld` names them.",
            "servers": [{ "$ref": "#/servers/nats" }],
            "parameters": {
                "stream_type": { "description": "What kind of stream it is of.", "enum": stream_types },
                "event_type": { "description": "Its type.", "enum": event_types },
            },
            "messages": references(cloud_events()),
        },
    })
}

fn operations() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let number = |least: u32, most: u32, description: &str| json!({ "type": "integer", "minimum": least, "maximum": most, "description": description });
    let common = json!({
        "after": text("Behind this place: a position, or a cursor as an answer gave it."),
        "consumer": text("Behind what this durable consumer acknowledged, and what it wants."),
        "types": text("Of these types only, with commas between them."),
        "streams": text("Of these tickets, users and streams only, with commas between them."),
        "schema": text("The versions the consumer knows where it does not know the newest: TicketFlagged:1."),
    });
    let (mut followed, mut polled) = (common.clone(), common);
    followed["format"] =
        json!({ "enum": ["envelope", "cloudevents"], "description": "The shape of the events." });
    followed["ids"] = json!({ "enum": ["position", "cursor"], "description": "What the `id` of each is." });
    polled["limit"] = number(1, 1_000, "How many at most.");
    polled["wait"] = number(0, 25, "For how many seconds to wait if there is none.");
    let get = |query: Value| {
        let query = json!({ "type": "object", "properties": query, "additionalProperties": false });
        json!({ "http": { "method": "GET", "query": query, "bindingVersion": "0.3.0" } })
    };
    let send = |title: &str, channel: &str, bindings: Value| {
        let channel = json!({ "$ref": format!("#/channels/{channel}") });
        json!({ "action": "send", "title": title, "channel": channel, "bindings": bindings })
    };
    json!({
        "stream": send("Follow the events", "stream", get(followed)),
        "poll": send("Ask for events", "poll", get(polled)),
        "relay": send("Relay the events to NATS", "subjects", json!({})),
    })
}
