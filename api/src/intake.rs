//! Stores webhook events: whatever waits while the previous commit runs is the next batch, one statement and one commit.
//!
//! No timer: alone, an event is stored at once. Nobody is told "stored" before the commit (R3). The queue is bounded by events and by
//! bytes; what does not fit is refused before the database is asked for anything (R29), and the platform brings it again.

use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::db::Db;
use crate::fail_points;
use crate::metrics::labels::Shed;
use crate::metrics::metrics;
use crate::models::webhook_event::{self, NewWebhookEvent};

/// Events that wait for their commit.
const MOST_WAITING: usize = 4_096;
/// KiB of bodies that wait: sixteen of the largest, or thousands of usual ones.
const MOST_WAITING_KIB: usize = 64 * 1024;
/// Events of one statement; more are the next one.
const BATCH: usize = 512;
/// Not stored by then: refused, and the platform sends it again (R3).
const DEADLINE: Duration = Duration::from_secs(2);

/// Why an event was not stored; it may have been all the same, which its hash tells when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStored {
    /// More waits than is good for anybody.
    Full,
    /// Not within the deadline.
    Late,
    /// The database did not take it.
    Failed,
}

/// The entrance; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

struct Waiting {
    event: NewWebhookEvent,
    stored: oneshot::Sender<bool>,
    room: OwnedSemaphorePermit,
}

impl Waiting {
    /// What is stored, and who is told and whose room is given back then.
    fn split(
        self,
    ) -> (
        NewWebhookEvent,
        (oneshot::Sender<bool>, OwnedSemaphorePermit),
    ) {
        (self.event, (self.stored, self.room))
    }
}

impl Intake {
    /// Starts the writer, which ends with the last entrance. It has a thread of its own, where its connection is driven too: what goes
    /// between the two wakes nobody else.
    pub fn new(db: Db) -> io::Result<Self> {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("intake".to_owned())
            .spawn(move || runtime.block_on(write(db, waiting)))?;
        Ok(Self {
            queue,
            room: Arc::new(Semaphore::new(MOST_WAITING_KIB)),
        })
    }

    /// Returns once the event is committed, or the same event was before (R4).
    pub async fn store(&self, event: NewWebhookEvent) -> Result<(), NotStored> {
        let size = u32::try_from(event.size().div_ceil(1024)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(size.max(1))
            .map_err(|_| full())?;
        let (stored, told) = oneshot::channel();
        let waiting = Waiting {
            event,
            stored,
            room,
        };
        self.queue.try_send(waiting).map_err(|_| full())?;
        if fail_points::is_set("planted::ack_before_commit") {
            return Ok(());
        }
        match tokio::time::timeout(DEADLINE, told).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) => Err(NotStored::Failed),
            Err(_) => Err(NotStored::Late),
        }
    }
}

fn full() -> NotStored {
    metrics().sheds.inc(Shed::Webhooks);
    NotStored::Full
}

async fn write(db: Db, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        // Whoever gave up is answered already; what they brought is brought again.
        batch.retain(|waiting: &Waiting| !waiting.stored.is_closed());
        let (events, told): (Vec<_>, Vec<_>) = batch.drain(..).map(Waiting::split).unzip();
        fail_points::hit("ingest::before_commit");
        let stored = webhook_event::store(&db, events).await;
        fail_points::hit("ingest::after_commit");
        if let Err(error) = &stored {
            tracing::error!(error = %error, events = told.len(), "events could not be stored; the platform has to bring them again");
        }
        for (told, _room) in told {
            let _gave_up = told.send(stored.is_ok());
        }
        if stored.is_ok() {
            db.announce_soon();
        }
    }
}
