//! What is shown of a report, and which ones.

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{TicketId, UserId};
use domain::misuse::values::{MisuseType, Patterns, ReportId, ReportSource, Severity};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row as _};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ERASED;
use crate::in_column::parts;

/// A report of misuse; as it is, the response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShownReport {
    /// Its identity.
    pub id: ReportId,
    /// About whom.
    pub user_id: UserId,
    /// What they are called.
    pub username: Option<String>,
    /// Of which day: there is one report of each person and day.
    pub detection_date: NaiveDate,
    /// What it comes from.
    pub source: ReportSource,
    /// What kind of misuse it is.
    pub misuse_type: MisuseType,
    /// How grave it is.
    pub severity_level: Severity,
    /// What speaks for it.
    pub evidence_data: Evidence,
    /// Whether an administrator looked at all of it.
    pub admin_reviewed: bool,
    /// Who looked at it last.
    pub reviewed_by: Option<Uuid>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// What they did about it.
    pub action_taken: Option<String>,
    /// How it came about.
    pub ai_analysis_metadata: Metadata,
    /// How many events made it; the `ETag` is `"v<version>"`.
    pub version: i32,
    /// When it was filed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What speaks for misuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    /// The tickets, those for the kind of the report first.
    #[schema(example = json!(["TKT-1763700000000-4K9XQ2"]))]
    pub ticket_ids: Vec<String>,
    /// What some of them say.
    pub content_samples: Vec<String>,
    /// What was counted in all that the person filed in a while.
    pub pattern_analysis: Patterns,
}

/// How a report came about.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Metadata {
    /// What speaks for it, in words.
    pub model_reasoning: String,
    /// When it was looked at.
    pub analysis_timestamp: DateTime<Utc>,
    /// Which model says so, with its version; `rules` where it was only counted, none where an administrator said so.
    #[schema(example = "rules")]
    pub model: Option<String>,
    /// How sure that is, from 0 to 1.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.75)]
    pub confidence: f64,
}

/// Which reports. Of whatever is left open, any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// Only those that are to be reviewed, or that were.
    pub unreviewed: Option<bool>,
    /// Only those of this severity.
    pub severity: Option<Severity>,
    /// Only those of this kind.
    pub misuse_type: Option<MisuseType>,
    /// Only those about this person.
    pub user: Option<UserId>,
}

/// A word of a column, which the fold wrote.
fn word<T: std::str::FromStr>(row: &PgRow, column: &str) -> sqlx::Result<T> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} is none of its words").into()))
}

impl FromRow<'_, PgRow> for ShownReport {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let tickets: String = row.try_get("tickets")?;
        let tickets = parts::<Uuid>(&tickets).into_iter().map(|id| TicketId::of_stream(id).to_string());
        let samples: Option<String> = row.try_get("samples")?;
        let content_samples = samples.map_or_else(Vec::new, |column| {
            serde_json::from_str(&column).unwrap_or_else(|_| vec![ERASED.to_owned()])
        });
        let patterns: String = row.try_get("patterns")?;
        Ok(Self {
            id: ReportId(row.try_get("id")?),
            user_id: UserId(row.try_get("user_id")?),
            username: row.try_get("username")?,
            detection_date: word(row, "detection_date")?,
            source: word(row, "source")?,
            misuse_type: word(row, "misuse_type")?,
            severity_level: word(row, "severity")?,
            evidence_data: Evidence {
                ticket_ids: tickets.collect(),
                content_samples,
                pattern_analysis: serde_json::from_str(&patterns).unwrap_or_default(),
            },
            admin_reviewed: row.try_get("is_reviewed")?,
            reviewed_by: row.try_get("reviewed_by")?,
            reviewed_at: row.try_get("reviewed_at")?,
            action_taken: row.try_get("action_taken")?,
            ai_analysis_metadata: Metadata {
                model_reasoning: row.try_get("reasoning")?,
                analysis_timestamp: row.try_get("analyzed_at")?,
                model: row.try_get("model")?,
                confidence: f64::from(row.try_get::<i32, _>("confidence")?) / 1_000.0,
            },
            version: row.try_get("version")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

/// Reports, what is to be reviewed first, and of both the newest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn page(pool: &PgPool, which: &Which, limit: i64, skip: i64) -> sqlx::Result<Vec<ShownReport>> {
    let query = sqlx::query_as(
        "select r.*, u.username
           from read.misuse_reports r
           left join read.user_directory u on u.id = r.user_id
          where ($1::boolean is null or r.is_reviewed <> $1)
            and ($2::text is null or r.severity = $2)
            and ($3::text is null or r.misuse_type = $3)
            and ($4::uuid is null or r.user_id = $4)
          order by r.is_reviewed, r.position desc
          limit $5 offset $6",
    );
    query
        .bind(which.unreviewed)
        .bind(which.severity.map(Severity::as_str))
        .bind(which.misuse_type.map(MisuseType::as_str))
        .bind(which.user.map(|user| user.0))
        .bind(limit)
        .bind(skip)
        .fetch_all(pool)
        .await
}

/// How many reports there are.
///
/// # Errors
/// The database cannot be reached.
pub async fn count(pool: &PgPool, which: &Which) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*)
           from read.misuse_reports
          where ($1::boolean is null or is_reviewed <> $1)
            and ($2::text is null or severity = $2)
            and ($3::text is null or misuse_type = $3)
            and ($4::uuid is null or user_id = $4)",
    )
    .bind(which.unreviewed)
    .bind(which.severity.map(Severity::as_str))
    .bind(which.misuse_type.map(MisuseType::as_str))
    .bind(which.user.map(|user| user.0))
    .fetch_one(pool)
    .await
}

/// The reports of these ids.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_ids(database: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<ShownReport>> {
    sqlx::query_as(
        "select r.*, u.username
           from read.misuse_reports r
           left join read.user_directory u on u.id = r.user_id
          where r.id = any($1)
          order by r.position",
    )
    .bind(ids)
    .fetch_all(database)
    .await
}

/// The report of this id.
///
/// # Errors
/// The database cannot be reached.
pub async fn by_id(pool: &PgPool, id: ReportId) -> sqlx::Result<Option<ShownReport>> {
    Ok(by_ids(pool, &[id.0]).await?.pop())
}

/// The reports about `user`, the oldest first.
///
/// # Errors
/// The database cannot be reached.
pub async fn of_person(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<ShownReport>> {
    sqlx::query_as(
        "select r.*, u.username
           from read.misuse_reports r
           left join read.user_directory u on u.id = r.user_id
          where r.user_id = $1
          order by r.position",
    )
    .bind(user.0)
    .fetch_all(pool)
    .await
}
