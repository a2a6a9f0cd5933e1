//! Who is told of an event: everybody whom it concerns, who sees it, and wants to hear of it.

use std::time::Duration;

use application::Request;
use application::ledger::Ledger as _;
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::conversation::ConversationEvent;
use domain::event::{Event, Recorded};
use domain::id::{NotificationId, TicketId, UserId};
use domain::misuse::values::ReportId;
use domain::notification::Notice;
use domain::notification::audience::{
    self, About, Concerned, People, about, about_all, concerned, is_told_with,
};
use domain::notification::values::{Channel, Kind};
use domain::ticket::TicketEvent;
use domain::user::User;
use infrastructure::handler::{Handler, NotNow, command_id};
use projections::standing::{self, Standing};
use projections::{followers, messages, user_directory};
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::triage::is_no_news;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "notifications";
/// How long it waits for the read models that say who is concerned.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many people are told by one append.
const AT_ONCE: usize = 100;
/// How long after it happened something may be recorded to be told by mail and push,
const NEWS: TimeDelta = TimeDelta::hours(1);
/// and to be told at all: what is older comes from somewhere else, where it was told.
const HISTORY: TimeDelta = TimeDelta::days(1);

/// Raises the notifications that follow from events.
pub(crate) struct Raise(Desk);

impl Raise {
    pub(crate) fn new(desk: Desk) -> Self {
        Self(desk)
    }

    /// The people around what `event` is about, and how its ticket stands; none if there is no such ticket.
    async fn people(&self, event: &Recorded) -> anyhow::Result<Option<(People, Option<Standing>)>> {
        let pool = self.0.pool();
        let admins = || user_directory::acting_admins(pool);
        let ticket = match &event.event {
            Event::Ticket(_) | Event::Conversation(_) => TicketId::of_stream(event.stream),
            Event::Webhook(_) | Event::Misuse(_) => {
                return Ok(Some((People { admins: admins().await?, ..People::default() }, None)));
            }
            _ => return Ok(Some((People::default(), None))),
        };
        let found = standing::of_tickets(pool, &[ticket.stream()]).await?.remove(&ticket.stream());
        let Some(standing) = found else { return Ok(None) };
        let mut people = People {
            requester: Some(standing.requester),
            assignee: standing.assignee,
            followers: followers::of(pool, ticket).await?,
            ..People::default()
        };
        // Where it goes is said, and told, a moment later.
        let is_to_be_routed = self.0.config.triage
            && matches!(event.event, Event::Ticket(TicketEvent::TicketCreated { department: None, .. }));
        if !is_to_be_routed && audience::concerns_the_department(&event.event, standing.assignee) {
            people.department = match &standing.department {
                Some(department) => user_directory::agents_of(pool, department).await?,
                None => admins().await?,
            };
        }
        if matches!(event.event, Event::Ticket(TicketEvent::TicketFlagged { .. })) {
            people.admins = admins().await?;
        }
        if let Event::Conversation(ConversationEvent::MessageFeedbackSet { message_id, .. }) = &event.event {
            let judged = messages::by_ids(pool, &[message_id.0]).await?;
            people.author = judged.first().and_then(|message| message.sender_id).map(UserId);
        }
        Ok(Some((people, standing.into())))
    }

    /// What the one concerned is told; none who sees nothing of it or does not want to hear of it.
    async fn notice(
        &self,
        (one, user): (Concerned, &User),
        (event, about): (&Recorded, About),
        standing: Option<&Standing>,
        allowed: &[Channel],
    ) -> Answer<Option<Notice>> {
        let Some(caller) = user.caller().filter(|_| user.may_sign_in()) else { return Ok(None) };
        let mut ticket = None;
        if let Some(standing) = standing {
            let internal = standing.within(&self.0.reaching(caller.clone()).await?.sight());
            if internal.is_none_or(|internal| about.is_internal && !internal) {
                return Ok(None);
            }
            let id = TicketId::of_stream(event.stream);
            if !one.in_person && user.mutes(id) {
                return Ok(None);
            }
            ticket = Some(id);
        }
        // As there is no ticket whose sight could be asked: what administrators look after is told to no one else.
        let report = matches!(event.event, Event::Misuse(_)).then_some(ReportId(event.stream));
        if report.is_some() && !caller.is_admin() {
            return Ok(None);
        }
        let channels_of = |kind| -> Vec<Channel> {
            let chosen = user.notifications().map_or(&[][..], |preferences| preferences.channels(kind));
            chosen.iter().copied().filter(|channel| allowed.contains(channel)).collect()
        };
        let About { message_id, assignee, status, alert, .. } = about;
        let (mut kind, mut channels) = (one.kind, channels_of(one.kind));
        // Who wants to hear of no messages may still want to hear what one did.
        if channels.is_empty() && kind == Kind::MessageReceived && status.is_some() {
            (kind, channels) = (Kind::StatusChanged, channels_of(Kind::StatusChanged));
        }
        Ok((!channels.is_empty()).then(|| Notice {
            user: one.user,
            kind,
            ticket,
            message_id,
            by: event.actor.id.map(UserId),
            assignee,
            status,
            alert,
            report,
            channels,
        }))
    }

