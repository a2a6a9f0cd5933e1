//! The OpenID Connect providers that people may sign in with.

use domain::access::Role;
use openidconnect::url::Url;

use super::reader::Reader;
use crate::oidc::is_allowed;
use crate::secrets::Secret;

/// The provider that needs no issuer: its accounts of an organisation say so by the claim `hd`.
pub const GOOGLE: &str = "google";
const GOOGLE_ISSUER: &str = "https://accounts.google.com";

/// The OpenID Connect providers.
#[derive(Debug, Clone, Default)]
pub struct Oidc {
    /// `OIDC_PROVIDERS`: one each; none by default.
    pub providers: Vec<OidcProvider>,
    /// `OIDC_ALLOW_LOOPBACK`: whether providers on this machine may speak plain http; for development.
    pub allow_loopback: bool,
}

/// A provider, as `OIDC_<NAME>_…` describe it.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// What the desk calls it: up to 32 small letters and digits.
    pub name: String,
    /// `_ISSUER`: its issuer, to the letter.
    pub issuer: String,
    /// `_CLIENT_ID`: what it calls the desk.
    pub client_id: String,
    /// `_CLIENT_SECRET`: how the desk shows that it is the desk.
    pub client_secret: Secret,
    /// `_DOMAINS`: the only domains whose people may sign in; none lets everybody in who is linked.
    pub domains: Vec<String>,
    /// `_SIGN_UP`: whether somebody of these domains without an account gets one.
    pub sign_up: bool,
    /// `_ROLE_GROUPS`: the role that a new account gets for a group, the first that fits.
    pub role_groups: Vec<(String, Role)>,
}

impl OidcProvider {
    /// Whether the provider says by `hd` which organisation somebody is of; with others their address says it.
    #[must_use]
    pub fn has_hosted_domains(&self) -> bool {
        self.name == GOOGLE
    }
}

impl Oidc {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let loopback = reader.parsed("OIDC_ALLOW_LOOPBACK", "true or false", yes_or_no);
        let allow_loopback = loopback.unwrap_or(false);
        let allowed = "up to 8 names of small letters and digits with commas between, such as google,corp";
        let names = reader.parsed("OIDC_PROVIDERS", allowed, names).unwrap_or_default();
        let providers = names.into_iter().filter_map(|name| provider(reader, name, allow_loopback));
        Self { providers: providers.collect(), allow_loopback }
    }
}

/// The provider called `name`, unless something about it is wrong or missing.
fn provider(reader: &mut Reader<'_>, name: String, allow_loopback: bool) -> Option<OidcProvider> {
    let variable = |what: &str| format!("OIDC_{}_{what}", name.to_ascii_uppercase());
    let preset = (name == GOOGLE).then(|| GOOGLE_ISSUER.to_owned());
    let issuer = reader.parsed(&variable("ISSUER"), "an https:// address without query", |text| {
        let url: Url = text.parse().ok()?;
        let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        (is_bare && is_allowed(&url, allow_loopback)).then(|| text.to_owned())
    });
    let client_id = reader.parsed(&variable("CLIENT_ID"), "what the provider calls the desk", word);
    let client_secret =
        reader.secret(&variable("CLIENT_SECRET"), None, "the secret that the provider gave", secret);
    let allowed = "domains such as example.com with commas between";
    let domains = reader.parsed(&variable("DOMAINS"), allowed, |text| text.split(',').map(domain).collect());
    let domains: Vec<String> = domains.unwrap_or_default();
    let sign_up = reader.parsed(&variable("SIGN_UP"), "true (with DOMAINS set) or false", |text| {
        yes_or_no(text).filter(|sign_up| !sign_up || !domains.is_empty())
    });
    let allowed = "group:role pairs with commas between; a role is user, it_agent, hr_agent or admin";
    let role_groups =
        reader.parsed(&variable("ROLE_GROUPS"), allowed, |text| text.split(',').map(role_group).collect());
    let issuer = needed(reader, &variable("ISSUER"), issuer.or(preset));
    let client_id = needed(reader, &variable("CLIENT_ID"), client_id);
    let client_secret = needed(reader, &variable("CLIENT_SECRET"), client_secret);
    Some(OidcProvider {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        domains,
        sign_up: sign_up.unwrap_or(false),
        role_groups: role_groups.unwrap_or_default(),
        name,
    })
}

fn needed<T>(reader: &mut Reader<'_>, variable: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        reader.missing(variable, "set, since OIDC_PROVIDERS names the provider");
    }
    value
}

