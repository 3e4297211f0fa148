//! Where passwords are hashed (R29): half of the cores, at least one, and a queue of 16; whoever comes after is asked to come back,
//! before the database is touched. One pool per process, because the cores are the process's.

use std::sync::{Arc, LazyLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Password, Verdict, hash, verify};
use crate::error::{ApiError, ApiResult};
use crate::metrics::labels::Shed;
use crate::metrics::metrics;

const QUEUE: usize = 16;

/// The process's pool.
pub static POOL: LazyLock<HashPool> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    HashPool::new((cores / 2).max(1), QUEUE)
});

pub struct HashPool {
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A place in the pool: hold it before asking the database, so that overload costs nothing but this.
pub struct Slot {
    workers: Arc<Semaphore>,
    _place: OwnedSemaphorePermit,
}

impl HashPool {
    fn new(workers: usize, queue: usize) -> Self {
        Self {
            workers: Arc::new(Semaphore::new(workers)),
            places: Arc::new(Semaphore::new(workers + queue)),
        }
    }

    /// A place, or 503 when worker and queue are full.
    pub fn slot(&self) -> ApiResult<Slot> {
        let full = |_| {
            metrics().sheds.inc(Shed::Passwords);
            ApiError::Unavailable("Too many people are signing in at this moment")
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        Ok(Slot {
            workers: Arc::clone(&self.workers),
            _place: place,
        })
    }
}

impl Slot {
    /// The hash to store.
    pub async fn hash(&self, password: &Password) -> ApiResult<String> {
        let password = password.clone();
        self.run(move || hash(&password)).await
    }

    /// Checks against the stored hash; without one it takes as long and is wrong.
    pub async fn verify(&self, stored: Option<&str>, password: &Password) -> ApiResult<Verdict> {
        let (stored, password) = (stored.map(str::to_owned), password.clone());
        self.run(move || verify(stored.as_deref(), &password)).await
    }

    /// The worker's permit goes with the work: a client that hangs up frees no core that is still hashing.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let worker = Arc::clone(&self.workers)
            .acquire_owned()
            .await
            .map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _worker = worker;
            work()
        });
        done.await.map_err(ApiError::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_refused_and_a_freed_place_is_given_again() {
        let pool = HashPool::new(1, 2);
        let taken: Vec<_> = (0..3).map(|_| pool.slot().ok().unwrap()).collect();
        assert!(matches!(pool.slot(), Err(ApiError::Unavailable(_))));
        drop(taken);
        assert!(pool.slot().is_ok());
    }
}
