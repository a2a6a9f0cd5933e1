//! Where a request comes from: the peer, or whom a trusted proxy says that it speaks for.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::FORWARDED;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, Version};
use infrastructure::network::Network;

use crate::desk::Desk;

/// What proxies add, besides everything that begins with [`FORWARDED_BY`].
const BY_PROXIES: [&str; 6] =
    ["forwarded", "via", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip"];
const FORWARDED_BY: &str = "x-forwarded";
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address a request comes from, which nobody can make up.
///
/// It is the peer's. Only of a peer within `TRUSTED_PROXIES` is it believed whom it speaks for: the right-most
/// hop of `X-Forwarded-For` or `Forwarded` that is no trusted proxy itself, since what stands further left was
/// written by that hop. An address is personal: it is not shown, and belongs in no log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address of the request with these headers and extensions.
    #[must_use]
    pub fn of(desk: &Desk, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Self(claimed(&desk.config.server.trusted_proxies, peer.to_canonical(), headers))
    }

    /// The address; an IPv4 address is one, however it was written.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Everybody who counts as the same caller: its /24 in IPv4, its /64 in IPv6.
    #[must_use]
    pub fn network(self) -> Network {
        Network::of_one_caller(self.0)
    }
}

/// Whether the request comes from a program on this machine, and not by a proxy on it, whoever that speaks for.
///
/// A proxy is one that is named in `TRUSTED_PROXIES`, says so in a header, or speaks HTTP/1.0, as some do that add no header.
pub(crate) fn is_of_this_machine(desk: &Desk, parts: &Parts) -> bool {
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else { return false };
    let peer = peer.ip().to_canonical();
    let is_proxy = desk.config.server.trusted_proxies.iter().any(|network| network.contains(peer));
    peer.is_loopback() && !is_proxy && parts.version >= Version::HTTP_11 && !is_forwarded(&parts.headers)
}

/// Whether a proxy says that it speaks for somebody else.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let mut names = headers.keys().map(HeaderName::as_str);
    names.any(|name| name.starts_with(FORWARDED_BY) || BY_PROXIES.contains(&name))
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(***)")
    }
}

impl FromRequestParts<Desk> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Infallible> {
        Ok(Self::of(desk, &parts.headers, &parts.extensions))
    }
}

/// Whom a request from `peer` is from.
fn claimed(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let speaks_for = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            // What a hop does not name ends what can be known.
            let Some(address) = hop else { break };
            client = address;
            if !is_trusted(address) {
                break;
            }
        }
        client
    };
    match (speaks_for(by_list(headers)), speaks_for(by_standard(headers))) {
        (one, other) if one == other || other == peer => one,
        (one, other) if one == peer => other,
        // A proxy that keeps the one header lets through whatever a caller writes into the other.
        _ => peer,
    }
}

/// The hops in `X-Forwarded-For: client, proxy`; none for one that is not an address.
fn by_list(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(X_FORWARDED_FOR).iter();
    values.flat_map(|value| value.to_str().unwrap_or("?").split(',').map(address)).collect()
}

/// The hops in `Forwarded: for=client, for="[proxy]:port"` (RFC 7239); none for one that is not an address.
fn by_standard(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(FORWARDED).iter();
    let hops = values.flat_map(|value| split(value.to_str().unwrap_or("?"), ','));
    hops.map(|hop| {
        let pairs = split(hop, ';').into_iter().filter_map(|pair| pair.split_once('='));
        let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        let (_, value) = named.next()?;
        let value = value.trim();
        address(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
    })
    .collect()
}

/// The parts of `text` between `separator`s that stand outside of quotation marks.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
    .collect()
}

/// Reads an address with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bare).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXIES: [&str; 2] = ["10.0.0.0/8", "fd00::/8"];

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let trusted = PROXIES.map(|network| network.parse().expect("a network"));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let peer: IpAddr = peer.parse().expect("an address");
        claimed(&trusted, peer.to_canonical(), &map).to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        for name in ["x-forwarded-for", "cf-connecting-ip", "x-real-ip", "true-client-ip"] {
            assert_eq!(client("203.0.113.9", &[(name, "198.51.100.1")]), "203.0.113.9", "{name}");
        }
        assert_eq!(client("203.0.113.9", &[("forwarded", "for=198.51.100.1")]), "203.0.113.9");
        for name in ["cf-connecting-ip", "x-real-ip", "true-client-ip"] {
            assert_eq!(client("10.0.0.1", &[(name, "198.51.100.1")]), "10.0.0.1", "not even of {name}");
        }
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_client_is_the_last_hop_that_is_no_proxy() {
        let list = |text| client("10.0.0.1", &[("x-forwarded-for", text)]);
        assert_eq!(list("198.51.100.1"), "198.51.100.1");
        assert_eq!(list("6.6.6.6, 198.51.100.1"), "198.51.100.1");
        assert_eq!(list("6.6.6.6, 198.51.100.1 , 10.2.2.2, fd00::7"), "198.51.100.1");
        assert_eq!(list("::ffff:198.51.100.1"), "198.51.100.1");
        assert_eq!(list("198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(list("[2001:db8::1]:4711, 10.2.2.2"), "2001:db8::1");
        assert_eq!(list("10.9.9.9, 10.2.2.2"), "10.9.9.9", "all are proxies: the first");
        assert_eq!(client("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), "198.51.100.1");
        let twice = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client("10.0.0.1", &twice), "198.51.100.1");
    }

    #[test]
    fn the_standard_header_is_read_as_well() {
        let standard = |text| client("fd00::1", &[("forwarded", text)]);
        assert_eq!(standard("for=198.51.100.1;proto=https;by=10.0.0.1"), "198.51.100.1");
        assert_eq!(
            standard("for=6.6.6.6, For=\"[2001:db8::1]:4711\";host=\"a,b;for=7.7.7.7\""),
            "2001:db8::1"
        );
        assert_eq!(standard("proto=https"), "fd00::1");
        assert_eq!(standard("for=_hidden"), "fd00::1");
        assert_eq!(standard("for=6.6.6.6, for=unknown, for=10.2.2.2"), "10.2.2.2", "as far as it is known");
    }

    #[test]
    fn headers_that_disagree_are_believed_neither() {
        let both = |list, standard| client("10.0.0.1", &[("x-forwarded-for", list), ("forwarded", standard)]);
        assert_eq!(both("198.51.100.1", "for=198.51.100.1"), "198.51.100.1");
        assert_eq!(both("198.51.100.1", "for=6.6.6.6"), "10.0.0.1");
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in ["", ",", ", ,", "unknown", "198.51.100.1.", "1", "198.51.100.1/24", "[::1", "\u{e9}"] {
            let header = [("x-forwarded-for", text)];
            assert_eq!(client("10.0.0.1", if text.is_ascii() { &header } else { &[] }), "10.0.0.1", "{text}");
        }
        assert!(!format!("{:?}", ClientAddress(Ipv4Addr::LOCALHOST.into())).contains("127"));
    }
}
