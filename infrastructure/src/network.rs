//! Networks: a part of the address space, as operators write it and as callers are counted by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// How much of an IPv4 address one caller is taken to hold, in bits.
const OF_ONE_CALLER_V4: u8 = 24;
/// The same of an IPv6 address: what providers give to one connection.
const OF_ONE_CALLER_V6: u8 = 64;

/// All addresses that begin with the same bits, such as `10.0.0.0/8`.
///
/// An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// The text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a network: expected an address, or an address with the number of its leading bits, such as 10.0.0.0/8"
)]
pub struct NotANetwork;

impl Network {
    /// The network of `address` with `bits` leading bits; as many as there are if there are fewer.
    #[must_use]
    pub fn new(address: IpAddr, bits: u8) -> Self {
        match address {
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) if bits >= 96 => Self::of_v4(v4, bits - 96),
                _ => Self::of_v6(v6, bits),
            },
            IpAddr::V4(v4) => Self::of_v4(v4, bits),
        }
    }

    /// Everybody who is counted together with `address`: its /24 in IPv4, its /64 in IPv6, since whoever has one
    /// address of those can have the others.
    #[must_use]
    pub fn of_one_caller(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::of_v4(v4, OF_ONE_CALLER_V4),
            IpAddr::V6(v6) => Self::of_v6(v6, OF_ONE_CALLER_V6),
        }
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V4(v4)) => Self::of_v4(v4, self.bits) == *self,
            (IpAddr::V6(_), IpAddr::V6(v6)) => Self::of_v6(v6, self.bits) == *self,
            _ => false,
        }
    }

    /// Whether it is every address there is.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.bits == 0
    }

    fn of_v4(address: Ipv4Addr, bits: u8) -> Self {
        let bits = bits.min(32);
        let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
        Self { first: Ipv4Addr::from_bits(address.to_bits() & mask).into(), bits }
    }

    fn of_v6(address: Ipv6Addr, bits: u8) -> Self {
        let bits = bits.min(128);
        let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
        Self { first: Ipv6Addr::from_bits(address.to_bits() & mask).into(), bits }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// A caller's network is personal: it reaches no log by accident.
impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(***)")
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => all,
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().map_err(|_| NotANetwork)?
            }
            Some(_) => return Err(NotANetwork),
        };
        if bits > all { Err(NotANetwork) } else { Ok(Self::new(address, bits)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().expect("a network")
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_alike() {
        for (of, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("192.168.1.77/25", "192.168.1.127", "192.168.1.128"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.2.3.4", "11.2.3.4"),
        ] {
            assert!(network(of).contains(address(inside)), "{of} has {inside}");
            assert!(!network(of).contains(address(outside)), "{of} has not {outside}");
        }
        assert!(network("0.0.0.0/0").is_everything() && network("::/0").is_everything());
        assert!(!network("0.0.0.0/0").contains(address("2001:db8::1")));
    }

    #[test]
    fn a_caller_is_counted_with_those_who_could_be_the_same() {
        let of = |text: &str| Network::of_one_caller(address(text)).to_string();
        assert_eq!(of("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::/64");
    }

    #[test]
    fn anything_else_is_refused_and_nothing_is_shown() {
        for text in
            ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8", "host", "*"]
        {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
        assert!(!format!("{:?}", network("10.0.0.0/8")).contains("10"));
    }
}
