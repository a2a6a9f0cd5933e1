//! The running server, as `postmaster.pid` and the kernel tell of it.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::place;

/// How far a running server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It accepts no connections yet.
    Starting,
    /// It accepts connections.
    Ready,
    /// It is on its way out.
    Stopping,
}

/// A running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) phase: Phase,
}

/// The server that runs on `cluster`, if one does.
pub(super) fn running(cluster: &Path, socket_dir: &Path) -> Option<Postmaster> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    parse(&text).filter(|found| works_in(found.pid, cluster) || answers(socket_dir))
}

/// Removes what a dead server left behind where `PostgreSQL` itself would not dare: the process id in
/// its lock files is in use again, by a process that is not a server of this cluster.
pub(super) fn remove_stale_locks(cluster: &Path, socket_dir: &Path) {
    if running(cluster, socket_dir).is_some() {
        return;
    }
    for path in [cluster.join("postmaster.pid"), place::socket_lock(socket_dir)] {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let pid = text.lines().next().unwrap_or_default().trim();
        let in_use = pid.parse::<i32>().is_ok() && Path::new("/proc").join(pid).exists();
        if in_use && fs::remove_file(&path).is_ok() {
            tracing::info!("removed {}, left behind by a server that is gone", path.display());
        }
    }
}

fn parse(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
    let phase = match lines.nth(6).map(str::trim) {
        Some("ready") => Phase::Ready,
        Some("stopping") => Phase::Stopping,
        _ => Phase::Starting,
    };
    Some(Postmaster { pid, phase })
}

/// Whether the process is a server of this cluster; one that is dead but not yet buried is not.
#[cfg(target_os = "linux")]
fn works_in(pid: i32, cluster: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|dir| dir == cluster)
}

/// Whether the process is alive, which is all that can be told here.
#[cfg(not(target_os = "linux"))]
fn works_in(pid: i32, _cluster: &Path) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
}

/// Whether a server answers, which may be in another container and out of our sight.
fn answers(socket_dir: &Path) -> bool {
    UnixStream::connect(place::socket(socket_dir)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phase_is_the_eighth_line() {
        let file = |phase: &str| format!("42\n/d\n1700000000\n5432\n/d\n\n  5432001    9\n{phase}\n");
        assert_eq!(parse(&file("ready   ")), Some(Postmaster { pid: 42, phase: Phase::Ready }));
        assert_eq!(parse(&file("stopping")), Some(Postmaster { pid: 42, phase: Phase::Stopping }));
        assert_eq!(parse("42\n/d\n"), Some(Postmaster { pid: 42, phase: Phase::Starting }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn another_process_with_the_recorded_id_is_no_server() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("postmaster.pid");
        fs::write(&file, format!("{}\n", std::process::id())).expect("written");
        assert_eq!(running(dir.path(), dir.path()), None);
        remove_stale_locks(dir.path(), dir.path());
        assert!(!file.exists());
    }
}
