//! What is on the rise: problems that many have, and places that more of them come from than usual.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use chrono::Utc;
use domain::access::Sight;
use domain::id::TicketId;
use domain::trend::{Counts, Window, is_rising, unusual};
use projections::trends::{self, Titled};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Staff;
use crate::body::Json;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::declared::{Checked, Forbidden, Guarded};
use crate::problem::{Answer, Problem};
use crate::query::Query;

/// How many titles are grouped: those of the newest tickets.
const LOOKED_AT: i64 = 2_000;
/// How many tickets make a pattern at least.
const FEWEST: usize = 3;
/// Of how many groups it is asked at most what is usual: the largest.
const GROUPS: usize = 200;
/// How many patterns, topics or alerts are shown at most.
const SHOWN: usize = 50;
/// How many tickets of a pattern are named.
const SAMPLES: usize = 5;

/// Which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// So many days up to today (UTC), against the same weekdays of the weeks before them: four for each that is begun. 7 unless given.
    #[param(minimum = 1, maximum = 90)]
    days: Option<u32>,
}

/// What is on the rise.
#[derive(Serialize, ToSchema)]
pub(super) struct Patterns {
    /// What rises most, first.
    patterns: Vec<Pattern>,
    /// What departments hear more about than usual; what rises most, first.
    topics: Vec<Topic>,
}

/// A problem that more people have than usual.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Pattern {
    /// The title of the newest of its tickets.
    #[schema(example = "The printer on floor 3 jams")]
    label: String,
    /// How many tickets there are.
    #[schema(example = 6)]
    count: u32,
    /// How many are usual on such days.
    #[schema(example = 0.5)]
    usual: f64,
    /// How many times as many there are; null if there were none before.
    #[schema(example = 12.0)]
    growth: Option<f64>,
    /// Some of the tickets, the newest first.
    #[schema(value_type = Vec<String>, example = json!(["TKT-1763700000000-4K9XQ2"]))]
    sample_ticket_ids: Vec<String>,
}

/// A category that a department gets more tickets of than usual.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Topic {
    /// The category; null for tickets that have none.
    category_id: Option<Uuid>,
    /// The department; null for tickets that are nobody's yet.
    #[schema(example = "IT")]
    department: Option<String>,
    /// How many tickets there are.
    #[schema(example = 12)]
    count: u32,
    /// How many are usual on such days.
    #[schema(example = 4.5)]
    usual: f64,
    /// How many times as many there are; null if there were none before.
    #[schema(example = 2.67)]
    growth: Option<f64>,
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
    count: u32,
    /// How many are usual on such days.
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
/// Of tickets that the caller sees: groups by the words that their titles share, and categories of departments, that have half as many
/// again as usual or more. What is usual is the average of the same weekdays of the weeks before.
#[utoipa::path(
    get, path = "/ai/patterns", operation_id = "list_patterns", tag = "ai", params(Days),
    responses((status = 200, description = "What is on the rise.", body = Patterns), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn patterns(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Query(days): Query<Days>,
) -> Answer<Json<Patterns>> {
    let (sight, asked) = (signed.caller.sight(), Asked::of(&desk, &days).await?);
    let patterns = rising(desk.pool(), &sight, &asked).await?;
    let counted = trends::counted(desk.pool(), &sight, &asked.window).await?;
    let mut topics: BTreeMap<_, Counts> = BTreeMap::new();
    for (place, counts) in counted {
        add(topics.entry((place.category, place.department)).or_default(), &counts);
    }
    Ok(Json(Patterns { patterns, topics: asked.topics(topics) }))
}

/// List places with more tickets than usual
///
/// By building and category, of tickets that the caller sees: those with so many more than usual that one in a hundred would be so by
/// chance. What is usual is the average of the same weekdays of the weeks before.
#[utoipa::path(
    get, path = "/ai/alerts", operation_id = "list_alerts", tag = "ai", params(Days),
    responses((status = 200, description = "Where more happens than usual.", body = Alerts), Guarded, Forbidden, Checked),
    security(("bearerAuth" = []), ("apiToken" = ["tickets:read"])),
)]
pub(super) async fn alerts(
    State(desk): State<Desk>,
    Staff(signed): Staff,
    Query(days): Query<Days>,
) -> Answer<Json<Alerts>> {
    let (sight, asked) = (signed.caller.sight(), Asked::of(&desk, &days).await?);
    let mut places: BTreeMap<_, Counts> = BTreeMap::new();
    for (place, counts) in trends::counted(desk.pool(), &sight, &asked.window).await? {
        add(places.entry((place.building, place.category)).or_default(), &counts);
    }
    let mut alerts = asked.alerts(places);
    let of: Vec<_> = alerts.iter().map(|alert| (alert.building_id, alert.category_id)).collect();
    let each = i64::try_from(SAMPLES).unwrap_or_default();
    let mut names: HashMap<_, Vec<String>> = HashMap::new();
    for sample in trends::samples(desk.pool(), &sight, &asked.window, &of, each).await? {
        names.entry((sample.building, sample.category)).or_default().push(name(sample.id));
    }
    for alert in &mut alerts {
        alert.sample_ticket_ids = names.remove(&(alert.building_id, alert.category_id)).unwrap_or_default();
    }
    Ok(Json(Alerts { alerts }))
}

