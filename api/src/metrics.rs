//! What is counted (R92), in the text format of Prometheus.
//!
//! One registry per process, because cores, connections and memory are the process's: `metrics().send_outcomes.inc(SendClass::Sent)`
//! from wherever it happens. Label values come from the closed sets in [`labels`], never from data: no organization, no address, no
//! text. Gauges of what is held right now are read when somebody asks ([`render`]); those of the database are written by the worker's
//! watch (`worker::watch`).

mod by_label;
pub mod endpoint;
pub mod labels;

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use crate::channels::{FailureClass, Outcome};
use crate::language_model::{Answer, ModelError};
use crate::state::AppState;
pub use by_label::{CounterBy, GaugeBy};
use labels::{
    AckResult, Class, Direction, EventResult, Invariant, ItemResult, ModelResult, SendClass, Shed,
    SignInFailure, Step,
};

/// Seconds of answers to platforms: R3 wants them below two seconds, the target is 20 ms.
const ACK_SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0,
];
/// A connection is there at once, or the wait ends after two seconds (R25).
const POOL_SECONDS: [f64; 8] = [0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0];
/// A model has 60 seconds (R25).
const MODEL_SECONDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0];

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// From the request's head to the answer, webhooks only.
    pub ack_seconds: Histogram,
    pub acks: CounterBy<AckResult>,
    /// How processing of stored events ended.
    pub events: CounterBy<EventResult>,
    /// What became of the items in them.
    pub items: CounterBy<ItemResult>,
    pub queue_ready: GaugeBy<Step>,
    pub queue_running: GaugeBy<Step>,
    pub queue_dead: GaugeBy<Step>,
    /// Age of the oldest that is due.
    pub queue_oldest_seconds: GaugeBy<Step>,
    pub send_outcomes: CounterBy<SendClass>,
    /// Error codes of platforms that nobody has classed yet (R14).
    pub unlisted_error_codes: Counter,
    /// Sends repeated after an unknown outcome (R15).
    pub possible_duplicates: Counter,
    pub breakers_open: Gauge,
    pub model_seconds: Histogram,
    pub model_calls: CounterBy<ModelResult>,
    pub tokens: CounterBy<Direction>,
    pub model_cost_usd: Counter<f64, AtomicU64>,
    pub pool_wait_seconds: Histogram,
    /// No connection in time.
    pub pool_refusals: Counter,
    pub sign_in_failures: CounterBy<SignInFailure>,
    pub refresh_reuse: Counter,
    pub sheds: CounterBy<Shed>,
    pub in_flight: GaugeBy<Class>,
    pub body_bytes: Gauge,
    pub connections: Gauge,
    pub streams: Gauge,
    /// Breaches found at the last look (I1, I3, I4). Anything above zero is a page.
    pub invariant_breaches: GaugeBy<Invariant>,
    /// When the watch last finished a look, seconds since 1970.
    pub watch_finished_seconds: Gauge,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The process's metrics.
pub fn metrics() -> &'static Metrics {
    &METRICS
}

/// A metric of its own under this name, which is shown from now on.
fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn counter(r: &mut Registry, name: &str, help: &str) -> Counter {
    add(r, name, help, Counter::default())
}

fn gauge(r: &mut Registry, name: &str, help: &str) -> Gauge {
    add(r, name, help, Gauge::default())
}

fn seconds<const N: usize>(
    r: &mut Registry,
    name: &str,
    help: &str,
    buckets: [f64; N],
) -> Histogram {
    add(r, name, help, Histogram::new(buckets))
}

