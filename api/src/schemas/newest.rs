//! The schemas of the newest versions, made of the event types themselves.

use std::collections::BTreeMap;

use domain::activity::ActivityEvent;
use domain::catalogue::EntryEvent;
use domain::chat::ChatEvent;
use domain::conversation::ConversationEvent;
use domain::event::StoredEvent;
use domain::knowledge::ArticleEvent;
use domain::knowledge::reception::ReceptionEvent;
use domain::misuse::MisuseEvent;
use domain::notification::NotificationEvent;
use domain::setting::SettingEvent;
use domain::suggestion::SuggestionEvent;
use domain::ticket::TicketEvent;
use domain::user::UserEvent;
use domain::webhook::WebhookEvent;
use domain::workload::WorkloadEvent;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{DIALECT, EventSchema, address, file};

/// What a schema cannot say with a keyword.
const COMMENT: &str = "These are the fields as readers see them. A version never changes; a newer one may have more \
    fields. Readers pass over what they do not know.";

/// The newest version of every type.
pub(super) fn all() -> impl Iterator<Item = EventSchema> {
    of::<TicketEvent>()
        .chain(of::<ConversationEvent>())
        .chain(of::<UserEvent>())
        .chain(of::<SettingEvent>())
        .chain(of::<ActivityEvent>())
        .chain(of::<EntryEvent>())
        .chain(of::<WorkloadEvent>())
        .chain(of::<WebhookEvent>())
        .chain(of::<NotificationEvent>())
        .chain(of::<ArticleEvent>())
        .chain(of::<ReceptionEvent>())
        .chain(of::<ChatEvent>())
        .chain(of::<SuggestionEvent>())
        .chain(of::<MisuseEvent>())
}

fn of<E: StoredEvent + ToSchema>() -> impl Iterator<Item = EventSchema> {
    let variants = variants::<E>();
    let definitions = definitions::<E>();
    E::TYPES.iter().map(move |(event_type, version)| {
        let fields = variants.get(*event_type).cloned().unwrap_or_default();
        let schema = complete(event_type, *version, bundled(fields, &definitions));
        EventSchema { stream: E::STREAM, event_type, version: *version, schema }
    })
}

/// The fields of each variant of `E`, by its name: the one property of what serde writes for it.
fn variants<E: ToSchema>() -> BTreeMap<String, Value> {
    let mut schema = serde_json::to_value(E::schema()).unwrap_or_default();
    let variants = schema["oneOf"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let tagged = variants.into_iter().filter_map(|mut variant| match variant["properties"].take() {
        Value::Object(tagged) => tagged.into_iter().next(),
        _ => None,
    });
    tagged.collect()
}

/// Everything that the fields refer to, by its name.
fn definitions<E: ToSchema>() -> BTreeMap<String, Value> {
    let mut named = Vec::new();
    E::schemas(&mut named);
    named.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect()
}

/// `schema` with all that it refers to in its own `$defs`.
pub(super) fn bundled(mut schema: Value, definitions: &BTreeMap<String, Value>) -> Value {
    let mut bundle = Map::new();
    let mut wanted = redirect(&mut schema);
    while let Some(name) = wanted.pop() {
        if !bundle.contains_key(&name) {
            let mut definition = definitions.get(&name).cloned().unwrap_or_default();
            wanted.extend(redirect(&mut definition));
            bundle.insert(name, definition);
        }
    }
    if !bundle.is_empty() {
        schema["$defs"] = bundle.into();
    }
    schema
}

/// Makes references to the API's components ones to `$defs`; gives the names referred to.
fn redirect(schema: &mut Value) -> Vec<String> {
    match schema {
        Value::Array(parts) => parts.iter_mut().flat_map(redirect).collect(),
        Value::Object(parts) => {
            let reference = parts.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|to| to.strip_prefix("#/components/schemas/")).map(str::to_owned);
            if let Some(name) = &name {
                parts.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
            }
            name.into_iter().chain(parts.values_mut().flat_map(redirect)).collect()
        }
        _ => vec![],
    }
}

fn complete(event_type: &str, version: i16, mut schema: Value) -> Value {
    schema["$schema"] = DIALECT.into();
    schema["$id"] = address(&file(event_type, version)).into();
    schema["$comment"] = COMMENT.into();
    schema["title"] = format!("{event_type}, version {version}").into();
    schema["additionalProperties"] = true.into();
    require_all(&mut schema);
    schema
}

/// The desk writes every field, null where there is nothing to say; and what is said of a field that may be
/// null is said of the field, not of one of its alternatives.
pub(super) fn require_all(schema: &mut Value) {
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let mut names: Vec<String> = fields.keys().cloned().collect();
    names.sort();
    for field in fields.values_mut() {
        let said = field.pointer_mut("/oneOf/0").and_then(Value::as_object_mut);
        if let Some(said) = said.and_then(|first| first.remove("description")) {
            field["description"] = said;
        }
    }
    schema["required"] = json!(names);
}
