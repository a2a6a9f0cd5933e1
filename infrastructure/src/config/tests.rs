//! What is accepted, what is refused, and that no refusal shows a secret.

use std::collections::HashMap;
use std::fs;

use super::*;

fn read(env: &[(&str, &str)], file: Option<&str>) -> Result<Config, Misconfigured> {
    let env = env.iter().copied().collect::<HashMap<_, _>>();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("desk.toml");
    if let Some(text) = file {
        fs::write(&path, text).expect("written");
    }
    let lookup = |name: &str| env.get(name).map(|value| (*value).to_owned());
    Config::read(&lookup, file.map(|_| path.as_path()), Overrides::default())
}

fn wrong(env: &[(&str, &str)], file: Option<&str>) -> Vec<Problem> {
    read(env, file).expect_err("misconfigured").0
}

#[test]
fn nothing_set_is_the_embedded_default() {
    let config = read(&[], None).expect("valid");
    assert!(config.embedded());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.cors_origins, Vec::<String>::new());
    assert_eq!(config.server.trusted_proxies, []);
    assert_eq!(config.storage.data_dir, Path::new("./data"));
    assert_eq!(config.tokens.access, Duration::from_hours(7 * 24));
    assert_eq!(config.tokens.refresh, Duration::from_hours(30 * 24));
    assert_eq!(config.limits.tickets_per_day, 5);
    let requests = Requests { window: Duration::from_mins(15), most: 100, most_of_staff: 3_000 };
    assert_eq!(config.limits.requests, requests);
    assert_eq!(config.logs, Logs { format: None, filter: "info".to_owned() });
    assert!(config.nats.is_none());
}

#[test]
fn the_relay_is_set_by_its_url_which_may_come_from_a_file() {
    let nats = |env: &[(&str, &str)]| read(env, None).expect("valid").nats;
    assert!(nats(&[("NATS_STREAM", "DESK")]).is_none(), "a name alone relays nothing");
    assert_eq!(nats(&[("NATS_URL", "nats://mq")]).map(|nats| nats.stream), Some("LEDGERDESK".to_owned()));

    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("url");
    fs::write(&path, "tls://desk:hush@a,tls://b\n").expect("written");
    let path = path.to_str().expect("text");
    let nats = nats(&[("NATS_URL_FILE", path), ("NATS_STREAM", "DESK")]).expect("a relay");
    assert_eq!((nats.servers.len(), nats.stream.as_str()), (2, "DESK"));
    assert!(*nats.access.expose() == Access::User("desk".to_owned(), "hush".to_owned()));
}

#[test]
fn the_environment_comes_before_the_file_and_the_command_line_before_both() {
    let file = "port = 9000\nhost = '::1'\ncors_origins = ['https://a.example', 'http://b.example:81']";
    let config = read(&[("PORT", "9001"), ("HOST", "")], Some(file)).expect("valid");
    assert_eq!(config.server.listen.to_string(), "[::1]:9001");
    assert_eq!(config.server.cors_origins, ["https://a.example", "http://b.example:81"]);

    let overrides = Overrides {
        data_dir: Some("/srv/desk".into()),
        listen: "0.0.0.0:1".parse().ok(),
        database_url: None,
    };
    let config = Config::read(&|_| None, None, overrides).expect("valid");
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:1");
    assert_eq!(config.storage.data_dir, Path::new("/srv/desk"));
}

