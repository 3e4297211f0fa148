//! The worker: takes due work under a lease, runs the pipeline's steps, writes down how it ended.

mod mails;
mod park;
pub mod retry;
pub mod runner;
mod slots;
pub mod watch;
