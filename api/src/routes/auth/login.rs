//! Signing in with a password.

use application::ledger::ClaimKind;
use axum::Form;
use axum::extract::{FromRequest, Request, State};
use domain::activity::{SignInMethod, SignInRefusal};
use domain::id::UserId;
use domain::user::values::{EmailAddress, Username};
use serde::Deserialize;
use utoipa::ToSchema;

use super::sign_in::{Whose, refused, sign_in};
use super::tokens::TokenPair;
use crate::activity::RequestInfo;
use crate::body::{Json, media_type};
use crate::credentials::{self, Checked};
use crate::desk::Desk;
use crate::fields::ValidationErrors;
use crate::guesses::{Attempt, Guessed};
use crate::problem::declared::{CheckedBody, Guarded, Limited};
use crate::problem::{Answer, Problem};
use crate::{second_factor, sessions};

/// Who signs in: by name or by address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// The name, or the address.
    #[schema(example = "ada")]
    username: Option<String>,
    /// The address, instead of the name.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// The password.
    #[schema(example = "demo-password")]
    password: String,
    /// If the account has a second factor: the code that the authenticator app shows, or a recovery code.
    #[schema(example = "492039")]
    totp: Option<String>,
}

/// The same as OAuth 2 writes it; what else it may contain is ignored, as RFC 6749 asks.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordGrant {
    /// `password`.
    #[schema(example = "password")]
    grant_type: Option<String>,
    /// The name, or the address.
    #[schema(example = "ada")]
    username: String,
    /// The password.
    #[schema(example = "demo-password")]
    password: String,
    /// If the account has a second factor: the code that the authenticator app shows, or a recovery code.
    #[schema(example = "492039")]
    totp: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for Login {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if media_type(request.headers()).as_deref() != Some("application/x-www-form-urlencoded") {
            let Json(login) = Json::from_request(request, state).await?;
            return Ok(login);
        }
        let form = Form::<PasswordGrant>::from_request(request, state).await;
        let Form(grant) = form.map_err(|_| Problem::invalid("the form must have username and password"))?;
        if grant.grant_type.is_some_and(|kind| kind != "password") {
            return Err(Problem::malformed("the only grant_type is password"));
        }
        let PasswordGrant { username, password, totp, .. } = grant;
        Ok(Self { username: Some(username), email: None, password, totp })
    }
}

/// The account that somebody wants to sign in to.
struct Named {
    /// Under which unique value to look: none if nobody can have such a name.
    claim: Option<(ClaimKind, String)>,
    /// What attempts at it are counted by.
    key: String,
}

impl Login {
    fn named(&self) -> Answer<Named> {
        let mut errors = ValidationErrors::default();
        let name = match (&self.username, &self.email) {
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => {
                errors.add("username", "required", "give username or email");
                return Err(errors.into());
            }
            (Some(_), Some(_)) => {
                errors.add("email", "invalid", "give username or email, not both");
                return Err(errors.into());
            }
        };
        let claim = if self.email.is_some() || name.contains('@') {
            EmailAddress::parse(name).ok().map(|email| (ClaimKind::Email, email.as_str().to_owned()))
        } else {
            Username::parse(name).ok().map(|name| (ClaimKind::Username, name.as_str().to_owned()))
        };
        let key = claim.as_ref().map_or_else(|| name.trim().to_lowercase(), |(_, value)| value.clone());
        Ok(Named { claim, key })
    }
}

