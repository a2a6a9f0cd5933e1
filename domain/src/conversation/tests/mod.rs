//! The conversation's rules, as given/when/then.

use chrono::DateTime;
use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateResultValidator, TestFramework};
use proptest::prelude::*;

use super::values::{Feedback, MessageType, SenderRole};
use super::{Conversation, ConversationCommand, ConversationError, ConversationEvent};
use crate::refusal::{Refusal, RefusalKind};
use crate::sealed::Sealed;
use crate::{Decide, Issued};
use testing::*;

mod moving;

mod testing {
    //! The people and messages that the tests speak of.

    use uuid::Uuid;

    use super::*;
    use crate::access::{Caller, Reach, Role};
    use crate::id::{MessageId, UserId};

    pub(super) const ADA: UserId = UserId(Uuid::from_u128(1));
    pub(super) const IVAN: UserId = UserId(Uuid::from_u128(2));
    pub(super) const ROOT: UserId = UserId(Uuid::from_u128(3));
    pub(super) const SYSTEM: Caller = Caller::System("test");

    fn person(id: UserId, role: Role) -> Caller {
        Caller::Person { id, role, departments: vec![], reach: Reach::default() }
    }

    /// The requester.
    pub(super) fn ada() -> Caller {
        person(ADA, Role::User)
    }

    /// An agent.
    pub(super) fn ivan() -> Caller {
        person(IVAN, Role::ItAgent)
    }

    /// An administrator.
    pub(super) fn root() -> Caller {
        person(ROOT, Role::Admin)
    }

    /// The requester, were she an agent.
    pub(super) fn ada_as_agent() -> Caller {
        person(ADA, Role::HrAgent)
    }

    pub(super) fn message_id(n: u128) -> MessageId {
        MessageId(Uuid::from_u128(n))
    }

    pub(super) struct Post {
        pub(super) id: u128,
        pub(super) is_internal: bool,
        pub(super) is_ai: bool,
        pub(super) client_msg_id: Option<&'static str>,
    }

    pub(super) const PLAIN: Post = Post { id: 1, is_internal: false, is_ai: false, client_msg_id: None };
    pub(super) const INTERNAL: Post = Post { is_internal: true, ..PLAIN };

    impl From<Post> for ConversationCommand {
        fn from(post: Post) -> Self {
            Self::Post {
                message_id: message_id(post.id),
                requester: ADA,
                content: "hello".into(),
                is_internal: post.is_internal,
                is_ai: post.is_ai,
                client_msg_id: post.client_msg_id.map(Into::into),
                mentions: vec![IVAN],
                attachments: vec![],
            }
        }
    }

    pub(super) fn posted(by: &Caller, wrote: (SenderRole, MessageType), post: &Post) -> ConversationEvent {
        ConversationEvent::MessagePosted {
            message_id: message_id(post.id),
            sender: by.person(),
            sender_role: wrote.0,
            message_type: wrote.1,
            content: Sealed::with_own_key(ADA, message_id(post.id).0, "hello"),
            is_internal: post.is_internal,
            is_ai: post.is_ai,
            client_msg_id: post.client_msg_id.map(Into::into),
            mentions: vec![IVAN],
        }
    }

    pub(super) fn by_ada(post: &Post) -> ConversationEvent {
        posted(&ada(), (SenderRole::User, MessageType::UserMessage), post)
    }

    pub(super) fn by_ivan(post: &Post) -> ConversationEvent {
        posted(&ivan(), (SenderRole::Agent, MessageType::AgentMessage), post)
    }

    pub(super) fn judge(id: u128, feedback: Feedback) -> ConversationCommand {
        ConversationCommand::SetFeedback { message_id: message_id(id), feedback }
    }

    pub(super) fn judged(by: UserId, feedback: Feedback) -> ConversationEvent {
        ConversationEvent::MessageFeedbackSet { message_id: message_id(1), by, feedback }
    }

    pub(super) fn issued(by: Caller, command: impl Into<ConversationCommand>) -> Issued<ConversationCommand> {
        Issued::new(by, DateTime::UNIX_EPOCH, command.into())
    }

    pub(super) fn when(
        given: Vec<ConversationEvent>,
        by: Caller,
        command: impl Into<ConversationCommand>,
    ) -> AggregateResultValidator<Conversation> {
        TestFramework::with(()).given(given).when(issued(by, command))
    }
}

