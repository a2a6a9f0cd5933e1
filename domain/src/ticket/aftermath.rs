//! What is said of a ticket rather than done on it: feedback and suspicion.

use chrono::{DateTime, Utc};

use super::decide::{admins_only, staff_only};
use super::values::{FEEDBACK_WINDOW, FlaggedBy, Status};
use super::{Decision, Live, TicketError, TicketEvent};
use crate::access::Caller;

impl Live {
    /// Takes the requester's judgement of the outcome.
    pub(super) fn give_feedback(
        &self,
        by: &Caller,
        at: DateTime<Utc>,
        rating: Option<u8>,
        comment: Option<String>,
    ) -> Decision {
        if !self.is_owner(by) {
            return Err(TicketError::Forbidden("the requester"));
        }
        if rating.is_none() && comment.is_none() {
            return Err(TicketError::EmptyFeedback);
        }
        if rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
            return Err(TicketError::RatingOutOfRange);
        }
        if self.status.is_active() {
            return Err(TicketError::FeedbackTooEarly);
        }
        let comment = self.sealed(comment);
        if let Some(given) = &self.feedback {
            if given.rating == rating && given.comment == comment {
                return Ok(vec![]);
            }
            if at - given.first_at > FEEDBACK_WINDOW {
                return Err(TicketError::FeedbackFinal);
            }
        }
        Ok(vec![TicketEvent::FeedbackGiven { rating, comment, at }])
    }

    /// Suspects misuse.
    pub(super) fn flag(&self, by: &Caller, reason: Option<String>) -> Decision {
        staff_only(by)?;
        if self.is_flagged {
            return Ok(vec![]);
        }
        if self.status != Status::Open {
            return Err(self.not_editable());
        }
        let raised_by = if by.person().is_some() { FlaggedBy::Person } else { FlaggedBy::Screening };
        Ok(vec![TicketEvent::TicketFlagged { reason: self.sealed(reason), by: raised_by }])
    }

    /// Drops the suspicion.
    pub(super) fn clear_flag(&self, by: &Caller) -> Decision {
        admins_only(by)?;
        Ok(if self.is_flagged { vec![TicketEvent::FlagCleared {}] } else { vec![] })
    }

    /// Confirms the suspicion and closes.
    pub(super) fn confirm_misuse(&self, by: &Caller, at: DateTime<Utc>) -> Decision {
        admins_only(by)?;
        if !self.is_flagged {
            return Err(TicketError::NotFlagged);
        }
        match self.status {
            Status::Open => Ok(vec![TicketEvent::MisuseConfirmed { at }]),
            // Closed without ever being resolved: confirmed before.
            Status::Closed if self.resolved_at.is_none() => Ok(vec![]),
            _ => Err(self.no_way_to(Status::Closed)),
        }
    }
}