#[test]
fn everything_wrong_is_reported_at_once_and_no_secret_is_shown() {
    let env = [
        ("HOST", "example.org"),
        ("PORT", "80 80\nPORT is fine"),
        ("DATABASE_URL", "mysql://root:hush@db"),
        ("JWT_SECRET", "hush"),
        ("MASTER_KEY", "hush"),
        ("ADMIN_PASSWORD", "admin123"),
        ("JWT_EXPIRES_IN", "7"),
        ("JWT_REFRESH_EXPIRES_IN", "99999999999999999999d"),
        ("TICKETS_PER_DAY", "-1"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "desk=loud"),
        ("NATS_URL", "http://desk:hush@mq"),
        ("NATS_STREAM", "LEDGER.DESK"),
        ("CORS_ORIGINS", "https://a.example, *"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
        ("RATE_LIMIT_WINDOW_MS", "999"),
        ("RATE_LIMIT_MAX_REQUESTS", "0"),
        ("RATE_LIMIT_MAX_REQUESTS_STAFF", "many"),
    ];
    let report = read(&env, None).expect_err("misconfigured").to_string();
    assert_eq!(report.lines().count(), env.len(), "{report}");
    for (name, _) in env {
        assert!(report.lines().any(|line| line.starts_with(&format!("{name} is "))), "{name}: {report}");
    }
    assert!(!report.contains("hush") && !report.contains("admin123"), "{report}");
    assert!(report.contains("TICKETS_PER_DAY is \"-1\"; allowed: a whole number from 1 to 1000000"));
    assert!(report.contains("JWT_SECRET is ***; allowed: at least 32 bytes"));
}

#[test]
fn a_setting_the_file_misspells_is_refused_without_its_value() {
    let problems = wrong(&[], Some("jwt_secrt = 'hush'\nPORT = 80\n[port]\nnumber = 80"));
    let mut names = problems.iter().map(|problem| problem.variable.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    assert_eq!(names, ["PORT", "jwt_secrt", "port"]);
    assert!(!format!("{problems:?}").contains("hush"));
}

#[test]
fn a_file_that_is_no_toml_is_refused_by_line_without_its_text() {
    let problems = wrong(&[], Some("port = 80\njwt_secret = 'hush\n"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].value.contains("line 2"), "{}", problems[0]);
    assert!(!problems[0].to_string().contains("hush"));
}

#[test]
fn a_secret_may_come_from_a_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("key");
    fs::write(&path, format!("{}=\n", "A".repeat(43))).expect("written");
    let path = path.to_str().expect("text");

    let config = read(&[("MASTER_KEY_FILE", path)], None).expect("valid");
    assert_eq!(config.secrets.master_key.map(|key| *key.expose()), Some([0; 32]));
    let config = read(&[("MASTER_KEY_FILE", path)], Some("master_key = 'ignored'")).expect("valid");
    assert!(config.secrets.master_key.is_some());

    let both = wrong(&[("MASTER_KEY_FILE", path), ("MASTER_KEY", "hush")], None);
    assert_eq!(both[0].to_string().matches("MASTER_KEY").count(), 2, "{}", both[0]);
    let none = wrong(&[("JWT_SECRET_FILE", "/nowhere/at all")], None);
    assert!(none[0].to_string().starts_with("JWT_SECRET_FILE is \"/nowhere/at all\" ("), "{}", none[0]);
}

#[test]
fn a_whole_configuration_shows_no_secret() {
    let jwt = "hush".repeat(8);
    let env = [("DATABASE_URL", "postgres://desk:hush@db/desk"), ("JWT_SECRET", jwt.as_str())];
    let config = read(&env, None).expect("valid");
    assert!(!config.embedded());
    assert!(!format!("{config:?}").contains("hush"));
    assert!(matches!(config.keys(), Err(SecretsError::Missing(names)) if names == ["MASTER_KEY"]));
}

#[test]
fn a_lifetime_has_a_number_and_a_unit() {
    let seconds = |text| lifetime(text).map(|lifetime| lifetime.as_secs());
    assert_eq!(seconds("30s"), Some(30));
    assert_eq!(seconds("15m"), Some(900));
    assert_eq!(seconds("12h"), Some(43_200));
    assert_eq!(seconds("7d"), Some(604_800));
    for text in ["", "s", "7", "7 d", "-7d", "+7d", "0s", "1.5h", "7w", "7€", "367d", "18446744073709551615d"]
    {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn misuse_is_looked_for_at_a_time_of_day_or_not_at_all() {
    let schedule = |text| read(&[("MISUSE_SCHEDULE", text)], None).expect("valid").misuse_schedule;
    let said = |text| schedule(text).map(|daily| daily.to_string());
    assert_eq!(said("").as_deref(), Some("02:00 UTC"));
    assert_eq!(said("23:15 America/New_York").as_deref(), Some("23:15 America/New_York"));
    assert_eq!((schedule("off"), schedule("OFF")), (None, None));
    for bad in ["25:00", "2am", "daily", "02:00 Atlantis", "on"] {
        let problems = wrong(&[("MISUSE_SCHEDULE", bad), ("PORT", "x")], None);
        let names: Vec<&str> = problems.iter().map(|problem| problem.variable.as_str()).collect();
        assert_eq!(names, ["PORT", "MISUSE_SCHEDULE"], "{bad}");
    }
}
