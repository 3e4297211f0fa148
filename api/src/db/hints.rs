//! Hints to all processes that an organization's data changed, and presence, which is nothing but a hint: one NOTIFY channel.
//!
//! A lost hint costs a poll's time, a lost presence nothing. Hints are gathered: PostgreSQL lets only one transaction with a NOTIFY
//! commit at a time (see [`super::listen`]).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::{Db, DbError};
use crate::ids::{ConversationId, OrganizationId, UserId};

const CHANNEL: &str = "banglachat_live";
/// How long further changes are waited for.
const GATHER: Duration = Duration::from_millis(20);
/// A payload holds less than 8000 bytes.
const ORGANIZATIONS_PER_NOTIFY: usize = 150;

/// What processes tell each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Something of these organizations changed.
    Changed(Vec<OrganizationId>),
    Presence(Presence),
}

/// Somebody has a conversation open, and may be typing in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Presence {
    pub organization_id: OrganizationId,
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub name: String,
    pub typing: bool,
}

/// Organizations that wait for their hint.
#[derive(Clone)]
pub(super) struct Hints {
    /// The runtime that lives longest.
    runtime: Handle,
    waiting: Arc<Mutex<BTreeSet<OrganizationId>>>,
}

impl Hints {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            waiting: Arc::default(),
        }
    }

    /// Tells whether it is the first one that waits.
    fn add(&self, organization: OrganizationId) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(organization) && waiting.len() == 1
    }

    fn take(&self) -> Vec<OrganizationId> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting).into_iter().collect()
    }
}

impl Db {
    /// Tells all processes soon that something of the organization changed; what changed is committed already.
    pub(super) fn hint_soon(&self, organization: OrganizationId) {
        if !self.hints.add(organization) {
            return;
        }
        let db = self.for_asides();
        self.hints.runtime.spawn(async move {
            tokio::time::sleep(GATHER).await;
            for organizations in db.hints.take().chunks(ORGANIZATIONS_PER_NOTIFY) {
                if let Err(error) = db.publish(&Hint::Changed(organizations.to_vec())).await {
                    tracing::debug!(error = %error, "a change could not be announced; readers find it by themselves");
                }
            }
        });
    }

    /// Tells all processes, this one among them.
    pub async fn publish(&self, hint: &Hint) -> Result<(), DbError> {
        let payload = serde_json::to_string(hint).map_err(|error| {
            DbError::Sql(diesel::result::Error::SerializationError(error.into()))
        })?;
        diesel::sql_query(format!("SELECT pg_notify('{CHANNEL}', $1)"))
            .bind::<Text, _>(payload)
            .execute(&mut *self.connection().await?)
            .await?;
        Ok(())
    }

    /// Hands every hint to `heard` until the task is aborted; `None` after each connect, because hints may have been missed.
    pub async fn listen_for_hints(self, heard: impl Fn(Option<Hint>)) {
        loop {
            let listening = self.listen_on(CHANNEL, |payload| {
                let hint = payload.map(serde_json::from_str);
                match hint.transpose() {
                    Ok(hint) => heard(hint),
                    // Of a version that says more.
                    Err(error) => tracing::debug!(error = %error, "a hint that cannot be read"),
                }
            });
            if let Err(error) = listening.await {
                tracing::debug!(error = %error, "listening for changes was interrupted; connecting again");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
