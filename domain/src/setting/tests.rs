//! The rules of settings, as given, when, then.

use chrono::DateTime;
use serde_json::json;

use super::*;
use crate::access::{Caller, Reach};
use crate::id::UserId;

const DESK: Caller = Caller::System("test");

fn given(events: impl IntoIterator<Item = SettingEvent>) -> Settings {
    let mut settings = Settings::default();
    events.into_iter().for_each(|event| settings.apply(event));
    settings
}

fn when(settings: &Settings, by: Caller, command: SettingCommand) -> Decision {
    settings.decide(Issued::new(by, DateTime::UNIX_EPOCH, command))
}

fn changed(name: &str, from: SettingValue, to: SettingValue) -> SettingEvent {
    SettingEvent::SettingChanged { name: name.to_owned(), from, to }
}

fn word(word: &str) -> SettingValue {
    SettingValue::Word(word.to_owned())
}

#[test]
fn what_nobody_set_is_the_default() {
    let settings = Settings::default();
    assert_eq!(settings.registration(), Registration::Otp);
    assert_eq!(settings.agent_visibility(), AgentVisibility::Department);
    assert_eq!(settings.two_factor_required_for(), vec![]);
    assert_eq!((settings.reopen_window_days(), settings.terms()), (14, Terms::default()));
    assert!(Flag::all().all(|flag| settings.is_on(flag) == flag.default()));
}

#[test]
fn every_default_is_allowed_and_every_name_is_one() {
    let names: Vec<&str> = Setting::all().map(Setting::name).chain(Flag::all().map(Flag::name)).collect();
    for (number, name) in names.iter().enumerate() {
        assert!(!names[..number].contains(name), "{name} names two");
    }
    for setting in Setting::all() {
        assert_eq!(setting.check(setting.default()), Ok(setting.default()), "{}", setting.name());
        assert_eq!(setting.name().parse(), Ok(setting));
        assert_eq!(setting.read_text(&setting.default().to_string()), Ok(setting.default()));
    }
}

#[test]
fn a_change_says_what_was_and_what_is() {
    let command = || SettingCommand::Change(vec![(Setting::AgentVisibility, word("assigned"))]);
    let decided = when(&Settings::default(), DESK, command()).expect("allowed");
    assert_eq!(decided, [changed("agent_visibility", word("department"), word("assigned"))]);
    let settings = given(decided);
    assert_eq!(settings.agent_visibility(), AgentVisibility::Assigned);
    assert_eq!(when(&settings, DESK, command()), Ok(vec![]), "it is so already");
}

#[test]
fn several_change_together() {
    let command = SettingCommand::Change(vec![
        (Setting::ReopenWindowDays, SettingValue::Number(3)),
        (Setting::Registration, word("otp")),
        (Setting::TwoFactorRequiredFor, SettingValue::Words(vec!["admin".to_owned()])),
    ]);
    let settings = given(when(&Settings::default(), DESK, command).expect("allowed"));
    assert_eq!(settings.terms(), Terms { reopen_window: TimeDelta::days(3), ..Terms::default() });
    assert_eq!(settings.two_factor_required_for(), vec![Role::Admin]);
}

#[test]
fn a_feature_is_switched_off_and_on() {
    let switch = |on| SettingCommand::Switch(vec![(Flag::ApiDocs, on)]);
    assert_eq!(when(&Settings::default(), DESK, switch(true)), Ok(vec![]), "it is on already");
    let settings = given(when(&Settings::default(), DESK, switch(false)).expect("allowed"));
    assert!(!settings.is_on(Flag::ApiDocs) && settings.is_on(Flag::EventStreamForRequesters));
}

#[test]
fn only_administrators_decide() {
    let person =
        |role| Caller::Person { id: UserId::default(), role, departments: vec![], reach: Reach::default() };
    let command = || SettingCommand::Switch(vec![(Flag::ApiDocs, false)]);
    for role in [Role::User, Role::ItAgent, Role::HrAgent, Role::Agent] {
        assert_eq!(when(&Settings::default(), person(role), command()), Err(SettingError::Forbidden));
    }
    assert!(when(&Settings::default(), person(Role::Admin), command()).is_ok());
}

#[test]
fn what_is_not_allowed_is_refused_with_what_is() {
    let refused = |setting: Setting, value| setting.read(value).map_err(|refusal| refusal.to_string());
    let roles = "must be a list of any of user, it_agent, hr_agent, agent, admin";
    for (setting, value, message) in [
        (Setting::Registration, json!("perhaps"), "must be one of closed, otp, open"),
        (Setting::Registration, json!(true), "must be one of closed, otp, open"),
        (Setting::Registration, json!(null), "must be one of closed, otp, open"),
        (Setting::TwoFactorRequiredFor, json!(["boss"]), roles),
        (Setting::TwoFactorRequiredFor, json!("admin"), roles),
        (Setting::ReopenWindowDays, json!(-1), "must be a whole number from 0 to 3650"),
        (Setting::ReopenWindowDays, json!(1.5), "must be a whole number from 0 to 3650"),
        (Setting::ReopenWindowDays, json!("14"), "must be a whole number from 0 to 3650"),
    ] {
        assert_eq!(refused(setting, value), Err(message.to_owned()));
    }
    assert!(Setting::ReopenWindowDays.read_text("soon").is_err());
}

#[test]
fn a_list_has_one_spelling() {
    let words = |words: &[&str]| SettingValue::Words(words.iter().map(ToString::to_string).collect());
    let read = Setting::TwoFactorRequiredFor.read(json!(["admin", "user", "admin"]));
    assert_eq!(read, Ok(words(&["user", "admin"])));
    assert_eq!(Setting::TwoFactorRequiredFor.read_text(" admin, user ,"), read);
    assert_eq!(Setting::TwoFactorRequiredFor.read_text(""), Ok(words(&[])));
}

#[test]
fn what_another_version_set_does_no_harm() {
    let settings = given([
        changed("colour", word("red"), word("blue")),
        changed("reopen_window_days", SettingValue::Number(14), SettingValue::Number(-5)),
        changed("registration", word("otp"), SettingValue::Number(7)),
        SettingEvent::FeatureFlagChanged { name: "teleporter".to_owned(), on: true },
    ]);
    assert_eq!((settings.reopen_window_days(), settings.registration()), (14, Registration::Otp));
}
