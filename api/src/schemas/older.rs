//! The schemas of versions that no type describes any more, as they were committed.

use domain::event::StreamType;
use domain::evolution::REGISTRY;

use super::EventSchema;

/// Each with its version and its file. A type whose version is raised leaves its former one here.
const OLDER: &[(&str, i16, &str)] = &[
    ("TicketFlagged", 1, include_str!("../../schemas/TicketFlagged.v1.json")),
    ("TicketCreated", 1, include_str!("../../schemas/TicketCreated.v1.json")),
    ("MessagePosted", 1, include_str!("../../schemas/MessagePosted.v1.json")),
    ("EntryAdded", 1, include_str!("../../schemas/EntryAdded.v1.json")),
    ("EntryChanged", 1, include_str!("../../schemas/EntryChanged.v1.json")),
    ("ApiTokenIssued", 1, include_str!("../../schemas/ApiTokenIssued.v1.json")),
    ("ApiTokenIssued", 2, include_str!("../../schemas/ApiTokenIssued.v2.json")),
    ("NotificationRaised", 1, include_str!("../../schemas/NotificationRaised.v1.json")),
];

/// Every version but the newest of every type.
pub(super) fn all() -> impl Iterator<Item = EventSchema> {
    OLDER.iter().map(|(event_type, version, text)| EventSchema {
        stream: stream_of(event_type),
        event_type,
        version: *version,
        schema: serde_json::from_str(text).unwrap_or_default(),
    })
}

fn stream_of(event_type: &str) -> StreamType {
    let found = REGISTRY.types().find(|(_, name, _)| *name == event_type);
    found.map_or(StreamType::Ticket, |(stream, _, _)| stream)
}
