//! The one integration test binary: each module tests a subject, through HTTP and the simulators.

mod end_to_end;
mod cut_connections;
mod document;
mod furnished;
mod openapi;
mod samples;
mod tenancy;
mod kill;
mod late_echo;
mod bad_input;
mod contract;
mod faults;
mod handshake;
mod model_failures;
mod pipeline;
mod shutdown;
mod signatures;
mod outage;
mod schema;
mod secrets;
