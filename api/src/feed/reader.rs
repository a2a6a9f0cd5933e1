//! Reading on from a place, and seeing of the log what the reader may.

use std::collections::HashMap;

use domain::access::{Caller, Sight};
use domain::event::Event;
use domain::id::TicketId;
use infrastructure::log::{Entry, Filter, Row};
use projections::sight;
use uuid::Uuid;

use crate::desk::Desk;
use crate::envelope::Envelope;
use crate::problem::Answer;
use crate::schemas::KnownVersions;

/// What of their own account people hear of: nothing that others would not see of it anyway.
const OWN_ACCOUNT: &str = "RoleChanged";

/// How many times as many events are looked at for somebody who does not see all.
const PASSED: usize = 8;

/// Somebody who reads the log forward.
pub(crate) struct Reader {
    desk: Desk,
    filter: Filter,
    /// The types that are asked for, as the reader is told them; empty for all.
    types: Vec<String>,
    /// The versions of events that it knows.
    known: KnownVersions,
    /// Up to where the log was looked at.
    pub(crate) position: i64,
}

impl Reader {
    /// A reader behind `position`, who knows the versions `known` of events.
    pub(crate) fn new(desk: Desk, mut filter: Filter, known: KnownVersions, position: i64) -> Self {
        let types = filter.types.clone();
        let stored = types.iter().flat_map(|name| Event::stored_as(name));
        filter.types.extend(stored.map(|name| (*name).to_owned()));
        Self { desk, filter, types, known, position }
    }

    /// Whether `part` is of a type that is asked for.
    fn wants(&self, part: &Event) -> bool {
        self.types.is_empty() || self.types.iter().any(|name| name == part.type_name())
    }

    /// The next events, at most `limit`, that `caller` may see now; looks at a bounded part of the log, up to
    /// `ceiling`, and moves the position over what it looked at. Whether a ticket is within sight is asked of
    /// the read models, so they have to show everything up to the `ceiling`.
    pub(crate) async fn next(
        &mut self,
        caller: &Caller,
        ceiling: i64,
        limit: usize,
    ) -> Answer<Vec<Envelope>> {
        let sight = caller.sight();
        // Of most events others see nothing, and what they do not see is not even opened.
        let at_once = if sight == Sight::Everything { limit } else { limit * PASSED };
        let slice = self.desk.log.slice(self.position, ceiling, &self.filter, at_once).await?;
        let tickets = match sight {
            Sight::Everything => HashMap::new(),
            _ => self.within(&sight, slice.entries.iter().filter_map(|entry| ticket_of(entry))).await?,
        };
        let shown: Vec<_> =
            slice.entries.iter().filter_map(|entry| Some((entry, shown(entry, &sight, &tickets)?))).collect();
        self.desk.log.fetch_keys_of(shown.iter().map(|(entry, _)| &***entry)).await?;
        let mut seen = Vec::with_capacity(shown.len());
        for (entry, internal) in shown {
            let event = entry.event(self.desk.log.keys()).await?;
            // What this version does not know it cannot judge.
            if sight == Sight::Everything || !matches!(event, Event::Unknown(_)) {
                let part = self.desk.part_of(event, &sight, internal).await?;
                let part = part.filter(|part| self.wants(part));
                seen.extend(part.map(|part| Envelope::of(&entry.row, &part).in_versions(&self.known)));
            }
            if seen.len() == limit {
                self.position = entry.row.position;
                return Ok(seen);
            }
        }
        self.position = slice.scanned;
        Ok(seen)
    }

    async fn within(
        &self,
        sight: &Sight,
        tickets: impl Iterator<Item = Uuid>,
    ) -> Answer<HashMap<Uuid, bool>> {
        let mut tickets: Vec<Uuid> = tickets.collect();
        tickets.sort_unstable();
        tickets.dedup();
        if tickets.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(sight::seen(self.desk.pool(), sight, &tickets).await?)
    }
}

/// Whether `sight` shows an event at all, and if so whether all of it; `tickets` says it of tickets.
fn shown(entry: &Entry, sight: &Sight, tickets: &HashMap<Uuid, bool>) -> Option<bool> {
    match (sight, ticket_of(entry)) {
        (Sight::Everything, _) => Some(true),
        (_, Some(ticket)) => tickets.get(&ticket).copied(),
        (_, None) => (sight.person().is_some_and(|me| entry.row.stream_id == me.0)
            && entry.row.event_type == OWN_ACCOUNT)
            .then_some(false),
    }
}

/// What another program is told of `event`, which was read from `row`, whoever its ticket is visible to: with `internal`
/// everything, without the public part of what is about a ticket.
pub(crate) fn told_outside(row: &Row, event: &Event, internal: bool) -> Option<Envelope> {
    let part = match (internal, is_about_a_ticket(row)) {
        (true, _) => Some(event.clone()),
        (false, true) => event.public_part(),
        (false, false) => None,
    };
    part.map(|part| Envelope::of(row, &part))
}

/// The stream of the ticket that an event is about, if it is about one.
fn ticket_of(entry: &Entry) -> Option<Uuid> {
    is_about_a_ticket(&entry.row).then(|| TicketId::of_stream(entry.row.stream_id).stream())
}

fn is_about_a_ticket(row: &Row) -> bool {
    matches!(row.stream_type.as_str(), "ticket" | "conversation")
}
