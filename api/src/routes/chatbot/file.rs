//! A ticket from a conversation.

use application::ledger::Ledger as _;
use application::{Done, Error, NewTicket, Request};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::access::Sight;
use domain::chat::{ChatCommand, ChatEvent};
use domain::event::Event;
use domain::id::TicketId;
use domain::setting::Flag;
use domain::ticket::Report;
use domain::ticket::values::{parse_description, parse_title};
use projections::ticket_page::{FullTicket, TicketRef, find};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Signed;
use crate::body::OptionalJson;
use crate::context::{Asked, Version};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::id::Id;
use crate::problem::declared::{Accepted, CheckedBody, Conflicting, Forbidden, Guarded, Limited, Missing};
use crate::problem::{Answer, Problem};
use crate::routes::ticket::entropy;

/// How many characters of a question become a title.
const TITLE: usize = 120;
/// How many characters of a conversation become a description.
const DESCRIPTION: usize = 19_000;

/// What the ticket shall say; what is absent is taken from the conversation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileChat {
    /// The problem in a line.
    #[schema(min_length = 3, max_length = 200, example = "VPN does not connect")]
    title: Option<String>,
    /// The problem in full.
    #[schema(min_length = 1, max_length = 20_000)]
    description: Option<String>,
}

/// The same, parsed; with what was said last and is no part of the conversation yet.
pub(super) struct Wanted {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) problem: Option<String>,
}

/// File a conversation as a ticket
///
/// With what was asked and answered, unless a title and a description are given. It counts as any other ticket of the caller's day.
#[utoipa::path(
    post, path = "/chatbot/conversations/{id}/ticket", operation_id = "file_chat", tag = "ai",
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = FileChat,
    responses(
        (
            status = 201, description = "The ticket.", body = FullTicket,
            headers(("Location" = String, description = "Where it is."), ("ETag" = String, description = "Its version.")),
        ),
        Accepted, Guarded, Forbidden, Missing, Conflicting, CheckedBody, Limited,
    ),
    security(("bearerAuth" = [])),
)]
pub(super) async fn file(
    State(desk): State<Desk>,
    _: Signed,
    Asked(request): Asked,
    Id(chat): Id<Uuid>,
    OptionalJson(body): OptionalJson<FileChat>,
) -> Answer<impl IntoResponse> {
    desk.insist_on(Flag::SelfServe).await?;
    let mut errors = ValidationErrors::default();
    let title = body.title.and_then(|title| errors.check("title", parse_title(&title)));
    let description = body.description.and_then(|text| errors.check("description", parse_description(&text)));
    errors.finish()?;
    desk.chat_of(&request, Some(chat)).await?;
    let ticket = filed(&desk, &request, chat, Wanted { title, description, problem: None }).await??;
    let shown = find(desk.pool(), &Sight::Everything, TicketRef::Id(ticket)).await?;
    let shown = shown.ok_or_else(|| Problem::unavailable("the ticket was filed and cannot be shown"))?;
    let location = [(LOCATION, format!("/api/v1/tickets/{ticket}"))];
    Ok((StatusCode::CREATED, location, Version(shown.version), crate::body::Json(shown)))
}

