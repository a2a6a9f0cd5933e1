//! Messages that move to another ticket, and come back.

use chrono::DateTime;

use super::testing::*;
use super::{redact, redacted};
use crate::Decide as _;
use crate::conversation::moving::{MOST_RETURNED, Moving};
use crate::conversation::values::{Feedback, MessageType, SenderRole};
use crate::conversation::{Conversation, ConversationCommand, ConversationError, ConversationEvent};
use crate::id::TicketId;
use crate::refusal::{Refusal as _, RefusalKind};
use crate::sealed::Sealed;

fn move_out(messages: &[(u128, u128)]) -> ConversationCommand {
    let messages = messages.iter().map(|(from, to)| (message_id(*from), message_id(*to))).collect();
    ConversationCommand::MoveOut { to: TicketId::default(), messages }
}

fn moved_out(is_internal: bool) -> ConversationEvent {
    let (message_id, becomes) = (message_id(1), Some(message_id(9)));
    ConversationEvent::MessageMovedOut { message_id, is_internal, to: Some(TicketId::default()), becomes }
}

#[test]
fn a_message_moves_once_as_internal_as_it_is() {
    for post in [PLAIN, INTERNAL] {
        let is_internal = post.is_internal;
        let said = by_ivan(&post);
        when(vec![said.clone()], ivan(), move_out(&[(1, 9)]))
            .then_expect_events(vec![moved_out(is_internal)]);
        let refused = ConversationError::Forbidden("staff");
        when(vec![said.clone()], ada(), move_out(&[(1, 9)])).then_expect_error(refused);
        let gone = || vec![said.clone(), moved_out(is_internal)];
        let away = || ConversationError::MovedAway;
        when(gone(), ivan(), move_out(&[(1, 8)])).then_expect_error(away());
        when(gone(), ivan(), judge(1, Feedback::Up)).then_expect_error(away());
        when(gone(), root(), redact(1, None)).then_expect_error(away());
    }
    when(vec![by_ada(&PLAIN)], ivan(), move_out(&[(1, 9), (2, 8)]))
        .then_expect_error(ConversationError::NoSuchMessage);
}

fn move_in(content: Option<Sealed>) -> ConversationCommand {
    let moving = Moving {
        message_id: message_id(1),
        origin: message_id(5),
        sender: Some(ADA),
        sender_role: SenderRole::User,
        message_type: MessageType::UserMessage,
        content,
        is_redacted: false,
        is_internal: false,
        is_ai: false,
        mentions: vec![],
        posted_at: DateTime::UNIX_EPOCH,
    };
    ConversationCommand::MoveIn { from: TicketId::default(), messages: vec![moving] }
}

fn content(key: u128) -> Sealed {
    Sealed::with_own_key(ADA, message_id(key).0, "hello")
}

#[test]
fn a_message_that_moved_here_is_redacted_by_the_key_that_it_came_with() {
    let moved_in =
        |content| Conversation::default().decide(issued(ivan(), move_in(content))).expect("staff may");
    when(moved_in(Some(content(1))), root(), redact(1, None)).then_expect_events(vec![redacted(1, None)]);
    when(moved_in(None), root(), redact(1, None)).then_expect_events(vec![]);
    when(moved_in(Some(Sealed::new(ADA, "hello"))), root(), redact(1, None))
        .then_expect_error(ConversationError::NotRedactable);
}

/// Message 1 was posted by Ada, judged up by Ivan, moved away, and came back with `content`.
fn returned(content: Option<Sealed>) -> Vec<ConversationEvent> {
    let said = by_ada(&Post { client_msg_id: Some("c1"), ..PLAIN });
    let mut events = vec![said, judged(IVAN, Feedback::Up), moved_out(false)];
    let mut conversation = Conversation::default();
    for event in events.clone() {
        cqrs_es::Aggregate::apply(&mut conversation, event);
    }
    assert_eq!(conversation.staying().count(), 0);
    events.extend(conversation.decide(issued(ivan(), move_in(content))).expect("staff may"));
    events
}

#[test]
fn a_message_that_comes_back_is_the_one_that_it_was() {
    let back = returned(Some(content(1)));
    let last = back.last().expect("it came");
    assert!(last.is_return() && matches!(last, ConversationEvent::MessageMovedIn { origin: None, .. }));
    // It takes changes again, remembers who judged it, and is not posted again under its sender's own id for it.
    when(back.clone(), root(), redact(1, None)).then_expect_events(vec![redacted(1, None)]);
    when(back.clone(), ivan(), judge(1, Feedback::Up)).then_expect_events(vec![]);
    when(back.clone(), ivan(), move_out(&[(1, 9)])).then_expect_events(vec![moved_out(false)]);
    let again = Post { id: 2, client_msg_id: Some("c1"), ..PLAIN };
    when(back, ada(), again).then_expect_events(vec![]);
    // With what became of its content meanwhile.
    when(returned(None), root(), redact(1, None)).then_expect_events(vec![]);
}

#[test]
fn nothing_comes_back_over_a_message_that_is_here() {
    let here = || vec![by_ada(&PLAIN)];
    when(here(), ivan(), move_in(Some(content(1)))).then_expect_error(ConversationError::AlreadyExists);
    when(here(), ada(), move_in(None)).then_expect_error(ConversationError::Forbidden("staff"));
}

#[test]
fn what_fits_no_append_does_not_move() {
    let most = u128::try_from(MOST_RETURNED).expect("a number");
    let said = |count: u128| (1..=count).map(|id| by_ada(&Post { id, ..PLAIN })).collect::<Vec<_>>();
    let all = |count: u128| move_out(&(1..=count).map(|id| (id, id + 5_000)).collect::<Vec<_>>());
    let moved = when(said(most), ivan(), all(most)).inspect_result().expect("so many may");
    assert_eq!(moved.len(), MOST_RETURNED);
    let refused = when(said(most + 1), ivan(), all(most + 1)).inspect_result().expect_err("one more");
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "TOO_MANY_MESSAGES"));
    assert_eq!(refused.to_string(), "1001 messages would move, and at most 1000 can at once");
}
