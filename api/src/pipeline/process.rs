//! Process: parse stored events into their items, find each one's organization, and apply them there, many events at once.
//!
//! Every item is stored; what changes something is applied in the same transaction, under unique keys, so that an event that comes
//! twice or is replayed makes the same rows and sends nothing (R4, R7). One look into the directory for all events, one transaction
//! for each organization with a constant number of statements (`batch`), one statement that finishes the events. What the database
//! refuses is tried again in halves until the bad item stands alone and goes to quarantine (`organization`): it spoils no other.

mod batch;
mod customer;
mod echo;
mod incoming;
mod organization;
mod plan;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;

use crate::channels::ChannelKind;
use crate::db::{DbError, PlatformTx};
use crate::fail_points;
use crate::ids::OrganizationId;
use crate::metrics::labels::ItemResult;
use crate::metrics::metrics;
use crate::models::webhook_event::{Finished, LeasedEvent};
use crate::state::AppState;
use incoming::{Incoming, Item};

/// Organizations of a batch that are worked on at once, each with a connection.
const ORGANIZATIONS_AT_ONCE: usize = 4;

/// Events that are not finished, by their place in the batch, and why: to be tried again.
pub type Unfinished = BTreeMap<usize, String>;

/// Works on events and marks those done all of whose items are applied. The others are returned.
pub async fn process_batch(state: &AppState, events: &[LeasedEvent]) -> Unfinished {
    let incoming = match incoming::sort_out(state, events).await {
        Ok(incoming) => incoming,
        Err(error) => return everything(events, &error),
    };
    let unfinished = apply(state, &incoming.organizations).await;
    fail_points::hit("process::before_finish");
    match finish(state, events, &incoming, &unfinished).await {
        Ok(()) => unfinished,
        Err(error) => everything(events, &error),
    }
}

fn everything(events: &[LeasedEvent], error: &DbError) -> Unfinished {
    (0..events.len())
        .map(|at| (at, error.to_string()))
        .collect()
}

async fn apply(
    state: &AppState,
    organizations: &BTreeMap<OrganizationId, Vec<Item<'_>>>,
) -> Unfinished {
    futures_util::stream::iter(organizations)
        .map(|(organization, items)| organization::apply(state, *organization, items))
        .buffer_unordered(ORGANIZATIONS_AT_ONCE)
        .fold(Unfinished::new(), async |mut all, of_one| {
            all.extend(of_one);
            all
        })
        .await
}

/// One statement for all of them.
async fn finish(
    state: &AppState,
    events: &[LeasedEvent],
    incoming: &Incoming<'_>,
    unfinished: &Unfinished,
) -> Result<(), DbError> {
    let finished: Vec<Finished> = events
        .iter()
        .zip(&incoming.counts)
        .enumerate()
        .filter(|(at, _)| !unfinished.contains_key(at))
        .map(|(_, (event, counts))| Finished {
            id: event.id,
            attempt: event.attempts,
            items: counts.items,
            ignored: counts.items - counts.kept,
        })
        .collect();
    if finished.is_empty() {
        return Ok(());
    }
    let ignored: usize = finished.iter().map(|event| event.ignored).sum();
    metrics().items.add(ItemResult::Ignored, ignored as u64);
    state
        .db
        .for_worker()
        .platform(async |tx: &mut PlatformTx<'_>| Ok(LeasedEvent::finish_all(tx, &finished).await?))
        .await
}

/// A message's place in its conversation: by the platform's time (R9), but never later than its own arrival. WhatsApp tells whole
/// seconds: within the second arrival decides, or what was written after our answer would stand before it.
fn place(
    platform: ChannelKind,
    platform_time: Option<DateTime<Utc>>,
    received_at: DateTime<Utc>,
) -> DateTime<Utc> {
    let Some(time) = platform_time else {
        return received_at;
    };
    let latest = if platform == ChannelKind::Whatsapp {
        time + TimeDelta::milliseconds(999)
    } else {
        time
    };
    latest.min(received_at)
}
