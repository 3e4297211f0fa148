//! Many messages by one statement.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::NewMessage;
use crate::db::{Kept, TenantTx};
use crate::ids::MessageId;

// Raw: rows out of arrays, so that the text is the same for any number of them and its plan is kept. In the arrays' order: of two
// with one external id the first is stored.
const INSERT: &str = "
    INSERT INTO messages (organization_id, id, conversation_id, account_id, author, author_user_id, kind, text, nul_removed,
        normalized_text, payload, attachments, reply_to_external_id, context, comment_id, external_id, client_id, platform_time,
        ordered_at, agent_id, agent_version, state, answer_state, waited_since, handoff, created_at, updated_at)
    SELECT o.organization_id, m.* FROM organizations o CROSS JOIN unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
        $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) m
    WHERE o.organization_id = $1
    ON CONFLICT DO NOTHING RETURNING id";

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Uuid)]
    id: MessageId,
}

impl NewMessage {
    /// Stores those whose external and client ids are not known already (R4), and tells which. Their words, and that their
    /// conversations changed, are the caller's.
    pub async fn insert_all(
        tx: &mut TenantTx<'_>,
        messages: &[Self],
    ) -> QueryResult<HashSet<MessageId>> {
        if messages.is_empty() {
            return Ok(HashSet::new());
        }
        fn each<'m, T>(messages: &'m [NewMessage], of: impl Fn(&'m NewMessage) -> T) -> Vec<T> {
            messages.iter().map(of).collect()
        }
        let insert = diesel::sql_query(INSERT)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(each(messages, |m| m.id))
            .bind::<Array<Uuid>, _>(each(messages, |m| m.conversation_id))
            .bind::<Array<Uuid>, _>(each(messages, |m| m.account_id))
            .bind::<Array<Text>, _>(each(messages, |m| m.author))
            .bind::<Array<Nullable<Uuid>>, _>(each(messages, |m| m.author_user_id))
            .bind::<Array<Text>, _>(each(messages, |m| m.kind))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.text.as_deref()))
            .bind::<Array<Bool>, _>(each(messages, |m| m.nul_removed))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.normalized_text.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.payload.as_deref()))
            .bind::<Array<Jsonb>, _>(each(messages, |m| &m.attachments))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.reply_to_external_id.as_deref()))
            .bind::<Array<Nullable<Jsonb>>, _>(each(messages, |m| m.context.as_ref()))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.comment_id.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.external_id.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.client_id.as_deref()))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(messages, |m| m.platform_time))
            .bind::<Array<Timestamptz>, _>(each(messages, |m| m.ordered_at))
            .bind::<Array<Nullable<Uuid>>, _>(each(messages, |m| m.agent_id))
            .bind::<Array<Nullable<Integer>>, _>(each(messages, |m| m.agent_version))
            .bind::<Array<Text>, _>(each(messages, |m| m.state))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.answer_state))
            .bind::<Array<Nullable<Timestamptz>>, _>(each(messages, |m| m.waited_since))
            .bind::<Array<Nullable<Text>>, _>(each(messages, |m| m.handoff))
            .bind::<Array<Timestamptz>, _>(each(messages, |m| m.created_at))
            .bind::<Array<Timestamptz>, _>(each(messages, |m| m.updated_at));
        let stored: Vec<Stored> = Kept(insert).load(tx.conn()).await?;
        Ok(stored.into_iter().map(|row| row.id).collect())
    }
}
