//! The server's settings: ours go to a file of their own, which `ALTER SYSTEM` overrides.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use super::account::Account;

const FILE: &str = "ledgerdesk.conf";

/// Makes a new cluster read our settings.
pub(super) fn include(cluster: &Path) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().append(true).open(cluster.join("postgresql.conf"))?;
    writeln!(file, "\ninclude '{FILE}'")?;
    Ok(file.sync_all()?)
}

/// Writes our settings, before each start.
pub(super) fn write(cluster: &Path, socket_dir: &Path, account: &Account) -> anyhow::Result<()> {
    let shared_buffers = if memory_bytes().is_some_and(|bytes| bytes < 2 << 30) { "128MB" } else { "256MB" };
    let text = render(&socket_dir.to_string_lossy(), shared_buffers);
    replace(&cluster.join(FILE), &text, account)
        .with_context(|| format!("cannot write {FILE} in {}", cluster.display()))
}

fn render(socket_dir: &str, shared_buffers: &str) -> String {
    // Doubled quotes are for the file's own syntax, double quotes and backslashes for that of the list in it.
    let sockets = socket_dir.replace('\\', "\\\\").replace('"', "\"\"").replace('\'', "''");
    format!(
        "# Written by ledgerdesk before each start. To change a setting for good: ALTER SYSTEM.\n\
         listen_addresses = ''\n\
         port = 5432\n\
         unix_socket_directories = '\"{sockets}\"'\n\
         unix_socket_permissions = 0700\n\
         max_connections = 200\n\
         fsync = on\n\
         full_page_writes = on\n\
         synchronous_commit = on\n\
         shared_buffers = {shared_buffers}\n\
         max_wal_size = 2GB\n\
         # A removed segment is gone and does not live on under another name: erasing somebody relies on it.\n\
         wal_recycle = off\n\
         # New segments are then frequent, and whoever commits would wait while one is filled with zeros.\n\
         wal_init_zero = off\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         # One file for each day of the week, in the cluster's directory `log`.\n\
         logging_collector = on\n\
         log_directory = 'log'\n\
         log_filename = 'postgresql-%a.log'\n\
         log_truncate_on_rotation = on\n\
         log_rotation_age = 1d\n\
         log_rotation_size = 0\n"
    )
}

/// Replaces a file in a directory that belongs to the account, following none of its links.
fn replace(path: &Path, text: &str, account: &Account) -> io::Result<()> {
    let fresh = path.with_extension("new");
    if fs::symlink_metadata(&fresh).is_ok() {
        fs::remove_file(&fresh)?;
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
    account.give_file(&file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// The memory of this machine, where the kernel tells.
fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    kilobytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}
