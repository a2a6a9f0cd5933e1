//! What is on the rise: problems that many have, and places that more of them come from than usual.

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Sight;
use domain::id::TicketId;
use projections::ticket_search::{Filter, ListedTicket, Page, Sort, SortBy, Span, When, search};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// How many windows before this one say what is usual.
const USUAL: i32 = 4;
/// How many tickets are looked at: the newest.
const LOOKED_AT: i64 = 10_000;
/// How many tickets make a pattern at least.
const FEWEST: usize = 3;
/// How much more than usual a pattern is at least.
const RISING: f64 = 1.5;
/// From which probability on it is taken for chance that there are so many more tickets than usual.
const CHANCE: f64 = 0.01;
/// How many patterns or alerts are shown at most.
const SHOWN: usize = 50;
/// How many tickets of a pattern are named.
const SAMPLES: usize = 5;

/// Which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Window {
    /// So many days until now, against the four times as many before them; 7 unless given.
    #[param(minimum = 1, maximum = 90)]
    days: Option<u32>,
}

/// What is on the rise.
#[derive(Serialize, ToSchema)]
pub(super) struct Patterns {
    /// What rises most, first.
    patterns: Vec<Pattern>,
}

/// A problem that more people have than usual.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Pattern {
    /// The title of the newest of its tickets.
    #[schema(example = "The printer on floor 3 jams")]
    label: String,
    /// How many tickets there are.
    #[schema(example = 6)]
    count: usize,
    /// How many are usual in as much time.
    #[schema(example = 0.5)]
    usual: f64,
    /// How many times as many there are; null if there were none before.
    #[schema(example = 12.0)]
    growth: Option<f64>,
    /// Some of the tickets, the newest first.
    #[schema(value_type = Vec<String>, example = json!(["TKT-1763700000000-4K9XQ2"]))]
    sample_ticket_ids: Vec<String>,
}

/// Places that more tickets come from than usual.
#[derive(Serialize, ToSchema)]
pub(super) struct Alerts {
    /// The least likely by chance, first.
    alerts: Vec<Alert>,
}

/// A building and a category with more tickets than usual: something there may be about to fail.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Alert {
    /// The building; null for tickets that name none.
    building_id: Option<Uuid>,
    /// The category; null for tickets that have none.
    category_id: Option<Uuid>,
    /// How many tickets there are.
    #[schema(example = 9)]
    count: usize,
    /// How many are usual in as much time.
    #[schema(example = 1.25)]
    usual: f64,
    /// How likely so many or more would be by chance (Poisson).
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.0001)]
    probability: f64,
    /// Some of the tickets, the newest first.
    #[schema(value_type = Vec<String>, example = json!(["TKT-1763700000000-4K9XQ2"]))]
    sample_ticket_ids: Vec<String>,
}

