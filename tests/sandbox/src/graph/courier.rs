//! Carries webhooks to their receiver, signed, at least once: what is not answered with 200 is sent again (reference 1.4).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};

use super::account::WebhookTarget;
use crate::clock::{lock, now_ms};
use crate::wire;

/// Waiting jobs; further ones are dropped and counted as given up.
const QUEUE: usize = 50_000;
const IN_FLIGHT: usize = 1024;
const LOG: usize = 10_000;
/// Meta's own pauses grow to hours; these let a test see the redelivery.
const RETRY_AFTER_MS: [u64; 12] = [
    200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 60_000, 60_000, 60_000,
];
/// Messenger gives the receiver five seconds (reference 1.3).
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// One try to deliver a webhook.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub time_ms: i64,
    pub url: String,
    pub event: &'static str,
    pub attempt: u32,
    /// None when there was no answer.
    pub status: Option<u16>,
}

/// A webhook to deliver.
#[derive(Debug, Clone)]
pub struct Step {
    pub event: &'static str,
    pub delay: Duration,
    pub body: String,
}

/// Steps of one job go in order; different jobs do not wait for each other.
struct Job {
    target: WebhookTarget,
    steps: Vec<Step>,
}

/// Runs on a thread of its own, so that webhooks go on whatever runtime the caller uses. Ends when dropped.
pub struct Courier {
    queue: mpsc::Sender<Job>,
    log: Arc<Log>,
    pending: Arc<AtomicUsize>,
}

#[derive(Default)]
pub struct Log(Mutex<VecDeque<Attempt>>);

impl Log {
    fn add(&self, url: &str, event: &'static str, attempt: u32, status: Option<u16>) {
        let mut attempts = lock(&self.0);
        if attempts.len() >= LOG {
            attempts.pop_front();
        }
        attempts.push_back(Attempt {
            time_ms: now_ms(),
            url: url.into(),
            event,
            attempt,
            status,
        });
    }
}

impl Courier {
    pub fn start() -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let log = Arc::new(Log::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = client()?;
        let thread_log = Arc::clone(&log);
        let pending = Arc::new(AtomicUsize::new(0));
        let thread_pending = Arc::clone(&pending);
        std::thread::Builder::new()
            .name("sandbox-courier".into())
            .spawn(move || runtime.block_on(carry(jobs, client, thread_log, thread_pending)))?;
        Ok(Self {
            queue,
            log,
            pending,
        })
    }

    /// False when the queue is full.
    pub fn send(&self, target: &WebhookTarget, steps: Vec<Step>) -> bool {
        let job = Job {
            target: target.clone(),
            steps,
        };
        self.pending.fetch_add(1, Ordering::SeqCst);
        let queued = self.queue.try_send(job).is_ok();
        if !queued {
            self.pending.fetch_sub(1, Ordering::SeqCst);
            self.log.add(&target.url, "queue_full", 0, None);
        }
        queued
    }

    /// Jobs that are not delivered or given up yet.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    pub fn log(&self) -> Vec<Attempt> {
        lock(&self.log.0).iter().cloned().collect()
    }

    pub fn record(&self, url: &str, event: &'static str, status: Option<u16>) {
        self.log.add(url, event, 1, status);
    }
}

/// For webhooks; each runtime needs one of its own.
pub fn client() -> std::io::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(ANSWER_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("facebookexternalua")
        .build()
        .map_err(std::io::Error::other)
}

async fn carry(
    mut jobs: mpsc::Receiver<Job>,
    client: reqwest::Client,
    log: Arc<Log>,
    pending: Arc<AtomicUsize>,
) {
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    while let Some(job) = jobs.recv().await {
        // Never closed, so this cannot fail; without a slot there is nothing to do anyway.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        let (client, log, pending) = (client.clone(), Arc::clone(&log), Arc::clone(&pending));
        tokio::spawn(async move {
            for step in &job.steps {
                tokio::time::sleep(step.delay).await;
                deliver(&client, &job.target, step, &log).await;
            }
            pending.fetch_sub(1, Ordering::SeqCst);
            drop(slot);
        });
    }
}

async fn deliver(client: &reqwest::Client, target: &WebhookTarget, step: &Step, log: &Log) {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let status = post_signed(client, target, step.body.clone()).await;
        log.add(&target.url, step.event, attempt, status);
        let pause = usize::try_from(attempt)
            .ok()
            .and_then(|tried| RETRY_AFTER_MS.get(tried - 1));
        match (status, pause) {
            (Some(200), _) | (_, None) => return,
            (_, Some(pause)) => tokio::time::sleep(Duration::from_millis(*pause)).await,
        }
    }
}

/// The status of the answer; none when there was no answer.
pub async fn post_signed(
    client: &reqwest::Client,
    target: &WebhookTarget,
    body: String,
) -> Option<u16> {
    let signature = wire::sign(&target.app_secret, body.as_bytes());
    let request = client
        .post(&target.url)
        .header("Content-Type", "application/json")
        .header("X-Hub-Signature-256", signature)
        .body(body);
    let answer = request.send().await.ok()?;
    Some(answer.status().as_u16())
}
