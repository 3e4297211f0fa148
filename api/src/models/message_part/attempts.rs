//! Parts of many messages on their way: stored, started, sent.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Array, Integer, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::MessagePart;
use crate::db::{Kept, TenantTx};
use crate::fail_points;
use crate::ids::{AccountId, DeliveryId, MessageId};

/// A part about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    message: MessageId,
    part: i32,
    account: AccountId,
    text: String,
}

impl NewPart {
    /// The parts of a message, in order.
    pub fn all(
        message: MessageId,
        account: AccountId,
        texts: &[String],
    ) -> impl Iterator<Item = Self> {
        (0_i32..).zip(texts).map(move |(part, text)| Self {
            message,
            part,
            account,
            text: text.clone(),
        })
    }
}

/// An attempt that goes out now.
#[derive(Debug)]
pub struct Start<'a> {
    pub part: &'a MessagePart,
    pub delivery: DeliveryId,
    /// After an outcome that nobody told us (R15).
    pub again: bool,
}

impl Start<'_> {
    /// The number under which the result is written (R11).
    pub fn number(&self) -> i32 {
        self.part.attempts + 1
    }
}

/// An attempt that the platform accepted.
#[derive(Debug)]
pub struct Accepted<'a> {
    pub part: &'a MessagePart,
    pub delivery: DeliveryId,
    pub number: i32,
    pub external_id: &'a str,
}

/// Stores parts, ready to be sent.
pub async fn insert_all(
    tx: &mut TenantTx<'_>,
    parts: &[NewPart],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const INSERT: &str = "
        INSERT INTO message_parts (organization_id, message_id, part, account_id, text, state, queued_at, updated_at)
        SELECT o.organization_id, k.message_id, k.part, k.account_id, k.text, 'queued', $6, $6
        FROM organizations o CROSS JOIN unnest($2, $3, $4, $5) AS k (message_id, part, account_id, text)
        WHERE o.organization_id = $1";
    if parts.is_empty() {
        return Ok(());
    }
    let insert = diesel::sql_query(INSERT)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(parts.iter().map(|part| part.message).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(parts.iter().map(|part| part.part).collect::<Vec<_>>())
        .bind::<Array<Uuid>, _>(parts.iter().map(|part| part.account).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(parts.iter().map(|part| &part.text).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now);
    Kept(insert).execute(tx.conn()).await.map(|_| ())
}

/// Starts attempts: commits that they may go out under these delivery ids (R13). The caller holds the conversations' locks.
pub async fn start_all(
    tx: &mut TenantTx<'_>,
    starts: &[Start<'_>],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const START: &str = "
        UPDATE message_parts p SET state = 'sending', attempts = k.attempt, delivery_id = k.delivery_id, updated_at = $7,
            failure_code = NULL, failure_advice = NULL, possible_duplicate = p.possible_duplicate OR k.again
        FROM unnest($2, $3, $4, $5, $6) AS k (message_id, part, attempt, delivery_id, again)
        WHERE p.organization_id = $1 AND p.message_id = ANY ($2) AND p.message_id = k.message_id AND p.part = k.part";
    const RECORD: &str = "
        INSERT INTO deliveries (organization_id, id, message_id, part, attempt, started_at)
        SELECT o.organization_id, k.id, k.message_id, k.part, k.attempt, $6
        FROM organizations o CROSS JOIN unnest($2, $3, $4, $5) AS k (message_id, part, attempt, id)
        WHERE o.organization_id = $1";
    if starts.is_empty() {
        return Ok(());
    }
    let messages: Vec<_> = starts.iter().map(|start| start.part.message_id).collect();
    let parts: Vec<_> = starts.iter().map(|start| start.part.part).collect();
    let attempts: Vec<_> = starts.iter().map(Start::number).collect();
    let deliveries: Vec<_> = starts.iter().map(|start| start.delivery).collect();
    let again: Vec<_> = starts.iter().map(|start| start.again).collect();
    let start = diesel::sql_query(START)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(&messages)
        .bind::<Array<Integer>, _>(&parts)
        .bind::<Array<Integer>, _>(&attempts)
        .bind::<Array<Uuid>, _>(&deliveries)
        .bind::<Array<diesel::sql_types::Bool>, _>(&again)
        .bind::<Timestamptz, _>(now);
    Kept(start).execute(tx.conn()).await?;
    let record = diesel::sql_query(RECORD)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(&messages)
        .bind::<Array<Integer>, _>(&parts)
        .bind::<Array<Integer>, _>(&attempts)
        .bind::<Array<Uuid>, _>(&deliveries)
        .bind::<Timestamptz, _>(now);
    Kept(record).execute(tx.conn()).await.map(|_| ())
}

/// Writes down what the platform accepted: the attempts, the parts that are in that attempt still (also where the outcome counted as
/// unknown meanwhile, because we were late), and the messages all of whose parts are sent.
pub async fn accept_all(
    tx: &mut TenantTx<'_>,
    accepted: &[Accepted<'_>],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // An echo or status that was faster knows better.
    const RECORD: &str = "
        UPDATE deliveries d SET answered_at = $4, outcome = 'sent', external_id = k.external_id
        FROM unnest($2, $3) AS k (id, external_id)
        WHERE d.organization_id = $1 AND d.id = ANY ($2) AND d.id = k.id AND d.external_id IS NULL";
    const SENT: &str = "
        UPDATE message_parts p SET state = 'sent', external_id = k.external_id, failure_code = NULL, failure_advice = NULL, updated_at = $6
        FROM unnest($2, $3, $4, $5) AS k (message_id, part, attempt, external_id)
        WHERE p.organization_id = $1 AND p.message_id = ANY ($2) AND p.message_id = k.message_id AND p.part = k.part
          AND (p.attempts = k.attempt AND p.state IN ('sending', 'unknown') OR $7)";
    if accepted.is_empty() {
        return Ok(());
    }
    let messages: Vec<MessageId> = accepted.iter().map(|one| one.part.message_id).collect();
    let deliveries: Vec<_> = accepted.iter().map(|one| one.delivery).collect();
    let external_ids: Vec<_> = accepted.iter().map(|one| one.external_id).collect();
    for message in &messages {
        tx.message_changed(*message);
    }
    let record = diesel::sql_query(RECORD)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(deliveries)
        .bind::<Array<Text>, _>(&external_ids)
        .bind::<Timestamptz, _>(now);
    Kept(record).execute(tx.conn()).await?;
    let sent = diesel::sql_query(SENT)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(&messages)
        .bind::<Array<Integer>, _>(accepted.iter().map(|one| one.part.part).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(accepted.iter().map(|one| one.number).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(&external_ids)
        .bind::<Timestamptz, _>(now)
        .bind::<diesel::sql_types::Bool, _>(fail_points::is_set("planted::no_fencing"));
    Kept(sent).execute(tx.conn()).await?;
    messages_sent(tx, &messages, now).await
}

/// Messages are sent once all their parts are.
async fn messages_sent(
    tx: &mut TenantTx<'_>,
    messages: &[MessageId],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const SENT: &str = "
        UPDATE messages m SET state = 'sent', failure_code = NULL, failure_advice = NULL, updated_at = $3
        WHERE m.organization_id = $1 AND m.id = ANY ($2) AND m.state <> 'sent'
          AND NOT EXISTS (SELECT FROM message_parts p WHERE p.organization_id = $1 AND p.message_id = m.id AND p.state <> 'sent')";
    let sent = diesel::sql_query(SENT)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(messages)
        .bind::<Timestamptz, _>(now);
    Kept(sent).execute(tx.conn()).await.map(|_| ())
}