/// List problems on the rise
///
/// Tickets that the caller sees, grouped by the words that their titles share: groups that have half as many again as usual or more.
#[utoipa::path(
    get, path = "/ai/patterns", operation_id = "list_patterns", tag = "ai", params(Window),
    responses((status = 200, description = "What is on the rise.", body = Patterns), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn patterns(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Query(window): Query<Window>,
) -> Answer<Json<Patterns>> {
    let (since, tickets) = filed(&desk, &signed.caller.sight(), &window).await?;
    // Computing for longer than others should wait for their turn.
    let rising = tokio::task::spawn_blocking(move || rising(&tickets, since));
    let patterns = rising.await.map_err(|error| Problem::internal(&anyhow::Error::new(error)))?;
    Ok(Json(Patterns { patterns }))
}

/// List places with more tickets than usual
///
/// By building and category, of tickets that the caller sees: those with so many more than usual that one in a hundred would be so by
/// chance.
#[utoipa::path(
    get, path = "/ai/alerts", operation_id = "list_alerts", tag = "ai", params(Window),
    responses((status = 200, description = "Where more happens than usual.", body = Alerts), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn alerts(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Query(window): Query<Window>,
) -> Answer<Json<Alerts>> {
    let (since, tickets) = filed(&desk, &signed.caller.sight(), &window).await?;
    Ok(Json(Alerts { alerts: unusual(&tickets, since) }))
}

/// The tickets filed in a window and in those before it, the newest first, and when the window begins.
async fn filed(desk: &Desk, sight: &Sight, window: &Window) -> Answer<(DateTime<Utc>, Vec<ListedTicket>)> {
    let days = window.days.unwrap_or(7);
    if !(1..=90).contains(&days) {
        let mut errors = ValidationErrors::default();
        errors.add("days", "out_of_range", "must be a whole number from 1 to 90");
        return Err(errors.into());
    }
    let (now, length) = (Utc::now(), TimeDelta::days(i64::from(days)));
    let created = Span { after: Some(now - length * (USUAL + 1)), before: None };
    let filter = Filter { created, misuse_flag: Some(false), ..Filter::default() };
    let order = vec![Sort { by: SortBy::CreatedAt, descending: true }];
    let page = Page { order, limit: LOOKED_AT, skip: 0, after: None };
    let tickets = search(desk.pool(), When::Now, sight, &filter, &page).await?;
    Ok((now - length, tickets))
}

/// How many of `those` are new, how many are usual in as much time, and the names of some of the new ones.
fn counted<'a>(
    those: impl Iterator<Item = &'a ListedTicket>,
    since: DateTime<Utc>,
) -> (usize, f64, Vec<String>) {
    let (new, old): (Vec<_>, Vec<_>) = those.partition(|ticket| ticket.created_at >= since);
    let usual = u32::try_from(old.len()).map_or(f64::MAX, f64::from) / f64::from(USUAL);
    let names = new.iter().take(SAMPLES).map(|ticket| TicketId::of_stream(ticket.id).to_string());
    (new.len(), usual, names.collect())
}

/// The problems of which there are more since `since` than before.
fn rising(tickets: &[ListedTicket], since: DateTime<Utc>) -> Vec<Pattern> {
    let titles: Vec<&str> = tickets.iter().map(|ticket| ticket.title.as_str()).collect();
    let groups = engine::clusters::group(&titles);
    let patterns = groups.iter().filter_map(|group| {
        let (count, usual, sample_ticket_ids) = counted(group.iter().map(|place| &tickets[*place]), since);
        let growth = (usual > 0.0).then(|| number(count) / usual);
        let is_rising = count >= FEWEST && growth.is_none_or(|growth| growth >= RISING);
        let growth = growth.map(|growth| (growth * 100.0).round() / 100.0);
        is_rising.then(|| Pattern {
            label: titles[group[0]].to_owned(),
            count,
            usual,
            growth,
            sample_ticket_ids,
        })
    });
    let mut patterns: Vec<Pattern> = patterns.collect();
    patterns.sort_by(|one, other| {
        (number(other.count) - other.usual).total_cmp(&(number(one.count) - one.usual))
    });
    patterns.truncate(SHOWN);
    patterns
}

/// The buildings and categories with so many tickets since `since` that it is hardly chance.
fn unusual(tickets: &[ListedTicket], since: DateTime<Utc>) -> Vec<Alert> {
    let mut places: BTreeMap<(Option<Uuid>, Option<Uuid>), Vec<&ListedTicket>> = BTreeMap::new();
    for ticket in tickets {
        let place = (ticket.labels.building_id, ticket.labels.category_id);
        places.entry(place).or_default().push(ticket);
    }
    let alerts = places.into_iter().filter_map(|((building_id, category_id), those)| {
        let (count, usual, sample_ticket_ids) = counted(those.into_iter(), since);
        // Of what never happened before, one every other window is believed.
        let probability = at_least(count, usual.max(0.5));
        let is_unusual =
            count >= FEWEST && probability < CHANCE && (building_id.is_some() || category_id.is_some());
        is_unusual.then_some(Alert { building_id, category_id, count, usual, probability, sample_ticket_ids })
    });
    let mut alerts: Vec<Alert> = alerts.collect();
    alerts.sort_by(|one, other| one.probability.total_cmp(&other.probability));
    alerts.truncate(SHOWN);
    alerts
}

/// How likely `count` or more are where `usual` are to be expected (Poisson).
fn at_least(count: usize, usual: f64) -> f64 {
    let (mut term, mut fewer) = ((-usual).exp(), 0.0);
    for so_many in 0..count {
        fewer += term;
        term *= usual / (number(so_many) + 1.0);
    }
    (1.0 - fewer).clamp(0.0, 1.0)
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_or_more_is_what_poisson_says() {
        for (count, usual, likely) in
            [(0, 2.0, 1.0), (1, 2.0, 0.864_665), (3, 0.5, 0.014_388), (9, 1.25, 0.000_005)]
        {
            assert!(
                (at_least(count, usual) - likely).abs() < 1e-5,
                "{count} of {usual}: {}",
                at_least(count, usual)
            );
        }
    }
}