/// Files `chat` as a ticket of whoever asks, once: what was cut off between the ticket and the note of it is finished by whoever asks
/// again.
///
/// # Errors
/// The log or the read models cannot be read; within, why it is not filed.
pub(super) async fn filed(
    desk: &Desk,
    request: &Request,
    chat: Uuid,
    wanted: Wanted,
) -> Answer<Result<TicketId, Error>> {
    if let Some(ticket) = desk.commands.load_chat(chat).await?.state.ticket() {
        return Ok(Err(Error::refused(domain::chat::ChatError::Filed(ticket))));
    }
    let said = said(desk, chat).await?;
    let (title, description) = words(wanted, &said);
    let new = NewTicket {
        id: TicketId::new(request.at, entropy()),
        report: Report {
            requester: request.by.person().unwrap_or_default(),
            title,
            description,
            urgency: domain::ticket::values::Urgency::default(),
            department: None,
            category: None,
            building: None,
            organization: None,
        },
        per_day: i32::try_from(desk.config.limits.tickets_per_day).unwrap_or(i32::MAX),
        attachments: vec![],
    };
    let named = |what: &[u8]| Request {
        command_id: Uuid::new_v5(&chat, what),
        fingerprint: None,
        expected: None,
        ..request.clone()
    };
    let waiter = desk.waiting.enter(new.id);
    let (ticket, done) = match desk.commands.create_ticket(&named(b"ticket"), new).await {
        Ok(created) => created,
        Err(error) => return Ok(Err(error)),
    };
    let noted = desk.commands.chat(&named(b"filed"), chat, ChatCommand::File { ticket }).await?;
    let is_new = matches!(done, Done::Changed(appended) if !appended.repeated);
    let _ = desk.settled(if noted.position().is_some() { noted } else { done }).await?;
    if is_new {
        let _ = desk.triaged(waiter).await;
    }
    Ok(Ok(ticket))
}

/// What was asked and answered in `chat`, in its order.
async fn said(desk: &Desk, chat: Uuid) -> Answer<Vec<(String, String)>> {
    let events =
        desk.log.read_streams(&[(chat, 0)]).await.map_err(|error| Problem::internal(&error.into()))?;
    let turns = events.into_iter().filter_map(|recorded| match recorded.event {
        Event::Chat(ChatEvent::QuestionAnswered { question, answer, .. }) => {
            Some((question.shown().to_owned(), answer.shown().to_owned()))
        }
        _ => None,
    });
    Ok(turns.collect())
}

/// The title and the description of the ticket that a conversation becomes. The problem is what somebody asked first, unless they
/// were asked what it is about.
fn words(wanted: Wanted, said: &[(String, String)]) -> (String, String) {
    let Wanted { title, description, problem } = wanted;
    let first =
        said.iter().map(|(question, _)| question.as_str()).find(|question| question.chars().count() > 9);
    let problem =
        problem.as_deref().or(first).unwrap_or_else(|| said.first().map_or("A question", |(asked, _)| asked));
    let title = title.unwrap_or_else(|| {
        let line = problem.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(TITLE).collect();
        let whole = if short.chars().count() < 3 { format!("Question: {short}") } else { short };
        if line.chars().count() > TITLE { format!("{whole}…") } else { whole }
    });
    let description = description.unwrap_or_else(|| {
        let mut text = problem.to_owned();
        if !said.is_empty() {
            text.push_str("\n\nWhat was said in the chat before:");
        }
        for (question, answer) in said {
            text.extend(["\n\nQuestion: ", question, "\n\nAnswer: ", answer]);
        }
        text.chars().take(DESCRIPTION).collect()
    });
    (title, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(question: &str) -> (String, String) {
        (question.to_owned(), "An answer.".to_owned())
    }

    fn wanted(problem: Option<&str>) -> Wanted {
        Wanted { title: None, description: None, problem: problem.map(str::to_owned) }
    }

    #[test]
    fn a_ticket_says_what_the_problem_is_and_what_was_said() {
        let (title, description) = words(wanted(None), &[turn("Hi"), turn("My  VPN\nis broken")]);
        assert_eq!(title, "My VPN is broken");
        assert!(description.starts_with("My  VPN\nis broken\n\nWhat was said"), "{description}");
        assert!(description.contains("Question: Hi\n\nAnswer: An answer."), "{description}");
        let (title, _) = words(wanted(Some("The door is stuck")), &[turn("My VPN is broken")]);
        assert_eq!(title, "The door is stuck");
        let (title, _) = words(wanted(Some(&"x".repeat(500))), &[]);
        assert_eq!(title.chars().count(), TITLE + 1);
        let (title, _) = words(wanted(None), &[turn("?!")]);
        assert_eq!(title, "Question: ?!");
    }
}
