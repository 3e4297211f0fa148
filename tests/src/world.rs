//! What members, shops and accounts of one test share.

use std::sync::atomic::{AtomicU64, Ordering};

use sandbox::graph::Graph;
use sandbox::model::Model;

use crate::{Api, TestDatabase};

/// The server's outside: its API without a token, the simulated platforms, the simulated model; and the database behind it.
pub struct World {
    pub api: Api,
    /// Where the server listens, without a last slash.
    pub url: String,
    pub graph: Graph,
    pub model: Model,
    pub db: TestDatabase,
    counter: AtomicU64,
}

impl World {
    pub(crate) fn new(url: String, graph: Graph, model: Model, db: TestDatabase) -> Self {
        Self {
            api: Api::new(&url),
            url,
            graph,
            model,
            db,
            counter: AtomicU64::new(1),
        }
    }

    /// 1, 2, 3 and so on: for names and ids that must differ.
    pub fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}
