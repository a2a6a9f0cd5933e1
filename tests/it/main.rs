//! All integration tests in one binary.

mod access;
mod api_tokens;
mod architecture;
mod audit;
mod auth;
mod bad_input;
mod crash;
mod demo;
mod erasure;
mod events;
mod handler;
mod limits;
mod log;
mod mail;
mod nodes;
mod openapi;
mod past;
mod projection;
mod races;
mod rebuild;
mod relay;
mod schemas;
mod stream;
mod tickets;
mod unknown;
