//! Serving until told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;

/// How long requests being served may take once the desk is told to stop.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// Serves requests on `listener` until `stop`, then answers those it has and returns.
///
/// # Errors
/// The listener breaks.
pub async fn serve(desk: Desk, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
    // Answers are small and written at once; waiting for more to send would only delay them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let (streams, sockets) = (desk.clone(), desk.clone());
    let service = crate::router(desk).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let closing_time = async {
        stop.cancelled().await;
        streams.streams.close();
        tokio::time::sleep(LAST_ORDERS).await;
    };
    // A socket is no request any more for the server that it came to.
    let serving = async {
        let ended = serving.await;
        sockets.sockets.ended(LAST_ORDERS).await;
        ended
    };
    tokio::select! {
        ended = serving => ended,
        () = closing_time => {
            tracing::warn!("Requests were cut off at the end");
            Ok(())
        }
    }
}
