//! Where the relay publishes: the servers, how to sign in to them, and the stream.

use async_nats::ServerAddr;

use super::reader::Reader;
use crate::secrets::Secret;

/// The stream when `NATS_STREAM` says nothing.
const STREAM: &str = "LEDGERDESK";
/// The longest name of a stream.
const LONGEST_NAME: usize = 64;

/// Where the relay publishes.
#[derive(Debug, Clone)]
pub struct Nats {
    /// `NATS_URL`: the servers of one NATS, without what is needed to sign in.
    pub servers: Vec<ServerAddr>,
    /// How to sign in to every one of them.
    pub access: Secret<Access>,
    /// `NATS_STREAM`: the name of the stream, which in lower case begins its subjects.
    pub stream: String,
}

/// How to sign in to NATS.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Access {
    /// Nobody asks.
    Open,
    /// By a token.
    Token(String),
    /// By name and password.
    User(String, String),
}

impl Nats {
    /// What is set; none without `NATS_URL`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let allowed = "nats:// or tls:// addresses of one NATS with commas between, the first with user:password@ or \
                       token@ if it asks for them";
        let servers = reader.secret("NATS_URL", None, allowed, servers);
        let stream = reader.parsed("NATS_STREAM", "up to 64 letters, digits, - and _", |text| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            (text.len() <= LONGEST_NAME && text.bytes().all(allowed)).then(|| text.to_owned())
        });
        let (servers, access) = servers?.expose().clone();
        Some(Self {
            servers,
            access: Secret::new(access),
            stream: stream.unwrap_or_else(|| STREAM.to_owned()),
        })
    }
}

/// Reads the addresses, and the first way to sign in that one of them names.
fn servers(text: &str) -> Option<(Vec<ServerAddr>, Access)> {
    let mut access = Access::Open;
    let mut servers = Vec::new();
    for part in text.split(',') {
        let (server, own) = server(part.trim())?;
        servers.push(server);
        if access == Access::Open {
            access = own;
        }
    }
    Some((servers, access))
}

fn server(text: &str) -> Option<(ServerAddr, Access)> {
    let (scheme, rest) = text.split_once("://")?;
    let (credentials, host) = rest.rsplit_once('@').map_or((None, rest), |(who, host)| (Some(who), host));
    let host = host.strip_suffix('/').unwrap_or(host);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
    if !matches!(scheme, "nats" | "tls") || host.is_empty() || !host.bytes().all(plain) {
        return None;
    }
    // Without what is needed to sign in: the client shows addresses where it traces.
    let server = format!("{scheme}://{host}").parse::<ServerAddr>().ok()?;
    let access = match credentials.map(|who| who.split_once(':')) {
        None => Access::Open,
        Some(None) => Access::Token(decoded(credentials?)?),
        Some(Some((name, password))) => Access::User(decoded(name)?, decoded(password)?),
    };
    Some((server, access))
}

/// The text that is percent-encoded in a URL; none if it is empty or no such text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let mut digit =
                    || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            plain => plain,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<String>, Access)> {
        let (servers, access) = servers(text)?;
        let shown =
            |server: &ServerAddr| format!("{}://{}:{}", server.scheme(), server.host(), server.port());
        Some((servers.iter().map(shown).collect(), access))
    }

    #[test]
    fn addresses_are_taken_apart_from_what_signs_in() {
        let one = |address: &str| vec![address.to_owned()];
        assert_eq!(read("nats://mq"), Some((one("nats://mq:4222"), Access::Open)));
        assert_eq!(read("tls://10.0.0.1:4443/"), Some((one("tls://10.0.0.1:4443"), Access::Open)));
        assert_eq!(read("nats://[::1]:4222"), Some((one("nats://::1:4222"), Access::Open)));
        let token = Access::Token("t0k/en".to_owned());
        assert_eq!(read("nats://t0k%2Fen@mq:1"), Some((one("nats://mq:1"), token)));
        let user = Access::User("desk".to_owned(), "p@ss:w".to_owned());
        let both = vec!["nats://a:4222".to_owned(), "nats://b:5".to_owned()];
        assert_eq!(read("nats://a, nats://desk:p%40ss:w@b:5"), Some((both, user)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "mq:4222",
            "http://mq",
            "nats://",
            "nats://mq/path",
            "nats://mq:x",
            "nats://mq,",
            "nats://:p@mq",
            "nats://u:@mq",
            "nats://%zz@mq",
            "nats://%ff@mq",
            "nats://@mq",
            "nats://mq?x=1",
            "nats://a b",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_sees_how_to_sign_in() {
        let (servers, access) = servers("nats://desk:hush@mq").expect("valid");
        let nats = Nats { servers, access: Secret::new(access), stream: STREAM.to_owned() };
        assert!(!format!("{nats:?}").contains("hush"));
    }
}
