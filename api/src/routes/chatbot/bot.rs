//! What the chatbot replies.

use std::time::Instant;

use application::{Error, Request};
use domain::access::Caller;
use domain::chat::Chat;
use domain::chat::intent::{Intent, intent};
use domain::chat::values::{Origin, ReplyKind};
use domain::id::TicketId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::file::{Wanted, filed};
use crate::answers::Answered;
use crate::chats::Visitor;
use crate::desk::Desk;
use crate::problem::Answer;

/// What recognises what a message wants, with its version.
const PHRASES: &str = "local-phrases/1";

/// Something that whoever chats can do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Action {
    /// Read an article.
    OpenArticle {
        /// Its name: `GET /kb/articles/{document_id}`.
        document_id: String,
        /// Its title.
        title: String,
    },
    /// Have a ticket made of the conversation: `POST /chatbot/conversations/{id}/ticket`.
    CreateTicket,
    /// Look at the ticket that it became: `GET /tickets/{ticket_id}`.
    OpenTicket {
        /// Which.
        #[schema(example = "TKT-1763700000000-4K9XQ2")]
        ticket_id: String,
    },
    /// Say that they want to talk to a person.
    TalkToHuman,
    /// Sign in.
    SignIn,
}

/// A reply with what can be done next.
pub(super) struct Reply {
    pub(super) answered: Answered,
    pub(super) actions: Vec<Action>,
    pub(super) ticket: Option<TicketId>,
}

impl Reply {
    fn plain(kind: ReplyKind, text: impl Into<String>, actions: Vec<Action>) -> Self {
        let origin = Origin { sources: vec![], confidence: 1.0, model: PHRASES.to_owned(), took_us: 0 };
        Self { answered: Answered { kind, text: text.into(), origin }, actions, ticket: None }
    }
}

/// The reply to `message` in a chat that stands as `state` says.
pub(super) async fn reply(
    desk: &Desk,
    visitor: &Visitor,
    (chat, state): (Uuid, &Chat),
    message: &str,
) -> Answer<Reply> {
    let began = Instant::now();
    let mut reply = match intent(message) {
        Intent::Person => person(desk, &visitor.request, (chat, state), None).await?,
        Intent::Question if state.asked_for_problem() => {
            person(desk, &visitor.request, (chat, state), Some(message)).await?
        }
        Intent::Greeting => Reply::plain(
            ReplyKind::Courtesy,
            "Hello! Tell me in a sentence what you need. You can ask for a person at any time.",
            vec![Action::TalkToHuman],
        ),
        Intent::Thanks => {
            Reply::plain(ReplyKind::Courtesy, "You are welcome. Is there anything else?", vec![])
        }
        Intent::Question => from_articles(desk.answer(message, visitor.readers()).await?),
    };
    let took = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
    reply.answered.origin.took_us = took;
    Ok(reply)
}

fn from_articles(answered: Answered) -> Reply {
    let mut actions: Vec<Action> = answered
        .origin
        .sources
        .iter()
        .map(|source| Action::OpenArticle {
            document_id: source.document_id.to_string(),
            title: source.title.clone(),
        })
        .collect();
    actions.extend([Action::CreateTicket, Action::TalkToHuman]);
    Reply { answered, actions, ticket: None }
}

/// Hands the chat over to a person as soon as it is known who asks and what it is about.
async fn person(
    desk: &Desk,
    request: &Request,
    (chat, state): (Uuid, &Chat),
    problem: Option<&str>,
) -> Answer<Reply> {
    if matches!(request.by, Caller::System(_)) {
        let text = "Please sign in, so that a person can answer you. Then ask me again, or file a ticket.";
        return Ok(Reply::plain(ReplyKind::AskedToSignIn, text, vec![Action::SignIn]));
    }
    if let Some(ticket) = state.ticket() {
        return Ok(handed_over(ticket, "A person has your problem already"));
    }
    if problem.is_none() && !state.has_problem() {
        let text = "I will get you a person. What is it about? Please describe it in a few sentences.";
        return Ok(Reply::plain(ReplyKind::AskedForProblem, text, vec![]));
    }
    let wanted = Wanted { title: None, description: None, problem: problem.map(str::to_owned) };
    match filed(desk, request, chat, wanted).await? {
        Ok(ticket) => Ok(handed_over(ticket, "I have passed this on: a person will answer you")),
        Err(Error::QuotaExceeded { .. }) => {
            let text = "You have filed as many tickets as you may in a day. Please write on one of your tickets that are open: a \
                        person reads it there. Tomorrow I can file another one for you.";
            Ok(Reply::plain(ReplyKind::Limited, text, vec![]))
        }
        Err(error) => Err(error.into()),
    }
}

fn handed_over(ticket: TicketId, says: &str) -> Reply {
    let action = Action::OpenTicket { ticket_id: ticket.to_string() };
    let text = format!("{says}, on ticket {ticket}.");
    Reply { ticket: Some(ticket), ..Reply::plain(ReplyKind::HandedOver, text, vec![action]) }
}