impl Metrics {
    /// A list: name and help text of each.
    fn new() -> Self {
        let mut registry = Registry::with_prefix("banglachat");
        let r = &mut registry;
        Self {
            ack_seconds: seconds(r, "ack_seconds", "Time to answer a webhook", ACK_SECONDS),
            acks: CounterBy::new(r, "acks", "Answered webhooks"),
            events: CounterBy::new(r, "events", "Processed webhook events"),
            items: CounterBy::new(r, "items", "Items of webhook events"),
            queue_ready: GaugeBy::new(r, "queue_ready", "Work that waits or is planned"),
            queue_running: GaugeBy::new(r, "queue_running", "Work under a lease"),
            queue_dead: GaugeBy::new(r, "queue_dead", "Dead letters"),
            queue_oldest_seconds: GaugeBy::new(
                r,
                "queue_oldest_seconds",
                "Wait of the oldest due work",
            ),
            send_outcomes: CounterBy::new(r, "send_outcomes", "Attempts to send"),
            unlisted_error_codes: counter(
                r,
                "unlisted_error_codes",
                "Platform error codes without a class",
            ),
            possible_duplicates: counter(
                r,
                "possible_duplicates",
                "Sends repeated after an unknown outcome",
            ),
            breakers_open: gauge(r, "breakers_open", "Circuit breakers that are open"),
            model_seconds: seconds(r, "model_seconds", "Time of model calls", MODEL_SECONDS),
            model_calls: CounterBy::new(r, "model_calls", "Calls of language models"),
            tokens: CounterBy::new(r, "tokens", "Tokens that models reported"),
            model_cost_usd: add(
                r,
                "model_cost_usd",
                "Cost of model calls, where known",
                Counter::default(),
            ),
            pool_wait_seconds: seconds(
                r,
                "pool_wait_seconds",
                "Wait for a database connection",
                POOL_SECONDS,
            ),
            pool_refusals: counter(r, "pool_refusals", "Waits without a database connection"),
            sign_in_failures: CounterBy::new(r, "sign_in_failures", "Refused sign-ins"),
            refresh_reuse: counter(r, "refresh_reuse", "Refresh tokens shown twice"),
            sheds: CounterBy::new(r, "sheds", "Requests refused over capacity"),
            in_flight: GaugeBy::new(r, "in_flight", "Requests being answered"),
            body_bytes: gauge(r, "body_bytes", "Memory taken by large webhook bodies"),
            connections: gauge(r, "connections", "Open connections of clients"),
            streams: gauge(r, "streams", "Open streams of live updates"),
            invariant_breaches: GaugeBy::new(
                r,
                "invariant_breaches",
                "Breaches in the last sample",
            ),
            watch_finished_seconds: gauge(
                r,
                "watch_finished_seconds",
                "When the watch last finished",
            ),
            registry,
        }
    }

    /// Counts the answer to a webhook.
    pub fn acknowledged(&self, began: Instant, status: u16) {
        self.ack_seconds.observe(began.elapsed().as_secs_f64());
        self.acks.inc(AckResult::of(status));
    }

    /// Counts an attempt to send by its class (R14).
    pub fn sent(&self, outcome: &Outcome) {
        if matches!(outcome, Outcome::Failed(failure) if failure.is_unlisted()) {
            self.unlisted_error_codes.inc();
        }
        self.send_outcomes.inc(match outcome {
            Outcome::Sent { .. } => SendClass::Sent,
            Outcome::Failed(failure) => match failure.class {
                FailureClass::TryLater { .. } => SendClass::TryLater,
                FailureClass::Never => SendClass::Never,
                FailureClass::WindowClosed => SendClass::WindowClosed,
                FailureClass::AccountBroken => SendClass::AccountBroken,
                FailureClass::Unknown => SendClass::Unknown,
            },
        });
    }

    /// Counts a call of a model, how long it took and what it used.
    pub fn asked(&self, began: Instant, result: &Result<Answer, ModelError>) {
        self.model_calls.inc(match result {
            Ok(_) => ModelResult::Answered,
            Err(ModelError::BreakerOpen { .. }) => ModelResult::BreakerOpen,
            Err(ModelError::RateLimited { .. }) => ModelResult::RateLimited,
            Err(ModelError::Unavailable(_)) => ModelResult::Unavailable,
            Err(ModelError::Refused(_) | ModelError::BadRequest(_)) => ModelResult::Refused,
            Err(ModelError::Garbage(_) | ModelError::Unusable { .. }) => ModelResult::Garbage,
        });
        if !matches!(result, Err(ModelError::BreakerOpen { .. })) {
            self.model_seconds.observe(began.elapsed().as_secs_f64());
        }
        if let Ok(answer) = result {
            let usage = answer.usage;
            self.tokens
                .add(Direction::Input, usage.prompt_tokens.into());
            self.tokens
                .add(Direction::Output, usage.completion_tokens.into());
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            // Only a formatter fails, and a String's does not.
            tracing::error!(error = %error, "the metrics could not be written");
        }
        text
    }
}

/// All metrics as text, with what this process holds right now.
pub fn render(state: &AppState) -> String {
    let all = metrics();
    state.admission.show(all);
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    all.breakers_open.set(whole(state.breakers.open_count()));
    all.streams.set(whole(state.live.open_streams()));
    all.text()
}
