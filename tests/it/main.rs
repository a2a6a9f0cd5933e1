//! All integration tests in one binary.

mod access;
mod architecture;
mod auth;
mod bad_input;
mod crash;
mod demo;
mod events;
mod log;
mod nodes;
mod openapi;
mod projection;
mod races;
mod relay;
mod tickets;
