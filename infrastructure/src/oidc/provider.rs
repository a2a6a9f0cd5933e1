//! One provider: sending browsers there, and reading what it says when they come back.

use std::str::FromStr as _;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClientAuthMethod, CoreJwsSigningAlgorithm as Algorithm,
};
use openidconnect::url::Url;
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IdTokenVerifier,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
};

use super::browser::BrowserSecret;
use super::http::Client;
use super::known::Known;
use super::person::Person;
use super::types::{Claims, IdToken, Metadata, OidcClient};
use super::{OidcError, is_allowed};
use crate::config::OidcProvider;

/// How providers may sign: with keys of which only the public half is known to others. Never with a shared secret, which
/// a public key could be passed off for, and never not at all.
const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];
/// How far the provider's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// The longest ID token that is looked at.
const LONGEST_TOKEN: usize = 16 * 1024;

const NOT_PROVED: OidcError =
    OidcError::Refused("the ID token is not one that this provider gave for this sign-in");

/// One provider.
#[derive(Debug)]
pub struct Provider {
    config: OidcProvider,
    issuer: IssuerUrl,
    callback: RedirectUrl,
    client: Client,
    known: Known,
}

impl Provider {
    pub(super) fn new(config: OidcProvider, callback: String, client: Client) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(config.issuer.clone()).context("the issuer is no URL")?;
        let callback = RedirectUrl::new(callback).context("PUBLIC_URL is no URL")?;
        Ok(Self { config, issuer, callback, client, known: Known::default() })
    }

    /// What the desk calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Whether somebody without an account gets one.
    #[must_use]
    pub fn signs_up(&self) -> bool {
        self.config.sign_up
    }

    /// Where the browser with `secret` goes to sign in.
    ///
    /// # Errors
    /// The provider cannot be reached.
    pub async fn authorization_url(&self, secret: &BrowserSecret) -> Result<Url, OidcError> {
        let metadata = self.known.get(&self.issuer, &self.client).await?;
        let (state, nonce) = (secret.state(), secret.nonce());
        let verifier = PkceCodeVerifier::new(secret.verifier());
        let client = self.oidc(&metadata);
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        if is_allowed(&url, self.client.allows_loopback()) { Ok(url) } else { Err(OidcError::Unavailable) }
    }

    /// Who the browser with `secret` came back as, with `code`, from a provider that names itself `issuer`.
    ///
    /// # Errors
    /// The provider cannot be reached, or does not say so.
    pub async fn person(
        &self,
        secret: &BrowserSecret,
        code: &str,
        issuer: Option<&str>,
    ) -> Result<Person, OidcError> {
        let metadata = self.known.get(&self.issuer, &self.client).await?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer != self.issuer.as_str() => {
                return Err(OidcError::Refused("the browser comes back from another provider"));
            }
            None if names_itself == Some(true) => {
                return Err(OidcError::Refused("the provider names itself, and here it does not"));
            }
            _ => {}
        }
        let client = self.oidc(&metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| OidcError::Unavailable)?
            .set_pkce_verifier(PkceCodeVerifier::new(secret.verifier()));
        let answer = request.request_async(&self.client).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => {
                OidcError::Refused("the provider does not accept the code")
            }
            RequestTokenError::Request(error) => {
                tracing::warn!(issuer = %self.issuer.as_str(), %error, "A provider does not answer");
                OidcError::Unavailable
            }
            _ => OidcError::Refused("the provider gives no tokens for the code"),
        })?;
        let token = answer.id_token().ok_or(OidcError::Refused("the provider gives no ID token"))?;
        let nonce = Nonce::new(secret.nonce());
        self.proved(token, metadata, |shown| match shown {
            Some(shown) if BrowserSecret::is_same(nonce.secret(), shown.secret()) => Ok(()),
            _ => Err("the nonce is missing or another".to_owned()),
        })
        .await
    }

    /// Who an ID token says that somebody is, which a page of this client got from the provider by itself.
    ///
    /// # Errors
    /// The provider cannot be reached, or does not say so.
    pub async fn person_of_token(&self, token: &str) -> Result<Person, OidcError> {
        if token.len() > LONGEST_TOKEN {
            return Err(NOT_PROVED);
        }
        let token = IdToken::from_str(token).map_err(|_| NOT_PROVED)?;
        let metadata = self.known.get(&self.issuer, &self.client).await?;
        self.proved(&token, metadata, |_| Ok(())).await
    }

    /// What `token` says, if the provider signed it for this desk and its time is not over.
    async fn proved(
        &self,
        token: &IdToken,
        metadata: Arc<Metadata>,
        is_asked_for: impl Fn(Option<&Nonce>) -> Result<(), String> + Send,
    ) -> Result<Person, OidcError> {
        let mut claims = token.claims(&self.verifier(&metadata), &is_asked_for);
        let newer;
        if let Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        )) = claims
        {
            newer = self.known.newer(&metadata, &self.issuer, &self.client).await?;
            claims = token.claims(&self.verifier(&newer), &is_asked_for);
        }
        let claims = claims.map_err(|error| {
            tracing::info!(issuer = %self.issuer.as_str(), reason = reason(&error), "An ID token was refused");
            NOT_PROVED
        })?;
        self.check_party(claims)?;
        Person::of(claims, &self.config)
    }

    /// A token that was made for another party is not for the desk, whoever else may read it.
    fn check_party(&self, claims: &Claims) -> Result<(), OidcError> {
        match claims.authorized_party() {
            Some(party) if party.as_str() != self.config.client_id => Err(NOT_PROVED),
            _ => Ok(()),
        }
    }

    fn verifier(&self, metadata: &Metadata) -> IdTokenVerifier<'static, openidconnect::core::CoreJsonWebKey> {
        let client_id = ClientId::new(self.config.client_id.clone());
        IdTokenVerifier::new_public_client(client_id, self.issuer.clone(), metadata.jwks().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_issue_time_verifier_fn(|issued| {
                if issued <= Utc::now() + AHEAD { Ok(()) } else { Err("issued in the future".to_owned()) }
            })
    }

    fn oidc(&self, metadata: &Metadata) -> OidcClient {
        let id = ClientId::new(self.config.client_id.clone());
        let secret = ClientSecret::new(self.config.client_secret.expose().clone());
        let methods = metadata.token_endpoint_auth_methods_supported();
        let is_basic =
            methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        OidcClient::from_provider_metadata(metadata.clone(), id, Some(secret))
            .set_redirect_uri(self.callback.clone())
            .set_auth_type(if is_basic { AuthType::BasicAuth } else { AuthType::RequestBody })
    }
}

/// Why a token is refused, without what it says.
fn reason(error: &ClaimsVerificationError) -> &'static str {
    use ClaimsVerificationError as E;
    match error {
        E::Expired(_) => "expired, or issued in the future",
        E::InvalidAudience(_) => "for another audience",
        E::InvalidIssuer(_) => "from another issuer",
        E::InvalidNonce(_) => "of another sign-in",
        E::SignatureVerification(_) => "not signed by the provider",
        _ => "not as it has to be",
    }
}
