//! How a path names a ticket, and what the caller sees of it.

use application::Request;
use axum::http::StatusCode;
use domain::access::Sight;
use domain::id::TicketId;
use projections::ticket_page::{self, FullTicket, TicketRef};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};
use uuid::Uuid;

use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Named;
use crate::problem::{Answer, Problem};

impl Named for TicketRef {
    /// `TKT-…` in any case, the UUID of its stream, or its number.
    fn read(text: &str) -> Option<Self> {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Self::Number);
        }
        match Uuid::try_parse(text) {
            Ok(stream) => Some(TicketId::of_stream(stream)).filter(|id| id.stream() == stream),
            Err(_) => text.parse().ok(),
        }
        .map(Self::Id)
    }
}

/// The path parameter `id` of everything below a ticket.
pub(in crate::routes) struct OfTicket;

impl IntoParams for OfTicket {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id =
            ObjectBuilder::new().schema_type(Type::String).examples(["TKT-1763700000000-4K9XQ2", "4711"]);
        let parameter = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The ticket: its id `TKT-…` in any case, its UUID, or its number."))
            .schema(Some(id));
        vec![parameter.build()]
    }
}

/// Nothing that the caller sees has this name.
pub(super) fn no_ticket() -> Problem {
    Problem::not_found("there is no such ticket")
}

/// The identity of the ticket that a command is for. Whether the caller sees it is decided with the command,
/// on the log; a number is known to the read models only, so they decide it at once.
pub(in crate::routes) async fn find_id(
    desk: &Desk,
    request: &Request,
    ticket: TicketRef,
) -> Answer<TicketId> {
    match ticket {
        TicketRef::Id(id) => Ok(id),
        TicketRef::Number(_) => {
            let id = ticket_page::resolve(desk.pool(), &request.by.sight(), ticket).await?;
            id.ok_or_else(no_ticket)
        }
    }
}

/// The identity of another ticket, which the body of a command names in `field`. Whether the caller sees it is decided with the
/// command, where that is possible.
pub(in crate::routes) async fn named(
    desk: &Desk,
    request: &Request,
    field: &'static str,
    text: &str,
) -> Answer<TicketId> {
    let mut errors = ValidationErrors::default();
    let Some(ticket) = TicketRef::read(text) else {
        errors.add(field, "invalid", "must be a ticket's id TKT-…, its UUID or its number");
        return Err(errors.into());
    };
    match find_id(desk, request, ticket).await {
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            errors.add(field, "invalid", "there is no such ticket");
            Err(errors.into())
        }
        found => found,
    }
}

/// The ticket, if `sight` sees it.
pub(in crate::routes) async fn seen(desk: &Desk, sight: &Sight, ticket: TicketRef) -> Answer<FullTicket> {
    ticket_page::find(desk.pool(), sight, ticket).await?.ok_or_else(no_ticket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_three_names() {
        let name = "TKT-1763700000000-4K9XQ2";
        let id: TicketId = name.parse().expect("an id");
        for text in [name, "tkt-1763700000000-4k9xq2", &id.stream().to_string()] {
            assert_eq!(TicketRef::read(text), Some(TicketRef::Id(id)), "{text}");
        }
        assert_eq!(TicketRef::read("4711"), Some(TicketRef::Number(4711)));
        let conversation = id.conversation().to_string();
        for bad in ["", "-1", "+1", "1.5", "99999999999999999999", "TKT-1", "x", &conversation] {
            assert_eq!(TicketRef::read(bad), None, "{bad}");
        }
    }
}
