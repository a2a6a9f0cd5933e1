//! The rules of notifications, as given, when, then.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

use super::audience::{About, Concerned, People, about, about_all, concerned, is_told_with};
use super::preferences::{Chosen, Digest, Preferences, QuietHours, TimeOfDay};
use super::*;
use crate::access::{Reach, Role};
use crate::conversation::ConversationEvent;
use crate::conversation::values::{MessageType, SenderRole};
use crate::event::Event;
use crate::sealed::Sealed;
use crate::ticket::TicketEvent;

const ADA: UserId = UserId(Uuid::from_u128(1));
const IVAN: UserId = UserId(Uuid::from_u128(2));
const HANA: UserId = UserId(Uuid::from_u128(3));
const EVE: UserId = UserId(Uuid::from_u128(4));
const DESK: Caller = Caller::System("test");

fn person(id: UserId) -> Caller {
    Caller::Person { id, role: Role::User, departments: vec![], reach: Reach::default() }
}

fn notice() -> Notice {
    Notice {
        user: ADA,
        kind: Kind::MessageReceived,
        ticket: None,
        message_id: None,
        by: Some(IVAN),
        assignee: None,
        status: None,
        alert: None,
        report: None,
        channels: vec![Channel::InApp],
    }
}

fn when(state: &Notification, by: Caller, command: NotificationCommand) -> Decision {
    state.decide(Issued::new(by, DateTime::UNIX_EPOCH, command))
}

fn raised() -> Notification {
    let mut state = Notification::default();
    for event in when(&state, DESK, NotificationCommand::Raise(notice())).expect("allowed") {
        state.apply(event);
    }
    state
}

#[test]
fn only_the_desk_raises_and_only_once() {
    let raise = || NotificationCommand::Raise(notice());
    assert_eq!(when(&Notification::default(), person(ADA), raise()), Err(NotificationError::NotFound));
    assert_eq!(when(&raised(), DESK, raise()), Err(NotificationError::AlreadyExists));
}

#[test]
fn a_notification_is_its_persons_and_nobody_elses() {
    use NotificationCommand as C;
    for command in [C::MarkRead, C::MarkUnread, C::Delete] {
        for by in [person(EVE), DESK] {
            assert_eq!(when(&raised(), by, command.clone()), Err(NotificationError::NotFound));
        }
        assert_eq!(when(&Notification::default(), person(ADA), command), Err(NotificationError::NotFound));
    }
}

#[test]
fn what_is_deleted_is_gone() {
    let mut state = raised();
    state.apply(NotificationEvent::NotificationDeleted { user: ADA });
    assert_eq!(when(&state, person(ADA), NotificationCommand::Delete), Ok(vec![]));
    assert_eq!(when(&state, person(ADA), NotificationCommand::MarkRead), Err(NotificationError::NotFound));
}

