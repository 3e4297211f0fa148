//! How many jobs one worker thread has at once, and of whom: no organization has more than half of the slots, so that however long its
//! model or platform takes, the others go on (R24).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::ids::OrganizationId;

/// For one thread.
pub struct Slots {
    all: usize,
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    taken: RefCell<HashMap<OrganizationId, usize>>,
    given_back: Notify,
}

/// A job's place; given back when it is dropped, also by a panic.
pub struct Slot {
    organization: OrganizationId,
    inner: Rc<Inner>,
}

impl Slots {
    pub fn new(all: usize) -> Self {
        Self {
            all,
            inner: Rc::default(),
        }
    }

    pub fn free(&self) -> usize {
        self.all.saturating_sub(self.taken())
    }

    /// Organizations that have as many as they may.
    pub fn busy(&self) -> Vec<OrganizationId> {
        let taken = self.inner.taken.borrow();
        let busy = taken.iter().filter(|(_, jobs)| **jobs * 2 >= self.all);
        busy.map(|(organization, _)| *organization).collect()
    }

    /// For a claimed job: what is claimed is never more than was free.
    pub fn take(&self, organization: OrganizationId) -> Slot {
        *self
            .inner
            .taken
            .borrow_mut()
            .entry(organization)
            .or_default() += 1;
        Slot {
            organization,
            inner: Rc::clone(&self.inner),
        }
    }

    pub async fn one_is_free(&self) {
        while self.free() == 0 {
            self.inner.given_back.notified().await;
        }
    }

    pub async fn all_are_free(&self) {
        while self.taken() > 0 {
            self.inner.given_back.notified().await;
        }
    }

    fn taken(&self) -> usize {
        self.inner.taken.borrow().values().sum()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.inner.taken.borrow_mut();
        if let Some(jobs) = taken.get_mut(&self.organization) {
            *jobs -= 1;
            if *jobs == 0 {
                taken.remove(&self.organization);
            }
        }
        // One waits at most, and it looks again.
        self.inner.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_with_half_of_the_slots_is_busy_until_it_gives_one_back() {
        let slots = Slots::new(4);
        let organization = OrganizationId(uuid::Uuid::from_u128(1));
        let other = OrganizationId(uuid::Uuid::from_u128(2));
        let first = slots.take(organization);
        assert!(slots.busy().is_empty());
        let _second = slots.take(organization);
        let _third = slots.take(other);
        assert_eq!(slots.busy(), [organization]);
        assert_eq!(slots.free(), 1);
        drop(first);
        assert!(slots.busy().is_empty());
        assert_eq!(slots.free(), 2);
    }
}
