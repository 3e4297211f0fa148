//! The worker: takes due work under a lease, runs the pipeline's steps, writes down how it ended.

pub mod retry;
pub mod runner;
