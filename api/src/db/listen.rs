//! LISTEN on a connection of its own: a hint that work is waiting. Workers poll as well, so a lost hint only costs a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::{FutureExt, StreamExt};
use secrecy::ExposeSecret;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::Db;

/// The channel on which committed work is announced. The payload is empty.
pub const WORK_CHANNEL: &str = "banglachat_work";
/// The channel on which changes of platform apps are told: the organization's id, or nothing as a heartbeat.
pub const APPS_CHANNEL: &str = "banglachat_apps";

impl Db {
    /// Wakes `wake` for each announcement until the task is aborted. Reconnects by itself; after each connect it wakes once,
    /// because announcements may have been missed.
    pub async fn listen_for_work(self, wake: Arc<Notify>) {
        loop {
            if let Err(error) = self.listen_once(&wake).await {
                tracing::debug!(error = %error, "listening for work was interrupted; connecting again");
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    async fn listen_once(&self, wake: &Notify) -> Result<(), super::DbError> {
        self.listen_on(WORK_CHANNEL, |_| wake.notify_waiters())
            .await
    }

    /// Hands what is told of platform apps to `heard` until the connection breaks; `None` when it has begun to listen.
    pub async fn listen_for_apps(
        &self,
        heard: impl FnMut(Option<&str>),
    ) -> Result<(), super::DbError> {
        self.listen_on(APPS_CHANNEL, heard).await
    }

    /// A heartbeat on that channel.
    pub async fn say_apps_are_watched(&self) -> Result<(), super::DbError> {
        self.alone(|connection| {
            async {
                connection
                    .batch_execute(&format!("NOTIFY {APPS_CHANNEL}"))
                    .await
            }
            .boxed()
        })
        .await
    }

    /// Hands each payload of a channel to `heard` until the connection breaks; the first time `None`, when it has begun to listen,
    /// because what was said before is lost.
    pub(super) async fn listen_on(
        &self,
        channel: &str,
        mut heard: impl FnMut(Option<&str>),
    ) -> Result<(), super::DbError> {
        let unavailable =
            |error: diesel::ConnectionError| super::DbError::Unavailable(error.to_string());
        let mut connection = AsyncPgConnection::establish(self.url.expose_secret())
            .await
            .map_err(unavailable)?;
        connection
            .batch_execute(&format!("LISTEN {channel}"))
            .await?;
        heard(None);
        let mut notifications = std::pin::pin!(connection.notifications_stream());
        while let Some(notification) = notifications.next().await {
            heard(Some(&notification?.payload));
        }
        Ok(())
    }
}

/// Announces what is committed already, once for all that comes within a few milliseconds.
///
/// PostgreSQL lets only one transaction with a NOTIFY commit at a time, its write to disk included; for webhooks, each of which is a
/// commit of its own, that would be the limit of what a machine takes.
#[derive(Clone)]
pub(super) struct Announcer {
    /// The runtime that lives longest.
    runtime: Handle,
    /// Somebody will announce; whoever commits before it is taken back is included.
    due: Arc<AtomicBool>,
}

/// How long further commits are waited for.
const GATHER: Duration = Duration::from_millis(5);

impl Announcer {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            due: Arc::default(),
        }
    }
}

impl Db {
    /// Announces committed work soon. A process that dies before does not matter: workers poll.
    pub fn announce_soon(&self) {
        if self.announcer.due.swap(true, Ordering::AcqRel) {
            return;
        }
        // Not on the caller's connections: the intake has one, and both it and the worker drive theirs themselves.
        let db = self.for_asides();
        self.announcer.runtime.spawn(async move {
            tokio::time::sleep(GATHER).await;
            db.announcer.due.store(false, Ordering::Release);
            if let Err(error) = db.announce_now().await {
                tracing::debug!(error = %error, "work could not be announced; workers find it by themselves");
            }
        });
    }

    async fn announce_now(&self) -> Result<(), super::DbError> {
        Ok(announce_work(&mut *self.connection().await?).await?)
    }
}

/// Announces work; it goes out when the transaction commits.
pub async fn announce_work(connection: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    connection
        .batch_execute(&format!("NOTIFY {WORK_CHANNEL}"))
        .await
}
