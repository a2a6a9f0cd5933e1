//! A wire to the desk that can be cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Passes connections on to the desk until it is cut.
pub(super) struct Wire {
    /// Where to connect to.
    pub(super) address: SocketAddr,
    connected: Arc<Mutex<CancellationToken>>,
    _listening: DropGuard,
}

impl Wire {
    /// A wire to `target`.
    pub(super) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connected = Arc::<Mutex<CancellationToken>>::default();
        let stop = CancellationToken::new();
        let (current, stopped) = (Arc::clone(&connected), stop.clone());
        tokio::spawn(stopped.run_until_cancelled_owned(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let cut = current.lock().expect("no panic").clone();
                tokio::spawn(cut.run_until_cancelled_owned(async move {
                    if let Ok(mut desk) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut client, &mut desk).await;
                    }
                }));
            }
        }));
        Self { address, connected, _listening: stop.drop_guard() }
    }

    /// Breaks every connection there is, wherever it is in what it says.
    pub(super) fn cut(&self) {
        let fresh = CancellationToken::new();
        std::mem::replace(&mut *self.connected.lock().expect("no panic"), fresh).cancel();
    }
}
