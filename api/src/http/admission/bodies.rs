//! Memory of webhook bodies, from their first byte to the answer. Nearly all bodies are small and cost nothing here: what the
//! connection's own buffer would hold anyway is not counted. The large ones share a fixed amount, so that those who trickle large
//! bodies can keep out other large bodies, never the small ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{gate, shed};
use crate::error::ApiResult;
use crate::metrics::labels::Shed;

/// Not counted, per body: half of what the HTTP library reads from a connection before anybody asks.
const FREE: usize = 16 * 1024;
/// Counted in steps of this, so that a large body asks a few times and not at every chunk.
const STEP: usize = 64 * 1024;
/// Shared by all large bodies: eight of the largest.
pub const MEMORY: usize = 32 * 1024 * 1024;

#[derive(Default)]
pub struct BodyMemory {
    taken: AtomicUsize,
}

/// What one body holds; dropping it gives it back.
pub struct Held {
    memory: Arc<BodyMemory>,
    bytes: usize,
}

impl BodyMemory {
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// For a body whose first byte has yet to come.
    pub fn hold(self: &Arc<Self>) -> Held {
        Held {
            memory: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Held {
    /// The body is this long now; 503 when there is no room for that.
    pub fn grow_to(&mut self, length: usize) -> ApiResult<()> {
        let counted = length.saturating_sub(FREE);
        if counted <= self.bytes {
            return Ok(());
        }
        let more = counted.next_multiple_of(STEP) - self.bytes;
        if !gate::add(&self.memory.taken, more, MEMORY) {
            return Err(shed(Shed::Bodies));
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.taken.fetch_sub(self.bytes, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_the_memory_and_small_ones_need_none_of_it() {
        let memory = Arc::new(BodyMemory::default());
        let full: Vec<Held> = std::iter::from_fn(|| {
            let mut held = memory.hold();
            held.grow_to(4 * 1024 * 1024).ok().map(|()| held)
        })
        .collect();
        assert_eq!(full.len(), 8);
        assert!(memory.taken() <= MEMORY);
        let mut small = memory.hold();
        assert!(small.grow_to(FREE).is_ok(), "small bodies go on");
        drop((full, small));
        assert_eq!(memory.taken(), 0);
    }

    #[test]
    fn a_body_that_grows_is_counted_once() {
        let memory = Arc::new(BodyMemory::default());
        let mut held = memory.hold();
        for length in (0..200_000).step_by(1_000) {
            held.grow_to(length).unwrap();
        }
        assert_eq!(memory.taken(), (199_000 - FREE).next_multiple_of(STEP));
    }
}
