//! Counters and gauges of one label whose values are known beforehand: all of them are there from the start, so that an alert sees a
//! zero and not a gap, and counting is one addition without a look-up.

use std::marker::PhantomData;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::Label;

type Labels = [(&'static str, &'static str); 1];

pub struct CounterBy<L> {
    counters: Box<[Counter]>,
    label: PhantomData<L>,
}

pub struct GaugeBy<L> {
    gauges: Box<[Gauge]>,
    label: PhantomData<L>,
}

impl<L: Label> CounterBy<L> {
    pub(super) fn new(registry: &mut Registry, name: &str, help: &str) -> Self {
        let family = Family::<Labels, Counter>::default();
        registry.register(name, help, family.clone());
        let counters = L::ALL
            .iter()
            .map(|value| family.get_or_create(&[(L::NAME, value.as_str())]).clone());
        Self {
            counters: counters.collect(),
            label: PhantomData,
        }
    }

    pub fn inc(&self, value: L) {
        self.add(value, 1);
    }

    pub fn add(&self, value: L, count: u64) {
        self.counters[value.index()].inc_by(count);
    }

    pub fn get(&self, value: L) -> u64 {
        self.counters[value.index()].get()
    }
}

impl<L: Label> GaugeBy<L> {
    pub(super) fn new(registry: &mut Registry, name: &str, help: &str) -> Self {
        let family = Family::<Labels, Gauge>::default();
        registry.register(name, help, family.clone());
        let gauges = L::ALL
            .iter()
            .map(|value| family.get_or_create(&[(L::NAME, value.as_str())]).clone());
        Self {
            gauges: gauges.collect(),
            label: PhantomData,
        }
    }

    pub fn set(&self, value: L, count: i64) {
        self.gauges[value.index()].set(count);
    }
}
