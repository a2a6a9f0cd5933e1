//! All integration tests in one binary.

mod access;
mod architecture;
mod auth;
mod bad_input;
mod crash;
mod demo;
mod erasure;
mod events;
mod handler;
mod log;
mod openapi;
mod projection;
mod races;
mod tickets;
