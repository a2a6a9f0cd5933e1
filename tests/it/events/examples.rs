//! An event of each type, with everything in it that it can hold; and what older samples read as.

use chrono::{DateTime, Utc};
use domain::access::{Department, Role};
use domain::activity::{
    ActivityEvent, AuditPart, ExportedData, Revocation, SecondFactor, SignInMethod, SignInRefusal,
};
use domain::catalogue::EntryEvent;
use domain::catalogue::values::{Details, EntryKind};
use domain::conversation::ConversationEvent;
use domain::conversation::values::{Feedback, MessageType, SenderRole};
use domain::event::Event;
use domain::id::{AttachmentId, EntryId, LinkId, MessageId, TicketId, UserId};
use domain::misuse::values::ReportId;
use domain::notification::NotificationEvent;
use domain::notification::preferences::{Chosen, Digest, Preferences, QuietHours, TimeOfDay};
use domain::notification::values::{Alert, Channel, Kind};
use domain::scope::Scope;
use domain::sealed::Sealed;
use domain::setting::{SettingEvent, SettingValue};
use domain::ticket::values::{
    Finding, FlaggedBy, Harm, Impact, Priority, PrioritySource, ResolvedBy, RoutedBy, Status, Urgency,
};
use domain::ticket::{LinkKind, TicketEvent};
use domain::user::UserEvent;
use domain::user::values::{ErasureReason, PasswordChange};
use domain::webhook::WebhookEvent;
use domain::workload::WorkloadEvent;
use uuid::Uuid;

use super::answers::{chat_examples, suggestion_examples};
use super::knowledge::{article_examples, reception_examples};
use super::misuse::{REPORT, misuse_examples};

pub(super) const ADA: UserId = UserId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001));
const IVAN: UserId = UserId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0002));
pub(super) const SESSION: Uuid = Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0004);
const MESSAGE: MessageId = MessageId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003));

pub(super) fn sealed(text: &str) -> Sealed {
    Sealed::new(ADA, text)
}

pub(super) fn at() -> DateTime<Utc> {
    "2026-01-01T09:00:00.123456Z".parse().expect("a time")
}

pub(super) fn code(code: &str) -> Department {
    code.parse().expect("a department")
}

/// What the samples of versions that are not the newest are read as.
pub(super) fn expected_of_older_versions() -> Vec<(&'static str, Event)> {
    let reason = Some(sealed("Because of größe & 🙂"));
    let details = || Details { shared_departments: vec![], ..details() };
    vec![
        ("TicketFlagged.v1.json", TicketEvent::TicketFlagged { reason, by: FlaggedBy::Unknown }.into()),
        ("TicketCreated.v1.json", created(None, None, None).into()),
        ("MessagePosted.v1.json", posted(vec![]).into()),
        ("EntryAdded.v1.json", added(details()).into()),
        ("EntryChanged.v1.json", changed(details()).into()),
        ("ApiTokenIssued.v1.json", issued(vec![Scope::TicketsRead, Scope::EventsRead]).into()),
        (
            "ApiTokenIssued.v2.json",
            issued(vec![Scope::TicketsRead, Scope::EventsRead, Scope::Internal]).into(),
        ),
        ("NotificationRaised.v1.json", raised(None).into()),
    ]
}

fn issued(scopes: Vec<Scope>) -> UserEvent {
    UserEvent::ApiTokenIssued { token_id: MESSAGE.0, scopes, expires_at: at(), max_requests: Some(50) }
}

fn created(
    category: Option<EntryId>,
    building: Option<EntryId>,
    organization: Option<EntryId>,
) -> TicketEvent {
    TicketEvent::TicketCreated {
        requester: ADA,
        title: sealed("The printer prints blank pages"),
        description: sealed("Since this morning.\nAll of them."),
        urgency: Urgency::High,
        priority: Priority::High,
        department: Some(code("IT")),
        category,
        building,
        organization,
    }
}

fn details() -> Details {
    Details {
        takes_tickets: true,
        address: Some("Main Street 1".to_owned()),
        department: Some(code("IT")),
        parent_id: Some(EntryId(Uuid::from_u128(7))),
        member_ids: vec![ADA, IVAN],
        domains: vec!["example.com".to_owned()],
        shared_departments: vec![code("IT")],
    }
}

