//! What the log promises (T1 to T12 of its conformance list), on a real PostgreSQL.

mod appending;
mod concurrency;
mod guards;
mod model;
mod tampering;
