//! Conversations of a batch of arrivals: made where there is none, locked in one order, changed in memory, written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::{AiState, Conversation, ConversationStatus};
use crate::db::{Kept, TenantTx};
use crate::ids::{AccountId, ContactId, ConversationId};
use crate::schema::conversations;

/// What a customer's message changes.
#[derive(Debug, Clone, Copy)]
pub struct CustomerWrote {
    pub at: DateTime<Utc>,
    pub window_ends_at: Option<DateTime<Utc>>,
    pub human_window_ends_at: Option<DateTime<Utc>>,
    pub needs_human: bool,
    /// It wants an answer.
    pub waits: bool,
}

/// Conversations that there are not yet: of whom, and since when.
pub type Missing = BTreeMap<(AccountId, ContactId), DateTime<Utc>>;

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = Uuid)]
    id: ConversationId,
    #[diesel(sql_type = Uuid)]
    account_id: AccountId,
    #[diesel(sql_type = Uuid)]
    contact_id: ContactId,
}

impl Conversation {
    /// Makes the conversations that are missing, in the order of their keys, and tells their ids; also of those that somebody else
    /// has made meanwhile, whose commit we waited for.
    pub async fn insert_missing(
        tx: &mut TenantTx<'_>,
        missing: &Missing,
    ) -> QueryResult<HashMap<(AccountId, ContactId), ConversationId>> {
        let mut found = HashMap::new();
        if missing.is_empty() {
            return Ok(found);
        }
        for made in insert(tx, missing).await? {
            tx.conversation_changed(made.id);
            found.insert((made.account_id, made.contact_id), made.id);
        }
        let others = missing.keys().filter(|key| !found.contains_key(*key));
        let (accounts, contacts): (Vec<_>, Vec<_>) = others.copied().unzip();
        if !accounts.is_empty() {
            let rows: Vec<(AccountId, ContactId, ConversationId)> = conversations::table
                .filter(conversations::organization_id.eq(tx.organization()))
                .filter(conversations::account_id.eq_any(accounts))
                .filter(conversations::contact_id.eq_any(contacts))
                .select((
                    conversations::account_id,
                    conversations::contact_id,
                    conversations::id,
                ))
                .load(tx.conn())
                .await?;
            let rows = rows
                .into_iter()
                .map(|(account, contact, id)| ((account, contact), id));
            found.extend(rows);
        }
        Ok(found)
    }

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

    /// Takes up a customer's message: opens the conversation again, ends its snooze, renews the windows, makes every draft void.
    /// For [`Self::write_all`].
    pub fn take_up(&mut self, wrote: &CustomerWrote, now: DateTime<Utc>) {
        ConversationStatus::Open
            .as_str()
            .clone_into(&mut self.status);
        self.last_message_at = self.last_message_at.max(wrote.at);
        self.last_customer_message_at = self.last_customer_message_at.max(Some(wrote.at));
        self.window_ends_at = self.window_ends_at.max(wrote.window_ends_at);
        self.human_window_ends_at = self.human_window_ends_at.max(wrote.human_window_ends_at);
        self.needs_human |= wrote.needs_human;
        self.snoozed_until = None;
        self.unread_count += 1;
        self.waiting_since = self
            .waiting_since
            .or(Some(wrote.at).filter(|_| wrote.waits));
        self.generation += 1;
        self.updated_at = now;
    }

    /// Ends a pause of the AI that is over. For [`Self::write_all`].
    pub fn end_pause(&mut self) {
        AiState::On.as_str().clone_into(&mut self.ai_state);
        self.ai_paused_until = None;
        self.ai_reason = None;
        self.generation += 1;
    }