fn added(details: Details) -> EntryEvent {
    let (kind, code) = (EntryKind::Category, code("NETWORK").into());
    EntryEvent::EntryAdded { kind, code, name: "Network".to_owned(), details }
}

fn changed(details: Details) -> EntryEvent {
    EntryEvent::EntryChanged { name: "Networks".to_owned(), details }
}

/// One event of each type of the newest version, with everything in it that it can hold.
pub(crate) fn examples() -> Vec<Event> {
    let tickets = ticket_examples().into_iter().map(Event::from);
    let messages = conversation_examples().into_iter().map(Event::from);
    let people = user_examples().into_iter().map(Event::from);
    let settings = setting_examples().into_iter().map(Event::from);
    let activity = activity_examples().into_iter().map(Event::from);
    let entries = entry_examples().into_iter().map(Event::from);
    let workload = workload_examples().into_iter().map(Event::from);
    let webhooks = webhook_examples().into_iter().map(Event::from);
    let notifications = notification_examples().into_iter().map(Event::from);
    let articles = article_examples().into_iter().map(Event::from);
    let receptions = reception_examples().into_iter().map(Event::from);
    let ticket = TicketId::new(at(), 4_711);
    let chats = chat_examples(ticket).into_iter().map(Event::from);
    let suggestions = suggestion_examples(ticket).into_iter().map(Event::from);
    let misuse = misuse_examples().into_iter().map(Event::from);
    let beside = settings.chain(activity).chain(entries).chain(workload).chain(webhooks).chain(notifications);
    tickets
        .chain(messages)
        .chain(people)
        .chain(beside)
        .chain(articles)
        .chain(receptions)
        .chain(chats)
        .chain(suggestions)
        .chain(misuse)
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "events refer to entries or to none")]
fn entry(number: u128) -> Option<EntryId> {
    Some(EntryId(Uuid::from_u128(number)))
}

fn ticket_examples() -> Vec<TicketEvent> {
    use TicketEvent as E;
    let link = LinkId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_000c));
    let (into, reason) = (TicketId::new(at(), 4_711), || Some(sealed("Because of größe & 🙂")));
    vec![
        created(entry(7), entry(8), entry(9)),
        E::TicketDetailsEdited { title: Some(sealed("Blank pages")), description: Some(sealed("All day.")) },
        E::PriorityChanged {
            urgency: Urgency::Low,
            impact: Some(Impact::High),
            priority: Priority::Critical,
            source: PrioritySource::Manual,
        },
        E::TicketTransferred { from: Some(code("IT")), to: code("HR"), note: reason() },
        E::TicketAssigned { agent: Some(IVAN) },
        E::TicketUnassigned {},
        E::TeamAssigned { team: entry(10) },
        E::CategoryChanged { category: entry(7) },
        E::BuildingChanged { building: entry(8) },
        E::TagsChanged { tags: ["VPN", "WIFI"].map(|tag| code(tag).into()).to_vec() },
        E::StatusChanged { from: Status::InProgress, to: Status::WaitingOnCustomer, reason: reason() },
        E::TicketResolved {
            by: ResolvedBy::Agent,
            resolution: reason(),
            resolution_code: Some("fixed".to_owned()),
            at: at(),
        },
        E::TicketClosed { at: at() },
        E::TicketReopened { to: Status::Open, reason: reason() },
        E::FeedbackGiven { rating: Some(4), comment: reason(), at: at() },
        E::TicketScreened {
            found: Finding::Harmful,
            harm: Some(Harm::Injection),
            model: "local-screening/1".to_owned(),
            confidence: 0.987,
            reasons: reason(),
            took_us: 412,
        },
        E::TicketRouted {
            department: Some(code("IT")),
            by: RoutedBy::Model,
            model: Some("local-router/1".to_owned()),
            confidence: Some(0.875),
            reasons: reason(),
            took_us: 398,
        },
        E::TicketFlagged { reason: reason(), by: FlaggedBy::Screening },
        E::FlagCleared {},
        E::MisuseConfirmed { at: at() },
        E::TicketMerged { into, at: at() },
        E::TicketUnmerged { to: Status::Assigned },
        E::TicketFollowed { user: IVAN },
        E::TicketUnfollowed { user: IVAN },
        E::TicketSplit { into },
        E::TicketLinked {
            link,
            kind: LinkKind::Parent,
            to: Some(into),
            url: Some(sealed("https://example.org/größe")),
        },
        E::TicketUnlinked { link, kind: LinkKind::Parent, to: Some(into) },
    ]
}

