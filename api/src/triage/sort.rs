//! Screening and routing: whether a new ticket is misuse, and whose work it is.

use application::{Done, Error, Request};
use async_trait::async_trait;
use chrono::Utc;
use domain::access::Role;
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::setting::Flag;
use domain::ticket::{Conclusion, Live, Routing, TicketCommand, TicketEvent, Triaged};
use infrastructure::handler::{Handler, command_id};

use super::{is_history, judge};
use crate::desk::Desk;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "triage";
/// What is said where nobody may be asked.
const NOT_ASKED: &str = "routing by what a ticket says is switched off";

/// Screens and routes tickets. Both read the same text and are decided in one append: nobody ever sees a ticket that is known to be
/// harmless and is nobody's work.
pub(crate) struct Sort(Desk);

impl Sort {
    pub(crate) fn new(desk: Desk) -> Self {
        Self(desk)
    }

    /// What the engine makes of a ticket; nothing of one whose texts are gone.
    async fn triaged(&self, live: &Live, is_screened: bool) -> anyhow::Result<Option<Triaged>> {
        let (title, description) = live.texts();
        let (Some(title), Some(description)) = (title.text(), description.text()) else { return Ok(None) };
        let desk = &self.0;
        let screened =
            is_screened && desk.is_on(Flag::Screening).await.map_err(|problem| problem.of_handler())?;
        let screening = screened.then(|| judge::screen(title, description));
        let routing = if desk.is_on(Flag::Routing).await.map_err(|problem| problem.of_handler())? {
            let engine = desk.engine().await.map_err(|problem| problem.of_handler())?;
            let sorted = judge::sort(&engine, title, description);
            desk.routed(sorted).await.map_err(|problem| problem.of_handler())?
        } else {
            not_asked()
        };
        Ok(Some(Triaged { screening, routing: Some(routing) }))
    }

    /// Whether a ticket that `actor` filed may be misuse: staff are not suspected.
    async fn may_be_misuse(&self, actor: Option<UserId>) -> anyhow::Result<bool> {
        let Some(actor) = actor else { return Ok(true) };
        let account = self.0.commands.load_user(actor).await?;
        Ok(account.state.role().is_none_or(|role| role == Role::User))
    }

    /// Decides again if the ticket changed meanwhile; where nothing is left to decide, nothing follows.
    async fn decide(&self, event: &Recorded, ticket: TicketId, triaged: Triaged) -> anyhow::Result<()> {
        let desk = &self.0;
        let request = Request::because_of(event, NAME, Utc::now(), command_id(NAME, event.position));
        let triage = TicketCommand::Triage(Box::new(triaged));
        let position = match desk.commands.ticket(&request, ticket, triage).await {
            Ok(Done::Changed(appended)) => appended.last,
            Ok(Done::Unchanged) => event.position,
            // Merged meanwhile, for one: then it is nobody's work any more.
            Err(Error::Refused(refusal)) => {
                tracing::info!(%refusal, ticket.id = %ticket, "Did not route a ticket");
                event.position
            }
            Err(error) => return Err(error.into()),
        };
        let after = desk.commands.load_ticket(ticket).await?;
        if after.state.live().is_none_or(Live::is_triaged) {
            desk.waiting.done(ticket, position);
        }
        Ok(())
    }
}

/// Where routing is switched off.
pub(super) fn not_asked() -> Routing {
    let by = Conclusion { reasons: Some(NOT_ASKED.to_owned()), ..Conclusion::default() };
    Routing { department: None, category: None, urgency: None, by }
}

#[async_trait]
impl Handler for Sort {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["TicketCreated", "FlagCleared"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        let desk = &self.0;
        let Event::Ticket(what) = &event.event else { return Ok(()) };
        if !desk.config.triage || is_history(event) {
            return Ok(());
        }
        let ticket = TicketId::of_stream(event.stream);
        let may_be_misuse = async {
            // Whoever dropped a suspicion knows better than a model.
            let is_new = matches!(what, TicketEvent::TicketCreated { .. });
            anyhow::Ok(is_new && self.may_be_misuse(event.actor.id.map(UserId)).await?)
        };
        let loaded = async { anyhow::Ok(desk.commands.load_ticket(ticket).await?) };
        let (is_screened, loaded) = tokio::try_join!(may_be_misuse, loaded)?;
        let Some(live) = loaded.state.live() else { return Ok(()) };
        match self.triaged(live, is_screened).await? {
            Some(triaged) => self.decide(event, ticket, triaged).await,
            None => Ok(()),
        }
    }
}
