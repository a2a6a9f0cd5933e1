//! How mail leaves: by an SMTP server, or into a folder when none is set.

use std::net::IpAddr;

use domain::user::values::EmailAddress;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;

use super::reader::Reader;
use crate::secrets::Secret;

/// Who writes, when `SMTP_FROM` says nothing and the mail only goes into the folder.
const FROM: &str = "Ledgerdesk <ledgerdesk@localhost.localdomain>";
/// The port of a server that is asked for TLS, or not,
const SUBMISSION: u16 = 587;
/// and of one that speaks nothing else.
const SUBMISSIONS: u16 = 465;

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct Mail {
    /// `SMTP_FROM`: who writes.
    pub from: Mailbox,
    /// By which server; none writes files into the data directory.
    pub smtp: Option<Smtp>,
}

/// The server that takes the mail.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `SMTP_HOST`: its name, which its certificate has to have, or its IP address.
    pub host: String,
    /// `SMTP_PORT`.
    pub port: u16,
    /// `SMTP_TLS`.
    pub tls: SmtpTls,
    /// `SMTP_USER` and `SMTP_PASS`: how to sign in to it; none if it asks nobody.
    pub login: Option<Secret<(String, String)>>,
    /// `SMTP_CA_FILE`: the certificates, in PEM, of the only authorities that are trusted for it; none trusts those
    /// that browsers trust.
    pub authorities: Option<Vec<u8>>,
}

/// How the connection to the server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// It begins in the clear and turns to TLS before anything is said; a server that cannot is not used.
    StartTls,
    /// It is TLS from the first byte.
    Implicit,
    /// Not at all.
    None,
}

impl Mail {
    /// What is set.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let host = reader.parsed("SMTP_HOST", "a host's name or IP address, without port", host);
        let tls = reader.parsed("SMTP_TLS", "starttls, implicit or none", |text| match text {
            "starttls" => Some(SmtpTls::StartTls),
            "implicit" => Some(SmtpTls::Implicit),
            "none" => Some(SmtpTls::None),
            _ => None,
        });
        let plain_anywhere = reader.parsed("SMTP_ALLOW_PLAIN", "true or false", |text| text.parse().ok());
        let port = reader.parsed("SMTP_PORT", "a whole number from 1 to 65535", |text| {
            text.parse().ok().filter(|port| *port > 0)
        });
        let login = login(reader);
        let authorities =
            reader.parsed("SMTP_CA_FILE", "a readable file of certificates in PEM", authorities);
        let from = reader.parsed(
            "SMTP_FROM",
            "an address such as desk@example.org or Desk <desk@example.org>",
            from,
        );
        let tls = tls.unwrap_or(SmtpTls::StartTls);
        if let Some(host) = &host {
            if tls == SmtpTls::None && !is_loopback(host) && plain_anywhere != Some(true) {
                let allowed =
                    "starttls or implicit, unless SMTP_HOST is this machine or SMTP_ALLOW_PLAIN is true";
                reader.refuse("SMTP_TLS", "\"none\"", allowed);
            }
            if from.is_none() && !reader.is_refused("SMTP_FROM") {
                reader.refuse("SMTP_FROM", "not set", "an address, as SMTP_HOST is set");
            }
        }
        let from = from.unwrap_or_else(|| FROM.parse().expect("a mailbox"));
        let default_port = if tls == SmtpTls::Implicit { SUBMISSIONS } else { SUBMISSION };
        let port = port.unwrap_or(default_port);
        Self { from, smtp: host.map(|host| Smtp { host, port, tls, login, authorities }) }
    }
}

fn login(reader: &mut Reader<'_>) -> Option<Secret<(String, String)>> {
    let user = reader.parsed("SMTP_USER", "a name", |text| one_line(text).then(|| text.to_owned()));
    let password =
        reader.secret("SMTP_PASS", None, "a password", |text| one_line(text).then(|| text.to_owned()));
    match (user, password) {
        (Some(user), Some(password)) => Some(Secret::new((user, password.expose().clone()))),
        (Some(_), None) if !reader.is_refused("SMTP_PASS") => {
            reader.refuse("SMTP_PASS", "not set", "a password, as SMTP_USER is set");
            None
        }
        (None, Some(_)) if !reader.is_refused("SMTP_USER") => {
            reader.refuse("SMTP_USER", "not set", "a name, as SMTP_PASS is set");
            None
        }
        _ => None,
    }
}

