//! Who reads the knowledge base, and what is there for them.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use domain::id::{ArticleId, UserId};
use domain::knowledge::Readership;
use projections::articles::find;

use crate::auth::Signed;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// Whoever reads: somebody who is signed in, or anybody if the setting `kb_public` says so. A token that is not good is
/// answered 401 all the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    /// Who; none is somebody who is not signed in.
    pub(super) user: Option<UserId>,
    /// How far they see.
    pub(super) sight: Readership,
}

impl FromRequestParts<Desk> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let signed = <Signed as OptionalFromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        if signed.is_none() && !desk.settings().await?.kb_is_public() {
            return Err(Problem::unauthenticated("sign in: this knowledge base is not for everybody"));
        }
        let sight = Readership::of(signed.as_ref().map(|signed| &signed.caller));
        Ok(Self { user: signed.map(|signed| signed.user), sight })
    }
}

/// The article that is called `name`, by its id or its document id, if it is there for who sees so far.
pub(super) async fn named(desk: &Desk, sight: Readership, name: &str) -> Answer<ArticleId> {
    find::id_of(desk.pool(), sight, name).await?.ok_or_else(no_article)
}

/// There is none, for the caller.
pub(super) fn no_article() -> Problem {
    Problem::not_found("there is no such article")
}
