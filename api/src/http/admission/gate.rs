//! A number of places, counted without waiting.

use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Gate {
    taken: AtomicUsize,
    limit: usize,
}

impl Gate {
    pub fn new(limit: usize) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            limit,
        }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// False when all places are taken.
    pub fn enter(&self) -> bool {
        enter(&self.taken, self.limit)
    }

    /// The same with fewer places, for a while.
    pub fn enter_up_to(&self, limit: usize) -> bool {
        enter(&self.taken, limit)
    }

    pub fn leave(&self) {
        self.taken.fetch_sub(1, Ordering::Release);
    }
}

/// Takes one of `limit` places, if one is free.
pub fn enter(taken: &AtomicUsize, limit: usize) -> bool {
    add(taken, 1, limit)
}

/// Takes `count` of `limit`, all or nothing.
pub fn add(taken: &AtomicUsize, count: usize, limit: usize) -> bool {
    let more = |now: usize| now.checked_add(count).filter(|sum| *sum <= limit);
    taken
        .fetch_update(Ordering::Acquire, Ordering::Relaxed, more)
        .is_ok()
}
