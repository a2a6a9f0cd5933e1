//! Work that gives way: whoever is at the desk comes first, on our threads and in the database's processes.
//!
//! A rebuild keeps every core busy. At a low priority it takes what nobody else wants, so that a command which
//! becomes ready runs at once and not when the rebuild has had its turn. A desk that keeps every core busy itself
//! leaves it about a tenth of one, so that it comes to an end all the same.

use std::thread;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::database::{Database, Purpose};

/// The thread ended without a result: it panicked.
#[derive(Debug, thiserror::Error)]
#[error("a thread of the background panicked")]
pub(crate) struct Panicked;

/// Runs `work` on a thread of its own that gives way to all others; it may block, and may wait for futures by
/// [`Handle::current`].
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
    let (done, result) = oneshot::channel();
    let runtime = Handle::current();
    thread::spawn(move || {
        let _entered = runtime.enter();
        give_way(Who::ThisThread);
        // Nobody may wait for it any more.
        let _ = done.send(work());
    });
    result.await.map_err(|_| Panicked)
}

/// A connection as the owner, whose server process gives way where that can be asked for: on this machine.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn connect(database: &Database) -> sqlx::Result<PgConnection> {
    let mut connection = database.connect(Purpose::Owner).await?;
    if is_local(database.options()) {
        let process: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
        give_way(Who::Server(process));
        give_way_as_a_session(process).await;
    }
    Ok(connection)
}

/// Whether the server is reached by a socket, so that its processes are those of this machine.
fn is_local(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some() || options.get_host().starts_with('/')
}

/// A tenth of the weight of those at 0.
#[cfg(target_os = "linux")]
const LOW: i32 = 10;

/// Whose priority is lowered.
#[derive(Debug, Clone, Copy)]
enum Who {
    ThisThread,
    Server(i32),
}

/// Lowers a priority for good: only root could raise it again, so it is for threads and sessions that end. Where
/// it may not be lowered, everything works as well, only less politely.
#[cfg(target_os = "linux")]
fn give_way(who: Who) {
    use rustix::process::{Pid, getpriority_process, setpriority_process};
    let process = match who {
        // To Linux a thread is a process, and none is this one.
        Who::ThisThread => None,
        // The number may be another process's here, if the server is in a container.
        Who::Server(process) if !is_postgres(process) => return,
        Who::Server(process) => Pid::from_raw(process),
    };
    let lowered = getpriority_process(process).and_then(|now| setpriority_process(process, now.max(LOW)));
    if let Err(error) = lowered {
        tracing::debug!(%error, ?who, "A priority cannot be lowered");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way(_: Who) {}

/// Lowers the priority of a server process's session. Where Linux shares the processor among sessions
/// (`sched_autogroup_enabled`), a process's own priority counts within its session only, and PostgreSQL gives each of
/// its processes one.
#[cfg(target_os = "linux")]
async fn give_way_as_a_session(process: i32) {
    if !is_postgres(process) {
        return;
    }
    // Linux takes one change in a tenth of a second from whoever is not root.
    for pause in [0, 110, 110] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match std::fs::write(format!("/proc/{process}/autogroup"), LOW.to_string()) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return tracing::debug!(%error, process, "A session's priority cannot be lowered"),
            Ok(()) => return,
        }
    }
}

#[cfg(not(target_os = "linux"))]
async fn give_way_as_a_session(_: i32) {}

#[cfg(target_os = "linux")]
fn is_postgres(process: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The priority of this thread, as the kernel tells it.
    fn nice() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("a Linux");
        let fields = stat.rsplit_once(") ").expect("a name").1;
        fields.split(' ').nth(16).and_then(|nice| nice.parse().ok()).expect("a number")
    }

    #[tokio::test]
    async fn work_gives_way_and_its_caller_does_not() {
        let before = nice();
        assert_eq!(run(nice).await.ok(), Some(before.max(10)));
        assert_eq!(nice(), before);
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        assert!(run(|| panic!("on purpose")).await.is_err());
    }

    #[test]
    fn other_programs_are_left_alone() {
        let me = i32::try_from(std::process::id()).expect("a number");
        let before = nice();
        give_way(Who::Server(me));
        assert_eq!(nice(), before);
        assert!(!is_postgres(me));
    }
}