#[test]
fn a_message_says_as_what_it_was_written() {
    let cases = [
        (ada(), (SenderRole::User, MessageType::UserMessage)),
        (ivan(), (SenderRole::Agent, MessageType::AgentMessage)),
        (root(), (SenderRole::Admin, MessageType::AgentMessage)),
        (SYSTEM, (SenderRole::System, MessageType::SystemMessage)),
        (ada_as_agent(), (SenderRole::User, MessageType::UserMessage)),
    ];
    for (by, wrote) in cases {
        let expected = posted(&by, wrote, &PLAIN);
        when(vec![], by, PLAIN).then_expect_events(vec![expected]);
    }
}

#[test]
fn only_staff_write_internal_notes_and_post_what_a_model_wrote() {
    for post in [INTERNAL, Post { is_ai: true, ..PLAIN }] {
        let expected = by_ivan(&post);
        let again = Post { ..post };
        when(vec![], ada(), post).then_expect_error(ConversationError::Forbidden("staff"));
        when(vec![], ivan(), again).then_expect_events(vec![expected]);
    }
}

#[test]
fn a_message_sent_again_under_the_senders_own_id_is_not_posted_again() {
    let first = || Post { client_msg_id: Some("c1"), ..PLAIN };
    let again = || Post { id: 2, ..first() };
    when(vec![by_ada(&first())], ada(), again()).then_expect_events(vec![]);
    when(vec![by_ada(&first())], ivan(), again()).then_expect_events(vec![by_ivan(&again())]);
}

#[test]
fn a_message_sent_without_own_id_is_posted_each_time() {
    let second = || Post { id: 2, ..PLAIN };
    when(vec![by_ada(&PLAIN)], ada(), second()).then_expect_events(vec![by_ada(&second())]);
}

#[test]
fn a_messages_identity_belongs_to_one_message() {
    when(vec![by_ada(&PLAIN)], ada(), PLAIN).then_expect_events(vec![]);
    when(vec![by_ada(&PLAIN)], ivan(), PLAIN).then_expect_error(ConversationError::AlreadyExists);
    let other = Post { client_msg_id: Some("c1"), ..PLAIN };
    when(vec![by_ada(&PLAIN)], ada(), other).then_expect_error(ConversationError::AlreadyExists);
}

#[test]
fn a_conversation_knows_who_wrote_what() {
    let mut conversation = Conversation::default();
    conversation.apply(by_ivan(&Post { client_msg_id: Some("c1"), ..INTERNAL }));
    let message = conversation.message(&message_id(1)).expect("it was posted");
    assert_eq!((message.sender(), message.is_internal()), (Some(IVAN), true));
    assert!(conversation.message(&message_id(2)).is_none());
    assert_eq!(conversation.posted_with(Some(IVAN), "c1"), Some(message_id(1)));
    assert_eq!(conversation.posted_with(Some(ADA), "c1"), None);
    assert_eq!(conversation.posted_with(None, "c1"), None);
}

#[test]
fn people_judge_messages_and_change_their_mind() {
    when(vec![by_ivan(&PLAIN)], ada(), judge(1, Feedback::Up))
        .then_expect_events(vec![judged(ADA, Feedback::Up)]);
    let given = || vec![by_ivan(&PLAIN), judged(ADA, Feedback::Up)];
    when(given(), ada(), judge(1, Feedback::None)).then_expect_events(vec![judged(ADA, Feedback::None)]);
    when(given(), root(), judge(1, Feedback::Up)).then_expect_events(vec![judged(ROOT, Feedback::Up)]);
}

#[test]
fn the_same_judgement_again_changes_nothing() {
    let given = vec![by_ivan(&PLAIN), judged(ADA, Feedback::Down)];
    when(given, ada(), judge(1, Feedback::Down)).then_expect_events(vec![]);
    when(vec![by_ivan(&PLAIN)], ada(), judge(1, Feedback::None)).then_expect_events(vec![]);
}

#[test]
fn a_message_that_the_caller_may_not_read_is_not_there() {
    when(vec![], ada(), judge(1, Feedback::Up)).then_expect_error(ConversationError::NotFound);
    when(vec![by_ivan(&INTERNAL)], ada(), judge(1, Feedback::Up))
        .then_expect_error(ConversationError::NotFound);
    when(vec![by_ivan(&INTERNAL)], root(), judge(1, Feedback::Up))
        .then_expect_events(vec![judged(ROOT, Feedback::Up)]);
}

