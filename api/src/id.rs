//! Identities in paths. What cannot be one names nothing: 404.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::id::{EntryId, LinkId, MessageId, NotificationId, TicketId, UserId};
use domain::misuse::values::ReportId;
use uuid::Uuid;

use crate::problem::Problem;

/// Something a path can name.
pub trait Named: Sized + Send {
    /// What `text` names, if it can name anything.
    fn read(text: &str) -> Option<Self>;
}

/// The identity in the path, or with `Id<(A, B)>` both. The handler's documentation declares the parameters
/// by `params(("id" = Uuid, Path, description = "…"))`.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl Named for Uuid {
    fn read(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

/// A name that the route reads by itself.
impl Named for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Named for UserId {
    fn read(text: &str) -> Option<Self> {
        Uuid::read(text).map(Self)
    }
}

impl Named for MessageId {
    fn read(text: &str) -> Option<Self> {
        Uuid::read(text).map(Self)
    }
}

impl Named for LinkId {
    fn read(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl Named for ReportId {
    fn read(text: &str) -> Option<Self> {
        Uuid::read(text).map(Self)
    }
}

impl Named for EntryId {
    fn read(text: &str) -> Option<Self> {
        Uuid::read(text).map(Self)
    }
}

impl Named for TicketId {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Named for NotificationId {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl<T: Named, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let [one] = texts(parts, state).await?;
        T::read(&one).map(Self).ok_or_else(nothing)
    }
}

impl<A: Named, B: Named, S: Send + Sync> FromRequestParts<S> for Id<(A, B)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let [one, other] = texts(parts, state).await?;
        A::read(&one).zip(B::read(&other)).map(Self).ok_or_else(nothing)
    }
}

async fn texts<const N: usize, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<[String; N], Problem> {
    // It fails only for what is no UTF-8, and that names nothing.
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| nothing())?;
    let texts: Vec<String> = params.iter().map(|(_, text)| text.to_owned()).collect();
    texts.try_into().map_err(|_| nothing())
}

fn nothing() -> Problem {
    Problem::not_found("there is nothing of this id")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_cannot_be_an_id_names_nothing() {
        let status = async |path: &str| {
            let app =
                Router::new().route("/u/{id}", get(async |Id(user): Id<UserId>| user.to_string())).route(
                    "/t/{id}/m/{m}",
                    get(async |Id((ticket, _)): Id<(TicketId, MessageId)>| ticket.to_string()),
                );
            let request = Request::get(path).body(Body::empty()).expect("a request");
            app.oneshot(request).await.expect("an answer").status().as_u16()
        };
        let id = Uuid::nil();
        assert_eq!(status(&format!("/u/{id}")).await, 200);
        assert_eq!(status(&format!("/t/TKT-1763700000000-4K9XQ2/m/{id}")).await, 200);
        for bad in ["/u/1", "/u/%00", "/u/%ff", "/t/TKT-1/m/1", "/u/..%2f.."] {
            assert_eq!(status(bad).await, 404, "{bad}");
        }
    }
}
