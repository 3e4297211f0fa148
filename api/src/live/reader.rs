//! Reads for all streams of an organization: what changed, and who is still welcome.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::Live;
use super::event::{Changed, Frame};
use super::position::{Position, Start};
use super::room::Round;
use crate::auth::standing::{self, Standing};
use crate::channels::ChannelKind;
use crate::db::{DbError, InOrganization, TenantTx};
use crate::ids::OrganizationId;
use crate::models::change;

/// The longest time between two looks, when no hint comes; below R34's five seconds with room for a slow one.
const POLL: Duration = Duration::from_secs(2);
/// The shortest: a busy organization is told ten times a second, not at every commit.
const PAUSE: Duration = Duration::from_millis(100);
/// More changes than this are not told one by one: the client reads anew.
const MOST_EVENTS: usize = 200;
/// Changes behind the horizon come at each look, told already or not; more than this are not looked through.
const MOST_ROWS: i64 = 1_000;

/// An organization with open streams, each of which began with a verified membership.
struct Watched(OrganizationId);

impl InOrganization for Watched {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

/// Looks until the last stream has gone.
pub async fn run(live: Live, organization: OrganizationId, wake: Arc<Notify>) {
    let watched = Watched(organization);
    let mut told = Told::default();
    while let Some(asked) = live.ask(organization, &wake) {
        match look(&live, &watched, &mut told, &asked).await {
            Ok(round) => live.hand_out(organization, &wake, round),
            Err(error) => {
                tracing::warn!(error = %error, "live updates could not be read; trying again")
            }
        }
        // Late is as good as woken.
        let _woken = tokio::time::timeout(POLL, wake.notified()).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Who is there, and who waits for a greeting.
struct Asked {
    standings: Vec<Standing>,
    newcomers: Vec<(u64, Start)>,
}

impl Live {
    /// `None`: nobody is there any more, and the room is gone.
    fn ask(&self, organization: OrganizationId, wake: &Arc<Notify>) -> Option<Asked> {
        let mut rooms = self.rooms();
        let room = rooms
            .by_organization
            .get(&organization)
            .filter(|room| Arc::ptr_eq(&room.wake, wake))?;
        if room.subscribers.is_empty() {
            rooms.by_organization.remove(&organization);
            return None;
        }
        let mut standings: Vec<Standing> =
            room.subscribers.iter().map(|one| one.standing).collect();
        standings.dedup();
        let newcomers = room.subscribers.iter();
        Some(Asked {
            standings,
            newcomers: newcomers
                .filter_map(|one| Some((one.id, one.start?)))
                .collect(),
        })
    }

    fn hand_out(&self, organization: OrganizationId, wake: &Arc<Notify>, round: Round) {
        let mut rooms = self.rooms();
        let room = rooms.by_organization.get_mut(&organization);
        if let Some(room) = room.filter(|room| Arc::ptr_eq(&room.wake, wake)) {
            room.hand_out(round);
        }
    }
}

/// What everybody who was greeted knows already.
#[derive(Default)]
struct Told {
    /// Everything up to here; `None` before the first look.
    upto: Option<DateTime<Utc>>,
    /// Beyond that: what was told, in its newest state.
    beyond: HashMap<Changed, DateTime<Utc>>,
    apps: HashMap<String, DateTime<Utc>>,
}

async fn look(
    live: &Live,
    watched: &Watched,
    told: &mut Told,
    asked: &Asked,
) -> Result<Round, DbError> {
    let (rows, round) = {
        let upto = told.upto;
        live.inner
            .db
            .tenant(watched, async |tx: &mut TenantTx<'_>| {
                let seen = Seen::read(tx, upto).await?;
                let ended = standing::ended(tx, &asked.standings).await?;
                let mut greetings = HashMap::new();
                for (id, start) in &asked.newcomers {
                    greetings.insert(*id, greet(tx, *start, seen.horizon).await?);
                }
                let round = Round {
                    news: Frame::default(),
                    greetings,
                    ended,
                };
                Ok::<_, DbError>((seen, round))
            })
            .await?
    };
    let news = told.news(rows);
    Ok(Round { news, ..round })
}

/// What the database shows at one look.
struct Seen {
    /// Everything up to here is in it, and was in what came before.
    horizon: DateTime<Utc>,
    changes: Vec<(Changed, DateTime<Utc>)>,
    apps: HashMap<String, DateTime<Utc>>,
    /// There are more changes than `changes` holds.
    is_cut: bool,
}

impl Seen {
    async fn read(tx: &mut TenantTx<'_>, since: Option<DateTime<Utc>>) -> Result<Self, DbError> {
        let horizon = change::horizon(tx).await?;
        let changes = changes(tx, since.unwrap_or(horizon), MOST_ROWS).await?;
        let apps = change::platform_apps(tx).await?.into_iter().collect();
        Ok(Self {
            horizon,
            is_cut: i64::try_from(changes.len()).unwrap_or(i64::MAX) >= MOST_ROWS,
            changes,
            apps,
        })
    }
}

/// Conversations and accounts, in the order in which they changed.
async fn changes(
    tx: &mut TenantTx<'_>,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Changed, DateTime<Utc>)>, DbError> {
    let conversations = change::conversations_since(tx, since, limit).await?;
    let accounts = change::accounts_since(tx, since, limit).await?;
    let mut changes: Vec<(Changed, DateTime<Utc>)> = conversations
        .into_iter()
        .map(|(id, at)| (Changed::Conversation(id), at))
        .chain(
            accounts
                .into_iter()
                .map(|(id, at)| (Changed::Account(id), at)),
        )
        .collect();
    changes.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    Ok(changes)
}

impl Told {
    /// What of it is new, as events; from now on it is told.
    fn news(&mut self, seen: Seen) -> Frame {
        let horizon = seen.horizon;
        let mut fresh: Vec<(Changed, DateTime<Utc>)> = seen
            .changes
            .into_iter()
            .filter(|(what, at)| self.beyond.get(what) != Some(at))
            .collect();
        if self.upto.is_some() {
            fresh.extend(changed_apps(&self.apps, &seen.apps, horizon));
        }
        self.apps = seen.apps;
        self.beyond.extend(fresh.iter().cloned());
        self.beyond.retain(|_, at| *at > horizon);
        let mut frame = Frame::default();
        if self.upto.is_none() {
            // Nobody has been greeted before this look.
        } else if seen.is_cut || fresh.len() > MOST_EVENTS {
            frame.resync(Position::new(horizon));
        } else {
            tell(&mut frame, &fresh, horizon);
        }
        self.upto = Some(horizon);
        frame
    }
}

/// Apps that are new, changed or gone.
fn changed_apps(
    before: &HashMap<String, DateTime<Utc>>,
    now: &HashMap<String, DateTime<Utc>>,
    horizon: DateTime<Utc>,
) -> Vec<(Changed, DateTime<Utc>)> {
    let gone = before
        .keys()
        .filter(|platform| !now.contains_key(*platform));
    let changed = now
        .iter()
        .filter(|(platform, at)| before.get(*platform) != Some(at))
        .map(|(platform, _)| platform);
    gone.chain(changed)
        .map(|platform| (Changed::PlatformApp(platform.clone()), horizon))
        .collect()
}

/// An event's id is never beyond the horizon: what changed before it may still be on its way there.
fn tell(frame: &mut Frame, changes: &[(Changed, DateTime<Utc>)], horizon: DateTime<Utc>) {
    for (number, (what, at)) in changes.iter().enumerate() {
        // Nor does it cover what changed in the same microsecond and comes behind it: a client may be cut off in between.
        let more = changes.get(number + 1).is_some_and(|(_, next)| next == at);
        let told = *at - TimeDelta::microseconds(i64::from(more));
        frame.changed(Position::new(horizon.min(told)), what, *at);
    }
}

/// The first frame of a stream: hello, and for one that came back what it missed.
async fn greet(
    tx: &mut TenantTx<'_>,
    start: Start,
    horizon: DateTime<Utc>,
) -> Result<Frame, DbError> {
    let here = Position::new(horizon);
    let Some(since) = goes_on_from(start, here) else {
        return Ok(greeting(here, start != Start::Now, horizon));
    };
    let limit = i64::try_from(MOST_EVENTS).unwrap_or(i64::MAX) + 1;
    let missed = changes(tx, since.moment(), limit).await?;
    let apps = change::platform_apps(tx).await?.into_iter().collect();
    Ok(welcome_back(since, missed, &apps, horizon))
}

/// Where a stream goes on whose client came back with a position that is not ahead of the horizon. One that is ahead is lost: from another
/// database, or from this one before it was taken back in time; or the horizon went back, as it does when a transaction that began
/// before it writes its first row behind it. What the position promised holds then too, and reading anew is the safe side.
fn goes_on_from(start: Start, here: Position) -> Option<Position> {
    match start {
        Start::After(position) if position <= here => Some(position),
        Start::Now | Start::After(_) | Start::Lost => None,
    }
}

fn greeting(at: Position, is_lost: bool, horizon: DateTime<Utc>) -> Frame {
    let mut frame = Frame::default();
    frame.hello(at, horizon);
    if is_lost {
        frame.resync(at);
    }
    frame
}

/// For a client that has got everything up to `since`: what it missed. The greeting repeats its own position, so that one that
/// is cut off in the middle of this frame comes back with where it really is.
fn welcome_back(
    since: Position,
    mut missed: Vec<(Changed, DateTime<Utc>)>,
    apps: &HashMap<String, DateTime<Utc>>,
    horizon: DateTime<Utc>,
) -> Frame {
    if missed.len() > MOST_EVENTS {
        return greeting(Position::new(horizon), true, horizon);
    }
    let mut frame = greeting(since, false, horizon);
    missed.extend(missed_apps(apps, since.moment(), horizon));
    tell(&mut frame, &missed, horizon);
    frame
}

/// Apps that changed, and those that are not there: they may have been removed meanwhile.
fn missed_apps(
    apps: &HashMap<String, DateTime<Utc>>,
    since: DateTime<Utc>,
    horizon: DateTime<Utc>,
) -> Vec<(Changed, DateTime<Utc>)> {
    ChannelKind::ALL
        .into_iter()
        .map(ChannelKind::as_str)
        .filter(|platform| apps.get(*platform).is_none_or(|at| *at > since))
        .map(|platform| (Changed::PlatformApp(platform.to_owned()), horizon))
        .collect()
}

#[cfg(test)]
mod resume_test;
