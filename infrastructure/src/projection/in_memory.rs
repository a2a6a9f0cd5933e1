//! A table folded in memory, without a database: what some events alone amount to.

use std::collections::HashMap;

use domain::event::Recorded;

use super::table::Table;

/// The rows of the table `T` after `events`, in the order in which they first appeared.
///
/// # Errors
/// An event does not fit those before it.
pub fn fold<'e, T: Table>(events: impl IntoIterator<Item = &'e Recorded>) -> anyhow::Result<Vec<T::Row>> {
    let mut places: HashMap<T::Key, usize> = HashMap::new();
    let mut rows: Vec<Option<T::Row>> = Vec::new();
    for event in events {
        let Some(key) = T::key(event) else { continue };
        let place = *places.entry(key).or_insert(rows.len());
        if place == rows.len() {
            rows.push(None);
        }
        rows[place] = T::fold(rows[place].take(), event)?;
    }
    Ok(rows.into_iter().flatten().collect())
}
