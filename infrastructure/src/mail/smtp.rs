//! Mail that leaves by an SMTP server.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::{Mailer, Message, SendError};
use crate::config::{self, SmtpTls};

/// How long one message may take from the first byte to the server's answer.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a connection may take to come about.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// How long the server may take to say goodbye; the message is delivered already.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);

/// Hands messages to an SMTP server, over a connection of its own for each: one that was cut off in the middle of a
/// message is of no use for the next, whose answers it would mix up.
pub struct Smtp {
    server: config::Smtp,
    tls: Option<TlsParameters>,
    from: Mailbox,
}

impl Smtp {
    /// Messages by `from` over `server`.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub fn new(server: config::Smtp, from: Mailbox) -> anyhow::Result<Self> {
        let tls = match server.tls {
            SmtpTls::None => None,
            SmtpTls::StartTls | SmtpTls::Implicit => {
                Some(tls(&server).context("the certificates of SMTP_CA_FILE cannot be used")?)
            }
        };
        Ok(Self { server, tls, from })
    }

    /// A connection on which messages may be sent.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let hello = ClientId::default();
        let config::Smtp { host, port, tls, login, .. } = &self.server;
        let at_once = if *tls == SmtpTls::Implicit { self.tls.clone() } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host.as_str(), *port),
            Some(LONGEST_CONNECT),
            &hello,
            at_once,
            None,
        );
        let mut connection = connecting.await.map_err(|error| later("connecting", &error))?;
        if let (SmtpTls::StartTls, Some(tls)) = (tls, &self.tls) {
            // A server that does not offer it is refused: nothing goes out in the clear instead.
            let upgraded = connection.starttls(tls.clone(), &hello).await;
            upgraded.map_err(|error| later("STARTTLS", &error))?;
        }
        if let Some(login) = login {
            let (user, password) = login.expose().clone();
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &Credentials::new(user, password)).await;
            signed_in.map_err(|error| later("signing in", &error))?;
        }
        Ok(connection)
    }

    async fn deliver(&self, message: &lettre::Message) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = self.connect().await?;
        match connection.send(message.envelope(), &message.formatted()).await {
            Ok(_) => Ok(connection),
            Err(error) if error.is_permanent() => Err(SendError::Never(said("sending", &error))),
            Err(error) => Err(later("sending", &error)),
        }
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let formatted = message.formatted(&self.from)?;
        let delivering = timeout(LONGEST, self.deliver(&formatted));
        let mut connection =
            delivering.await.map_err(|_| SendError::Later("the server took too long".to_owned()))??;
        let _ = timeout(LONGEST_GOODBYE, connection.quit()).await;
        tracing::info!(mail.id = %message.id, "A mail was handed to the SMTP server");
        Ok(())
    }
}

fn tls(server: &config::Smtp) -> Result<TlsParameters, Error> {
    let parameters = TlsParametersBuilder::new(server.host.clone());
    match &server.authorities {
        // Whoever runs an authority of their own trusts no other for this server.
        Some(pem) => parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(pem)?)
            .build_rustls(),
        None => parameters.build_rustls(),
    }
}

fn later(doing: &str, error: &Error) -> SendError {
    SendError::Later(said(doing, error))
}

/// What went wrong, without the server's words: they may repeat the address.
fn said(doing: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => format!("{doing}: the server answered {code}"),
        None if error.is_timeout() => format!("{doing}: no answer in time"),
        None if error.is_tls() => format!("{doing}: TLS failed"),
        None if error.is_client() => format!("{doing}: the server does not offer it"),
        None => format!("{doing}: the connection failed"),
    }
}