proptest! {
    #[test]
    fn repeating_a_command_adds_no_event(steps in prop::collection::vec(0_u8..3, 0..12)) {
        use NotificationCommand as C;
        let mut state = raised();
        for step in steps {
            let command = [C::MarkRead, C::MarkUnread, C::Delete][usize::from(step)].clone();
            for event in when(&state, person(ADA), command.clone()).unwrap_or_default() {
                state.apply(event);
            }
            prop_assert_eq!(when(&state, person(ADA), command).unwrap_or_default(), vec![]);
        }
    }

    #[test]
    fn nothing_leaves_before_it_happened_or_more_than_two_days_later(
        from in 0_u32..1440, to in 0_u32..1440, at in 0_u32..1440, every in 0_u8..3, now in 0_i64..4_000_000_000,
        zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__St_Johns, Tz::Asia__Kathmandu]),
    ) {
        let time = |n: u32| format!("{:02}:{:02}", n / 60, n % 60).parse::<TimeOfDay>().expect("a time");
        let digest = [Digest::Never, Digest::Hour, Digest::Day { at: time(at) }][usize::from(every)];
        let quiet_hours = (from != to).then(|| QuietHours { from: time(from), to: time(to) });
        let preferences = Preferences { types: vec![], quiet_hours, digest };
        let now = DateTime::from_timestamp(now, 0).expect("a time");
        let due = preferences.due(Kind::Mention, Channel::Email, now, zone);
        prop_assert!(due >= now && due - now <= chrono::TimeDelta::hours(50), "{now} {due}");
        // Whatever is held to the end of quiet hours is not held once more there.
        if let Some(quiet) = quiet_hours {
            let alone = Preferences { digest: Digest::Never, ..preferences.clone() };
            prop_assert_eq!(alone.due(Kind::Mention, Channel::Push, due, zone), due, "{:?}", quiet);
        }
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn quiet_hours_are_those_of_the_persons_clock_and_go_over_midnight() {
    let time = |text: &str| text.parse::<TimeOfDay>().expect("a time");
    let quiet_hours = Some(QuietHours { from: time("22:00"), to: time("07:30") });
    let preferences = Preferences { quiet_hours, ..Preferences::default() };
    let due = |now, channel| preferences.due(Kind::MessageReceived, channel, at(now), Tz::Europe__Berlin);
    // In January Berlin is an hour ahead.
    assert_eq!(due("2026-01-10T22:15:00Z", Channel::Push), at("2026-01-11T06:30:00Z"));
    assert_eq!(due("2026-01-10T21:00:00Z", Channel::Email), at("2026-01-11T06:30:00Z"));
    assert_eq!(due("2026-01-10T20:59:59Z", Channel::Email), at("2026-01-10T20:59:59Z"));
    assert_eq!(due("2026-01-10T22:15:00Z", Channel::InApp), at("2026-01-10T22:15:00Z"));
    let alert = preferences.due(Kind::SystemAlert, Channel::Email, at("2026-01-10T22:15:00Z"), Tz::UTC);
    assert_eq!(alert, at("2026-01-10T22:15:00Z"));
    // The night when clocks are put forward from 02:00 to 03:00.
    let gap = QuietHours { from: time("01:00"), to: time("02:30") };
    let preferences = Preferences { quiet_hours: Some(gap), ..Preferences::default() };
    let due = preferences.due(Kind::Mention, Channel::Push, at("2026-03-29T00:30:00Z"), Tz::Europe__Berlin);
    assert_eq!(due, at("2026-03-29T01:30:00Z"));
}

#[test]
fn a_digest_is_sent_at_the_next_full_hour_or_once_a_day() {
    let of = |digest| Preferences { digest, ..Preferences::default() };
    let due = |digest, now| of(digest).due(Kind::Mention, Channel::Email, at(now), Tz::Asia__Kathmandu);
    // Kathmandu is 5:45 ahead.
    assert_eq!(due(Digest::Hour, "2026-01-10T10:20:30Z"), at("2026-01-10T11:15:00Z"));
    let morning = Digest::Day { at: "08:00".parse().expect("a time") };
    assert_eq!(due(morning, "2026-01-10T01:00:00Z"), at("2026-01-10T02:15:00Z"));
    assert_eq!(due(morning, "2026-01-10T02:15:00Z"), at("2026-01-11T02:15:00Z"));
    let push = of(morning).due(Kind::Mention, Channel::Push, at("2026-01-10T01:00:00Z"), Tz::UTC);
    assert_eq!(push, at("2026-01-10T01:00:00Z"));
}

#[test]
fn what_was_never_chosen_is_as_for_everybody() {
    let types = vec![Chosen { kind: Kind::Mention, channels: vec![] }];
    let preferences = Preferences { types, ..Preferences::default() };
    assert_eq!(preferences.channels(Kind::Mention), []);
    assert_eq!(preferences.channels(Kind::TicketCreated), [Channel::InApp]);
}

#[test]
fn a_time_of_day_is_two_numbers_of_two_digits() {
    for good in ["00:00", "07:05", "23:59"] {
        assert_eq!(good.parse::<TimeOfDay>().map(String::from), Ok(good.to_owned()));
    }
    for bad in ["", "7:05", "24:00", "23:60", "23.59", "-1:00", "+1:00", "ab:cd", "23:59:00", "２３:00"] {
        assert!(bad.parse::<TimeOfDay>().is_err(), "{bad:?}");
    }
}

fn people() -> People {
    People {
        requester: Some(ADA),
        assignee: Some(IVAN),
        followers: vec![HANA, IVAN],
        department: vec![IVAN, HANA, EVE],
        admins: vec![EVE],
        author: None,
    }
}

fn told(event: impl Into<Event>, actor: UserId, people: &People) -> Vec<(UserId, Kind)> {
    concerned(&event.into(), Some(actor), people).iter().map(|one| (one.user, one.kind)).collect()
}

fn posted(is_internal: bool, mentions: Vec<UserId>, sender_role: SenderRole) -> ConversationEvent {
    ConversationEvent::MessagePosted {
        message_id: MessageId(Uuid::from_u128(9)),
        sender: Some(IVAN),
        sender_role,
        message_type: MessageType::AgentMessage,
        content: Sealed::new(ADA, "x"),
        is_internal,
        is_ai: false,
        client_msg_id: None,
        mentions,
    }
}

#[test]
fn a_message_is_told_to_all_around_the_ticket_but_its_author_each_once() {
    let message = |mentions| posted(false, mentions, SenderRole::Agent);
    let received = |user| (user, Kind::MessageReceived);
    assert_eq!(told(message(vec![]), IVAN, &people()), [received(ADA), received(HANA)]);
    assert_eq!(told(message(vec![HANA]), IVAN, &people()), [(HANA, Kind::Mention), received(ADA)]);
    let nobodys = People { assignee: None, ..people() };
    assert_eq!(told(message(vec![]), ADA, &nobodys), [HANA, IVAN, EVE].map(received));
    assert_eq!(told(posted(false, vec![], SenderRole::System), EVE, &people()), []);
    assert!(about(&posted(true, vec![], SenderRole::Agent).into()).is_internal);
}

#[test]
fn an_answer_and_what_it_did_to_the_status_are_told_as_one() {
    let status =
        Event::from(TicketEvent::StatusChanged { from: Status::Open, to: Status::InProgress, reason: None });
    for (message, is_one) in [
        (posted(false, vec![], SenderRole::Agent), true),
        (posted(true, vec![], SenderRole::Agent), false),
        (posted(false, vec![], SenderRole::System), false),
    ] {
        let message = Event::from(message);
        assert_eq!(is_told_with(&status, [&message]), is_one);
        assert_eq!(about_all(&message, [&status]).status, is_one.then_some(Status::InProgress));
        assert!(!is_told_with(&message, [&status]));
    }
    assert!(!is_told_with(&status, []));
}

#[test]
fn an_agent_is_told_in_person_that_a_ticket_is_theirs() {
    let event = Event::from(TicketEvent::TicketAssigned { agent: Some(IVAN) });
    let told = concerned(&event, Some(EVE), &people());
    let assigned = |user, in_person| Concerned { user, kind: Kind::TicketAssigned, in_person };
    assert_eq!(told, [assigned(IVAN, true), assigned(ADA, false), assigned(HANA, false)]);
    assert_eq!(about(&event), About { assignee: Some(IVAN), ..About::default() });
    assert_eq!(concerned(&TicketEvent::TicketAssigned { agent: None }.into(), None, &people()), []);
}

#[test]
fn every_change_of_status_is_told_as_one_and_suspicion_to_administrators() {
    use TicketEvent as E;
    let at = DateTime::UNIX_EPOCH;
    for (event, status) in [
        (E::TicketClosed { at }, Status::Closed),
        (E::MisuseConfirmed { at }, Status::Closed),
        (E::TicketReopened { to: Status::InProgress, reason: None }, Status::InProgress),
        (E::TicketUnmerged { to: Status::Open }, Status::Open),
    ] {
        assert_eq!(about(&event.clone().into()).status, Some(status));
        assert_eq!(told(event, IVAN, &people()), [(ADA, Kind::StatusChanged), (HANA, Kind::StatusChanged)]);
    }
    let flagged = E::TicketFlagged { reason: None, by: crate::ticket::values::FlaggedBy::Unknown };
    assert!(about(&flagged.clone().into()).is_internal);
    assert_eq!(told(flagged, IVAN, &people()), [(EVE, Kind::MisuseDetected)]);
}
