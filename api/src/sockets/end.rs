//! Why a socket ends, as its close frame says it.

use axum::http::StatusCode;

use crate::problem::Problem;

/// What [`crate::auth`] says of a token that was good.
const EXPIRED: &str = "the token has expired";

/// How a socket ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The client went.
    Gone,
    /// With a close frame.
    Close(u16, String),
}

impl End {
    fn close(code: u16, reason: &str) -> Self {
        // A close frame has room for 123 bytes.
        Self::Close(code, reason.chars().take(110).collect())
    }

    /// 1001: the desk shuts down.
    pub(super) fn shutting_down() -> Self {
        Self::close(1001, "the desk is shutting down")
    }

    /// 1003: frames are texts.
    pub(super) fn binary() -> Self {
        Self::close(1003, "frames are texts in JSON")
    }

    /// 1009: a frame is too long.
    pub(super) fn too_long() -> Self {
        Self::close(1009, "a frame may have at most 65536 bytes")
    }

    /// 1012: the database is another one, or was restarted.
    pub(super) fn exchanged() -> Self {
        Self::close(1012, "the database was restarted or exchanged: come back with the last position")
    }

    /// 4404: there is no such ticket, for this person.
    pub(super) fn no_ticket() -> Self {
        Self::close(4404, "there is no such ticket")
    }

    /// 4408: it does not read what it is sent, or is not there any more.
    pub(super) fn too_slow(why: &str) -> Self {
        Self::close(4408, why)
    }

    /// 4409: the token was good and is not any more.
    pub(super) fn expired() -> Self {
        Self::close(4409, EXPIRED)
    }

    /// 4429: it sends too much.
    pub(super) fn too_many_frames() -> Self {
        Self::close(4429, "too many frames")
    }

    /// What went wrong with whoever signs in, or is signed in.
    pub(super) fn of(problem: &Problem) -> Self {
        match problem.status() {
            StatusCode::UNAUTHORIZED if problem.message() == EXPIRED => Self::expired(),
            StatusCode::UNAUTHORIZED => Self::close(4401, problem.message()),
            StatusCode::FORBIDDEN => Self::close(4403, problem.message()),
            StatusCode::TOO_MANY_REQUESTS => Self::close(4429, problem.message()),
            _ => Self::close(1013, problem.message()),
        }
    }
}
