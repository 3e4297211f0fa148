//! The watch: once a minute it counts what waits in the queues and samples the invariants I1, I3 and I4, as metrics (R92). It only
//! looks: what it finds is for an alert, and for people.
//!
//! Samples are of the organizations whose events came a moment ago, and of the next few in turn, so that a quiet one is looked at too.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::runner::{POLL, or_pause, stopping};
use crate::db::{Db, DbError, InOrganization, PlatformTx, TenantTx};
use crate::ids::OrganizationId;
use crate::metrics::labels::{Invariant, Step};
use crate::metrics::metrics;
use crate::models::watched::{self, DoneEvent, Queue};
use crate::state::AppState;

const INTERVAL: Duration = Duration::from_secs(60);
/// Organizations looked at once, beside those whose events are looked at.
const IN_TURN: i64 = 16;
/// Organizations with recent events that are looked at once.
const RECENT: usize = 32;

/// What one look found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub lost: i64,
    pub doubled: i64,
    pub stuck: i64,
}

/// Looks once a minute until the process stops.
pub(super) async fn watch(state: &AppState) {
    let (mut next, mut behind) = (Instant::now() + POLL, None);
    while !stopping(state) {
        if Instant::now() >= next {
            next = Instant::now() + INTERVAL;
            or_pause("watch", look(state, &mut behind).await).await;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// One look; `behind` is the organization that was looked at last, in turn.
pub async fn look(state: &AppState, behind: &mut Option<OrganizationId>) -> Result<Found, DbError> {
    let (db, now) = (&state.db.for_worker(), state.clock.now());
    let mut found = queues(db).await?;
    let recent = recent_events(db, now).await?;
    let in_turn = db.organizations_to_maintain(*behind, IN_TURN).await?;
    *behind = in_turn.last().map(InOrganization::organization_id);
    for organization in &in_turn {
        if !recent.contains_key(&organization.organization_id()) {
            found.add(sample(db, organization, now, &[]).await?);
        }
    }
    for (organization, events) in recent {
        found.add(sample(db, &Watched(organization), now, &events).await?);
    }
    found.show(now);
    Ok(found)
}

/// An organization whose raw events are looked at; its id comes from the platform's own table.
struct Watched(OrganizationId);

impl InOrganization for Watched {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

async fn queues(db: &Db) -> Result<Found, DbError> {
    let (events, mails) = db
        .platform(async |tx: &mut PlatformTx<'_>| {
            let events = Queue::of_webhook_events(tx).await?;
            Ok::<_, DbError>((events, Queue::of_mails(tx).await?))
        })
        .await?;
    let mut by_step = vec![(Step::Events, events), (Step::Mail, mails)];
    let (mut reply, mut deliver) = (Queue::default(), Queue::default());
    for jobs in db.job_queues().await? {
        match jobs.kind.as_str() {
            "reply" => reply = jobs.queue,
            _ => deliver = jobs.queue,
        }
    }
    by_step.extend([(Step::Reply, reply), (Step::Deliver, deliver)]);
    let stuck = by_step.iter().map(|(_, queue)| queue.stuck).sum();
    let lost = by_step[0].1.overdue;
    by_step.iter().for_each(|(step, queue)| show(*step, queue));
    Ok(Found {
        lost,
        stuck,
        ..Found::default()
    })
}

fn show(step: Step, queue: &Queue) {
    let all = metrics();
    all.queue_ready.set(step, queue.ready);
    all.queue_running.set(step, queue.running);
    all.queue_dead.set(step, queue.dead);
    let oldest = queue.oldest_due_seconds.unwrap_or_default();
    all.queue_oldest_seconds.set(step, oldest);
}

/// Those that came between three minutes and one minute ago and are done, by organization.
async fn recent_events(
    db: &Db,
    now: DateTime<Utc>,
) -> Result<BTreeMap<OrganizationId, Vec<DoneEvent>>, DbError> {
    let (from, to) = (now - TimeDelta::minutes(3), now - TimeDelta::minutes(1));
    let events = db
        .platform(async |tx: &mut PlatformTx<'_>| {
            Ok::<_, DbError>(watched::done_events(tx, from, to).await?)
        })
        .await?;
    let mut by_organization: BTreeMap<OrganizationId, Vec<DoneEvent>> = BTreeMap::new();
    for event in events {
        let known = by_organization.len();
        let of_its = by_organization.entry(event.organization_id);
        if known < RECENT || matches!(of_its, std::collections::btree_map::Entry::Occupied(_)) {
            of_its.or_default().push(event);
        }
    }
    Ok(by_organization)
}

async fn sample(
    db: &Db,
    organization: &impl InOrganization,
    now: DateTime<Utc>,
    events: &[DoneEvent],
) -> Result<Found, DbError> {
    let from = now - TimeDelta::minutes(10);
    db.tenant(organization, async |tx: &mut TenantTx<'_>| {
        let lost = if events.is_empty() {
            0
        } else {
            watched::lost(tx, events).await?
        };
        Ok::<_, DbError>(Found {
            lost,
            doubled: watched::doubled(tx, from).await?,
            stuck: watched::forgotten(tx).await?,
        })
    })
    .await
}

impl Found {
    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stuck += other.stuck;
    }

    fn show(&self, now: DateTime<Utc>) {
        let all = metrics();
        all.invariant_breaches.set(Invariant::Lost, self.lost);
        all.invariant_breaches.set(Invariant::Doubled, self.doubled);
        all.invariant_breaches.set(Invariant::Stuck, self.stuck);
        all.watch_finished_seconds.set(now.timestamp());
        if *self != Self::default() {
            tracing::error!(
                lost = self.lost,
                doubled = self.doubled,
                stuck = self.stuck,
                "the watch found broken invariants"
            );
        }
    }
}
