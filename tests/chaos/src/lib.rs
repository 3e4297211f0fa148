//! Faults on purpose, and the oracle that says whether the server's promises were kept (R1 to R29).
//!
//! The pieces: [`proxy`] breaks connections, [`load`] plays the customers, [`rig`] runs the real programs on a real PostgreSQL with the
//! simulators around them, [`scenarios`] says what goes wrong when, [`database`] reads what is left, and [`oracle`] compares it with what
//! platforms, model and customers know. Every choice comes from one seed. This crate knows nothing of the server's code; docs/chaos.md
//! says how to run it and how to read a failure.

pub mod database;
pub mod facts;
pub mod load;
pub mod oracle;
pub mod plan;
pub mod planted;
pub mod proxy;
pub mod random;
pub mod report;
pub mod rig;
pub mod runner;
pub mod scenarios;

/// What a step of a run ends with; the message says what could not be done.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Milliseconds since 1970, by this machine's clock.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| {
        i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    })
}
