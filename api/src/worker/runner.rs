//! The loops of a worker: process events, run jobs, send mail, sweep lost leases. Woken by LISTEN, and once a second without it.
//!
//! It has a thread and a runtime of its own, so that a flood of requests and a flood of work do not starve each other. A panic in a
//! step ends that step only: its lease runs out, and the third time parks the job (R23).

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::LocalSet;
use tracing::Instrument;

use crate::db::cross::LeasedJob;
use crate::db::{DbError, InOrganization, PlatformTx, TenantTx};
use crate::fail_points;
use crate::ids::OrganizationId;
use crate::metrics::labels::EventResult;
use crate::metrics::metrics;
use crate::models::job::{self, Ending, Taker, Work};
use crate::models::webhook_event::{self, LeasedEvent};
use crate::pipeline::batches::Batches;
use crate::pipeline::{deliver, process, reply};
use crate::state::AppState;
use crate::worker::mails::mails;
use crate::worker::park::park_worn_out;
use crate::worker::retry;
use crate::worker::slots::Slots;
use crate::worker::watch::watch;

/// Without a wake-up, look anyway this often.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// At least so long from one claim to the next: what becomes due meanwhile is one claim, and a statement for forty rows costs little more
/// than for four. The first after a pause waits for nothing, nor does one behind a full claim or one that only came round to the beginning.
const BETWEEN_EVENT_CLAIMS: Duration = Duration::from_millis(60);
const BETWEEN_JOB_CLAIMS: Duration = Duration::from_millis(20);
const SWEEP: Duration = Duration::from_secs(5);
/// Events taken at once: a batch costs little more than one.
const EVENTS_AT_ONCE: i64 = 128;
/// Batches worked on at once: while the one commits, the other one computes.
const EVENT_BATCHES: usize = 2;

/// A worker that runs.
pub struct Worker {
    thread: std::thread::JoinHandle<()>,
    wake: Arc<Notify>,
}

impl Worker {
    pub fn spawn(state: &AppState) -> Self {
        let wake = Arc::new(Notify::new());
        let (state, woken) = (state.clone(), Arc::clone(&wake));
        let thread =
            std::thread::spawn(move || {
                match tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => LocalSet::new().block_on(&runtime, run(state, woken)),
                    Err(error) => tracing::error!(error = %error, "the worker cannot start"),
                }
            });
        Self { thread, wake }
    }

    /// Takes nothing new and waits for what runs, at most `patience`; what is left goes back to the queue when its lease ends (R22).
    pub async fn stop(self, patience: Duration) {
        let end = tokio::time::Instant::now() + patience;
        while !self.thread.is_finished() && tokio::time::Instant::now() < end {
            self.wake.notify_waiters();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if !self.thread.is_finished() {
            tracing::warn!(
                "work was left unfinished; it will be taken up again when its lease ends"
            );
        }
    }
}

async fn run(state: AppState, wake: Arc<Notify>) {
    let listener = tokio::task::spawn_local(state.db.clone().listen_for_work(Arc::clone(&wake)));
    let state = Rc::new(state);
    tokio::join!(
        events(&state, &wake),
        jobs(&state, &wake),
        mails(&state, &wake),
        sweeps(&state, &wake),
        watch(&state)
    );
    listener.abort();
}

fn interval(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

pub(super) fn stopping(state: &AppState) -> bool {
    state.stopping.load(Ordering::Relaxed)
}

/// Until the next hint or poll; never longer than `at_most`.
async fn pause(wake: &Notify, at_most: Duration) {
    // Running into the time limit is the poll.
    let _woken = tokio::time::timeout(at_most, wake.notified()).await;
}

/// A loop's trouble with the database is not a reason to end: it is logged once here, and the loop looks again.
pub(super) async fn or_pause<T>(what: &'static str, result: Result<T, DbError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::warn!(error = %error, what, "the worker could not use the database; trying again");
            tokio::time::sleep(POLL).await;
            None
        }
    }
}

