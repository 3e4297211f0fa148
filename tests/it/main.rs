//! The one integration test binary: each module tests a subject, through HTTP and the simulators.

mod end_to_end;
mod document;
mod furnished;
mod openapi;
mod samples;
mod tenancy;
mod kill;
mod bad_input;
mod contract;