    /// Writes what [`Self::take_up`] and [`Self::end_pause`] changed, `changed_at` among it: one row version for each, however many
    /// messages came. Their rows are locked.
    pub async fn write_all(tx: &mut TenantTx<'_>, changed: &[&Self]) -> QueryResult<()> {
        // Raw: rows out of arrays. Nobody switched the AI on again, so nobody is named.
        const WRITE: &str = "
            UPDATE conversations c SET status = k.status, ai_state = k.ai_state, ai_paused_until = k.ai_paused_until,
                ai_reason = k.ai_reason, ai_changed_by = CASE WHEN c.ai_state = k.ai_state THEN c.ai_changed_by END,
                needs_human = k.needs_human, window_ends_at = k.window_ends_at, human_window_ends_at = k.human_window_ends_at,
                generation = k.generation, last_message_at = k.last_message_at,
                last_customer_message_at = k.last_customer_message_at, snoozed_until = k.snoozed_until,
                unread_count = k.unread_count, waiting_since = k.waiting_since, updated_at = k.updated_at,
                changed_at = clock_timestamp()
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS k (id, status, ai_state, ai_paused_until,
                ai_reason, needs_human, window_ends_at, human_window_ends_at, generation, last_message_at, last_customer_message_at,
                snoozed_until, unread_count, waiting_since, updated_at)
            WHERE c.organization_id = $1 AND c.id = ANY ($2) AND c.id = k.id";
        if changed.is_empty() {
            return Ok(());
        }
        fn each<'c, T>(changed: &[&'c Conversation], of: impl Fn(&'c Conversation) -> T) -> Vec<T> {
            changed.iter().copied().map(of).collect()
        }
        let write = diesel::sql_query(WRITE)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(each(changed, |c| c.id))
            .bind::<Array<Text>, _>(each(changed, |c| c.status.as_str()))
            .bind::<Array<Text>, _>(each(changed, |c| c.ai_state.as_str()))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.ai_paused_until))
            .bind::<Array<Nullable<Text>>, _>(each(changed, |c| c.ai_reason.as_deref()))
            .bind::<Array<Bool>, _>(each(changed, |c| c.needs_human))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.window_ends_at))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.human_window_ends_at))
            .bind::<Array<BigInt>, _>(each(changed, |c| c.generation))
            .bind::<Array<Timestamptz>, _>(each(changed, |c| c.last_message_at))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.last_customer_message_at))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.snoozed_until))
            .bind::<Array<Integer>, _>(each(changed, |c| c.unread_count))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(changed, |c| c.waiting_since))
            .bind::<Array<Timestamptz>, _>(each(changed, |c| c.updated_at));
        Kept(write).execute(tx.conn()).await?;
        tx.conversations_noted(changed.iter().map(|conversation| conversation.id));
        Ok(())
    }
}

async fn insert(tx: &mut TenantTx<'_>, missing: &Missing) -> QueryResult<Vec<Made>> {
    const INSERT: &str = "
        INSERT INTO conversations (organization_id, id, account_id, contact_id, status, ai_state, last_message_at, created_at, updated_at)
        SELECT o.organization_id, k.id, k.account_id, k.contact_id, $6, $7, k.at, k.at, k.at
        FROM organizations o CROSS JOIN unnest($2, $3, $4, $5) AS k (id, account_id, contact_id, at)
        WHERE o.organization_id = $1
        ON CONFLICT DO NOTHING RETURNING id, account_id, contact_id";
    let (accounts, contacts): (Vec<_>, Vec<_>) = missing.keys().copied().unzip();
    let ids: Vec<_> = missing.iter().map(|_| ConversationId::new()).collect();
    let insert = diesel::sql_query(INSERT)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(ids)
        .bind::<Array<Uuid>, _>(accounts)
        .bind::<Array<Uuid>, _>(contacts)
        .bind::<Array<Timestamptz>, _>(missing.values().copied().collect::<Vec<_>>())
        .bind::<Text, _>(ConversationStatus::Open.as_str())
        .bind::<Text, _>(AiState::On.as_str());
    Kept(insert).load(tx.conn()).await
}
