//! Linking tickets with each other, and what follows from being a part of another one.

use domain::event::{Event, StoredEvent as _};
use domain::id::{LinkId, TicketId};
use domain::refusal::RefusalKind;
use domain::setting::OpenChildren;
use domain::ticket::values::ResolvedBy;
use domain::ticket::{
    Link, LinkKind, LinkTo, Live, MOST_GENERATIONS, TicketCommand, TicketError, TicketEvent,
};

use crate::ledger::{Append, StreamAppend};
use crate::{Commands, Done, Error, Request};

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Its identity, unless there is one already.
    pub id: LinkId,
    /// What the ticket is to the other one.
    pub kind: LinkKind,
    /// Where it leads.
    pub target: LinkTarget,
}

/// Where a link is to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// To another ticket.
    Ticket(TicketId),
    /// To an address, which is parsed.
    Url(String),
}

impl Commands {
    /// Links a ticket. A link between two is appended for both or for neither.
    ///
    /// # Errors
    /// Refused by the rules of either, or the ticket is not at the version the caller insists on.
    pub async fn link(&self, request: &Request, ticket: TicketId, new: &NewLink) -> Result<Done, Error> {
        self.settle(request, |fresh| Box::pin(self.prepare_link(request, ticket, new, fresh))).await
    }

    async fn prepare_link(
        &self,
        request: &Request,
        ticket: TicketId,
        new: &NewLink,
        fresh: bool,
    ) -> Result<Append, Error> {
        let NewLink { id, kind, target } = new;
        let link = |ticket, kind, to| TicketCommand::Link { ticket, link: Link { id: *id, kind, to } };
        let other = match target {
            LinkTarget::Url(url) => {
                let loaded = self.tickets.load(ticket.stream(), fresh).await?;
                let live = loaded.state.live().ok_or_else(|| Error::refused(TicketError::NotFound))?;
                let command = link(ticket, *kind, live.address(url));
                return Ok(
                    request.append(vec![self.decide_on_ticket(request, ticket, command, fresh).await?])
                );
            }
            LinkTarget::Ticket(other) => *other,
        };
        let command = link(ticket, *kind, LinkTo::Ticket(other));
        let linked = self.decide_on_ticket(request, ticket, command, fresh).await;
        let far = self.tickets.load(other.stream(), fresh).await?;
        let is_refused =
            |kind: RefusalKind| matches!(&linked, Err(Error::Refused(refusal)) if refusal.kind() == kind);
        // Whether there is a link already would tell of the other ticket.
        if !is_refused(RefusalKind::NotFound) && !is_refused(RefusalKind::Forbidden) {
            far.state.named_by(&request.by, "to").map_err(Error::refused)?;
        }
        let linked = linked?;
        if linked.events.is_empty() {
            return Ok(request.append(vec![linked]));
        }
        let command = link(other, kind.inverse(), LinkTo::Ticket(ticket));
        let linked_back = far.decide(other.stream(), request.issue(command)).map_err(of_the_other)?;
        let above = match kind {
            LinkKind::Parent => self.above(other, ticket, fresh).await?,
            LinkKind::Child => self.above(ticket, other, fresh).await?,
            _ => vec![],
        };
        Ok(request.append([vec![linked, linked_back], above].concat()))
    }

    /// That `child` does not stand above `parent`: all that do are as they were read.
    async fn above(
        &self,
        parent: TicketId,
        child: TicketId,
        fresh: bool,
    ) -> Result<Vec<StreamAppend>, Error> {
        let (mut above, mut next) = (Vec::new(), parent);
        loop {
            let loaded = self.tickets.load(next.stream(), fresh).await?;
            if next != parent {
                above.push(loaded.witness(next.stream()));
            }
            match loaded.state.live().and_then(Live::parent) {
                None => return Ok(above),
                Some(ancestor) if ancestor == child => return Err(Error::refused(TicketError::LinkCircle)),
                Some(_) if above.len() + 2 >= MOST_GENERATIONS => {
                    return Err(Error::refused(TicketError::TooManyAncestors));
                }
                Some(ancestor) => next = ancestor,
            }
        }
    }

    /// Removes a link, from both tickets if it is between two.
    ///
    /// # Errors
    /// There is no such link for the caller, or the ticket is not at the version they insist on.
    pub async fn unlink(&self, request: &Request, ticket: TicketId, link: LinkId) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let near = self.tickets.load(ticket.stream(), fresh).await?;
                let known =
                    near.state.live().and_then(|live| live.links().iter().find(|known| known.id == link));
                let other = known.and_then(|known| known.to.ticket());
                let unlink = TicketCommand::Unlink { link };
                let unlinked = self.decide_on_ticket(request, ticket, unlink, fresh).await?;
                let Some(other) = other else { return Ok(request.append(vec![unlinked])) };
                let far = self.tickets.load(other.stream(), fresh).await?;
                let command = request.issue(TicketCommand::LoseLink { link });
                let lost = far.decide(other.stream(), command).map_err(|error| match error {
                    Error::Refused(refusal) if refusal.kind() == RefusalKind::NotFound => {
                        Error::refused(TicketError::LinkNotFound)
                    }
                    error => error,
                })?;
                Ok(request.append(vec![unlinked, lost]))
            })
        })
        .await
    }

    /// Refuses staff to resolve what has parts that are still worked on, where that is set; otherwise that all parts are as
    /// they were read.
    pub(crate) async fn children_done(
        &self,
        request: &Request,
        ticket: TicketId,
        decided: &StreamAppend,
        fresh: bool,
    ) -> Result<Vec<StreamAppend>, Error> {
        let resolves = |event: &Event| {
            let event = TicketEvent::from_event(event);
            matches!(event, Some(TicketEvent::TicketResolved { by, .. }) if *by != ResolvedBy::Requester)
        };
        if request.terms.open_children == OpenChildren::Allow || !decided.events.iter().any(resolves) {
            return Ok(vec![]);
        }
        let parent = self.tickets.load(ticket.stream(), fresh).await?;
        let mut witnesses = Vec::new();
        for child in parent.state.live().into_iter().flat_map(Live::children) {
            let loaded = self.tickets.load(child.stream(), fresh).await?;
            if loaded.state.live().is_some_and(|live| live.status().is_active()) {
                return Err(Error::refused(TicketError::OpenChildren));
            }
            witnesses.push(loaded.witness(child.stream()));
        }
        Ok(witnesses)
    }
}

/// A refusal of the ticket at the other end, where it would be taken for one of the ticket that was asked about.
fn of_the_other(error: Error) -> Error {
    match error {
        Error::Refused(refusal) if refusal.kind() == RefusalKind::Locked => {
            Error::refused(TicketError::LinkTargetLocked)
        }
        error => error,
    }
}
