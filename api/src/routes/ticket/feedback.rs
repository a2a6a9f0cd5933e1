//! The requester's judgement of the outcome.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::ticket::TicketCommand;
use domain::ticket::values::parse_note;
use projections::ticket_page::TicketRef;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::answer::{Acted, Changed, changed};
use super::reference::{OfTicket, find_id};
use super::words::optional;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::Answer;
use crate::problem::declared::CheckedBody;

/// What the requester thinks of the outcome: a rating, a comment, or both.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketFeedback {
    /// One to five.
    #[schema(minimum = 1, maximum = 5, example = 5)]
    rating: Option<u8>,
    /// In words (`feedback` is another word for it).
    #[serde(alias = "feedback")]
    #[schema(min_length = 1, max_length = 2_000, example = "Quick and friendly")]
    comment: Option<String>,
}

/// The same as programs may send it: a text alone is a comment.
pub(super) struct Judged(TicketFeedback);

impl<'de> Deserialize<'de> for Judged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = TicketFeedback;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with rating or comment, or a string")
            }

            fn visit_str<E>(self, comment: &str) -> Result<TicketFeedback, E> {
                Ok(TicketFeedback { rating: None, comment: Some(comment.to_owned()) })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TicketFeedback, A::Error> {
                TicketFeedback::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_any(Either).map(Self)
    }
}

/// Give feedback on a ticket
///
/// Its requester may, once it is resolved, and change it for 7 days. A JSON string instead of the object is
/// taken as the comment.
#[utoipa::path(
    post, path = "/tickets/{id}/feedback", operation_id = "give_ticket_feedback", tag = "tickets",
    params(OfTicket),
    request_body = TicketFeedback,
    responses((status = 200, description = "The ticket.", body = Changed), Acted, CheckedBody),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:write"])),
)]
pub(super) async fn give(
    State(desk): State<Desk>,
    Asked(request): Asked,
    Id(ticket): Id<TicketRef>,
    Json(Judged(body)): Json<Judged>,
) -> Answer<impl IntoResponse> {
    let mut errors = ValidationErrors::default();
    let comment = optional(&mut errors, "comment", body.comment.as_deref(), parse_note);
    errors.finish()?;
    let id = find_id(&desk, &request, ticket).await?;
    let command = TicketCommand::GiveFeedback { rating: body.rating, comment };
    let outcome = desk.commands.ticket(&request, id, command).await;
    changed(&desk, &request, id, outcome).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_alone_is_a_comment() {
        let read = |json: &str| {
            let judged: Result<Judged, _> = serde_json::from_str(json);
            judged.map(|Judged(body)| (body.rating, body.comment)).map_err(|error| error.to_string())
        };
        assert_eq!(read(r#""fine""#), Ok((None, Some("fine".to_owned()))));
        assert_eq!(read(r#"{"rating":4,"comment":"fine"}"#), Ok((Some(4), Some("fine".to_owned()))));
        assert_eq!(read("{}"), Ok((None, None)));
        assert!(read(r#"{"stars":4}"#).is_err_and(|error| error.contains("unknown field `stars`")));
        assert!(read("5").is_err_and(|error| error.contains("expected an object")));
    }
}
