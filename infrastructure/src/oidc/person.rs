//! Who somebody is, as a provider says.

use domain::access::Role;
use domain::user::values::{EmailAddress, Identity};
use serde_json::Value;

use super::OidcError;
use super::types::Claims;
use crate::config::OidcProvider;

/// Who somebody is, as a provider says. Only the identity says who they are; the rest is what they are called.
#[derive(Debug, Clone)]
pub struct Person {
    /// Issuer and subject.
    pub identity: Identity,
    /// Their address, if the provider has seen that it is theirs.
    pub email: Option<EmailAddress>,
    /// What they like to be called.
    pub name: Option<String>,
    /// What they may do, if they get an account.
    pub role: Role,
}

impl Person {
    /// Reads proved claims.
    pub(super) fn of(claims: &Claims, provider: &OidcProvider) -> Result<Self, OidcError> {
        let identity = Identity::parse(claims.issuer().as_str(), claims.subject().as_str());
        let identity = identity.map_err(|_| OidcError::Refused("the provider names nobody"))?;
        let is_verified = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| is_verified);
        let email = email.and_then(|email| EmailAddress::parse(email.as_str()).ok());
        if !is_of_domain(provider, claims.additional_claims().hd.as_deref(), email.as_ref()) {
            return Err(OidcError::OtherDomain);
        }
        let name = claims.preferred_username().map(|name| name.as_str().to_owned());
        let role = role_of(provider, claims.additional_claims().groups.as_ref());
        Ok(Self { identity, email, name, role })
    }
}

/// Google says whose account it is; an address of a domain says nothing there, since anybody can register with one.
fn is_of_domain(provider: &OidcProvider, hosted: Option<&str>, email: Option<&EmailAddress>) -> bool {
    if provider.domains.is_empty() {
        return true;
    }
    let domain = if provider.has_hosted_domains() {
        hosted.map(str::to_ascii_lowercase)
    } else {
        email.and_then(|email| email.as_str().rsplit_once('@')).map(|(_, domain)| domain.to_owned())
    };
    domain.is_some_and(|domain| provider.domains.contains(&domain))
}

/// The role of the first group of the configuration that they are in.
fn role_of(provider: &OidcProvider, groups: Option<&Value>) -> Role {
    let groups: Vec<&str> =
        groups.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let fits = |(group, _): &&(String, Role)| groups.contains(&group.as_str());
    provider.role_groups.iter().find(fits).map_or(Role::User, |(_, role)| *role)
}
