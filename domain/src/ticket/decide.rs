//! Which rule answers which command, and what every rule asks first: who may.

use chrono::{DateTime, Utc};

use super::values::{Priority, Status};
use super::{Decision, Live, Report, TicketCommand, TicketError, TicketEvent};
use crate::access::Caller;
use crate::sealed::Sealed;
use crate::setting::Terms;

/// The decision on a ticket that does not exist yet.
pub(super) fn create(by: &Caller, report: Report) -> Decision {
    let Report { requester, title, description, urgency, department, category, building, organization } =
        report;
    if !by.is_staff() && !by.is(requester) {
        return Err(TicketError::Forbidden("staff"));
    }
    Ok(vec![TicketEvent::TicketCreated {
        requester,
        title: Sealed::new(requester, title),
        description: Sealed::new(requester, description),
        urgency,
        priority: Priority::computed(urgency, None),
        department,
        category,
        building,
        organization,
    }])
}

impl Live {
    /// The decision on a ticket that exists.
    pub(super) fn decide(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        terms: Terms,
        command: TicketCommand,
    ) -> Decision {
        use TicketCommand as C;
        if !by.sight().sees(self.whose()) {
            return Err(TicketError::NotFound);
        }
        if !command.is_about(by) {
            self.takes_part(by)?;
        }
        // Merging, taking that back and taking a split back say for themselves what they do with a ticket that was merged; a
        // link goes with its other end.
        if !matches!(command, C::Merge { .. } | C::Unmerge | C::Unsplit { .. } | C::LoseLink { .. }) {
            self.takes_changes()?;
        }
        match command {
            C::Create(_) => Err(TicketError::AlreadyExists),
            C::Edit(changes) => self.edit(by, *changes),
            C::Transfer { department, note } => self.transfer(by, department, note),
            C::Assign { agent, team } => self.hand_over(by, agent.as_ref(), team),
            C::Claim => self.claim(by),
            C::Unassign => self.unassign(by),
            C::PutBack { agent } => self.put_back(by, agent),
            C::SetStatus { to, reason } => self.set_status(by, at, terms, to, reason),
            C::Resolve { resolution, resolution_code } => self.resolve(by, at, resolution, resolution_code),
            C::Close => self.close(by, at),
            C::Reopen { reason } => self.reopen(by, at, terms, reason),
            C::Answer { is_internal } => self.answer(by, at, terms, is_internal),
            C::GiveFeedback { rating, comment } => self.give_feedback(by, at, rating, comment),
            C::Triage(triaged) => self.take_triage(by, *triaged),
            C::SecondOpinion(triaged) => self.take_second_opinion(by, *triaged),
            C::Flag { reason } => self.flag(by, reason),
            C::ClearFlag => self.clear_flag(by),
            C::ConfirmMisuse => self.confirm_misuse(by, at),
            C::Merge { ticket, into } => self.merge(by, at, ticket, into),
            C::Unmerge => self.unmerge(by),
            C::Split { into } => self.split(by, into),
            C::Unsplit { ticket, from } => self.unsplit(by, at, ticket, from),
            C::Link { ticket, link } => self.link(by, ticket, link),
            C::Unlink { link } | C::LoseLink { link } => self.unlink(by, link),
            C::Follow { user, reader } => self.follow(by, user, reader.as_ref()),
            C::Unfollow { user } => self.unfollow(by, user),
            C::FollowMentioned { users } => Ok(self.follow_mentioned(&users)),
        }
    }

    /// Refuses those who see the ticket and have no part in it: a requester's colleagues read along.
    ///
    /// # Errors
    /// The caller is neither the requester nor staff.
    pub fn takes_part(&self, by: &Caller) -> Result<(), TicketError> {
        if self.is_owner(by) || by.is_staff() {
            Ok(())
        } else {
            Err(TicketError::Forbidden("the requester and staff"))
        }
    }

    /// Refuses to change a ticket that lives on in another one.
    ///
    /// # Errors
    /// [`TicketError::Locked`].
    pub fn takes_changes(&self) -> Result<(), TicketError> {
        self.locked_into().map_or(Ok(()), |into| Err(TicketError::Locked { into }))
    }

    /// Whether the caller is the requester.
    pub(super) fn is_owner(&self, by: &Caller) -> bool {
        by.is(self.requester)
    }

    /// `text`, sealed with the requester's key: everything on a ticket is about them.
    pub(super) fn sealed(&self, text: Option<String>) -> Option<Sealed> {
        text.map(|text| Sealed::new(self.requester, text))
    }

    /// The refusal of the way to `to`.
    pub(super) fn no_way_to(&self, to: Status) -> TicketError {
        TicketError::InvalidTransition { from: self.status, to, allowed: self.allowed() }
    }
}

/// Refuses everybody but agents, administrators and the desk itself.
pub(super) fn staff_only(by: &Caller) -> Result<(), TicketError> {
    if by.is_staff() { Ok(()) } else { Err(TicketError::Forbidden("staff")) }
}

/// Refuses everybody but administrators and the desk itself.
pub(super) fn admins_only(by: &Caller) -> Result<(), TicketError> {
    if by.is_admin() { Ok(()) } else { Err(TicketError::Forbidden("administrators")) }
}
