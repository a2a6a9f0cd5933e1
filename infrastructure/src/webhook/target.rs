//! A webhook as the sender needs it.

use chrono::{DateTime, Utc};
use domain::event::Event;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{Secret, Vault};
use crate::keys::KeyError;
use crate::log::Filter;

/// A webhook, as read from its read model and its progress.
#[derive(FromRow)]
pub(super) struct Target {
    pub(super) id: Uuid,
    url_id: Uuid,
    secret_id: Uuid,
    former_secret_id: Option<Uuid>,
    former_until: Option<DateTime<Utc>>,
    types: String,
    pub(super) internal: bool,
    begins_behind: i64,
    pub(super) begun_at: i64,
    /// Up to where the log was looked at, for which beginning.
    reached: Option<i64>,
    reached_of: Option<i64>,
    /// How many deliveries wait.
    pub(super) pending: i64,
}

const COLUMNS: &str = "w.id, w.url_id, w.secret_id, w.former_secret_id, w.former_until, w.types, w.internal,
    w.begins_behind, w.begun_at, p.position as reached, p.begun_at as reached_of,
    (select count(*) from desk.webhook_deliveries d where d.webhook = w.id and d.state = 'pending') as pending";
const TABLES: &str = "read.webhooks w left join desk.webhook_progress p on p.webhook = w.id";

impl Target {
    /// All that are enabled.
    pub(super) async fn enabled(pool: &PgPool) -> sqlx::Result<Vec<Self>> {
        let query = format!("select {COLUMNS} from {TABLES} where w.enabled and not w.is_removed");
        sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(pool).await
    }

    /// The webhook `id`, enabled or not; none if there is none.
    pub(super) async fn find(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Self>> {
        let query = format!("select {COLUMNS} from {TABLES} where w.id = $1 and not w.is_removed");
        sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(pool).await
    }

    /// Up to where the log was looked at; where it begins, if it has just begun or begins again.
    pub(super) fn position(&self) -> i64 {
        match (self.reached, self.reached_of) {
            (Some(reached), Some(of)) if of == self.begun_at => reached,
            _ => self.begins_behind,
        }
    }

    /// The types that it is told of; none for all.
    fn types(&self) -> impl Iterator<Item = &str> {
        self.types.split(',').filter(|name| !name.is_empty())
    }

    /// Which stored events may be among those that it is told of.
    pub(super) fn filter(&self) -> Filter {
        let stored = self.types().flat_map(|name| Event::stored_as(name).iter().copied());
        Filter { types: self.types().chain(stored).map(str::to_owned).collect(), streams: vec![] }
    }

    /// Whether it is told of what is shown as `event_type`.
    pub(super) fn wants(&self, event_type: &str) -> bool {
        let mut types = self.types().peekable();
        types.peek().is_none() || types.any(|name| name == event_type)
    }

    /// The address and the secrets that are good now; none if they are not there any more.
    pub(super) async fn open(&self, vault: &Vault) -> Result<Option<(String, Vec<Secret>)>, KeyError> {
        let Some(url) = vault.open(self.id, self.url_id, "url").await? else { return Ok(None) };
        let former =
            self.former_secret_id.filter(|_| self.former_until.is_some_and(|until| until > Utc::now()));
        let mut secrets = Vec::new();
        for id in std::iter::once(self.secret_id).chain(former) {
            secrets.extend(vault.open(self.id, id, "secret").await?.map(Secret::of));
        }
        Ok(Some((url, secrets)))
    }
}
