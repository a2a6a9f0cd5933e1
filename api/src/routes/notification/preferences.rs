//! How somebody wants to be told.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::notification::preferences::{Chosen, Digest, MORNING, Preferences, QuietHours, TimeOfDay};
use domain::notification::values::{Channel, Kind};
use domain::user::{User, UserCommand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Signed;
use crate::body::Json;
use crate::context::Asked;
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::problem::Answer;
use crate::problem::declared::{Accepted, CheckedBody, Guarded};

/// What people may ask for and no desk does: there is no way out for it.
const SMS: &str = "sms";

/// Whether somebody is told by each channel.
type Row = BTreeMap<String, bool>;

/// How and when somebody is told.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownPreferences {
    /// For each type of notification, whether each channel is used: `in_app`, `email`, `push`, `sms`.
    #[schema(example = json!({ "mention": { "in_app": true, "email": true, "push": true, "sms": false } }))]
    types: BTreeMap<String, Row>,
    /// The channels that administrators allow; what is chosen besides is remembered and not used.
    allowed_channels: Vec<Channel>,
    /// When mails and push wait, by the clock of the time zone.
    quiet_hours: Option<QuietHours>,
    /// Whether mails are collected into one.
    digest: Digest,
    /// The time zone of the profile; UTC, if none was chosen.
    #[schema(example = "Europe/Berlin")]
    timezone: &'static str,
    /// The tickets that are muted.
    #[schema(example = json!(["TKT-1763700000000-4K9XQ2"]))]
    muted_tickets: Vec<String>,
}

/// How somebody wants to be told. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePreferences {
    /// Channels to switch on or off, by type of notification.
    #[schema(example = json!({ "status_changed": { "email": false } }))]
    types: Option<BTreeMap<String, Row>>,
    /// When mails and push wait; `null` for never.
    #[serde(default)]
    #[schema(value_type = Option<SentQuietHours>)]
    quiet_hours: Change<SentQuietHours>,
    /// Whether mails are collected.
    digest: Option<SentDigest>,
}

/// When mails and push wait, over midnight if the end is before the beginning.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentQuietHours {
    /// From when, by their own clock.
    from: TimeOfDay,
    /// Until when.
    to: TimeOfDay,
}

/// Whether mails are collected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentDigest {
    /// How often one is sent.
    every: Every,
    /// When, by their own clock: with `day` only, and 08:00 if it is left out.
    at: Option<TimeOfDay>,
}

/// How often a digest is sent.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Every {
    /// Not at all: each mail is sent at once.
    Never,
    /// At every full hour, if there is anything.
    Hour,
    /// Once a day, if there is anything.
    Day,
}

/// Show notification preferences
#[utoipa::path(
    get, path = "/notifications/preferences", operation_id = "show_notification_preferences", tag = "notifications",
    responses((status = 200, description = "The preferences.", body = ShownPreferences), Guarded),
    security(("bearerAuth" = [])),
)]
pub(super) async fn show(State(desk): State<Desk>, signed: Signed) -> Answer<Json<ShownPreferences>> {
    let account = desk.commands.load_user(signed.user).await?;
    shown(&desk, &account.state).await.map(Json)
}

/// Change notification preferences
///
/// What is left out stays as it is. Quiet hours go by the time zone of your profile; mails and push of that time come when
/// they end, unless you read the notification meanwhile. A digest is one mail for all there is. Alerts about your account
/// wait for nothing.
#[utoipa::path(
    put, path = "/notifications/preferences", operation_id = "change_notification_preferences", tag = "notifications",
    responses((status = 200, description = "The preferences.", body = ShownPreferences), Accepted, Guarded, CheckedBody),
    security(("bearerAuth" = [])),
)]
pub(super) async fn change(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(request): Asked,
    Json(body): Json<ChangePreferences>,
) -> Answer<impl IntoResponse> {
    let account = desk.commands.load_user(signed.user).await?;
    let mut preferences = account.state.notifications().cloned().unwrap_or_default();
    let mut errors = ValidationErrors::default();
    for (name, row) in body.types.unwrap_or_default() {
        choose(&mut preferences, &mut errors, &name, row);
    }
    let quiet_hours = body.quiet_hours.map(|SentQuietHours { from, to }| QuietHours { from, to });
    preferences.quiet_hours = quiet_hours.of(preferences.quiet_hours);
    if preferences.quiet_hours.is_some_and(|quiet| quiet.from == quiet.to) {
        errors.add("quiet_hours.to", "invalid", "must be another time than from");
    }
    if let Some(digest) = body.digest {
        preferences.digest = digest.read(&mut errors);
    }
    errors.finish()?;
    let command = UserCommand::SetNotifications(Box::new(preferences));
    let done = desk.commands.user(&request, signed.user, command).await?;
    let settled = desk.settled(done).await?;
    let account = desk.commands.load_user(signed.user).await?;
    Ok((settled, Json(shown(&desk, &account.state).await?)))
}

impl SentDigest {
    fn read(self, errors: &mut ValidationErrors) -> Digest {
        if self.at.is_some() && self.every != Every::Day {
            errors.add("digest.at", "invalid", "goes with every: day only");
        }
        match self.every {
            Every::Never => Digest::Never,
            Every::Hour => Digest::Hour,
            Every::Day => Digest::Day { at: self.at.unwrap_or(MORNING) },
        }
    }
}

/// Switches the channels of the kind called `name` on and off as `row` says.
fn choose(preferences: &mut Preferences, errors: &mut ValidationErrors, name: &str, row: Row) {
    let Ok(kind) = Kind::from_str(name) else {
        let kinds: Vec<&str> = Kind::all().map(Kind::as_str).collect();
        errors.add(format!("types.{name}"), "unknown_field", format!("allowed: {}", kinds.join(", ")));
        return;
    };
    let mut channels: BTreeSet<Channel> = preferences.channels(kind).iter().copied().collect();
    for (channel, is_on) in row {
        match Channel::from_str(&channel) {
            Ok(channel) if is_on => {
                channels.insert(channel);
            }
            Ok(channel) => {
                channels.remove(&channel);
            }
            Err(_) if channel == SMS && !is_on => {}
            Err(_) if channel == SMS => {
                errors.add(format!("types.{name}.sms"), "invalid", "this desk sends no text messages");
            }
            Err(_) => {
                let field = format!("types.{name}.{channel}");
                errors.add(field, "unknown_field", "allowed: in_app, email, push, sms");
            }
        }
    }
    let channels = channels.into_iter().collect();
    preferences.types.retain(|chosen| chosen.kind != kind);
    preferences.types.push(Chosen { kind, channels });
    preferences.types.sort_by_key(|chosen| chosen.kind);
}

async fn shown(desk: &Desk, user: &User) -> Answer<ShownPreferences> {
    let preferences = user.notifications().cloned().unwrap_or_default();
    let row = |kind: Kind| -> Row {
        let chosen = preferences.channels(kind);
        let is_on = Channel::all().map(|channel| (channel.as_str().to_owned(), chosen.contains(&channel)));
        is_on.chain([(SMS.to_owned(), false)]).collect()
    };
    Ok(ShownPreferences {
        types: Kind::all().map(|kind| (kind.as_str().to_owned(), row(kind))).collect(),
        allowed_channels: desk.settings().await?.notification_channels(),
        quiet_hours: preferences.quiet_hours,
        digest: preferences.digest,
        timezone: user.zone().name(),
        muted_tickets: user.muted().map(|ticket| ticket.to_string()).collect(),
    })
}
