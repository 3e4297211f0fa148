//! What answers change in their conversations, for many at once.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Array, Nullable, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::Conversation;
use crate::db::{Kept, TenantTx};
use crate::ids::ConversationId;

/// A message of ours in a conversation whose row is locked.
#[derive(Debug, Clone, Copy)]
pub struct Spoken {
    conversation: ConversationId,
    last_message_at: DateTime<Utc>,
    waiting_since: Option<DateTime<Utc>>,
}

impl Conversation {
    /// A message at this time, see [`Self::spoke`].
    pub fn spoken(&self, at: DateTime<Utc>, answers: bool) -> Spoken {
        Spoken {
            conversation: self.id,
            last_message_at: at.max(self.last_message_at),
            waiting_since: self.waiting_since.filter(|_| !answers),
        }
    }

    /// Notes messages of ours, one for each conversation: [`Self::spoke`] for many, `changed_at` among it.
    pub async fn spoke_all(
        tx: &mut TenantTx<'_>,
        spoken: &[Spoken],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        const SPOKE: &str = "
            UPDATE conversations c SET last_message_at = k.at, waiting_since = k.waiting_since, updated_at = $5,
                changed_at = clock_timestamp()
            FROM unnest($2, $3, $4) AS k (id, at, waiting_since)
            WHERE c.organization_id = $1 AND c.id = ANY ($2) AND c.id = k.id";
        if spoken.is_empty() {
            return Ok(());
        }
        let ids: Vec<ConversationId> = spoken.iter().map(|one| one.conversation).collect();
        let times: Vec<DateTime<Utc>> = spoken.iter().map(|one| one.last_message_at).collect();
        let waiting: Vec<Option<DateTime<Utc>>> =
            spoken.iter().map(|one| one.waiting_since).collect();
        let spoke = diesel::sql_query(SPOKE)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(&ids)
            .bind::<Array<Timestamptz>, _>(times)
            .bind::<Array<Nullable<Timestamptz>>, _>(waiting)
            .bind::<Timestamptz, _>(now);
        Kept(spoke).execute(tx.conn()).await?;
        tx.conversations_noted(ids);
        Ok(())
    }
}
