//! What many jobs want of the database at the same time is done in one transaction per organization: a job asks and waits; whatever
//! waits while the organization's previous transaction runs is the next batch. No timer: alone, it is done at once.
//!
//! A batch that fails is done again one by one, so that what is wrong with one job does not stop another (R7). Organizations do not wait
//! for each other, but for a free connection.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::{Semaphore, oneshot};

use crate::db::{DbError, InOrganization, TenantTx};
use crate::ids::OrganizationId;
use crate::state::AppState;

/// Jobs of one transaction; more are the next one.
const BATCH: usize = 64;

/// One kind of work on the database.
pub trait Step: 'static {
    /// What one job brings.
    type Item: InOrganization + 'static;
    /// What it gets back.
    type Output: 'static;

    /// Does it for all of them, which are of one organization; gives one output each, in their order. Must be safe to repeat after an
    /// error, for each item alone.
    fn run(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Vec<Self::Output>, DbError>>;
}

struct Waiting<S: Step> {
    item: S::Item,
    told: oneshot::Sender<Result<S::Output, DbError>>,
}

/// The queue of one kind of work; for one thread.
pub struct Together<S: Step> {
    state: AppState,
    /// An organization stands here while a task works on it.
    waiting: RefCell<BTreeMap<OrganizationId, VecDeque<Waiting<S>>>>,
    /// Transactions at once, of all kinds.
    transactions: Arc<Semaphore>,
}

impl<S: Step> Together<S> {
    pub fn new(state: &AppState, transactions: &Arc<Semaphore>) -> Rc<Self> {
        Rc::new(Self {
            state: state.clone(),
            waiting: RefCell::default(),
            transactions: Arc::clone(transactions),
        })
    }

    /// Does it with whatever else waits, and returns when it is committed.
    pub async fn run(self: &Rc<Self>, item: S::Item) -> Result<S::Output, DbError> {
        let organization = item.organization_id();
        let (told, answer) = oneshot::channel();
        let waiting = Waiting { item, told };
        let is_first = {
            let mut all = self.waiting.borrow_mut();
            let is_first = !all.contains_key(&organization);
            all.entry(organization).or_default().push_back(waiting);
            is_first
        };
        if is_first {
            tokio::task::spawn_local(Rc::clone(self).work(organization));
        }
        answer.await.unwrap_or_else(|_| Err(panicked()))
    }

    async fn work(self: Rc<Self>, organization: OrganizationId) {
        loop {
            // Nobody closes it.
            let _transaction = self.transactions.acquire().await;
            let batch: Vec<Waiting<S>> = {
                let mut all = self.waiting.borrow_mut();
                let Some(queue) = all.get_mut(&organization) else {
                    return;
                };
                let most = queue.len().min(BATCH);
                let batch = queue.drain(..most).collect();
                if most == 0 {
                    all.remove(&organization);
                    return;
                }
                batch
            };
            self.settle(batch).await;
        }
    }

    async fn settle(&self, batch: Vec<Waiting<S>>) {
        let (items, told): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.item, waiting.told))
            .unzip();
        match self.transaction(&items).await {
            Ok(outputs) => {
                for (told, output) in told.into_iter().zip(outputs) {
                    let _gone = told.send(Ok(output));
                }
            }
            Err(error) if items.len() == 1 => {
                for told in told {
                    let _gone = told.send(Err(error_again(&error)));
                }
            }
            Err(error) => {
                tracing::info!(error = %error, items = items.len(), "a batch failed; its items are done one by one");
                for (item, told) in items.iter().zip(told) {
                    let done = self.transaction(std::slice::from_ref(item)).await;
                    let output = done.and_then(|mut outputs| outputs.pop().ok_or_else(panicked));
                    let _gone = told.send(output);
                }
            }
        }
    }

    /// A panic ends the transaction and counts as its error (R23).
    async fn transaction(&self, items: &[S::Item]) -> Result<Vec<S::Output>, DbError> {
        let Some(first) = items.first() else {
            return Ok(Vec::new());
        };
        let db = self.state.db.for_worker();
        let run = db.tenant(first, async |tx: &mut TenantTx<'_>| {
            S::run(&self.state, tx, items).await
        });
        AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(panicked()))
    }
}

fn panicked() -> DbError {
    DbError::Unavailable("a step panicked".to_owned())
}

/// For one of several who are told: errors are not `Clone`.
fn error_again(error: &DbError) -> DbError {
    DbError::Unavailable(error.to_string())
}