/// The days that somebody asks about, and since when there is anything to compare them with.
struct Asked {
    window: Window,
    began: chrono::NaiveDate,
}

impl Asked {
    async fn of(desk: &Desk, asked: &Days) -> Answer<Self> {
        let days = asked.days.unwrap_or(7);
        if !(1..=90).contains(&days) {
            let mut errors = ValidationErrors::default();
            errors.add("days", "out_of_range", "must be a whole number from 1 to 90");
            return Err(errors.into());
        }
        let today = Utc::now().date_naive();
        let began = trends::began(desk.pool()).await?.unwrap_or(today);
        Ok(Self { window: Window::of(days, today), began })
    }

    /// How many are usual, and how many times as many there are, if they are on the rise.
    fn growth(&self, counts: &Counts) -> Option<(f64, Option<f64>)> {
        let usual = self.window.usual(counts, self.began);
        let growth = (usual > 0.0).then(|| hundredths(f64::from(counts.new) / usual));
        is_rising(counts.new, usual).then_some((hundredths(usual), growth))
    }

    /// The topics that are on the rise.
    fn topics(&self, topics: BTreeMap<(Option<Uuid>, Option<String>), Counts>) -> Vec<Topic> {
        let topics = topics.into_iter().filter_map(|((category_id, department), counts)| {
            let (usual, growth) = self.growth(&counts)?;
            Some(Topic { category_id, department, count: counts.new, usual, growth })
        });
        let mut topics: Vec<Topic> = topics.collect();
        topics.sort_by(|one, other| more(other.count, other.usual).total_cmp(&more(one.count, one.usual)));
        topics.truncate(SHOWN);
        topics
    }

    /// The buildings and categories with so many that it is hardly chance, without samples.
    fn alerts(&self, places: BTreeMap<(Option<Uuid>, Option<Uuid>), Counts>) -> Vec<Alert> {
        let named = places.into_iter().filter(|(place, _)| *place != (None, None));
        let alerts = named.filter_map(|((building_id, category_id), counts)| {
            let usual = self.window.usual(&counts, self.began);
            let probability = unusual(counts.new, usual)?;
            let (count, usual) = (counts.new, hundredths(usual));
            Some(Alert { building_id, category_id, count, usual, probability, sample_ticket_ids: vec![] })
        });
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by(|one, other| one.probability.total_cmp(&other.probability));
        alerts.truncate(SHOWN);
        alerts
    }
}

/// The problems of which there are more than usual: titles of new tickets in groups, and how many were like them.
async fn rising(pool: &PgPool, sight: &Sight, asked: &Asked) -> Answer<Vec<Pattern>> {
    let titles = trends::titles(pool, sight, &asked.window, LOOKED_AT).await?;
    // Computing for longer than others should wait for their turn.
    let grouped = tokio::task::spawn_blocking(move || groups(&titles));
    let groups = grouped.await.map_err(|error| Problem::internal(&anyhow::Error::new(error)))?;
    let tickets: Vec<Vec<Uuid>> =
        groups.iter().map(|group| group.iter().map(|ticket| ticket.id).collect()).collect();
    let before = trends::alike(pool, sight, &asked.window, &tickets).await?;
    let patterns = groups.iter().zip(before).filter_map(|(group, before)| {
        let new = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let (usual, growth) = asked.growth(&Counts { new, before })?;
        let sample_ticket_ids = group.iter().take(SAMPLES).map(|ticket| name(ticket.id)).collect();
        let label = group.first()?.title.clone();
        Some(Pattern { label, count: new, usual, growth, sample_ticket_ids })
    });
    let mut patterns: Vec<Pattern> = patterns.collect();
    patterns.sort_by(|one, other| more(other.count, other.usual).total_cmp(&more(one.count, one.usual)));
    patterns.truncate(SHOWN);
    Ok(patterns)
}

/// The largest groups of `titles` that are about the same thing.
fn groups(titles: &[Titled]) -> Vec<Vec<Titled>> {
    let texts: Vec<&str> = titles.iter().map(|ticket| ticket.title.as_str()).collect();
    let groups = engine::clusters::group(&texts).into_iter().filter(|group| group.len() >= FEWEST);
    groups.take(GROUPS).map(|group| group.into_iter().map(|place| titles[place].clone()).collect()).collect()
}

fn add(sum: &mut Counts, counts: &Counts) {
    sum.new += counts.new;
    for (sum, count) in sum.before.iter_mut().zip(counts.before) {
        *sum += count;
    }
}

/// How many more there are than usual.
fn more(count: u32, usual: f64) -> f64 {
    f64::from(count) - usual
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn name(ticket: Uuid) -> String {
    TicketId::of_stream(ticket).to_string()
}
