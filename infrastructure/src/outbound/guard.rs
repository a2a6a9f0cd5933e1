//! Where a request may go: judged by the address that is connected to, whatever its name says.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use openidconnect::url::{Host, Url};
use tower::Service;

use super::address::is_public;
use crate::network::Network;

/// The ports that are open to the world.
const PORTS: [u16; 2] = [443, 8443];
/// How long an address may be, in bytes.
const LONGEST: usize = 2_000;

/// Why a request may not go where it is meant to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It is no address of the web.
    #[error("must be an address such as https://example.org/hook, of at most {LONGEST} characters")]
    Unreadable,
    /// It holds a name, a password or a part that nobody is sent.
    #[error("must have no user name, password or fragment")]
    Decorated,
    /// Another protocol or port, where that is for networks that are allowed by name.
    #[error(
        "must begin with https:// and have port 443 or 8443, unless it is in a network that the operator allows"
    )]
    Way,
    /// It is in a network that nobody reaches from outside.
    #[error("must lead to a public address, or into a network that the operator allows")]
    Network,
    /// Nobody knows the name.
    #[error("has a host that cannot be found")]
    Unknown,
}

/// How somebody reaches an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By https on a port that is open to the world: to public addresses, and into networks that are allowed.
    Open,
    /// In any other way: only into networks that are allowed.
    Inside,
}

/// Says which addresses may be connected to. It is also what looks names up, so that what was judged is what is
/// connected to.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    allowed: Arc<[Network]>,
    way: Way,
}

impl Guard {
    pub(super) fn new(allowed: Arc<[Network]>, way: Way) -> Self {
        Self { allowed, way }
    }

    fn admits(&self, address: IpAddr) -> bool {
        let is_allowed = self.allowed.iter().any(|network| network.contains(address));
        is_allowed || (self.way == Way::Open && is_public(address))
    }

    /// Those addresses, if all of them may be connected to.
    fn judge(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Forbidden> {
        if addresses.is_empty() {
            return Err(Forbidden::Unknown);
        }
        let all = addresses.iter().all(|address| self.admits(address.ip()));
        if all { Ok(addresses) } else { Err(Forbidden::Network) }
    }

    /// Judges an address that is written as a number: nobody looks that up.
    pub(super) fn judge_literal(&self, url: &Url) -> Result<(), Forbidden> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Forbidden::Unreadable),
        };
        self.judge(vec![SocketAddr::new(address, 0)]).map(drop)
    }

    /// The addresses of `name`, all of which may be connected to.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, Forbidden> {
        let found = tokio::net::lookup_host((name, 0)).await.map_err(|_| Forbidden::Unknown)?;
        self.judge(found.collect())
    }
}

impl Service<Name> for Guard {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.look_up(name.as_str()).await.map_err(io::Error::other)?;
            Ok(found.into_iter())
        })
    }
}

/// `text` as an address, and the way that leads to it.
pub(super) fn read(text: &str) -> Result<(Url, Way), Forbidden> {
    if text.len() > LONGEST {
        return Err(Forbidden::Unreadable);
    }
    let url = Url::parse(text).map_err(|_| Forbidden::Unreadable)?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(Forbidden::Unreadable);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Forbidden::Decorated);
    }
    let port = url.port_or_known_default();
    let is_open = url.scheme() == "https" && port.is_some_and(|port| PORTS.contains(&port));
    Ok((url, if is_open { Way::Open } else { Way::Inside }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn judged(text: &str, allowed: &[&str]) -> Result<(), Forbidden> {
        let allowed: Vec<Network> = allowed.iter().map(|text| text.parse().expect("a network")).collect();
        super::super::Client::new(&allowed).check(text).await.map(drop)
    }

    #[tokio::test]
    async fn no_way_of_writing_an_inner_address_leads_there() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://017700000001/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fd00:ec2::254]/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://10.0.0.1:8443/",
            "https://172.16.0.1/",
            "https://192.168.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://localhost/",
            "https://LOCALHOST:8443/",
            "https://①②⑦.0.0.1/",
            r"https:\\127.0.0.1\",
        ] {
            assert_eq!(judged(text, &[]).await, Err(Forbidden::Network), "{text}");
        }
        // Not every system knows this name.
        let dotted = judged("https://localhost./", &[]).await;
        assert!(matches!(dotted, Err(Forbidden::Network | Forbidden::Unknown)), "{dotted:?}");
        // A second address in the text is not where it leads.
        for (text, why) in [
            ("https://1.1.1.1@127.0.0.1/", Forbidden::Decorated),
            ("https://a:b@1.1.1.1/", Forbidden::Decorated),
            ("https://1.1.1.1/#@127.0.0.1", Forbidden::Decorated),
            ("https://[fe80::1%25lo]/", Forbidden::Unreadable),
            ("https://1.1.1.1:22/", Forbidden::Network),
            ("http://1.1.1.1/", Forbidden::Network),
            ("gopher://1.1.1.1/", Forbidden::Unreadable),
            ("file:///etc/passwd", Forbidden::Unreadable),
            ("//1.1.1.1/", Forbidden::Unreadable),
            ("", Forbidden::Unreadable),
            ("https://", Forbidden::Unreadable),
            ("https://nobody.invalid/", Forbidden::Unknown),
        ] {
            assert_eq!(judged(text, &["127.0.0.0/24"]).await, Err(why), "{text}");
        }
        assert_eq!(
            judged(&format!("https://1.1.1.1/{}", "x".repeat(2_000)), &[]).await,
            Err(Forbidden::Unreadable)
        );
        assert_eq!(judged("https://1.1.1.1/hook?a=b", &[]).await, Ok(()));
        assert_eq!(judged("https://[2606:4700::1111]:8443/", &[]).await, Ok(()));
    }

    #[tokio::test]
    async fn what_the_operator_allows_is_reached_in_any_way() {
        for text in ["http://127.0.0.1:8080/", "https://127.0.0.1/", "http://localhost:1/"] {
            assert_eq!(judged(text, &["127.0.0.0/8", "::1"]).await, Ok(()), "{text}");
        }
        assert_eq!(judged("http://127.0.0.1/", &[]).await, Err(Forbidden::Way));
        assert_eq!(judged("http://10.0.0.1/", &["127.0.0.0/8"]).await, Err(Forbidden::Network));
    }

    #[test]
    fn one_inner_address_among_public_ones_is_one_too_many() {
        let guard = Guard::new(Arc::new([]), Way::Open);
        let of = |texts: &[&str]| {
            let parse = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 0);
            guard.judge(texts.iter().map(parse).collect()).map(drop)
        };
        assert_eq!(of(&["1.1.1.1", "2606:4700::1111"]), Ok(()));
        assert_eq!(of(&["1.1.1.1", "127.0.0.1"]), Err(Forbidden::Network));
        assert_eq!(of(&[]), Err(Forbidden::Unknown));
    }
}