fn one_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn host(text: &str) -> Option<String> {
    let is_name = text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
    (is_name || text.parse::<IpAddr>().is_ok()).then(|| text.to_owned())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn authorities(path: &str) -> Option<Vec<u8>> {
    let pem = std::fs::read(path).ok()?;
    let has_one = pem.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----");
    (has_one && Certificate::from_pem(&pem).is_ok()).then_some(pem)
}

fn from(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = text.parse().ok().filter(|_| one_line(text))?;
    EmailAddress::parse(mailbox.email.as_ref()).is_ok().then_some(mailbox)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::{Config, Overrides};

    fn read(env: &[(&str, &str)]) -> Result<Mail, String> {
        let env: HashMap<_, _> = env.iter().copied().collect();
        let lookup = |name: &str| env.get(name).map(|value| (*value).to_owned());
        let config = Config::read(&lookup, None, Overrides::default());
        config.map(|config| config.mail).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn without_a_server_mail_goes_into_the_folder() {
        let mail = read(&[]).expect("valid");
        assert!(mail.smtp.is_none());
        assert_eq!(mail.from.email.as_ref() as &str, "ledgerdesk@localhost.localdomain");
    }

    #[test]
    fn a_server_has_its_port_and_its_tls() {
        let smtp = |more: &[(&str, &str)]| {
            let env = [&[("SMTP_HOST", "mail.example.org"), ("SMTP_FROM", "Desk <desk@example.org>")], more];
            let smtp = read(&env.concat()).expect("valid").smtp.expect("a server");
            (smtp.port, smtp.tls, smtp.login.map(|login| login.expose().clone()))
        };
        assert_eq!(smtp(&[]), (587, SmtpTls::StartTls, None));
        assert_eq!(smtp(&[("SMTP_TLS", "implicit")]), (465, SmtpTls::Implicit, None));
        assert_eq!(smtp(&[("SMTP_PORT", "2525")]), (2525, SmtpTls::StartTls, None));
        let login = Some(("desk".to_owned(), "hush hush".to_owned()));
        let signed = [("SMTP_USER", "desk"), ("SMTP_PASS", "hush hush")];
        assert_eq!(smtp(&signed), (587, SmtpTls::StartTls, login));
    }

    #[test]
    fn nothing_is_sent_in_the_clear_to_another_machine_unless_that_is_said() {
        let plain = |host: &str, more: &[(&str, &str)]| {
            let env = [&[("SMTP_HOST", host), ("SMTP_FROM", "desk@example.org"), ("SMTP_TLS", "none")], more];
            read(&env.concat())
        };
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            assert!(plain(host, &[]).is_ok(), "{host}");
        }
        for host in ["mail.example.org", "10.0.0.1", "localhost.example.org"] {
            let wrong = plain(host, &[]).expect_err("refused");
            assert!(wrong.starts_with("SMTP_TLS is \"none\"; allowed: starttls or implicit"), "{wrong}");
            assert!(plain(host, &[("SMTP_ALLOW_PLAIN", "true")]).is_ok(), "{host}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_no_secret() {
        let env = [
            ("SMTP_HOST", "mail.example.org:25"),
            ("SMTP_PORT", "0"),
            ("SMTP_TLS", "ssl"),
            ("SMTP_FROM", "a@example.org, b@example.org"),
            ("SMTP_PASS", "hush"),
            ("SMTP_CA_FILE", "/nowhere/at/all"),
            ("SMTP_ALLOW_PLAIN", "perhaps"),
        ];
        let wrong = read(&env).expect_err("misconfigured");
        for name in [
            "SMTP_HOST",
            "SMTP_PORT",
            "SMTP_TLS",
            "SMTP_FROM",
            "SMTP_USER",
            "SMTP_CA_FILE",
            "SMTP_ALLOW_PLAIN",
        ] {
            assert!(wrong.lines().any(|line| line.starts_with(&format!("{name} is "))), "{name}: {wrong}");
        }
        assert_eq!(wrong.lines().count(), 7, "{wrong}");
        assert!(!wrong.contains("hush"), "{wrong}");
        let alone = read(&[("SMTP_HOST", "mail.example.org"), ("SMTP_USER", "desk")]).expect_err("half");
        assert!(alone.contains("SMTP_PASS is not set") && alone.contains("SMTP_FROM is not set"), "{alone}");
    }

    #[test]
    fn a_sender_is_one_address_on_one_line() {
        for text in ["desk@example.org", "Desk <desk@example.org>", "\"The, Desk\" <desk@example.org>"] {
            assert!(from(text).is_some(), "{text}");
        }
        for text in ["", "desk", "desk@", "a@x.y b@x.y", "Desk <desk@example.org>\r\nBcc: x@y.z"] {
            assert!(from(text).is_none(), "{text:?}");
        }
    }
}