async fn events(state: &Rc<AppState>, wake: &Notify) {
    let slots = Arc::new(Semaphore::new(EVENT_BATCHES));
    let mut after = String::new();
    let (mut pace, mut at_once) = (interval(BETWEEN_EVENT_CLAIMS), false);
    while !stopping(state) {
        if !at_once {
            pace.tick().await;
        }
        // What comes while all slots are taken is the next batch.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        // Registered before looking, so that what comes in between is not missed.
        let hint = wake.notified();
        let claim = state
            .db
            .for_worker()
            .platform(async |tx: &mut PlatformTx<'_>| {
                Ok::<_, DbError>(
                    LeasedEvent::claim(tx, &after, EVENTS_AT_ONCE, state.settings.worker.lease)
                        .await?,
                )
            })
            .await;
        let Some(claimed) = or_pause("claim events", claim).await else {
            continue;
        };
        let began_at_start = after.is_empty();
        let is_full = i64::try_from(claimed.len()).is_ok_and(|taken| taken >= EVENTS_AT_ONCE);
        at_once = is_full || (claimed.is_empty() && !began_at_start);
        // R24: the next claim begins behind the last app served, and at the beginning once it has come round.
        after = claimed
            .iter()
            .map(|event| event.app.clone())
            .max()
            .unwrap_or_default();
        if claimed.is_empty() {
            drop(slot);
            if began_at_start {
                let _woken = tokio::time::timeout(POLL, hint).await;
            }
            continue;
        }
        let state = Rc::clone(state);
        tokio::task::spawn_local(async move {
            let span = tracing::info_span!("process", events = claimed.len());
            process_events(&state, &claimed).instrument(span).await;
            drop(slot);
        });
    }
    drain(&slots, EVENT_BATCHES).await;
}

/// Works on a batch; what could not be finished goes back by itself.
async fn process_events(state: &AppState, events: &[LeasedEvent]) {
    let unfinished = process::process_batch(state, events).await;
    let done = events.len() - unfinished.len();
    metrics().events.add(EventResult::Done, done as u64);
    for (at, error) in unfinished {
        let Some(event) = events.get(at) else {
            continue;
        };
        metrics().events.inc(if event.is_last_try() {
            EventResult::Dead
        } else {
            EventResult::Again
        });
        tracing::warn!(error, event.id = %event.id, attempt = event.attempts, "an event could not be processed; it will be tried again");
        let failed = state
            .db
            .platform(async |tx: &mut PlatformTx<'_>| {
                Ok::<_, DbError>(event.fail(tx, &error).await?)
            })
            .await;
        // If even that fails, the lease runs out.
        or_pause("put an event back", failed).await;
    }
}

async fn jobs(state: &Rc<AppState>, wake: &Arc<Notify>) {
    let at_once = state.settings.worker.concurrency;
    let name = format!("{}-{}", std::process::id(), uuid::Uuid::now_v7().simple());
    let taker = Taker {
        name: name.as_str().into(),
        lease: state.settings.worker.lease,
    };
    let batches = Rc::new(Batches::new(state, taker));
    let slots = Slots::new(at_once);
    let mut after = OrganizationId(uuid::Uuid::nil());
    let (mut pace, mut comes_round) = (interval(BETWEEN_JOB_CLAIMS), false);
    while !stopping(state) {
        if !comes_round {
            pace.tick().await;
        }
        let hint = wake.notified();
        let free = slots.free();
        if free == 0 {
            slots.one_is_free().await;
            continue;
        }
        let claim = state
            .db
            .for_worker()
            .claim_jobs(
                &name,
                after,
                &slots.busy(),
                free as i64,
                (at_once / 4).max(1) as i64,
                batches.taker.lease,
            )
            .await;
        let Some(claimed) = or_pause("claim jobs", claim).await else {
            continue;
        };
        let began_at_start = after.0.is_nil();
        comes_round = claimed.is_empty() && !began_at_start;
        // R24: the next claim begins behind the last organization served, and at the beginning once it has come round.
        after = claimed
            .iter()
            .map(InOrganization::organization_id)
            .max()
            .unwrap_or(OrganizationId(uuid::Uuid::nil()));
        if claimed.is_empty() {
            if began_at_start {
                let _woken = tokio::time::timeout(POLL, hint).await;
            }
            continue;
        }
        fail_points::hit("worker::after_claim");
        for job in claimed {
            let slot = slots.take(job.organization_id());
            let (state, batches) = (Rc::clone(state), Rc::clone(&batches));
            let wake = Arc::clone(wake);
            tokio::task::spawn_local(async move {
                run_job(&state, &batches, job).await;
                drop(slot);
                // Whoever waits behind it in its lane can go on, and its place is free.
                wake.notify_waiters();
            });
        }
        // What these jobs want of the database gathers while they are looked at once.
        tokio::task::yield_now().await;
    }
    slots.all_are_free().await;
}

