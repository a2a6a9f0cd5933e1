//! The examples of chats and suggested replies.

use domain::chat::ChatEvent;
use domain::chat::values::{Origin, ReplyKind, Source};
use domain::id::{ArticleId, TicketId};
use domain::knowledge::reception::UsedBy;
use domain::suggestion::SuggestionEvent;
use domain::suggestion::values::{Outcome, QueryType};
use uuid::Uuid;

use super::examples::{ADA, SESSION, sealed};

fn origin() -> Origin {
    let source = Source {
        article: ArticleId(Uuid::from_u128(SESSION.as_u128() + 21)),
        document_id: "vpn-from-home".parse().expect("an id"),
        title: "Connect from home".to_owned(),
        score: 0.82,
    };
    Origin { sources: vec![source], confidence: 0.82, model: "local-retrieval/1".to_owned(), took_us: 412 }
}

pub(super) fn chat_examples(ticket: TicketId) -> Vec<ChatEvent> {
    vec![
        ChatEvent::QuestionAnswered {
            user: Some(ADA),
            at: UsedBy::SelfServe,
            question: sealed("How do I connect from home?"),
            kind: ReplyKind::Answer,
            answer: sealed("From “Connect from home”:\n\nStart the VPN."),
            origin: origin(),
        },
        ChatEvent::ChatFiled { ticket },
    ]
}

pub(super) fn suggestion_examples(ticket: TicketId) -> Vec<SuggestionEvent> {
    vec![
        SuggestionEvent::ReplySuggested {
            ticket,
            reply: sealed("Hello ada,\n\nStart the VPN."),
            query_type: QueryType::Access,
            origin: origin(),
        },
        SuggestionEvent::SuggestionJudged { outcome: Outcome::Edited, distance: Some(0.25) },
    ]
}
