//! What an operator reads when the service is ready.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::demo::people::PASSWORD;

/// What an operator reads when the service is ready.
#[derive(Debug)]
pub(crate) struct Banner {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where the private database is; none with a database of one's own.
    pub(crate) data_dir: Option<PathBuf>,
    /// Where mails are written to; none if a server takes them.
    pub(crate) mail_dir: Option<PathBuf>,
    /// The password of `admin`, if it was made up just now.
    pub(crate) admin_password: Option<String>,
    /// Whether a demo was asked for.
    pub(crate) demo: bool,
    /// Whether its people are there.
    pub(crate) on_stage: bool,
}

impl Banner {
    /// An address that opens on this machine.
    fn url(&self) -> String {
        let mut at = self.listen;
        if at.ip().is_unspecified() {
            at.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        format!("http://{at}")
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        writeln!(f, "\n  Ledgerdesk is ready.\n\n  API      {url}\n  Docs     {url}/docs")?;
        if self.listen.ip().is_unspecified() {
            writeln!(
                f,
                "           (and port {} of every other address of this machine)",
                self.listen.port()
            )?;
        }
        match &self.data_dir {
            Some(dir) => {
                let dir = dir.canonicalize().unwrap_or_else(|_| dir.clone());
                writeln!(f, "  Data     {} (private PostgreSQL)", dir.display())?;
            }
            None => writeln!(f, "  Data     the database of DATABASE_URL")?,
        }
        if let Some(dir) = &self.mail_dir {
            writeln!(f, "  Mail     files in {} (SMTP_HOST is not set)", dir.display())?;
        }
        if let Some(password) = &self.admin_password {
            writeln!(f, "  Admin    admin / {password}   (shown this once)")?;
        }
        if self.on_stage {
            writeln!(f, "  Demo     ada (user), ivan (it_agent), hana (hr_agent), demo-user-1 to -6 (user)")?;
            writeln!(f, "           password of all: {PASSWORD}")?;
        } else if self.demo {
            writeln!(f, "  Demo     not added: this desk has tickets of its own; use another --data-dir")?;
        }
        writeln!(f, "\n  Ctrl-C stops it.\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banner(listen: &str) -> Banner {
        let listen = listen.parse().expect("an address");
        Banner { listen, data_dir: None, mail_dir: None, admin_password: None, demo: false, on_stage: false }
    }

    #[test]
    fn an_address_to_open_is_shown_even_when_listening_on_all() {
        assert_eq!(banner("127.0.0.1:8080").url(), "http://127.0.0.1:8080");
        assert_eq!(banner("[::1]:80").url(), "http://[::1]:80");
        let all = banner("0.0.0.0:8080").to_string();
        assert!(all.contains("http://127.0.0.1:8080/docs") && all.contains("every other address"), "{all}");
    }

    #[test]
    fn passwords_are_shown_only_when_they_are_news() {
        let quiet = banner("127.0.0.1:8080").to_string();
        assert!(!quiet.contains("password") && !quiet.contains("admin"), "{quiet}");
        let first = Banner {
            admin_password: Some("x1y2".to_owned()),
            demo: true,
            on_stage: true,
            ..banner("127.0.0.1:8080")
        };
        let first = first.to_string();
        assert!(first.contains("admin / x1y2") && first.contains("demo-password"), "{first}");
        let real = Banner { demo: true, ..banner("127.0.0.1:8080") }.to_string();
        assert!(real.contains("not added") && !real.contains("demo-password"), "{real}");
    }
}
