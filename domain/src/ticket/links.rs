//! Links: what a ticket is to other tickets, and where else there is something about it.
//!
//! A link between tickets stands on both of them, as what the one is to the other and the other way round: so each decides by
//! itself, and what is true of both is appended for both.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Decision, Live, TicketError, TicketEvent};
use crate::access::Caller;
use crate::id::{LinkId, TicketId};
use crate::sealed::Sealed;
use crate::text::{BadText, Lines, parse_text};

/// How many links a ticket has at most.
pub const MOST_LINKS: usize = 100;
/// How many tickets stand in a line at most, each the parent of the one below.
pub const MOST_GENERATIONS: usize = 20;
/// How many characters an address has at most.
pub const LONGEST_URL: usize = 2_000;

/// What a ticket is to another one, or that the link leads out of the desk.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum LinkKind {
    /// They have to do with each other.
    Relates,
    /// It says the same as the other one, which was there before.
    Duplicates,
    /// The other one says the same as it.
    DuplicatedBy,
    /// The other one is what this is a part of.
    Parent,
    /// The other one is a part of this.
    Child,
    /// The other one has to wait for it.
    Blocks,
    /// It has to wait for the other one.
    BlockedBy,
    /// There is something about it at an address.
    External,
}

impl LinkKind {
    /// What the other ticket is to this one.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Relates => Self::Relates,
            Self::Duplicates => Self::DuplicatedBy,
            Self::DuplicatedBy => Self::Duplicates,
            Self::Parent => Self::Child,
            Self::Child => Self::Parent,
            Self::Blocks => Self::BlockedBy,
            Self::BlockedBy => Self::Blocks,
            Self::External => Self::External,
        }
    }
}

/// A link, as one of the tickets has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its identity, the same on both tickets.
    pub id: LinkId,
    /// What this ticket is to the other one.
    pub kind: LinkKind,
    /// Where it leads.
    pub to: LinkTo,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkTo {
    /// To another ticket.
    Ticket(TicketId),
    /// To an address.
    Url(Sealed),
}

impl LinkTo {
    /// The other ticket, if it leads to one.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Ticket(ticket) => Some(*ticket),
            Self::Url(_) => None,
        }
    }
}

/// Why an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It is no such text.
    #[error(transparent)]
    Text(#[from] BadText),
    /// It does not lead to a host over HTTP.
    #[error("must be an address that begins with http:// or https:// and a host, without spaces")]
    NotHttp,
    /// It shows a name or a password.
    #[error("must not contain a user name or a password")]
    Credentials,
}

/// An address outside of the desk that people may follow: `http` or `https`, a host, no user name or password, at most 2,000
/// characters. Nothing is looked up.
///
/// # Errors
/// The rule it breaks.
pub fn parse_url(raw: &str) -> Result<String, BadUrl> {
    let url = parse_text(raw, 1, LONGEST_URL, Lines::One)?;
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let begins = url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
        begins.then(|| &url[scheme.len()..])
    });
    let rest = rest.ok_or(BadUrl::NotHttp)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(BadUrl::Credentials);
    }
    let host = authority.split(':').next().unwrap_or_default();
    if (host.is_empty() && !authority.starts_with('['))
        || url.contains(|c: char| c.is_whitespace() || c == '\\')
    {
        return Err(BadUrl::NotHttp);
    }
    Ok(url)
}

impl Live {
    /// Its links, the oldest first.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The ticket that it is a part of.
    #[must_use]
    pub fn parent(&self) -> Option<TicketId> {
        self.linked_as(LinkKind::Parent).next()
    }

    /// The tickets that are parts of it.
    pub fn children(&self) -> impl Iterator<Item = TicketId> {
        self.linked_as(LinkKind::Child)
    }

    fn linked_as(&self, kind: LinkKind) -> impl Iterator<Item = TicketId> {
        self.links.iter().filter(move |link| link.kind == kind).filter_map(|link| link.to.ticket())
    }

    /// An address about its requester.
    #[must_use]
    pub fn address(&self, url: &str) -> LinkTo {
        LinkTo::Url(Sealed::new(self.requester, url))
    }

    /// Links it. What is linked so already stays as it is.
    pub(super) fn link(&self, by: &Caller, ticket: TicketId, link: Link) -> Decision {
        self.worked_on_by(by)?;
        let Link { id, kind, to } = link;
        if to.ticket() == Some(ticket) {
            return Err(TicketError::LinkToItself);
        }
        let mut to_the_same = self.links.iter().filter(|known| known.to == to);
        if to_the_same.any(|known| known.kind == kind) {
            return Ok(vec![]);
        }
        let contradicts = |known: &Link| known.to == to && known.kind == kind.inverse();
        if self.links.iter().any(contradicts) {
            return Err(TicketError::LinkContradicts);
        }
        if kind == LinkKind::Parent && self.parent().is_some() {
            return Err(TicketError::HasParent);
        }
        if self.links.len() >= MOST_LINKS {
            return Err(TicketError::TooManyLinks);
        }
        let (to, url) = match to {
            LinkTo::Ticket(ticket) => (Some(ticket), None),
            LinkTo::Url(url) => (None, Some(url)),
        };
        Ok(vec![TicketEvent::TicketLinked { link: id, kind, to, url }])
    }

    /// Removes a link.
    pub(super) fn unlink(&self, by: &Caller, link: LinkId) -> Decision {
        self.worked_on_by(by)?;
        let known = self.links.iter().find(|known| known.id == link).ok_or(TicketError::LinkNotFound)?;
        Ok(vec![TicketEvent::TicketUnlinked { link, kind: known.kind, to: known.to.ticket() }])
    }

    /// Takes over that it was linked.
    pub(super) fn linked(&mut self, id: LinkId, kind: LinkKind, to: Option<TicketId>, url: Option<Sealed>) {
        let to = to.map(LinkTo::Ticket).or(url.map(LinkTo::Url));
        self.links.extend(to.map(|to| Link { id, kind, to }));
    }
}
