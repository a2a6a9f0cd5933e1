//! Who follows a ticket: whoever wants to be told of it, or was spoken to on it.

use super::decide::staff_only;
use super::{Decision, Live, TicketError, TicketEvent};
use crate::access::Caller;
use crate::id::UserId;

/// How many people follow a ticket at most.
pub const MOST_FOLLOWERS: usize = 200;

impl Live {
    /// Who follows it, the longest first. Whoever does not see it any more is among them, and is not told.
    #[must_use]
    pub fn followers(&self) -> &[UserId] {
        &self.followers
    }

    /// Makes `user`, who reads as `reader` does, a follower. Everybody may follow what they see; that somebody else does is
    /// for staff to say.
    pub(super) fn follow(&self, by: &Caller, user: UserId, reader: Option<&Caller>) -> Decision {
        if !by.is(user) {
            staff_only(by)?;
        }
        if self.followers.contains(&user) {
            return Ok(vec![]);
        }
        let reads = |reader: &&Caller| reader.is(user) && reader.sight().sees(self.whose());
        reader.filter(reads).ok_or(TicketError::NotAReader)?;
        if self.followers.len() >= MOST_FOLLOWERS {
            return Err(TicketError::TooManyFollowers);
        }
        Ok(vec![TicketEvent::TicketFollowed { user }])
    }

    /// Lets `user` follow it no more.
    pub(super) fn unfollow(&self, by: &Caller, user: UserId) -> Decision {
        if !by.is(user) {
            staff_only(by)?;
        }
        let follows = self.followers.contains(&user);
        Ok(if follows { vec![TicketEvent::TicketUnfollowed { user }] } else { vec![] })
    }

    /// Makes those followers whom a message speaks to, and who may read it; as many as there is room for.
    pub(super) fn follow_mentioned(&self, mentioned: &[UserId]) -> Vec<TicketEvent> {
        let room = MOST_FOLLOWERS.saturating_sub(self.followers.len());
        let new = mentioned.iter().filter(|user| !self.followers.contains(user)).take(room);
        new.map(|user| TicketEvent::TicketFollowed { user: *user }).collect()
    }

    /// Takes over that `user` follows it, or does no more.
    pub(super) fn followed(&mut self, user: UserId, follows: bool) {
        self.followers.retain(|follower| *follower != user);
        if follows {
            self.followers.push(user);
        }
    }
}