/// Runs a job, and what it hands on: who writes an answer delivers it, without the way through the queue.
async fn run_job(state: &AppState, batches: &Batches, job: LeasedJob) {
    let mut next = Some(job);
    while let Some(job) = next {
        let span = tracing::info_span!("job", job.id = %job.id, job.kind = job.kind, organization.id = %job.organization_id(),
            conversation.id = %job.lane, request.id = job.request_id);
        next = run_leased(state, batches, &job).instrument(span).await;
    }
}

/// Runs one job under its lease. The steps write down how it ended; where one fails, that is written here.
async fn run_leased(state: &AppState, batches: &Batches, job: &LeasedJob) -> Option<LeasedJob> {
    let done = tokio::select! {
        done = step(state, batches, job) => done,
        () = keep_lease(state, batches.taker.lease, job) => {
            tracing::warn!("the lease was lost; somebody else has the job");
            return None;
        }
    };
    match done {
        Ok(next) => next,
        Err(ending) => {
            fail_points::hit("worker::before_finish");
            finish(state, job, &ending).await;
            None
        }
    }
}

/// Tries to write a job's end down; after that its lease has to run out first.
const FINISH_TRIES: usize = 3;

async fn finish(state: &AppState, job: &LeasedJob, ending: &Ending) {
    for _ in 0..FINISH_TRIES {
        let finished = state
            .db
            .for_worker()
            .tenant(job, async |tx: &mut TenantTx<'_>| {
                Ok::<_, DbError>(!job::finish_all(tx, &[(job, ending)]).await?.is_empty())
            })
            .await;
        match or_pause("finish a job", finished).await {
            Some(true) => return,
            // Also after a first try whose commit arrived and whose answer did not.
            Some(false) => {
                tracing::warn!("the job was finished or taken over before");
                return;
            }
            None => {}
        }
    }
}

/// The job that this one hands on, or how it ended where its step could not write that down.
async fn step(
    state: &AppState,
    batches: &Batches,
    job: &LeasedJob,
) -> Result<Option<LeasedJob>, Ending> {
    let result = match Work::of(job) {
        Ok(Work::Reply) => reply::reply(state, batches, job).await,
        Ok(Work::Deliver { message_id }) => deliver::deliver(state, batches, job, message_id)
            .await
            .map(|()| None),
        Err(error) => {
            return Err(Ending::Dead {
                reason: format!("the job cannot be read: {error}"),
            });
        }
    };
    result.map_err(|error| {
        tracing::warn!(error = %error, attempt = job.attempts, "a step failed; it will be tried again");
        let after = retry::delay(job.attempts, None, retry::jitter(job.id.0, job.attempts));
        Ending::Again { after, counted: true, reason: error.to_string() }
    })
}

/// Ends only when the lease is somebody else's.
async fn keep_lease(state: &AppState, lease: Duration, job: &LeasedJob) {
    loop {
        tokio::time::sleep(lease / 3).await;
        let renewed = state
            .db
            .for_worker()
            .tenant(job, async |tx: &mut TenantTx<'_>| {
                Ok::<_, DbError>(job::renew(tx, job, lease).await?)
            })
            .await;
        if or_pause("renew a lease", renewed).await == Some(false) {
            return;
        }
    }
}

async fn sweeps(state: &Rc<AppState>, wake: &Notify) {
    let mut next = tokio::time::Instant::now();
    while !stopping(state) {
        if tokio::time::Instant::now() >= next {
            next = tokio::time::Instant::now() + SWEEP;
            state.pace.forget_idle();
            let db = state.db.for_worker();
            let events = db
                .platform(async |tx: &mut PlatformTx<'_>| {
                    Ok::<_, DbError>(webhook_event::sweep_leases(tx).await?)
                })
                .await;
            or_pause("sweep events", events).await;
            or_pause("park jobs", park_worn_out(state).await).await;
            if or_pause("sweep jobs", db.sweep_job_leases().await)
                .await
                .is_some_and(|swept| swept > 0)
            {
                wake.notify_waiters();
            }
        }
        pause(wake, POLL).await;
    }
}

/// Waits until everything that was started has ended.
async fn drain(slots: &Semaphore, all: usize) {
    let all = u32::try_from(all).unwrap_or(u32::MAX);
    // Only a closed semaphore fails, and nobody closes it.
    let _all_free = slots.acquire_many(all).await;
}
