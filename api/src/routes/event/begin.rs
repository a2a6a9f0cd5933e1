//! Where a reader of the log begins, and what it wants.

use infrastructure::log::{Filter, Place};

use crate::consumers;
use crate::desk::Desk;
use crate::feed::{Reader, forked, read_filter};
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};
use crate::schemas::KnownVersions;

/// What a reader says of itself.
#[derive(Default)]
pub(super) struct Begin {
    pub(super) after: Option<String>,
    /// The header `Last-Event-ID`: what the client has seen since weighs more than where it began.
    pub(super) last_event_id: Option<String>,
    pub(super) consumer: Option<String>,
    pub(super) types: Vec<String>,
    pub(super) streams: Vec<String>,
    pub(super) schema: Option<KnownVersions>,
}

impl Begin {
    /// A reader where this says; at `otherwise` if it does not say where.
    ///
    /// # Errors
    /// 404 for an unknown consumer, 409 for a place that is none in this log, 422 for what cannot be read.
    pub(super) async fn reader(self, desk: &Desk, otherwise: i64) -> Answer<Reader> {
        let mut errors = ValidationErrors::default();
        let after = place(&mut errors, "after", self.after.as_deref());
        let seen = place(&mut errors, "Last-Event-ID", self.last_event_id.as_deref());
        let filter = read_filter(&mut errors, self.types, &self.streams);
        if self.consumer.is_some() && (after.is_some() || !filter.is_empty()) {
            errors.add(
                "consumer",
                "invalid",
                "has a place and a filter of its own: leave out after, types and streams",
            );
        }
        errors.finish()?;
        let known = self.schema.unwrap_or_default();
        let (kept, filter) = match self.consumer {
            Some(name) => kept(desk, &name).await?,
            None => (None, filter),
        };
        let position = match seen.or(after).or(kept) {
            None => otherwise,
            Some(place) => match desk.log.fork_of(&place).await? {
                None => place.position(),
                Some(fork) => return Err(forked(&fork)),
            },
        };
        Ok(Reader::new(desk.clone(), filter, known, position))
    }
}

fn place(errors: &mut ValidationErrors, field: &str, text: Option<&str>) -> Option<Place> {
    text.and_then(|text| errors.check(field, text.trim().parse()))
}

/// The place and the filter of the consumer called `name`.
async fn kept(desk: &Desk, name: &str) -> Answer<(Option<Place>, Filter)> {
    let none = || Problem::not_found("there is no such consumer");
    let name = name.parse().map_err(|_| none())?;
    let consumer = consumers::find(desk.pool(), &name).await?.ok_or_else(none)?;
    consumers::touch(desk.pool(), &name).await?;
    Ok((consumer.cursor.parse().ok(), consumer.filter()))
}
