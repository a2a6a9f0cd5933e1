//! The language model, where the desk's own models are in doubt: asked once, by nobody who waits for it.

use std::sync::{Mutex, PoisonError};

use application::{Error, Request};
use async_trait::async_trait;
use chrono::Utc;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::setting::Flag;
use domain::ticket::values::Finding;
use domain::ticket::{Doubt, Live, TicketCommand, TicketEvent, Triaged};
use infrastructure::handler::{Handler, NotNow, command_id};
use infrastructure::language_model::{LanguageModel, NoAnswer};

use super::question::{Asked, names_of};
use super::sort::not_asked;
use super::{is_history, judge};
use crate::desk::Desk;

/// Its name in `desk.handlers`, and the door that its commands come through.
pub(super) const NAME: &str = "second_opinion";
/// How often a ticket is asked about in vain, while other questions are answered, before that is its conclusion.
const IN_VAIN: u32 = 4;

/// Asks the language model of tickets that the desk's own models left to a person, one after the other. The log is its queue:
/// while the model is away it waits, and nothing is kept for it anywhere else.
pub(crate) struct SecondOpinion {
    desk: Desk,
    /// The event whose ticket was asked about in vain, and how often.
    in_vain: Mutex<(i64, u32)>,
}

impl SecondOpinion {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk, in_vain: Mutex::default() }
    }

    async fn is_on(&self, flag: Flag) -> anyhow::Result<bool> {
        self.desk.is_on(flag).await.map_err(|problem| problem.of_handler())
    }

    /// Asks about a ticket; none if it is not to be asked about.
    async fn opinion(
        &self,
        model: &LanguageModel,
        position: i64,
        live: &Live,
        doubt: Doubt,
    ) -> anyhow::Result<Option<Triaged>> {
        let desk = &self.desk;
        let (title, description) = live.texts();
        let (Some(title), Some(description)) = (title.text(), description.text()) else { return Ok(None) };
        let requester = desk.commands.load_user(live.requester()).await?;
        let asked = Asked::now(desk, doubt).await?;
        let question = asked.question(title, description, &names_of(&requester.state));
        match model.ask(&question).await {
            Ok(answer) => {
                let concluded = asked.concluded(desk, model, &answer).await;
                let mut concluded = concluded.map_err(|problem| problem.of_handler())?;
                if !self.is_on(Flag::Routing).await? {
                    concluded.routing = Some(not_asked());
                } else if doubt == Doubt::Misuse && says_no_department(&concluded) {
                    // The desk's own router was not asked before, and may be sure.
                    let engine = desk.engine().await.map_err(|problem| problem.of_handler())?;
                    let sorted = judge::sort(&engine, title, description);
                    let routed = desk.routed(sorted).await.map_err(|problem| problem.of_handler())?;
                    concluded.routing =
                        concluded.routing.filter(|_| routed.department.is_none()).or(Some(routed));
                }
                Ok(Some(concluded))
            }
            Err(NoAnswer::Unusable(why)) => {
                tracing::warn!(why, position, "The language model's answer cannot be used");
                Ok(Some(asked.undecided(model, why)))
            }
            Err(NoAnswer::Away(why)) if self.is_in_vain(position) => {
                tracing::warn!(why, position, "The language model answers, but not about this ticket");
                Ok(Some(asked.undecided(model, why)))
            }
            Err(NoAnswer::Away(_) | NoAnswer::Resting) => Err(NotNow("the language model is away").into()),
            // It is the question's turn a minute later.
            Err(NoAnswer::TooFast) => Err(NotNow("as many questions as a minute may have are asked").into()),
            Err(NoAnswer::Spent) => {
                tracing::info!(position, "What may be spent on the language model today is spent");
                Ok(None)
            }
            Err(NoAnswer::Database(error)) => Err(error.into()),
        }
    }

    /// Counts that the event was asked about in vain, and says whether that was often enough. After the first time something
    /// else was answered before each further one, or it would not have been tried.
    fn is_in_vain(&self, position: i64) -> bool {
        let mut in_vain = self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        *in_vain = if in_vain.0 == position { (position, in_vain.1 + 1) } else { (position, 1) };
        in_vain.1 >= IN_VAIN
    }

    async fn take_over(&self, event: &Recorded, ticket: TicketId, opinion: Triaged) -> anyhow::Result<()> {
        let request = Request::because_of(event, NAME, Utc::now(), command_id(NAME, event.position));
        let command = TicketCommand::SecondOpinion(Box::new(opinion));
        match self.desk.commands.ticket(&request, ticket, command).await {
            // Or meanwhile its requester was erased: there is nothing left to say of it.
            Ok(_) | Err(Error::Erased) => Ok(()),
            Err(Error::Refused(refusal)) => {
                tracing::info!(%refusal, ticket.id = %ticket, "Did not take over a second opinion");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Handler for SecondOpinion {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["TicketScreened", "TicketRouted"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        let desk = &self.desk;
        let Some(model) = desk.language_model.as_ref().filter(|_| desk.config.triage) else { return Ok(()) };
        if !leaves_to_a_person(&event.event) || &*event.via == NAME || is_history(event) {
            return Ok(());
        }
        let ticket = TicketId::of_stream(event.stream);
        let loaded = desk.commands.load_ticket(ticket).await?;
        // What was concluded is no doubt any more, so nothing is asked twice.
        let Some((live, doubt)) = loaded.state.live().and_then(|live| Some((live, live.doubt()?))) else {
            return Ok(());
        };
        let needed = if doubt == Doubt::Misuse { Flag::Screening } else { Flag::Routing };
        if !self.is_on(Flag::LanguageModel).await? || !self.is_on(needed).await? {
            return Ok(());
        }
        match self.opinion(model, event.position, live, doubt).await? {
            Some(opinion) => self.take_over(event, ticket, opinion).await,
            None => Ok(()),
        }
    }
}

fn says_no_department(triaged: &Triaged) -> bool {
    triaged.routing.as_ref().is_none_or(|routing| routing.department.is_none())
}

/// Whether models could not tell, and left it to a person.
fn leaves_to_a_person(event: &Event) -> bool {
    match event {
        Event::Ticket(TicketEvent::TicketScreened { found, .. }) => *found == Finding::Doubtful,
        Event::Ticket(TicketEvent::TicketRouted { department, model, .. }) => {
            department.is_none() && model.as_ref().is_some_and(|model| !model.is_empty())
        }
        _ => false,
    }
}
