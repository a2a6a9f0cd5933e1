//! Which events a reader asks for.

use domain::evolution::REGISTRY;
use domain::id::TicketId;
use infrastructure::log::Filter;
use uuid::Uuid;

use crate::fields::ValidationErrors;

/// How many types or streams a filter may name.
const LONGEST: usize = 100;

/// The filter that names `types` and `streams`; what is wrong with them is noted.
pub(crate) fn read(errors: &mut ValidationErrors, types: Vec<String>, streams: &[String]) -> Filter {
    for (field, length) in [("types", types.len()), ("streams", streams.len())] {
        if length > LONGEST {
            errors.add(field, "invalid", format!("may name at most {LONGEST}"));
        }
    }
    if types.iter().any(|name| !known().any(|known| known == name)) {
        let allowed = known().collect::<Vec<_>>().join(", ");
        errors.add("types", "invalid", format!("names a type that does not exist; allowed: {allowed}"));
    }
    let read: Option<Vec<Vec<Uuid>>> = streams.iter().map(|text| streams_of(text)).collect();
    if read.is_none() {
        errors.add("streams", "invalid", "takes tickets (TKT-…), users and streams (UUIDs)");
    }
    Filter { types, streams: read.unwrap_or_default().concat() }
}

/// Every type of event there is.
fn known() -> impl Iterator<Item = &'static str> {
    REGISTRY.types().map(|(_, name, _)| name)
}

/// The streams that `text` names: a ticket has two, its own and its conversation's.
fn streams_of(text: &str) -> Option<Vec<Uuid>> {
    if let Ok(stream) = Uuid::try_parse(text) {
        return Some(vec![stream]);
    }
    let ticket: TicketId = text.parse().ok()?;
    Some(vec![ticket.stream(), ticket.conversation()])
}
