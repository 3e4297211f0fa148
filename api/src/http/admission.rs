//! Admission: how much is taken on at once (R29). Whoever comes when a class is full is told to come back, before the database is
//! touched and without waiting: a queue that nobody sees only makes everybody late.
//!
//! - *Webhooks* come first. Nothing but their own number bounds them, and one organization's take at most half of the places, so that
//!   its flood leaves room for the others (R24).
//! - *API* requests have their own places. When the webhooks are nearly full, only a quarter of these is given out: the webhooks
//!   need the database more.
//! - *Exports* (reports and imports) are the first to go: a few at once, and none while the API is half full.
//!
//! Places are counted in atomics; a [`Permit`] gives its place back when it is dropped, however the request ends. Memory of webhook
//! bodies is bounded in bytes, in [`bodies`].

pub mod bodies;
mod gate;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use uuid::Uuid;

use self::bodies::BodyMemory;
use self::gate::Gate;
use crate::error::{ApiError, ApiResult};
use crate::metrics::labels::{Class, Shed};
use crate::metrics::{Metrics, metrics};

/// Organizations are counted in this many cells. Two may share one: then they share the bound, for as long as one of them floods.
const CELLS: usize = 1024;

/// How many requests of each class are answered at once.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub webhooks: usize,
    pub api: usize,
    pub exports: usize,
}

pub struct Admission {
    webhooks: Gate,
    api: Gate,
    exports: Gate,
    organizations: Box<[AtomicUsize]>,
    /// Which organizations share a cell differs from process to process: nobody can choose to share one.
    hasher: RandomState,
    pub bodies: Arc<BodyMemory>,
}

/// A place; dropping it gives it back.
pub struct Permit {
    admission: Arc<Admission>,
    class: Class,
    cell: Option<usize>,
}

impl Admission {
    pub fn new(places: Places) -> Self {
        Self {
            webhooks: Gate::new(places.webhooks),
            api: Gate::new(places.api),
            exports: Gate::new(places.exports),
            organizations: (0..CELLS).map(|_| AtomicUsize::new(0)).collect(),
            hasher: RandomState::new(),
            bodies: Arc::default(),
        }
    }

    /// A place for a webhook whose body was read. The installation's own app names no organization in its path and stands for all.
    pub fn webhook(self: &Arc<Self>, organization: Option<Uuid>) -> ApiResult<Permit> {
        let cell = organization.map(|id| self.hasher.hash_one(id) as usize % CELLS);
        if let Some(cell) = cell {
            let share = (self.webhooks.limit() / 2).max(1);
            if !gate::enter(&self.organizations[cell], share) {
                return Err(shed(Shed::Organization));
            }
        }
        if !self.webhooks.enter() {
            self.leave_cell(cell);
            return Err(shed(Shed::Webhooks));
        }
        Ok(self.permit(Class::Webhooks, cell))
    }

    /// A place for any other request that may touch the database.
    pub fn request(self: &Arc<Self>, class: Class) -> ApiResult<Permit> {
        if class == Class::Exports {
            let calm = self.api.taken() * 2 < self.api.limit();
            if !calm || !self.exports.enter() {
                return Err(shed(Shed::Exports));
            }
        } else if !self.api.enter_up_to(self.places_for_api()) {
            return Err(shed(Shed::Api));
        }
        Ok(self.permit(class, None))
    }

    fn places_for_api(&self) -> usize {
        let pressed = self.webhooks.taken() * 4 >= self.webhooks.limit() * 3;
        if pressed {
            (self.api.limit() / 4).max(1)
        } else {
            self.api.limit()
        }
    }

    fn permit(self: &Arc<Self>, class: Class, cell: Option<usize>) -> Permit {
        Permit {
            admission: Arc::clone(self),
            class,
            cell,
        }
    }

    fn leave_cell(&self, cell: Option<usize>) {
        if let Some(cell) = cell {
            self.organizations[cell].fetch_sub(1, Ordering::Release);
        }
    }

