//! Reports of misuse, as administrators review them.

mod filers;
mod shown;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::event::{Event, Recorded};
use domain::misuse::MisuseEvent;
use domain::sealed::Sealed;
use infrastructure::projection::{Cells, Kind, Row, Table, Texts};
use sqlx::FromRow;
use uuid::Uuid;

pub use self::filers::{filed_by, filers};
pub use self::shown::{Evidence, Metadata, ShownReport, Which, by_id, by_ids, count, of_person, page};
use crate::in_column::{listed, parts};

/// The table `misuse_reports`.
pub struct MisuseReports;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ReportRow {
    id: Uuid,
    user_id: Uuid,
    detection_date: String,
    source: String,
    misuse_type: String,
    severity: String,
    tickets: String,
    samples: Option<String>,
    patterns: String,
    reasoning: String,
    model: Option<String>,
    confidence: i32,
    analyzed_at: DateTime<Utc>,
    is_reviewed: bool,
    reviewed_by: Option<Uuid>,
    reviewed_at: Option<DateTime<Utc>>,
    action_taken: Option<String>,
    version: i32,
    position: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What stands for the texts of somebody who was erased.
const ERASED: &str = "[erased]";

/// Texts in one column, as a JSON array; none if there are none. All are one person's, so all are there or none is.
fn samples(texts: &[Sealed]) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let opened: Option<Vec<&str>> = texts.iter().map(Sealed::text).collect();
    Some(opened.map_or_else(|| ERASED.to_owned(), |texts| in_json(&texts)))
}

/// The texts in such a column, and one more.
fn samples_and(column: Option<&str>, more: &Sealed) -> String {
    let before: Option<Vec<String>> = column.map_or(Some(vec![]), |column| serde_json::from_str(column).ok());
    match (before, more.text()) {
        (Some(mut texts), Some(more)) => {
            texts.push(more.to_owned());
            in_json(&texts)
        }
        _ => ERASED.to_owned(),
    }
}

fn in_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A confidence in thousandths.
#[expect(clippy::cast_possible_truncation, reason = "it is from 0 to 1000")]
fn thousandths(confidence: f64) -> i32 {
    (confidence.clamp(0.0, 1.0) * 1_000.0).round() as i32
}

impl ReportRow {
    fn reported(recorded: &Recorded, event: &MisuseEvent) -> Option<Self> {
        let MisuseEvent::MisuseReported {
            user,
            detection_date,
            source,
            misuse_type,
            severity,
            tickets,
            samples: texts,
            patterns,
            reasoning,
            model,
            confidence,
            analyzed_at,
        } = event
        else {
            return None;
        };
        let streams: Vec<Uuid> = tickets.iter().map(|ticket| ticket.stream()).collect();
        Some(Self {
            id: recorded.stream,
            user_id: user.0,
            detection_date: detection_date.to_string(),
            source: source.as_str().to_owned(),
            misuse_type: misuse_type.as_str().to_owned(),
            severity: severity.as_str().to_owned(),
            tickets: listed(&streams),
            samples: samples(texts),
            patterns: in_json(patterns),
            reasoning: reasoning.shown().to_owned(),
            model: model.clone(),
            confidence: thousandths(*confidence),
            analyzed_at: *analyzed_at,
            is_reviewed: false,
            reviewed_by: None,
            reviewed_at: None,
            action_taken: None,
            version: recorded.version,
            position: recorded.position,
            created_at: recorded.occurred_at,
            updated_at: recorded.occurred_at,
        })
    }

    fn apply(&mut self, recorded: &Recorded, event: &MisuseEvent) {
        match event {
            MisuseEvent::MisuseReported { .. } => {}
            MisuseEvent::MisuseEvidenceAdded { ticket, sample, severity, .. } => {
                let mut tickets: Vec<Uuid> = parts(&self.tickets);
                tickets.push(ticket.stream());
                self.tickets = listed(&tickets);
                self.samples = Some(samples_and(self.samples.as_deref(), sample));
                severity.as_str().clone_into(&mut self.severity);
                self.is_reviewed = false;
            }
            MisuseEvent::MisuseReportReviewed { action_taken, .. } => {
                self.is_reviewed = true;
                self.reviewed_by = recorded.actor.id;
                self.reviewed_at = Some(recorded.occurred_at);
                if let Some(action) = action_taken {
                    self.action_taken = Some(action.shown().to_owned());
                }
            }
        }
    }
}

impl Table for MisuseReports {
    type Key = Uuid;
    type Row = ReportRow;

    const NAME: &'static str = "misuse_reports";
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("id", Kind::Uuid),
        ("user_id", Kind::Uuid),
        ("detection_date", Kind::Text),
        ("source", Kind::Text),
        ("misuse_type", Kind::Text),
        ("severity", Kind::Text),
        ("tickets", Kind::Text),
        ("samples", Kind::Text),
        ("patterns", Kind::Text),
        ("reasoning", Kind::Text),
        ("model", Kind::Text),
        ("confidence", Kind::Int4),
        ("analyzed_at", Kind::Timestamp),
        ("is_reviewed", Kind::Bool),
        ("reviewed_by", Kind::Uuid),
        ("reviewed_at", Kind::Timestamp),
        ("action_taken", Kind::Text),
        ("version", Kind::Int4),
        ("position", Kind::Int8),
        ("created_at", Kind::Timestamp),
        ("updated_at", Kind::Timestamp),
    ];
    const OWN_ROWS: bool = true;
    const TEXTS: Option<Texts> = Some(Texts {
        columns: &["samples", "reasoning", "action_taken"],
        of: &["MisuseReported", "MisuseEvidenceAdded", "MisuseReportReviewed"],
        whose: "user_id = $1",
    });

    fn key(event: &Recorded) -> Option<Uuid> {
        matches!(event.event, Event::Misuse(_) | Event::Unknown(_)).then_some(event.stream)
    }

    fn fold(row: Option<ReportRow>, recorded: &Recorded) -> anyhow::Result<Option<ReportRow>> {
        let Event::Misuse(event) = &recorded.event else {
            // It changes nothing here, yet the report's version counts it.
            return Ok(row.map(|row| ReportRow { version: recorded.version, ..row }));
        };
        if let Some(reported) = ReportRow::reported(recorded, event) {
            return Ok(Some(reported));
        }
        let mut row = row.context("nothing is known of how this report was filed")?;
        row.apply(recorded, event);
        row.version = recorded.version;
        row.updated_at = recorded.occurred_at;
        Ok(Some(row))
    }
}

impl Row for ReportRow {
    fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.id)
            .uuid(self.user_id)
            .text(self.detection_date.as_str())
            .text(self.source.as_str())
            .text(self.misuse_type.as_str())
            .text(self.severity.as_str())
            .text(self.tickets.as_str())
            .text(self.samples.as_deref())
            .text(self.patterns.as_str())
            .text(self.reasoning.as_str())
            .text(self.model.as_deref())
            .int4(self.confidence)
            .timestamp(self.analyzed_at)
            .bool(self.is_reviewed)
            .uuid(self.reviewed_by)
            .timestamp(self.reviewed_at)
            .text(self.action_taken.as_deref())
            .int4(self.version)
            .int8(self.position)
            .timestamp(self.created_at)
            .timestamp(self.updated_at);
    }
}
