//! What answering asks of the messages of many conversations at once, and writes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::{AnswerState, Message};
use crate::db::{Kept, TenantTx};
use crate::ids::{ConversationId, MessageId};
use crate::schema::messages;

/// A customer's message whose wait ends: how, and the answer if there is one.
pub type Settled = (MessageId, AnswerState, Option<MessageId>);

/// How many answers of agents a conversation got (R87).
#[derive(Debug, Default, Clone, Copy, QueryableByName)]
pub struct AgentAnswers {
    #[diesel(sql_type = BigInt)]
    pub in_five_minutes: i64,
    #[diesel(sql_type = BigInt)]
    pub in_a_day: i64,
}

// Raw: one look by the index for each conversation, whatever a kept plan believes of the table's size.
const SAID: &str = "
    SELECT m.* FROM unnest($2) AS asked (id) CROSS JOIN LATERAL (
        SELECT * FROM messages WHERE organization_id = $1 AND conversation_id = asked.id AND author <> 'note' AND kind <> 'event'
        ORDER BY ordered_at DESC, id DESC LIMIT $3) m";
const COUNT_ANSWERS: &str = "
    SELECT asked.id, c.* FROM unnest($2) AS asked (id) CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE ordered_at >= $3 - interval '5 minutes') AS in_five_minutes, count(*) AS in_a_day
        FROM messages WHERE organization_id = $1 AND conversation_id = asked.id AND ordered_at >= $3 - interval '1 day' AND author = 'agent') c";
const SETTLE: &str = "
    UPDATE messages m SET answer_state = k.state, answered_by = k.answer, updated_at = $5
    FROM unnest($2, $3, $4) AS k (id, state, answer)
    WHERE m.organization_id = $1 AND m.id = ANY ($2) AND m.id = k.id AND m.answer_state = 'due'";

/// That a customer's message waits for an answer; as a constant, by which a kept plan knows that the index of the waiting ones serves.
pub(super) fn is_due() -> SqlLiteral<Nullable<Bool>> {
    diesel::dsl::sql("messages.answer_state = 'due'")
}

impl Message {
    /// The messages with these ids, in no order.
    pub async fn find_all(tx: &mut TenantTx<'_>, ids: &[MessageId]) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::id.eq_any(ids))
            .load(tx.conn())
            .await
    }

    /// The customers' messages that wait for an answer, by conversation, in order.
    pub async fn due_in(
        tx: &mut TenantTx<'_>,
        conversations: &[ConversationId],
    ) -> QueryResult<HashMap<ConversationId, Vec<Self>>> {
        let due: Vec<Self> = Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq_any(conversations))
            .filter(is_due())
            .order((messages::ordered_at, messages::id))
            .load(tx.conn())
            .await?;
        Ok(by_conversation(due))
    }

    /// The last `rows` messages of each conversation that somebody said to somebody, newest first: no notes, no events.
    pub async fn said_in(
        tx: &mut TenantTx<'_>,
        conversations: &[ConversationId],
        rows: i64,
    ) -> QueryResult<HashMap<ConversationId, Vec<Self>>> {
        let said = diesel::sql_query(SAID)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(conversations)
            .bind::<BigInt, _>(rows);
        Ok(by_conversation(Kept(said).load(tx.conn()).await?))
    }

    /// How many answers of agents each conversation got in the last five minutes, and in the last day (R87).
    pub async fn agent_answers_in(
        tx: &mut TenantTx<'_>,
        conversations: &[ConversationId],
        now: DateTime<Utc>,
    ) -> QueryResult<HashMap<ConversationId, AgentAnswers>> {
        #[derive(QueryableByName)]
        struct Counted {
            #[diesel(sql_type = Uuid)]
            id: ConversationId,
            #[diesel(embed)]
            answers: AgentAnswers,
        }
        let count = diesel::sql_query(COUNT_ANSWERS)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(conversations)
            .bind::<Timestamptz, _>(now);
        let counted: Vec<Counted> = Kept(count).load(tx.conn()).await?;
        Ok(counted
            .into_iter()
            .map(|counted| (counted.id, counted.answers))
            .collect())
    }

    /// Ends the wait of these messages; the caller holds their conversations' locks and says that they changed.
    pub async fn settle_all(
        tx: &mut TenantTx<'_>,
        settled: &[Settled],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let ids: Vec<MessageId> = settled.iter().map(|(id, ..)| *id).collect();
        let states: Vec<&str> = settled.iter().map(|(_, state, _)| state.as_str()).collect();
        let answers: Vec<Option<MessageId>> = settled.iter().map(|(.., answer)| *answer).collect();
        let settle = diesel::sql_query(SETTLE)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(ids)
            .bind::<Array<Text>, _>(states)
            .bind::<Array<Nullable<Uuid>>, _>(answers)
            .bind::<Timestamptz, _>(now);
        Kept(settle).execute(tx.conn()).await.map(|_| ())
    }
}

fn by_conversation(messages: Vec<Message>) -> HashMap<ConversationId, Vec<Message>> {
    let mut sorted: HashMap<ConversationId, Vec<Message>> = HashMap::new();
    for message in messages {
        let conversation = message.conversation_id;
        sorted.entry(conversation).or_default().push(message);
    }
    sorted
}