    fn gate(&self, class: Class) -> &Gate {
        match class {
            Class::Webhooks => &self.webhooks,
            Class::Api => &self.api,
            Class::Exports => &self.exports,
        }
    }

    /// What is taken now, for the metrics.
    pub fn show(&self, metrics: &Metrics) {
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for class in [Class::Webhooks, Class::Api, Class::Exports] {
            metrics
                .in_flight
                .set(class, whole(self.gate(class).taken()));
        }
        metrics.body_bytes.set(whole(self.bodies.taken()));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.admission.gate(self.class).leave();
        self.admission.leave_cell(self.cell);
    }
}

/// Counts the refusal; what the caller answers.
pub fn shed(what: Shed) -> ApiError {
    metrics().sheds.inc(what);
    ApiError::Unavailable(match what {
        Shed::Organization => "too many events of this organization come at once",
        Shed::Bodies => "too many large bodies come at once",
        _ => "more requests come than can be answered",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        Arc::new(Admission::new(Places {
            webhooks: 8,
            api: 8,
            exports: 2,
        }))
    }

    fn take(admission: &Arc<Admission>, class: Class, count: usize) -> Vec<Permit> {
        (0..count)
            .map(|_| admission.request(class).ok().unwrap())
            .collect()
    }

    fn webhooks(admission: &Arc<Admission>, count: usize) -> Vec<Permit> {
        (0..count)
            .map(|_| admission.webhook(None).ok().unwrap())
            .collect()
    }

    #[test]
    fn a_full_class_refuses_and_a_dropped_permit_gives_its_place_back() {
        let admission = admission();
        let taken = webhooks(&admission, 8);
        assert!(admission.webhook(None).is_err());
        drop(taken);
        assert_eq!(webhooks(&admission, 8).len(), 8);
    }

    /// R24.
    #[test]
    fn one_organization_takes_half_of_the_webhooks_places_and_leaves_the_rest() {
        let admission = admission();
        let (flooding, quiet) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let cell = |id| admission.hasher.hash_one(id) as usize % CELLS;
        // One time in 1024 they share a cell; then the bound is shared, and there is nothing to show.
        if cell(flooding) == cell(quiet) {
            return;
        }
        let taken: Vec<_> = (0..4)
            .map(|_| admission.webhook(Some(flooding)).ok().unwrap())
            .collect();
        assert!(admission.webhook(Some(flooding)).is_err());
        let other: Vec<_> = (0..4)
            .map(|_| admission.webhook(Some(quiet)).ok().unwrap())
            .collect();
        assert!(admission.webhook(None).is_err(), "now all are taken");
        drop(other);
        drop(taken);
        assert!(admission.webhook(Some(flooding)).is_ok());
    }

    /// A place in the cell must not leak when the class is full.
    #[test]
    fn a_refusal_takes_nothing() {
        let admission = admission();
        let taken = webhooks(&admission, 8);
        for _ in 0..20 {
            assert!(admission.webhook(Some(Uuid::from_u128(7))).is_err());
        }
        drop(taken);
        assert!(admission.webhook(Some(Uuid::from_u128(7))).is_ok());
    }

    #[test]
    fn webhooks_outrank_the_api_and_the_api_outranks_exports() {
        let admission = admission();
        let exports = take(&admission, Class::Exports, 2);
        assert!(admission.request(Class::Exports).is_err(), "two at once");
        drop(exports);
        let api = take(&admission, Class::Api, 4);
        assert!(
            admission.request(Class::Exports).is_err(),
            "none while the API is half full"
        );
        let pressing = webhooks(&admission, 6);
        assert!(
            admission.request(Class::Api).is_err(),
            "a quarter of the API while webhooks press"
        );
        assert!(admission.webhook(None).is_ok(), "webhooks go on");
        drop(pressing);
        assert!(admission.request(Class::Api).is_ok());
        drop(api);
    }
}
