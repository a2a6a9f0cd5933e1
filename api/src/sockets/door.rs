//! Who opens a socket: whoever shows a token, in a header, as browsers can, in the address, or as the first frame.

use std::time::Duration;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;

use super::end::End;
use super::socket::Socket;
use super::wire::{READ_AT_MOST, Wire};
use crate::auth::Signed;
use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// The word before the token in `Sec-WebSocket-Protocol`, and what is answered to it.
const BEARER: &str = "bearer";
/// How long somebody may take to say who they are.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// Frames are small: so is what is kept for reading them.
const READ_BUFFER: usize = 2 << 10;

/// Brings the token of a request for a socket to where all others have theirs, and takes it out of the address.
pub(crate) async fn bring_token(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    if path == "/ws" || path.starts_with("/ws/") {
        let in_address = take_from_address(request.uri_mut());
        let token = in_protocols(request.headers()).or(in_address);
        let header = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        if let Some(mut header) = header.filter(|_| !request.headers().contains_key(AUTHORIZATION)) {
            header.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, header);
        }
    }
    next.run(request).await
}

/// The token in `Sec-WebSocket-Protocol: bearer, <token>`.
fn in_protocols(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let mut words = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.by_ref().map(str::trim).find(|word| *word == BEARER)?;
    words.next().map(|token| token.trim().to_owned())
}

/// Takes the token out of `?token=…`.
fn take_from_address(uri: &mut Uri) -> Option<String> {
    let (is_token, others): (Vec<&str>, Vec<&str>) =
        uri.query()?.split('&').partition(|pair| pair.starts_with("token="));
    let token = is_token.first()?.strip_prefix("token=").map(str::to_owned);
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{}{query}", uri.path())).ok();
    *uri = Uri::from_parts(parts).unwrap_or_default();
    token
}

/// Opens a socket, already in the room of `ticket` if there is one.
///
/// # Errors
/// The request is not for a socket, or there is no place. What is wrong with a token is said by the socket itself:
/// pages cannot read it otherwise.
pub(crate) async fn open(desk: Desk, request: Request, ticket: Option<String>) -> Answer<Response> {
    let (mut parts, _) = request.into_parts();
    let shown = if parts.headers.contains_key(AUTHORIZATION) {
        Some(Signed::from_request_parts(&mut parts, &desk).await)
    } else {
        None
    };
    let upgrade = match (WebSocketUpgrade::from_request_parts(&mut parts, &desk).await, &shown) {
        (Ok(upgrade), _) => upgrade,
        (Err(_), Some(Err(problem))) => return Err(problem.clone()),
        (Err(_), _) => {
            let message = "this is a WebSocket: connect with version 13 of its protocol";
            return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "UPGRADE_REQUIRED", message));
        }
    };
    let place = desk.sockets.enter()?;
    let upgrade = upgrade
        .protocols([BEARER])
        .read_buffer_size(READ_BUFFER)
        .max_frame_size(READ_AT_MOST)
        .max_message_size(READ_AT_MOST);
    let span = tracing::Span::current();
    // A socket stays for hours: what the request brought is let go of, unless the token is still to come.
    let who = shown.map_or(Who::IsToSay(Box::new(parts)), |shown| Who::Said(Box::new(shown)));
    let serving = |socket| Box::pin(serve(desk, socket, who, ticket, place).instrument(span));
    Ok(upgrade.on_upgrade(serving))
}

/// Who opens a socket.
enum Who {
    /// They showed a token with the request.
    Said(Box<Answer<Signed>>),
    /// Their first frame says so; with what the request said besides.
    IsToSay(Box<Parts>),
}

/// Serves a socket to its end.
async fn serve(
    desk: Desk,
    socket: WebSocket,
    who: Who,
    ticket: Option<String>,
    _place: OwnedSemaphorePermit,
) {
    let mut wire = Wire::new(socket, desk.clone());
    let signed = match who {
        Who::Said(shown) => shown.map_err(|problem| End::of(&problem)),
        Who::IsToSay(parts) => Box::pin(introduced(&desk, &mut wire, *parts)).await,
    };
    match signed {
        Ok(signed) => Socket::serve(desk, wire, signed, ticket).await,
        Err(end) => wire.close(end).await,
    }
}

/// Who the first frame says they are, `{"type":"auth","token":…}`, let in as they would have been with the request.
async fn introduced(desk: &Desk, wire: &mut Wire, mut parts: Parts) -> Result<Signed, End> {
    let nobody = |why: &str| End::of(&Problem::unauthenticated(why));
    let first = async {
        loop {
            if let Some(text) = wire.next().await? {
                return Ok(text);
            }
        }
    };
    let first = tokio::time::timeout(INTRODUCTION, first).await;
    let text = first.map_err(|_| nobody("nobody said who they are within 10 seconds"))??;
    let frame: Value = serde_json::from_str(&text).unwrap_or_default();
    let token = frame["token"].as_str().filter(|_| frame["type"] == "auth");
    let token =
        token.ok_or_else(|| nobody("the first frame has to say who it is: type auth, with a token"))?;
    let header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| nobody("that is no token"))?;
    parts.headers.insert(AUTHORIZATION, header);
    Signed::from_request_parts(&mut parts, desk).await.map_err(|problem| End::of(&problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_of_the_address() {
        for (address, token, left) in [
            ("/ws?token=abc", Some("abc"), "/ws"),
            ("/ws?a=1&token=abc&b=2", Some("abc"), "/ws?a=1&b=2"),
            ("/ws?token=abc&token=def", Some("abc"), "/ws"),
            ("/ws?a=1", None, "/ws?a=1"),
            ("/ws", None, "/ws"),
        ] {
            let mut uri: Uri = address.parse().expect("an address");
            assert_eq!(take_from_address(&mut uri).as_deref(), token, "{address}");
            assert_eq!(uri.to_string(), left, "{address}");
        }
    }

    #[test]
    fn a_token_is_read_behind_the_word_bearer() {
        let of = |value: &'static str| {
            in_protocols(&HeaderMap::from_iter([(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(value))]))
        };
        assert_eq!(of("bearer, abc").as_deref(), Some("abc"));
        assert_eq!(of("other,bearer,abc").as_deref(), Some("abc"));
        for bad in ["bearer", "abc", "abc, bearer", ""] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
