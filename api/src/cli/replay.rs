//! `ledgerdesk replay`: a ticket and its conversation, event by event, and what the ticket then was.

use anyhow::{Context as _, ensure};
use application::ledger::Ledger as _;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::event::{Event, Recorded};
use domain::id::TicketId;
use infrastructure::log::PgLog;
use projections::past::{AsOf, Mark};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::args::Replay;
use super::output::Output;
use super::retold::{Names, Told, people, told};
use super::site::Site;
use super::snapshot::Snapshot;

/// An event as it is shown.
#[derive(Serialize)]
struct Shown {
    position: i64,
    stream: &'static str,
    version: i32,
    event_type: String,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    actor: String,
    via: Box<str>,
    told: String,
    texts: Vec<String>,
}

/// Prints the events of a ticket and what it was after the last of them.
pub(crate) async fn run(site: &Site, output: Output, args: &Replay) -> anyhow::Result<()> {
    let log = site.log().await?;
    let events = until(events_of(&log, args.ticket).await?, args)?;
    let names = names_in(&log, &events).await?;
    let snapshot = Snapshot::of(&events, &names)
        .with_context(|| format!("the events of {} do not begin with its creation", args.ticket))?;
    let shown: Vec<Shown> = events.iter().map(|recorded| show(recorded, &names)).collect();
    let value = json!({ "ticket": args.ticket.to_string(), "events": &shown, "state": &snapshot });
    output.result(&value, || {
        let lines: Vec<String> = shown.iter().map(text).collect();
        format!("{}\n\n{}\n\n{}", args.ticket, lines.join("\n"), snapshot.text())
    })
}

/// The events of the ticket and of its conversation, in the order in which they were recorded.
async fn events_of(log: &PgLog, ticket: TicketId) -> anyhow::Result<Vec<Recorded>> {
    let mut events = log.read_streams(&[(ticket.stream(), 0), (ticket.conversation(), 0)]).await?;
    events.sort_by_key(|recorded| recorded.position);
    Ok(events)
}

/// Those up to the version or the moment asked for, as `as_of` means it over HTTP.
fn until(mut events: Vec<Recorded>, args: &Replay) -> anyhow::Result<Vec<Recorded>> {
    ensure!(!events.is_empty(), "there is no ticket {}", args.ticket);
    if let Some(as_of) = args.version.map(AsOf::Version).or(args.as_of.map(AsOf::Time)) {
        let marks: Vec<Mark> = events.iter().map(Mark::from).collect();
        let end = as_of.end(args.ticket, &marks).with_context(|| format!("{} as of then", args.ticket))?;
        events.retain(|recorded| recorded.position <= end);
    }
    Ok(events)
}

async fn names_in(log: &PgLog, events: &[Recorded]) -> anyhow::Result<Names> {
    let mut ids: Vec<Uuid> = events.iter().flat_map(people).collect();
    ids.sort_unstable();
    ids.dedup();
    let streams: Vec<(Uuid, i32)> = ids.into_iter().map(|id| (id, 0)).collect();
    Ok(Names::of(&log.read_streams(&streams).await?))
}

fn show(recorded: &Recorded, names: &Names) -> Shown {
    let (stream, event_type) = match &recorded.event {
        Event::Ticket(event) => ("ticket", <&str>::from(event).to_owned()),
        Event::Conversation(event) => ("conversation", <&str>::from(event).to_owned()),
        Event::User(event) => ("user", <&str>::from(event).to_owned()),
        Event::Setting(event) => ("setting", <&str>::from(event).to_owned()),
        Event::Activity(event) => ("activity", <&str>::from(event).to_owned()),
        Event::Catalogue(event) => ("catalogue", <&str>::from(event).to_owned()),
        Event::Workload(event) => ("workload", <&str>::from(event).to_owned()),
        Event::Webhook(event) => ("webhook", <&str>::from(event).to_owned()),
        Event::Notification(event) => ("notification", <&str>::from(event).to_owned()),
        Event::Article(event) => ("article", <&str>::from(event).to_owned()),
        Event::Reception(event) => ("reception", <&str>::from(event).to_owned()),
        Event::Chat(event) => ("chat", <&str>::from(event).to_owned()),
        Event::Suggestion(event) => ("suggestion", <&str>::from(event).to_owned()),
        Event::Misuse(event) => ("misuse", <&str>::from(event).to_owned()),
        Event::Unknown(event_type) => ("unknown", event_type.to_string()),
    };
    let Told { headline, texts } = told(&recorded.event, names);
    Shown {
        position: recorded.position,
        stream,
        version: recorded.version,
        event_type,
        occurred_at: recorded.occurred_at,
        recorded_at: recorded.recorded_at,
        actor: names.actor(recorded.actor),
        via: recorded.via.clone(),
        told: headline,
        texts,
    }
}

/// One event for people: when, who and what, and below it what was written.
fn text(shown: &Shown) -> String {
    let number = if shown.stream == "ticket" { format!("v{}", shown.version) } else { "-".to_owned() };
    let at = shown.occurred_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut lines = vec![format!("{number:>4}  {at}  {}: {}", shown.actor, shown.told)];
    let texts = shown.texts.iter().flat_map(|text| text.lines());
    lines.extend(texts.map(|line| format!("        {line}")));
    lines.join("\n")
}