/// Sign in
///
/// By `username` or `email` with the password, as JSON or as an OAuth 2 password grant. An unknown name and
/// a wrong password are answered alike. Five wrong attempts at an account within 15 minutes, fifty from one network
/// (IPv4 /24, IPv6 /64) or three hundred at the whole desk, and the next is answered 429 with `Retry-After`; where
/// somebody signed in before, only the attempts at their account from there count.
///
/// If the password is right and the account has a second factor, `totp` is asked for: 401 with `details.code`
/// `TOTP_REQUIRED`, or `TOTP_INVALID` for a code that is not good or was used before. If the account needs a second
/// factor and has none, `must_set_up_two_factor` is true, and until one is set up everything else is answered 403
/// `TWO_FACTOR_REQUIRED`.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "auth",
    request_body(content((Login = "application/json"), (PasswordGrant = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "Signed in.", body = TokenPair), Guarded, CheckedBody, Limited),
)]
pub(super) async fn login(
    State(desk): State<Desk>,
    info: RequestInfo,
    login: Login,
) -> Answer<Json<TokenPair>> {
    let named = login.named()?;
    let holder = match &named.claim {
        Some((kind, value)) => desk.log.holder(*kind, value).await?,
        None => None,
    };
    let user = holder.map(UserId);
    // Nobody is asked for as somebody is.
    let endings = sessions::endings(desk.pool(), user.unwrap_or_default()).await?;
    let attempt = Attempt { secret: Guessed::Password, name: &named.key, user, address: info.address };
    let why = match credentials::check(&desk, &attempt, &login.password).await? {
        Checked::Right(user, role) => {
            return Ok(Json(
                with_code(&desk, &info, Whose { user, role, endings }, login.totp.as_deref()).await?,
            ));
        }
        Checked::Wrong if user.is_none() => Some(SignInRefusal::UnknownAccount),
        Checked::Wrong => Some(SignInRefusal::WrongPassword),
        Checked::Inactive => Some(SignInRefusal::Inactive),
        Checked::Hopeless => None,
    };
    if let Some(why) = why {
        refused(&desk, &info, user, SignInMethod::Password, why).await;
    }
    Err(Problem::unauthenticated("the name or the password is wrong"))
}

/// Lets in whoever has shown the password of `user`, once they have shown a good code, too, if the account has a second
/// factor.
async fn with_code(desk: &Desk, info: &RequestInfo, whose: Whose, code: Option<&str>) -> Answer<TokenPair> {
    const METHOD: SignInMethod = SignInMethod::Password;
    let user = whose.user;
    let account = desk.commands.load_user(user).await?;
    let Some(caller) = account.state.caller().filter(|_| account.state.has_two_factor()) else {
        return sign_in(desk, info, whose, METHOD, None).await;
    };
    let Some(code) = code else {
        let message = "this account has a second factor: send the code of the app as totp";
        return Err(Problem::unauthenticated(message).detail("code", "TOTP_REQUIRED"));
    };
    if let Some(shown) = second_factor::accept(desk, &info.by(caller), user, code).await? {
        return sign_in(desk, info, whose, METHOD, Some(shown)).await;
    }
    refused(desk, info, Some(user), METHOD, SignInRefusal::WrongSecondFactor).await;
    let message = "the code is not good, or was used before";
    Err(Problem::unauthenticated(message).detail("code", "TOTP_INVALID"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(kind: &str, body: &str) -> Result<(Option<String>, String), u16> {
        let request = Request::post("/")
            .header("content-type", kind)
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let login = Login::from_request(request, &()).await.map_err(|problem| problem.status().as_u16())?;
        let named = login.named().map_err(|problem| problem.status().as_u16())?;
        Ok((named.claim.map(|(kind, value)| format!("{kind:?} {value}")), login.password))
    }

    #[tokio::test]
    async fn a_name_or_an_address_as_json_or_as_a_form() {
        let json = "application/json";
        let form = "application/x-www-form-urlencoded";
        let ada = |claim: &str| Ok((Some(claim.to_owned()), "p".to_owned()));
        assert_eq!(read(json, r#"{"username":"Ada","password":"p"}"#).await, ada("Username ada"));
        assert_eq!(read(json, r#"{"email":"Ada@x.y","password":"p"}"#).await, ada("Email ada@x.y"));
        assert_eq!(read(json, r#"{"username":"ada@x.y","password":"p"}"#).await, ada("Email ada@x.y"));
        assert_eq!(
            read(form, "grant_type=password&username=ada&password=p&scope=").await,
            ada("Username ada")
        );
        assert_eq!(read(form, "username=ada&password=p").await, ada("Username ada"));
        assert_eq!(read(json, r#"{"username":"a b","password":"p"}"#).await, Ok((None, "p".to_owned())));
        assert_eq!(read(form, "grant_type=refresh_token&username=ada&password=p").await, Err(400));
        assert_eq!(read(form, "username=ada").await, Err(422));
        assert_eq!(read(json, r#"{"password":"p"}"#).await, Err(422));
        assert_eq!(read(json, r#"{"username":"a","email":"b","password":"p"}"#).await, Err(422));
        assert_eq!(read("text/plain", "x").await, Err(415));
    }
}
