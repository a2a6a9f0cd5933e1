//! The rules of webhooks, as given, when, then.

use proptest::prelude::*;

use super::*;
use crate::access::{Caller, Reach, Role};
use crate::id::UserId;

const DESK: Caller = Caller::System("test");

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn given(events: impl IntoIterator<Item = WebhookEvent>) -> Webhook {
    let mut webhook = Webhook::default();
    events.into_iter().for_each(|event| webhook.apply(event));
    webhook
}

fn when(webhook: &Webhook, command: WebhookCommand) -> Decision {
    webhook.decide(Issued::new(DESK, at(), command))
}

fn to(number: u128) -> Destination {
    Destination { host: format!("host-{number}.example.org"), url_id: Uuid::from_u128(number) }
}

fn add() -> WebhookCommand {
    WebhookCommand::Add {
        to: to(1),
        secret_id: Uuid::from_u128(2),
        events: vec!["TicketResolved".to_owned()],
        internal: false,
    }
}

fn change(enabled: Option<bool>, destination: Option<Destination>) -> WebhookCommand {
    WebhookCommand::Change { to: destination, events: None, internal: None, enabled }
}

fn added() -> Webhook {
    given(when(&Webhook::default(), add()).expect("allowed"))
}

#[test]
fn only_administrators_have_webhooks() {
    let by = Caller::Person {
        id: UserId(Uuid::from_u128(1)),
        role: Role::ItAgent,
        departments: vec![],
        reach: Reach::default(),
    };
    let refused = Webhook::default().decide(Issued::new(by, at(), add()));
    assert_eq!(refused, Err(WebhookError::Forbidden));
}

#[test]
fn what_is_so_already_is_no_event() {
    let webhook = added();
    assert_eq!(when(&webhook, change(Some(true), Some(to(1)))), Ok(vec![]));
    assert_eq!(when(&webhook, change(Some(true), Some(to(3)))).map(|events| events.len()), Ok(1));
    assert_eq!(when(&webhook, add()), Err(WebhookError::AlreadyExists));
}

#[test]
fn one_that_was_disabled_is_enabled_by_a_change() {
    let mut webhook = added();
    let disable = || WebhookCommand::Disable { reason: "the receiver answered 410".to_owned() };
    for event in when(&webhook, disable()).expect("allowed") {
        webhook.apply(event);
    }
    assert!(!webhook.live().expect("there").enabled);
    assert_eq!(when(&webhook, disable()), Ok(vec![]));
    for event in when(&webhook, change(Some(true), None)).expect("allowed") {
        webhook.apply(event);
    }
    assert!(webhook.live().expect("there").enabled);
}

#[test]
fn the_former_secret_signs_for_a_day() {
    let secret_id = Uuid::from_u128(9);
    let rotated = WebhookEvent::WebhookSecretRotated { secret_id, former_until: at() + TimeDelta::days(1) };
    assert_eq!(when(&added(), WebhookCommand::RotateSecret { secret_id }), Ok(vec![rotated.clone()]));
    let mut webhook = added();
    webhook.apply(rotated);
    let live = webhook.live().expect("there");
    let needs = |id, hours| live.needs(Uuid::from_u128(id), at() + TimeDelta::hours(hours));
    // The address, the new secret, the former one.
    assert_eq!([1, 9, 2].map(|id| needs(id, 23)), [true, true, true]);
    assert_eq!([1, 9, 2].map(|id| needs(id, 24)), [true, true, false]);
}

#[test]
fn a_replay_begins_within_the_log() {
    let replay = |from_pos| when(&added(), WebhookCommand::Replay { from_pos, head: 7 });
    assert_eq!(replay(7), Ok(vec![WebhookEvent::WebhookReplayed { from_pos: 7 }]));
    for beyond in [i64::MIN, 0, 8] {
        assert_eq!(replay(beyond), Err(WebhookError::NoSuchPosition { head: 7 }));
    }
}

#[test]
fn one_that_was_removed_stays_removed() {
    let mut webhook = added();
    webhook.apply(WebhookEvent::WebhookRemoved {});
    assert_eq!(when(&webhook, WebhookCommand::Remove), Ok(vec![]));
    assert_eq!(when(&webhook, change(Some(true), None)), Err(WebhookError::NotFound));
    assert_eq!(when(&webhook, add()), Err(WebhookError::NotFound));
}

fn any_command() -> impl Strategy<Value = WebhookCommand> {
    prop_oneof![
        Just(add()),
        Just(WebhookCommand::Remove),
        Just(WebhookCommand::Disable { reason: "gone".to_owned() }),
        (any::<Option<bool>>(), 0..3_u128).prop_map(|(enabled, number)| change(enabled, Some(to(number)))),
    ]
}

proptest! {
    #[test]
    fn no_commands_panic_and_repeating_one_adds_nothing(
        commands in prop::collection::vec(any_command(), 0..12),
    ) {
        let mut webhook = Webhook::default();
        for command in commands {
            for event in when(&webhook, command.clone()).unwrap_or_default() {
                webhook.apply(event);
            }
            prop_assert_eq!(when(&webhook, command).unwrap_or_default(), vec![]);
        }
    }
}
