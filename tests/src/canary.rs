//! A place where nothing of the desk's should ever arrive.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

/// A port at which nobody should ever knock.
pub struct Canary {
    /// The port, on every address of this machine.
    pub port: u16,
    knocks: Arc<AtomicUsize>,
}

impl Canary {
    /// Begins to count.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let knocks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&knocks);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { port, knocks }
    }

    /// How many connections were made.
    #[must_use]
    pub fn knocks(&self) -> usize {
        self.knocks.load(Ordering::Relaxed)
    }
}
