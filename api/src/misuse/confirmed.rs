//! A ticket whose misuse an administrator confirmed is reported, or joins the report of that day.

use application::{Error, Request};
use async_trait::async_trait;
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use domain::misuse::pattern::confirmed;
use domain::misuse::values::ReportId;
use domain::misuse::{Filing, ReportCommand};
use domain::ticket::TicketEvent;
use infrastructure::handler::{Handler, command_id};

use super::{day, look};
use crate::desk::Desk;

/// Its name in `desk.handlers`, and the door that its commands come through.
const NAME: &str = "confirmed_misuse";

/// Reports what was confirmed.
pub(crate) struct Confirmed(Desk);

impl Confirmed {
    pub(crate) fn new(desk: Desk) -> Self {
        Self(desk)
    }
}

#[async_trait]
impl Handler for Confirmed {
    fn name(&self) -> &'static str {
        NAME
    }

    fn types(&self) -> &'static [&'static str] {
        &["MisuseConfirmed"]
    }

    async fn handle(&self, event: &Recorded) -> anyhow::Result<()> {
        let Event::Ticket(TicketEvent::MisuseConfirmed { at }) = &event.event else { return Ok(()) };
        let desk = &self.0;
        let ticket = TicketId::of_stream(event.stream);
        // Of who was erased there is nothing to report.
        let Some((user, looked)) = look::ticket(desk, ticket).await? else { return Ok(()) };
        let day = day(desk.config.misuse_schedule, *at);
        let filing = Filing { user, day, suspicion: confirmed(&looked), analyzed_at: *at };
        let request = Request::because_of(event, NAME, event.occurred_at, command_id(NAME, event.position));
        let confirm = ReportCommand::Confirm(Box::new(filing));
        match desk.commands.misuse_report(&request, ReportId::of(user, day), confirm).await {
            Ok(_) | Err(Error::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