fn posted(mentions: Vec<UserId>) -> ConversationEvent {
    ConversationEvent::MessagePosted {
        message_id: MESSAGE,
        sender: Some(IVAN),
        sender_role: SenderRole::Agent,
        message_type: MessageType::AgentMessage,
        content: sealed("Have you tried turning it off?"),
        is_internal: true,
        is_ai: true,
        client_msg_id: Some("client-1".to_owned()),
        mentions,
    }
}

fn conversation_examples() -> Vec<ConversationEvent> {
    vec![
        posted(vec![ADA, IVAN]),
        ConversationEvent::MessageRedacted {
            message_id: MESSAGE,
            is_internal: true,
            destroyed_key: MESSAGE.0,
            left: Some(Sealed::with_own_key(ADA, IVAN.0, "Have you tried [redacted]?")),
            reason: Some(sealed("A name")),
        },
        ConversationEvent::MessageFeedbackSet { message_id: MESSAGE, by: ADA, feedback: Feedback::Up },
        ConversationEvent::MessageMovedOut {
            message_id: MESSAGE,
            is_internal: true,
            to: Some(TicketId::new(at(), 4_711)),
            becomes: Some(MessageId(IVAN.0)),
        },
        ConversationEvent::MessageMovedIn {
            message_id: MessageId(IVAN.0),
            from: Some(TicketId::new(at(), 4_711)),
            origin: Some(MESSAGE),
            sender: Some(IVAN),
            sender_role: SenderRole::Agent,
            message_type: MessageType::AgentMessage,
            content: Some(Sealed::with_own_key(ADA, MESSAGE.0, "Have you tried turning it off?")),
            is_redacted: true,
            is_internal: true,
            is_ai: true,
            mentions: vec![ADA, IVAN],
            posted_at: at(),
        },
        ConversationEvent::AttachmentAdded {
            attachment_id: AttachmentId(MESSAGE.0),
            message_id: Some(MESSAGE),
            uploader: IVAN,
            name: Sealed::with_own_key(ADA, MESSAGE.0, "screenshot.png"),
            size: 48_213,
            mime: "image/png".to_owned(),
            sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824".to_owned(),
            is_internal: true,
            at: at(),
        },
        ConversationEvent::AttachmentRemoved {
            attachment_id: AttachmentId(MESSAGE.0),
            message_id: Some(MESSAGE),
            is_internal: true,
        },
    ]
}

fn entry_examples() -> Vec<EntryEvent> {
    vec![
        added(details()),
        changed(details()),
        EntryEvent::EntryDeactivated {},
        EntryEvent::EntryActivated {},
        EntryEvent::EntryRemoved {},
    ]
}

fn setting_examples() -> Vec<SettingEvent> {
    let words = |words: &[&str]| SettingValue::Words(words.iter().map(ToString::to_string).collect());
    vec![
        SettingEvent::SettingChanged {
            name: "two_factor_required_for".to_owned(),
            from: words(&[]),
            to: words(&["agent", "admin"]),
        },
        SettingEvent::FeatureFlagChanged { name: "api_docs".to_owned(), on: false },
    ]
}

