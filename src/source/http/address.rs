//! Which addresses a feed may reach. Somebody who may configure a sync in Odoo must not
//! thereby make the service read the operator's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Which addresses a host may stand for, as resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AddressPolicy {
    /// Any: for a sync in the operator's own file.
    #[default]
    Any,
    /// Addresses of the public internet, and what the operator lists. No proxy is used, since
    /// it would resolve the name itself.
    PublicOnly {
        /// Exceptions.
        allow: Vec<Allowed>,
    },
}

impl AddressPolicy {
    /// Whether a host may be reached at an address.
    pub fn permits(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Any => true,
            Self::PublicOnly { allow } => {
                is_public(address) || allow.iter().any(|allowed| allowed.covers(host, address))
            }
        }
    }
}

/// A host name, an IP address or a network (`erp.local`, `10.0.0.5`, `192.168.0.0/16`,
/// `fd00::/8`) that may be reached although it is not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// The host as written in the address, whatever it resolves to.
    Host(String),
    /// Every address whose first `prefix` bits are those of `network`.
    Network {
        /// An address of the network.
        network: IpAddr,
        /// Bits that count.
        prefix: u8,
    },
}

impl Allowed {
    fn covers(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Host(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
            Self::Network { network, prefix } => match (network, address) {
                (IpAddr::V4(network), IpAddr::V4(address)) => {
                    let ignored = 32_u32.saturating_sub((*prefix).into());
                    let cut = |ip: Ipv4Addr| ip.to_bits().checked_shr(ignored);
                    cut(*network) == cut(address)
                }
                (IpAddr::V6(network), IpAddr::V6(address)) => {
                    let ignored = 128_u32.saturating_sub((*prefix).into());
                    let cut = |ip: Ipv6Addr| ip.to_bits().checked_shr(ignored);
                    cut(*network) == cut(address)
                }
                _ => false,
            },
        }
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let unbracketed = address.trim_start_matches('[').trim_end_matches(']');
        match (unbracketed.parse::<IpAddr>(), prefix) {
            (Ok(network), prefix) => {
                let bits = if network.is_ipv4() { 32 } else { 128 };
                let prefix = prefix.map_or(Ok(bits), str::parse).ok().filter(|p| *p <= bits);
                prefix.map(|prefix| Self::Network { network, prefix }).ok_or_else(|| {
                    format!("\"{text}\" has no prefix length between 0 and {bits} after the slash")
                })
            }
            (Err(_), None) if is_host_name(text) => {
                Ok(Self::Host(text.trim_end_matches('.').to_ascii_lowercase()))
            }
            _ => Err(format!(
                "\"{text}\" is not a host name, an IP address or a network such as 192.168.0.0/16"
            )),
        }
    }
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// Whether an address is globally reachable by the IANA special-purpose registries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // this network, private, loopback, multicast, reserved, broadcast
        (0 | 10 | 127 | 224.., ..)
        // carrier-grade NAT, link-local, private
        | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
        // protocol assignments, documentation, 6to4 relays
        | (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113)
        // benchmarks
        | (198, 18..=19, _) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: the IPv4 address it stands for decides
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // protocol assignments (Teredo among them), documentation, 6to4
        [0x2001, ..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, ..=0x0fff, ..] => false,
        // global unicast; all else is local, multicast, mapped or unassigned
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_only(allow: &[&str]) -> AddressPolicy {
        AddressPolicy::PublicOnly { allow: allow.iter().map(|text| text.parse().unwrap()).collect() }
    }

    fn permits(policy: &AddressPolicy, address: &str) -> bool {
        policy.permits("shop.example", address.parse().unwrap())
    }

    #[test]
    fn public_only_refuses_every_special_range() {
        let policy = public_only(&[]);
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fdab::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!permits(&policy, inside), "{inside} is not public");
            assert!(permits(&AddressPolicy::Any, inside), "{inside} is any");
        }
        for outside in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(permits(&policy, outside), "{outside} is public");
        }
    }

    #[test]
    fn the_operator_can_list_exceptions() {
        let networks = public_only(&["192.168.4.0/22", "10.0.0.5", "fd00::/8", "[fe80::1]"]);
        for (address, wanted) in [
            ("192.168.4.1", true),
            ("192.168.7.255", true),
            ("::ffff:192.168.5.5", true),
            ("192.168.8.1", false),
            ("10.0.0.5", true),
            ("10.0.0.6", false),
            ("fd12::9", true),
            ("fc12::9", false),
            ("fe80::1", true),
            ("fe80::2", false),
        ] {
            assert_eq!(permits(&networks, address), wanted, "{address}");
        }
        assert!(permits(&public_only(&["0.0.0.0/0"]), "127.0.0.1"));
        assert!(!permits(&public_only(&["0.0.0.0/0"]), "::1"));

        let named = public_only(&["Shop.Example"]);
        assert!(permits(&named, "127.0.0.1"));
        assert!(!named.permits("other.example", "127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn nonsense_in_the_list_is_named() {
        for bad in ["", "10.0.0.0/33", "10.0.0.0/x", "erp.local/8", "https://erp.local", "*.local"] {
            let error = bad.parse::<Allowed>().unwrap_err();
            assert!(error.starts_with(&format!("\"{bad}\"")), "{error}");
        }
    }
}
