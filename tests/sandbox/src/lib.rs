//! The world around the server, played on this machine: Meta's Graph API ([`graph`]), an OpenAI-compatible model ([`model`]) and
//! a customer's phone ([`phone`]). Each is a real HTTP server with the real wire format.
//!
//! Tests and benchmarks start them in process on a free port and steer them by the Rust API; other processes steer them through
//! `/_sandbox/...`; the program `sandbox` puts all of them on one port for `make run`. This crate deliberately knows nothing
//! of the server's code: it was written from the platforms' documentation, so that both can be wrong only independently.
//!
//! Every buffer has a bound. Nothing here is for production: tokens are shown in the ledger, because tests compare them.

pub mod bodies;
mod clock;
mod faults;
pub mod graph;
pub mod model;
pub mod phone;
pub mod server;
pub mod wire;

pub use faults::Rule;
