//! The whole desk from outside: a real PostgreSQL, real HTTP, real processes.

pub mod appends;
pub mod canary;
pub mod desk;
pub mod language_server;
pub mod load;
pub mod log_lines;
pub mod mails;
pub mod nats;
pub mod node;
pub mod oidc;
pub mod other_version;
pub mod postgres;
pub mod process;
pub mod run_log;
pub mod s3;
pub mod served;
pub mod server;
pub mod smtp;
pub mod watch;
