//! Placeholder until the merge.
use super::Conversation;
use crate::db::TenantTx;
use crate::ids::ConversationId;
use crate::schema::conversations;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::{BTreeSet, HashMap};
impl Conversation {
    /// The conversations with these ids; nobody else changes them until the transaction ends. Locked in the order of their ids, so
    /// that two batches cannot wait for each other.
    pub async fn lock_all(
        tx: &mut TenantTx<'_>,
        ids: &BTreeSet<ConversationId>,
    ) -> QueryResult<HashMap<ConversationId, Self>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let locked: Vec<Self> = Self::query()
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::id.eq_any(ids))
            .order(conversations::id)
            .for_no_key_update()
            .load(tx.conn())
            .await?;
        Ok(locked
            .into_iter()
            .map(|conversation| (conversation.id, conversation))
            .collect())
    }
}
