//! What the fuzz targets run, and how they make new inputs out of old ones.
//!
//! The parsers are compiled from the server's own source: `api/src/channels` is pure and needs nothing else of the
//! server, so that a fuzzing build takes a minute instead of many. `checks` is also replayed over every kept input by
//! the server's normal tests (`api/src/channels/meta/tests/replay.rs`), so that the targets cannot rot.

#[path = "../../../api/src"]
mod api {
    pub mod channels;
}

pub use api::channels;

pub mod checks;
pub mod mutate;
