//! What the steps of one worker thread do together: a queue for each kind of work on the database.

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::deliver::{RecordOutcomes, StartSends};
use super::reply::{Conclude, Gather};
use super::together::Together;
use crate::models::job::Taker;
use crate::state::AppState;

/// Transactions of jobs at once. Few, so that what comes meanwhile gathers; more than one, so that organizations pass each other.
const TRANSACTIONS: usize = 4;

/// Shared by the jobs of one worker thread.
pub struct Batches {
    pub gather: Rc<Together<Gather>>,
    pub conclude: Rc<Together<Conclude>>,
    pub start: Rc<Together<StartSends>>,
    pub record: Rc<Together<RecordOutcomes>>,
    /// Who the worker is to the queue.
    pub taker: Taker,
}

impl Batches {
    pub fn new(state: &AppState, taker: Taker) -> Self {
        let transactions = Arc::new(Semaphore::new(TRANSACTIONS));
        Self {
            gather: Together::new(state, &transactions),
            conclude: Together::new(state, &transactions),
            start: Together::new(state, &transactions),
            record: Together::new(state, &transactions),
            taker,
        }
    }
}
