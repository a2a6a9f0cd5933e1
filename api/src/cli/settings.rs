//! `ledgerdesk settings …`

use std::sync::Arc;

use application::{Commands, Done, Request};
use chrono::Utc;
use domain::access::Caller;
use domain::setting::{Flag, Setting, SettingCommand, Settings};
use infrastructure::log::PgLog;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::args::Globals;
use super::failure::Failure;
use super::output::Output;
use super::site::{Site, Use};

/// A setting or a feature flag.
#[derive(Serialize)]
struct Shown {
    name: &'static str,
    value: Value,
    allowed: String,
    meaning: &'static str,
}

/// Prints every setting and feature flag.
pub(crate) async fn list(site: &Site, output: Output) -> anyhow::Result<()> {
    let settings = commands(&site.log().await?).load_settings().await?;
    let shown = all(&settings.state);
    output.result(&shown, || {
        let lines = shown.iter().map(|Shown { name, value, allowed, meaning }| {
            format!("{name:<28} {}\n    {meaning}; {allowed}", in_words(value))
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// Sets a setting, or switches a feature on or off.
pub(crate) async fn set(globals: &Globals, output: Output, name: &str, value: &str) -> Result<(), Failure> {
    let command = command(name, value).map_err(Failure::usage)?;
    Site::visit(globals, Use::Writing, async |site| {
        let log = site.log().await?;
        let request = Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7());
        let done = commands(&log).set(&request, command).await;
        log.close().await;
        let done = done?;
        output.result(&json!({ "name": name, "changed": done != Done::Unchanged }), || match done {
            Done::Unchanged => format!("{name} is {value} already."),
            Done::Changed(_) => format!("{name} is {value} from now on."),
        })
    })
    .await
}

fn commands(log: &Arc<PgLog>) -> Commands {
    Commands::new(Arc::clone(log) as Arc<dyn application::ledger::Ledger>)
}

fn all(settings: &Settings) -> Vec<Shown> {
    let values = Setting::all().map(|setting| Shown {
        name: setting.name(),
        value: json!(settings.value(setting)),
        allowed: setting.allowed().to_string(),
        meaning: setting.meaning(),
    });
    let flags = Flag::all().map(|flag| Shown {
        name: flag.name(),
        value: settings.is_on(flag).into(),
        allowed: "on or off".to_owned(),
        meaning: flag.meaning(),
    });
    values.chain(flags).collect()
}

/// A value as people write it.
fn in_words(value: &Value) -> String {
    match value {
        Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::String(word) => word.clone(),
        Value::Array(words) if words.is_empty() => "none".to_owned(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn command(name: &str, value: &str) -> Result<SettingCommand, String> {
    if let Ok(flag) = name.parse::<Flag>() {
        return match value {
            "on" | "true" => Ok(SettingCommand::Switch(vec![(flag, true)])),
            "off" | "false" => Ok(SettingCommand::Switch(vec![(flag, false)])),
            _ => Err(format!("{name} must be on or off")),
        };
    }
    let names: Vec<&str> = Setting::all().map(Setting::name).chain(Flag::all().map(Flag::name)).collect();
    let unknown = |_| format!("there is no setting {name:?}; there are {}", names.join(", "));
    let setting: Setting = name.parse().map_err(unknown)?;
    let value = if value == "none" { "" } else { value };
    let value = setting.read_text(value).map_err(|refusal| format!("{name} {refusal}"))?;
    Ok(SettingCommand::Change(vec![(setting, value)]))
}
