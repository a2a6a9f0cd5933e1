//! What requests say of a webhook, and how answers show one.

use chrono::{DateTime, Utc};
use domain::webhook::Destination;
use infrastructure::outbound::Forbidden;
use infrastructure::webhook::Secret;
use projections::webhooks::WebhookRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk::Desk;
use crate::feed::read_filter;
use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};

/// Under which name addresses are kept in the vault.
pub(super) const URL: &str = "url";
/// Under which name secrets are.
const SECRET: &str = "secret";

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownWebhook {
    /// Its identity.
    id: Uuid,
    /// Where it sends.
    #[schema(example = "https://example.org/hooks/desk")]
    url: String,
    /// Of which types of events it tells; empty for all.
    #[schema(example = json!(["TicketResolved"]))]
    events: Vec<String>,
    /// Whether it tells everything that an administrator sees, or the public part of tickets only.
    internal: bool,
    /// Whether anything is sent.
    enabled: bool,
    /// Why the desk sends nothing any more, if it decided so.
    disabled_because: Option<String>,
    /// Until when messages are signed with the former secret besides.
    former_secret_until: Option<DateTime<Utc>>,
    /// How many events made it; the `ETag` is `"v<version>"`.
    version: i32,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl ShownWebhook {
    /// `row` with its address.
    ///
    /// # Errors
    /// The address cannot be read.
    pub(super) async fn of(desk: &Desk, row: WebhookRow) -> Answer<Self> {
        let url = desk.webhooks.vault().open(row.id, row.url_id, URL).await?.ok_or_else(no_such)?;
        Ok(Self {
            id: row.id,
            url,
            events: row.types(),
            internal: row.internal,
            enabled: row.enabled,
            disabled_because: row.disabled_because,
            former_secret_until: row.former_until.filter(|until| *until > Utc::now()),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The webhook `id`.
///
/// # Errors
/// There is none, or not any more.
pub(super) async fn find(desk: &Desk, id: Uuid) -> Answer<WebhookRow> {
    let row = projections::webhooks::by_id(desk.pool(), id).await?;
    row.ok_or_else(no_such)
}

/// The newest secret of the webhook `id`: also of a request that was sent before, and is answered as then.
///
/// # Errors
/// It was removed meanwhile.
pub(super) async fn secret(desk: &Desk, id: Uuid) -> Answer<String> {
    let webhook = desk.commands.load_webhook(id).await?;
    let secret_id = webhook.state.live().ok_or_else(no_such)?.secret_id;
    desk.webhooks.vault().open(id, secret_id, SECRET).await?.ok_or_else(no_such)
}

/// Makes a secret for the webhook `id` and keeps it; gives the id under which it is kept.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn new_secret(desk: &Desk, id: Uuid) -> Answer<Uuid> {
    Ok(desk.webhooks.vault().keep(id, SECRET, Secret::generate().reveal()).await?)
}

pub(super) fn no_such() -> Problem {
    Problem::not_found("there is no such webhook")
}

/// Notes what is wrong with the types of events, sorted and each once.
pub(super) fn types(errors: &mut ValidationErrors, types: Vec<String>) -> Vec<String> {
    let mut wrong = ValidationErrors::default();
    let mut types = read_filter(&mut wrong, types, &[]).types;
    if let Err(problem) = wrong.finish() {
        let said = problem.message();
        errors.add("events", "invalid", said.strip_prefix("types: ").unwrap_or(said));
    }
    types.sort_unstable();
    types.dedup();
    types
}

/// The host of the address `url`, if something may be sent there; otherwise that is noted.
pub(super) async fn host(desk: &Desk, errors: &mut ValidationErrors, url: &str) -> Option<String> {
    match desk.webhooks.client().check(url).await {
        Ok(url) => url.host_str().map(str::to_owned),
        Err(why) => {
            let code = if why == Forbidden::Unreadable { "invalid" } else { "address_not_allowed" };
            errors.add("url", code, why.to_string());
            None
        }
    }
}

/// Keeps the address `url` of the webhook `id` on `host`.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn keep(desk: &Desk, id: Uuid, host: String, url: &str) -> Answer<Destination> {
    let url_id = desk.webhooks.vault().keep(id, URL, url).await?;
    Ok(Destination { host, url_id })
}
