//! Parts of tickets: only the fields that the caller asked for.

use std::sync::LazyLock;

use projections::ticket_search::ListedTicket;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::fields::ValidationErrors;
use crate::problem::Answer;

/// The fields that a ticket in a list has, as the document says.
static FIELDS: LazyLock<Vec<String>> = LazyLock::new(|| names(&ListedTicket::schema()));

fn names(schema: &RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::T(Schema::Object(ticket)) => ticket.properties.keys().cloned().collect(),
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// Tickets, whole or in part.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Listed {
    /// Everything that lists show.
    Whole(Vec<ListedTicket>),
    /// Only some fields.
    Parts(Vec<Map<String, Value>>),
}

/// Notes the names in `fields` that no ticket has.
pub(super) fn check(errors: &mut ValidationErrors, fields: &[String]) {
    if fields.iter().any(|name| !FIELDS.contains(name)) {
        errors.add("fields", "invalid", format!("must be some of {}", FIELDS.join(", ")));
    }
}

/// Only `fields` of the tickets; everything if that names none.
pub(super) fn pick(tickets: Vec<ListedTicket>, fields: &[String]) -> Answer<Listed> {
    if fields.is_empty() {
        return Ok(Listed::Whole(tickets));
    }
    let part = |ticket| match serde_json::to_value(ticket) {
        Ok(Value::Object(mut ticket)) => {
            ticket.retain(|name, _| fields.contains(name));
            Ok(ticket)
        }
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(anyhow::Error::new(error)),
    };
    let parts: anyhow::Result<Vec<_>> = tickets.into_iter().map(part).collect();
    Ok(Listed::Parts(parts?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_the_fields() {
        for name in ["id", "ticket_id", "number", "title", "user_id", "assignee_id", "message_count", "tags"]
        {
            assert!(FIELDS.iter().any(|field| field == name), "{name}");
        }
        let mut errors = ValidationErrors::default();
        check(&mut errors, &["title".to_owned(), "requester".to_owned()]);
        assert_eq!(errors.finish().map_err(|problem| problem.status().as_u16()), Err(422));
    }
}