    /// What came with `event` in one append.
    async fn others(&self, event: &Recorded) -> anyhow::Result<Vec<Event>> {
        let log = &self.0.log;
        let Some(outcome) = log.outcome(event.command_id).await? else { return Ok(vec![]) };
        let all = log.read_range(outcome.appended.first, outcome.appended.last).await?;
        let others = all.into_iter().filter(|other| other.position != event.position);
        Ok(others.map(|other| other.event).collect())
    }

    async fn notices(&self, event: &Recorded) -> anyhow::Result<Vec<Notice>> {
        if is_no_news(event) {
            return Ok(vec![]);
        }
        let may_come_with_others = about(&event.event).status.is_some()
            || matches!(event.event, Event::Conversation(ConversationEvent::MessagePosted { .. }));
        let others = if may_come_with_others { self.others(event).await? } else { vec![] };
        if is_told_with(&event.event, &others) {
            return Ok(vec![]);
        }
        let Some((people, standing)) = self.people(event).await? else { return Ok(vec![]) };
        let concerned = concerned(&event.event, event.actor.id.map(UserId), &people);
        if concerned.is_empty() {
            return Ok(vec![]);
        }
        let desk = &self.0;
        let mut allowed =
            desk.settings().await.map_err(|problem| problem.of_handler())?.notification_channels();
        if event.recorded_at - event.occurred_at > NEWS {
            allowed.retain(|channel| *channel == Channel::InApp);
        }
        let ids: Vec<UserId> = concerned.iter().map(|one| one.user).collect();
        let accounts = desk.commands.load_users(&ids).await?;
        let (mut notices, about) = (Vec::new(), about_all(&event.event, &others));
        for (one, (_, account)) in concerned.into_iter().zip(accounts) {
            let told = self.notice((one, &account.state), (event, about), standing.as_ref(), &allowed).await;
            notices.extend(told.map_err(|problem| problem.of_handler())?);
        }
        Ok(notices)
    }
}

#[async_trait]
impl Handler for Raise {
    fn name(&self) -> &'static str {
        NAME
    }

    /// None where nobody is to be told: what happens meanwhile is passed over for good.
    fn types(&self) -> &'static [&'static str] {
        if self.0.config.notifications { audience::TYPES } else { &[] }
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        if event.recorded_at - event.occurred_at > HISTORY {
            return Ok(());
        }
        let desk = &self.0;
        if !desk.visible.wait(event.position, PATIENCE).await {
            return Err(NotNow("the read models do not show yet whom it concerns").into());
        }
        let command = command_id(NAME, event.position);
        let named = |notice: Notice| (id(event, command, notice.user), notice);
        let notices: Vec<_> = self.notices(event).await?.into_iter().map(named).collect();
        for (n, notices) in notices.chunks(AT_ONCE).enumerate() {
            // The same however often the event is handled, whoever is concerned by then.
            let part = Uuid::new_v5(&command, format!("part {n}").as_bytes());
            desk.commands.raise(&Request::because_of(event, NAME, event.occurred_at, part), notices).await?;
        }
        Ok(())
    }
}

/// The notification of `user` that follows from `event`.
fn id(event: &Recorded, command: Uuid, user: UserId) -> NotificationId {
    let (code, _) = Uuid::new_v5(&command, user.0.as_bytes()).as_u64_pair();
    NotificationId::new(event.recorded_at, code)
}