fn user_examples() -> Vec<UserEvent> {
    let departments = || vec![code("FACILITIES"), code("IT")];
    vec![
        UserEvent::UserCreated {
            username: sealed("ada"),
            email: sealed("ada@example.com"),
            role: Role::Agent,
            departments: departments(),
        },
        UserEvent::RoleChanged { role: Role::HrAgent, departments: departments() },
        UserEvent::UserRenamed { username: sealed("ada.lovelace") },
        UserEvent::EmailChanged { email: sealed("ada.lovelace@example.com") },
        UserEvent::ProfileChanged {
            locale: Some(sealed("en-GB")),
            timezone: Some(sealed("Europe/London")),
            signature: Some(sealed("Ada, countess of größe")),
        },
        UserEvent::UserPlaced { building: entry(8), organization: entry(9) },
        UserEvent::AvailabilityChanged { is_available: true, capacity: 12 },
        UserEvent::UserDeactivated {},
        UserEvent::UserActivated {},
        UserEvent::ServiceAccountDeclared {},
        issued(vec![Scope::TicketsRead, Scope::EventsRead, Scope::Internal, Scope::KnowledgeWrite]),
        UserEvent::ApiTokenRevoked { token_id: MESSAGE.0 },
        UserEvent::PasswordChanged { how: PasswordChange::Reset },
        UserEvent::UserDeleted {},
        UserEvent::UserErased { reason: ErasureReason::RequestOfPerson },
        UserEvent::IdentityLinked {
            provider: "google".to_owned(),
            identity: sealed("https://accounts.google.com 110169484474386276334"),
        },
        UserEvent::IdentityUnlinked { provider: "google".to_owned() },
        UserEvent::TwoFactorEnabled {},
        UserEvent::TwoFactorDisabled {},
        UserEvent::RecoveryCodesMade {},
        UserEvent::RecoveryCodeUsed {},
        UserEvent::NotificationPreferencesChanged {
            preferences: Preferences {
                types: vec![Chosen { kind: Kind::Mention, channels: vec![Channel::InApp, Channel::Push] }],
                quiet_hours: Some(QuietHours { from: time("22:00"), to: time("07:30") }),
                digest: Digest::Day { at: time("08:15") },
            },
        },
        UserEvent::TicketMuted { ticket: TicketId::new(at(), 4_711) },
        UserEvent::TicketUnmuted { ticket: TicketId::new(at(), 4_711) },
    ]
}

fn activity_examples() -> Vec<ActivityEvent> {
    use ActivityEvent as E;
    let (address, device) = (|| sealed("192.0.2.7"), || Some(sealed("Mozilla/5.0")));
    let (about, session) = (Some(ADA), SESSION);
    vec![
        E::SignedIn {
            user: ADA,
            method: SignInMethod::Password,
            second_factor: Some(SecondFactor::Totp),
            session,
            address: address(),
            device: device(),
        },
        E::SignInRefused {
            user: Some(ADA),
            method: SignInMethod::Openid,
            why: SignInRefusal::WrongSecondFactor,
            address: Some(address()),
            device: device(),
        },
        E::SignedOut { user: ADA, session: Some(session) },
        E::SessionRevoked { user: ADA, session, why: Revocation::PasswordChanged },
        E::TokenReused { user: ADA, session, address: address(), device: device() },
        E::AttemptsForgiven { user: ADA },
        E::AccessRefused { user: ADA, operation: "GET /api/v1/users/{id}".to_owned() },
        E::Exported { what: ExportedData::PersonalData, about },
        E::AuditRead { what: AuditPart::Activity, about },
    ]
}

fn workload_examples() -> Vec<WorkloadEvent> {
    vec![WorkloadEvent::WorkAssigned { agent: IVAN, ticket: TicketId::new(at(), 4_711) }]
}

fn time(text: &str) -> TimeOfDay {
    text.parse().expect("a time of day")
}

fn raised(report: Option<ReportId>) -> NotificationEvent {
    NotificationEvent::NotificationRaised {
        user: ADA,
        kind: Kind::MessageReceived,
        ticket: Some(TicketId::new(at(), 4_711)),
        message_id: Some(MESSAGE),
        by: Some(IVAN),
        assignee: Some(IVAN),
        status: Some(Status::WaitingOnCustomer),
        alert: Some(Alert::TokenReused),
        report,
        channels: vec![Channel::InApp, Channel::Email, Channel::Push],
    }
}

fn notification_examples() -> Vec<NotificationEvent> {
    vec![
        raised(Some(REPORT)),
        NotificationEvent::NotificationRead { user: ADA },
        NotificationEvent::NotificationUnread { user: ADA },
        NotificationEvent::NotificationDeleted { user: ADA },
    ]
}

fn webhook_examples() -> Vec<WebhookEvent> {
    let (host, events) = ("example.org".to_owned(), vec!["TicketResolved".to_owned()]);
    let [url_id, secret_id] = [11, 12].map(|last| Uuid::from_u128(SESSION.as_u128() + last));
    vec![
        WebhookEvent::WebhookAdded {
            host: host.clone(),
            url_id,
            secret_id,
            events: events.clone(),
            internal: true,
        },
        WebhookEvent::WebhookChanged { host, url_id, events, internal: false, enabled: true },
        WebhookEvent::WebhookSecretRotated { secret_id, former_until: at() },
        WebhookEvent::WebhookReplayed { from_pos: 4_711 },
        WebhookEvent::WebhookDisabled { reason: "the receiver answered 410".to_owned() },
        WebhookEvent::WebhookRemoved {},
    ]
}
