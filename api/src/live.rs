//! Live updates: what open browsers are told at once, as server-sent events.
//!
//! The events are not stored. They are read from the state itself: conversations, accounts and platform apps carry `changed_at`, by
//! the database's clock, and a stream's position is a moment up to which everything committed has been told
//! ([`crate::models::change::horizon`]). So a client that comes back is told all that changed since, however long it was away or
//! whichever process it reaches; what it cannot be told in 200 events is one `resync`.
//!
//! One reader per process and organization with open streams reads for all of them (module `reader`): woken by a hint ([`crate::db::hints`]),
//! and every two seconds in any case. At each look it also asks whether everybody is still welcome (R34, R45). Each client has a
//! bounded buffer; one that does not keep up is disconnected and comes back (R28).

mod event;
mod position;
mod reader;
mod room;
mod stream;

pub use position::Start;
pub use stream::Subscription;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::auth::access::Access;
use crate::db::hints::{Hint, Presence};
use crate::db::{Db, InOrganization};
use crate::error::{ApiError, ApiResult};
use crate::ids::{OrganizationId, UserId};

use room::{Room, Subscriber};

/// Streams of one user in this process: a few browsers with many tabs.
const STREAMS_PER_USER: usize = 20;
const STREAMS_PER_PROCESS: usize = 2_000;
/// Users whose presence is counted before the idle ones are forgotten.
const PRESENT_USERS: usize = 10_000;

/// The open streams of this process.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    /// The runtime that lives longest: readers serve streams of all HTTP threads.
    runtime: Handle,
    rooms: Mutex<Rooms>,
    presence: DefaultKeyedRateLimiter<UserId>,
}

#[derive(Default)]
struct Rooms {
    by_organization: HashMap<OrganizationId, Room>,
    next_id: u64,
    closed: bool,
    listener: Option<JoinHandle<()>>,
}

impl Live {
    pub fn new(db: Db, runtime: Handle) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                runtime,
                rooms: Mutex::default(),
                presence: RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN)),
            }),
        }
    }

    /// Open streams of all organizations, for the metrics.
    pub fn open_streams(&self) -> usize {
        self.rooms().all().count()
    }

    /// Begins to listen for hints.
    pub fn listen(&self) {
        let live = self.clone();
        let listening = self
            .inner
            .db
            .clone()
            .listen_for_hints(move |hint| match hint {
                Some(Hint::Changed(organizations)) => live.wake(&organizations),
                Some(Hint::Presence(presence)) => live.show(&presence),
                None => live.wake_all(),
            });
        let task = self.inner.runtime.spawn(listening);
        self.rooms().listener = Some(task);
    }

    /// Ends all streams and takes no new ones.
    pub fn close(&self) {
        let mut rooms = self.rooms();
        rooms.closed = true;
        if let Some(listener) = rooms.listener.take() {
            listener.abort();
        }
        for room in std::mem::take(&mut rooms.by_organization).into_values() {
            room.wake.notify_one();
        }
    }

    /// A stream of the organization's events, from `start` on.
    pub fn subscribe<R>(&self, access: &Access<R>, start: Start) -> ApiResult<Subscription> {
        let (organization, user) = (access.organization_id(), access.user());
        let mut rooms = self.rooms();
        if rooms.closed {
            return Err(ApiError::Unavailable("the server is stopping"));
        }
        if rooms.all().count() >= STREAMS_PER_PROCESS {
            return Err(ApiError::Unavailable("too many live streams are open"));
        }
        let own = rooms.all().filter(|other| other.standing.user() == user);
        if own.count() >= STREAMS_PER_USER {
            let retry_after = Duration::from_secs(30);
            return Err(ApiError::RateLimited { retry_after });
        }
        rooms.next_id += 1;
        let id = rooms.next_id;
        let (sender, receiver) = mpsc::channel(room::BUFFER);
        let is_new = !rooms.by_organization.contains_key(&organization);
        let room = rooms.by_organization.entry(organization).or_default();
        room.subscribers.push(Subscriber {
            id,
            standing: access.standing(),
            sender,
            start: Some(start),
        });
        room.wake.notify_one();
        if is_new {
            let reading = reader::run(self.clone(), organization, Arc::clone(&room.wake));
            self.inner.runtime.spawn(reading);
        }
        Ok(Subscription::new(self.clone(), organization, id, receiver))
    }

    /// Whether this user may tell now that they are present: once a second (R24).
    pub fn may_tell_presence(&self, user: UserId) -> ApiResult<()> {
        if self.inner.presence.len() > PRESENT_USERS {
            self.inner.presence.retain_recent();
        }
        let too_often = |_| ApiError::RateLimited {
            retry_after: Duration::from_secs(1),
        };
        self.inner.presence.check_key(&user).map_err(too_often)
    }

    fn unsubscribe(&self, organization: OrganizationId, id: u64) {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.by_organization.get_mut(&organization) {
            room.subscribers.retain(|subscriber| subscriber.id != id);
            // A reader without streams ends at its next look.
            room.wake.notify_one();
        }
    }

    fn wake(&self, organizations: &[OrganizationId]) {
        let rooms = self.rooms();
        for room in organizations
            .iter()
            .filter_map(|organization| rooms.by_organization.get(organization))
        {
            room.wake.notify_one();
        }
    }

    fn wake_all(&self) {
        for room in self.rooms().by_organization.values() {
            room.wake.notify_one();
        }
    }

    fn show(&self, presence: &Presence) {
        if let Some(room) = self
            .rooms()
            .by_organization
            .get_mut(&presence.organization_id)
        {
            room.show(presence);
        }
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.inner
            .rooms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rooms {
    fn all(&self) -> impl Iterator<Item = &Subscriber> {
        self.by_organization
            .values()
            .flat_map(|room| &room.subscribers)
    }
}
