//! LISTEN on a connection of its own: a hint that work is waiting. Workers poll as well, so a lost hint only costs a second.

use std::sync::Arc;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use secrecy::ExposeSecret;
use tokio::sync::Notify;

use super::Db;

/// The channel on which committed work is announced. The payload is empty.
pub const WORK_CHANNEL: &str = "banglachat_work";

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
        let unavailable =
            |error: diesel::ConnectionError| super::DbError::Unavailable(error.to_string());
        let mut connection = AsyncPgConnection::establish(self.url.expose_secret())
            .await
            .map_err(unavailable)?;
        connection
            .batch_execute(&format!("LISTEN {WORK_CHANNEL}"))
            .await?;
        wake.notify_waiters();
        let mut notifications = std::pin::pin!(connection.notifications_stream());
        while let Some(notification) = notifications.next().await {
            notification?;
            wake.notify_waiters();
        }
        Ok(())
    }
}

/// Announces work; it goes out when the transaction commits.
pub async fn announce_work(connection: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    connection
        .batch_execute(&format!("NOTIFY {WORK_CHANNEL}"))
        .await
}
