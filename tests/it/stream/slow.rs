//! A reader that does not read harms nobody but itself.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use tests::desk::{JWT_SECRET, TestDesk};
use tests::postgres::{MASTER_KEY, url};
use tests::process::{Binary, UNLIMITED, free_port, scratch};

use super::client::Follower;
use super::{STREAM, write_block};

const SLOW: usize = 20;
const BLOCKS: usize = 200;
const BLOCK: usize = 100;
/// How much more memory the server may take, in KiB.
const GROWTH: u64 = 64 * 1_024;

/// `ledgerdesk serve` on the database of a test.
struct Server {
    process: Child,
    address: String,
    _home: tempfile::TempDir,
}

impl Server {
    async fn start(desk: &TestDesk) -> Self {
        let (home, address) = (scratch("slow"), format!("127.0.0.1:{}", free_port()));
        let master_key = base64::engine::general_purpose::STANDARD.encode(MASTER_KEY);
        let process = Command::new(Binary::path())
            .args(["serve", "--listen", &address])
            .env("DATA_DIR", home.path())
            .envs(UNLIMITED)
            .env("DATABASE_URL", url(&desk.database.options))
            .env("JWT_SECRET", JWT_SECRET)
            .env("MASTER_KEY", master_key)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server");
        let server = Self { process, address, _home: home };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&server.address).is_err() {
            assert!(Instant::now() < deadline, "the server listens");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// How much memory it has, in KiB.
    fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("a status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
        line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
    }

    /// A connection that asks for the stream and then never reads.
    fn stuck(&self, token: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let request =
            format!("GET {STREAM}?after=0 HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("asked");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_stop_reading_cost_the_server_nothing_and_the_others_no_time() {
    let desk = TestDesk::open().await;
    let admin = desk.admin().await;
    let server = Server::start(&desk).await;
    let client = reqwest::Client::new();
    let url = format!("http://{}{STREAM}?after=0", server.address);
    let response = client.get(url).bearer_auth(&admin.token).send().await.expect("an answer");
    let mut follower = Follower::of(response);
    let wanted = i64::try_from(BLOCKS * BLOCK).expect("a count");
    let reading = tokio::spawn(async move {
        let mut last = 0;
        while last < wanted {
            let data = follower.next().await.expect("the stream goes on").data.expect("data");
            assert_eq!(data["pos"], last + 1);
            last += 1;
        }
        Instant::now()
    });
    let stuck: Vec<TcpStream> = (0..SLOW).map(|_| server.stuck(&admin.token)).collect();
    let before = server.memory();
    for _ in 0..BLOCKS {
        write_block(&desk.desk.log, BLOCK).await;
    }
    let written = Instant::now();
    let read =
        tokio::time::timeout(Duration::from_mins(3), reading).await.expect("in time").expect("in order");
    let lag = read.saturating_duration_since(written);
    let growth = server.memory().saturating_sub(before);
    eprintln!(
        "{SLOW} stuck readers of {wanted} events: {growth} KiB more, the other {lag:?} behind the writer"
    );
    assert!(growth < GROWTH, "{growth} KiB more");
    drop(stuck);
    desk.close().await;
}
