//! Name resolution under an [`AddressPolicy`]. The addresses checked are the addresses
//! connected to, so that a name cannot change between check and use (DNS rebinding).

use std::net::IpAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::AddressPolicy;

/// Why a name gave no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("{host} does not resolve: {detail}")]
    Unknown { host: String, detail: String },
    #[error("{host} is {address}, which is not allowed")]
    NotAllowed { host: String, address: IpAddr },
}

/// The system's resolver, reduced to the addresses the policy permits.
pub(super) struct Resolver {
    policy: AddressPolicy,
}

impl Resolver {
    pub(super) fn new(policy: AddressPolicy) -> Self {
        Self { policy }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0))
                .await
                .map_err(|error| ResolveError::Unknown { host: host.clone(), detail: error.to_string() })?;
            let (permitted, refused): (Vec<_>, Vec<_>) =
                found.partition(|address| policy.permits(&host, address.ip()));
            match refused.first() {
                Some(address) if permitted.is_empty() => {
                    Err(ResolveError::NotAllowed { host, address: address.ip() }.into())
                }
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}