#[test]
fn the_desk_itself_judges_nothing() {
    when(vec![by_ivan(&PLAIN)], SYSTEM, judge(1, Feedback::Up))
        .then_expect_error(ConversationError::Forbidden("people"));
}

fn redact(seen: u128, left: Option<u128>) -> ConversationCommand {
    ConversationCommand::Redact {
        message_id: message_id(1),
        requester: ADA,
        seen: Some(message_id(seen).0),
        left: left.map(|key| (message_id(key).0, "he".to_owned())),
        reason: "A number".to_owned(),
    }
}

fn redacted(destroyed: u128, left: Option<u128>) -> ConversationEvent {
    ConversationEvent::MessageRedacted {
        message_id: message_id(1),
        is_internal: false,
        destroyed_key: message_id(destroyed).0,
        left: left.map(|key| Sealed::with_own_key(ADA, message_id(key).0, "he")),
        reason: Some(Sealed::new(ADA, "A number")),
    }
}

#[test]
fn administrators_redact_a_message_part_by_part_until_nothing_is_left() {
    let said = || vec![by_ada(&PLAIN)];
    when(said(), root(), redact(1, Some(7))).then_expect_events(vec![redacted(1, Some(7))]);
    when(said(), root(), redact(1, None)).then_expect_events(vec![redacted(1, None)]);
    let partly = || vec![by_ada(&PLAIN), redacted(1, Some(7))];
    when(partly(), root(), redact(7, None)).then_expect_events(vec![redacted(7, None)]);
    when(partly(), root(), redact(1, Some(7))).then_expect_events(vec![]);
    when(partly(), root(), redact(1, None)).then_expect_error(ConversationError::RedactedMeanwhile);
    let wholly = vec![by_ada(&PLAIN), redacted(1, None)];
    when(wholly, root(), redact(1, Some(8))).then_expect_events(vec![]);
}

#[test]
fn nobody_else_redacts_and_nothing_without_a_key_of_its_own() {
    for by in [ada(), ivan()] {
        let refused = ConversationError::Forbidden("administrators");
        when(vec![by_ada(&PLAIN)], by, redact(1, None)).then_expect_error(refused);
    }
    when(vec![], root(), redact(1, None)).then_expect_error(ConversationError::NotFound);
    let mut old = by_ada(&PLAIN);
    if let ConversationEvent::MessagePosted { content, .. } = &mut old {
        *content = Sealed::new(ADA, "hello");
    }
    when(vec![old], root(), redact(1, None)).then_expect_error(ConversationError::NotRedactable);
}

#[test]
fn refusals_have_stable_codes() {
    let wire = |error: ConversationError| (error.kind(), error.code());
    assert_eq!(wire(ConversationError::NotFound), (RefusalKind::NotFound, "NOT_FOUND"));
    assert_eq!(wire(ConversationError::Forbidden("staff")), (RefusalKind::Forbidden, "AUTHZ_FORBIDDEN"));
    assert_eq!(wire(ConversationError::AlreadyExists), (RefusalKind::Conflict, "DUPLICATE"));
}

fn command() -> impl Strategy<Value = ConversationCommand> {
    let client_msg_id = prop::option::of(prop::sample::select(vec!["c1", "c2"]));
    let feedback = prop::sample::select(vec![Feedback::Up, Feedback::Down, Feedback::None]);
    prop_oneof![
        (0u128..6, any::<bool>(), any::<bool>(), client_msg_id).prop_map(
            |(id, is_internal, is_ai, client_msg_id)| Post { id, is_internal, is_ai, client_msg_id }.into()
        ),
        (0u128..6, feedback).prop_map(|(id, feedback)| judge(id, feedback)),
        (0u128..3, prop::option::of(7u128..9)).prop_map(|(seen, left)| redact(seen, left)),
    ]
}

proptest! {
    #[test]
    fn repeating_a_command_adds_no_event(
        history in prop::collection::vec((0usize..5, command()), 0..40)
    ) {
        let mut conversation = Conversation::default();
        for (caller, command) in history {
            let by = [ada(), ivan(), root(), ada_as_agent(), SYSTEM][caller].clone();
            for event in conversation.decide(issued(by.clone(), command.clone())).unwrap_or_default() {
                conversation.apply(event);
            }
            prop_assert_eq!(conversation.decide(issued(by, command)).unwrap_or_default(), vec![]);
        }
    }
}