fn names(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| {
        (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let once = |(place, name): (usize, &String)| !names[..place].contains(name);
    (names.len() <= 8 && names.iter().all(is_name) && names.iter().enumerate().all(once)).then_some(names)
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
}

/// Whatever a provider gives: characters that a form can carry.
fn secret(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_graphic() || b == b' ';
    (!text.trim().is_empty() && text.bytes().all(allowed)).then(|| text.trim().to_owned())
}

fn domain(text: &str) -> Option<String> {
    let domain = text.trim().to_ascii_lowercase();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    (domain.contains('.') && domain.bytes().all(allowed)).then_some(domain)
}

/// A role of one's own choice of departments cannot follow from a group.
fn role_group(text: &str) -> Option<(String, Role)> {
    let (group, role) = text.trim().rsplit_once(':')?;
    let role: Role = role.trim().parse().ok().filter(|role| *role != Role::Agent)?;
    (!group.is_empty()).then(|| (group.to_owned(), role))
}

fn yes_or_no(text: &str) -> Option<bool> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Overrides};
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Oidc, String> {
        let lookup =
            |name: &str| settings.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let config = Config::read(&lookup, None, Overrides::default());
        config.map(|config| config.oidc).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn google_needs_only_a_client_and_other_providers_an_issuer_as_well() {
        assert!(read(&[]).expect("valid").providers.is_empty());
        let google = [
            ("OIDC_PROVIDERS", "google"),
            ("OIDC_GOOGLE_CLIENT_ID", "desk.apps.example"),
            ("OIDC_GOOGLE_CLIENT_SECRET", "hush"),
        ];
        let google = read(&google).expect("valid").providers.remove(0);
        assert_eq!(google.issuer, "https://accounts.google.com");
        assert!(google.has_hosted_domains() && !google.sign_up && google.domains.is_empty());
        let wrong = read(&[("OIDC_PROVIDERS", "corp")]).expect_err("incomplete");
        for variable in ["OIDC_CORP_ISSUER", "OIDC_CORP_CLIENT_ID", "OIDC_CORP_CLIENT_SECRET"] {
            assert!(wrong.contains(&format!("{variable} is not set")), "{wrong}");
        }
    }

    #[test]
    fn a_provider_is_described_whole() {
        let corp = [
            ("OIDC_PROVIDERS", "corp"),
            ("OIDC_CORP_ISSUER", "https://id.example.com/tenant"),
            ("OIDC_CORP_CLIENT_ID", "desk"),
            ("OIDC_CORP_CLIENT_SECRET", "hush"),
            ("OIDC_CORP_DOMAINS", "Example.com, example.org"),
            ("OIDC_CORP_SIGN_UP", "true"),
            ("OIDC_CORP_ROLE_GROUPS", "desk-admins:admin,urn:it:it_agent"),
        ];
        let corp = read(&corp).expect("valid").providers.remove(0);
        assert_eq!(corp.domains, ["example.com", "example.org"]);
        assert!(corp.sign_up && !corp.has_hosted_domains());
        let groups = [("desk-admins".to_owned(), Role::Admin), ("urn:it".to_owned(), Role::ItAgent)];
        assert_eq!(corp.role_groups, groups);
    }

    #[test]
    fn what_would_let_strangers_in_is_refused() {
        let base = [
            ("OIDC_PROVIDERS", "corp"),
            ("OIDC_CORP_CLIENT_ID", "desk"),
            ("OIDC_CORP_CLIENT_SECRET", "hush"),
        ];
        let issuer = ("OIDC_CORP_ISSUER", "https://id.example.com");
        let cases: [&[(&str, &str)]; 8] = [
            &[("OIDC_CORP_ISSUER", "http://id.example.com")],
            &[("OIDC_CORP_ISSUER", "http://127.0.0.1:9000")],
            &[("OIDC_CORP_ISSUER", "http://id.example.com"), ("OIDC_ALLOW_LOOPBACK", "true")],
            &[("OIDC_CORP_ISSUER", "https://id.example.com?a=b")],
            &[issuer, ("OIDC_CORP_SIGN_UP", "true")],
            &[issuer, ("OIDC_CORP_DOMAINS", "*")],
            &[issuer, ("OIDC_CORP_ROLE_GROUPS", "it:agent")],
            &[issuer, ("OIDC_PROVIDERS", "corp,corp")],
        ];
        for case in cases {
            let settings: Vec<_> = case.iter().chain(&base).copied().collect();
            let wrong = read(&settings).expect_err("refused");
            assert!(!wrong.contains("hush"), "{wrong}");
        }
        let local = [("OIDC_CORP_ISSUER", "http://127.0.0.1:9000"), ("OIDC_ALLOW_LOOPBACK", "true")];
        let settings: Vec<_> = local.iter().chain(&base).copied().collect();
        assert!(read(&settings).is_ok());
    }
}
