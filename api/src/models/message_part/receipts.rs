//! What platforms tell of parts that went out, many at once: which part is meant, and that it is there (R15).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::MessagePart;
use crate::db::{Kept, TenantTx};
use crate::ids::{AccountId, ConversationId, DeliveryId, MessageId};
use crate::schema::message_parts;

/// A part as far as receipts ask.
#[derive(Debug, Clone, QueryableByName)]
pub struct SentPart {
    #[diesel(sql_type = Nullable<Uuid>)]
    delivery_id: Option<DeliveryId>,
    /// Whether the attempt that was asked for is known to have arrived.
    #[diesel(sql_type = Bool)]
    pub arrived: bool,
    #[diesel(sql_type = Uuid)]
    account_id: AccountId,
    #[diesel(sql_type = Uuid)]
    pub conversation_id: ConversationId,
    #[diesel(sql_type = Uuid)]
    pub message_id: MessageId,
    #[diesel(sql_type = Integer)]
    pub part: i32,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub external_id: Option<String>,
}

// Raw, as all here: rows out of arrays. Each look-up is made by itself (LATERAL ... LIMIT 1): whatever a kept plan believes of the
// tables' sizes, it goes by the key.
const BY_DELIVERY: &str = "
    SELECT k.id AS delivery_id, d.external_id IS NOT NULL AS arrived, p.account_id, m.conversation_id, p.message_id, p.part, p.state,
           p.external_id
    FROM unnest($2) AS k (id)
    CROSS JOIN LATERAL (SELECT message_id, part, external_id FROM deliveries WHERE organization_id = $1 AND id = k.id LIMIT 1) d
    CROSS JOIN LATERAL (SELECT * FROM message_parts
                        WHERE organization_id = $1 AND message_id = d.message_id AND part = d.part LIMIT 1) p
    CROSS JOIN LATERAL (SELECT conversation_id FROM messages WHERE organization_id = $1 AND id = p.message_id LIMIT 1) m";

const BY_EXTERNAL_ID: &str = "
    SELECT NULL::uuid AS delivery_id, true AS arrived, p.account_id, m.conversation_id, p.message_id, p.part, p.state, p.external_id
    FROM unnest($2, $3) AS k (account_id, external_id)
    CROSS JOIN LATERAL (SELECT * FROM message_parts
                        WHERE organization_id = $1 AND account_id = k.account_id AND external_id = k.external_id LIMIT 1) p
    CROSS JOIN LATERAL (SELECT conversation_id FROM messages WHERE organization_id = $1 AND id = p.message_id LIMIT 1) m";

const ARRIVED: &str = "
    UPDATE deliveries d SET outcome = 'sent', external_id = k.external_id, answered_at = k.at
    FROM unnest($2, $3, $4) AS k (id, external_id, at)
    WHERE d.organization_id = $1 AND d.id = ANY ($2) AND d.id = k.id AND d.external_id IS NULL";

const CONFIRM: &str = "
    UPDATE message_parts p
    SET state = 'sent', external_id = k.external_id, failure_code = NULL, failure_advice = NULL, updated_at = k.at
    FROM unnest($2, $3, $4, $5, $6) AS k (message_id, part, external_id, at, unless_failed)
    WHERE p.organization_id = $1 AND p.message_id = ANY ($2) AND p.message_id = k.message_id AND p.part = k.part
      AND p.state <> 'sent' AND NOT (k.unless_failed AND p.state = 'failed' AND p.external_id IS NOT DISTINCT FROM k.external_id)";

const MESSAGES_SENT: &str = "
    UPDATE messages m SET state = 'sent', failure_code = NULL, failure_advice = NULL, updated_at = k.at
    FROM unnest($2, $3) AS k (id, at)
    WHERE m.organization_id = $1 AND m.id = ANY ($2) AND m.id = k.id AND m.state <> 'sent'
      AND NOT EXISTS (SELECT FROM message_parts p WHERE p.organization_id = $1 AND p.message_id = k.id AND p.state <> 'sent')";

impl SentPart {
    /// The parts that attempts with these delivery ids sent.
    pub async fn by_delivery(
        tx: &mut TenantTx<'_>,
        deliveries: &[DeliveryId],
    ) -> QueryResult<HashMap<DeliveryId, Self>> {
        if deliveries.is_empty() {
            return Ok(HashMap::new());
        }
        let find = diesel::sql_query(BY_DELIVERY)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(deliveries);
        let found: Vec<Self> = Kept(find).load(tx.conn()).await?;
        Ok(found
            .into_iter()
            .filter_map(|part| Some((part.delivery_id?, part)))
            .collect())
    }

    /// The parts that the accounts' platforms know by these ids.
    pub async fn by_external_id(
        tx: &mut TenantTx<'_>,
        ids: &[(AccountId, &str)],
    ) -> QueryResult<HashMap<(AccountId, String), Self>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (accounts, external_ids): (Vec<_>, Vec<_>) = ids.iter().copied().unzip();
        let find = diesel::sql_query(BY_EXTERNAL_ID)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(accounts)
            .bind::<Array<Text>, _>(external_ids);
        let found: Vec<Self> = Kept(find).load(tx.conn()).await?;
        Ok(found
            .into_iter()
            .filter_map(|part| Some(((part.account_id, part.external_id.clone()?), part)))
            .collect())
    }

    /// A part that was found in another way.
    pub fn of(part: &MessagePart, conversation: ConversationId) -> Self {
        Self {
            delivery_id: part.delivery_id,
            arrived: false,
            account_id: part.account_id,
            conversation_id: conversation,
            message_id: part.message_id,
            part: part.part,
            state: part.state.clone(),
            external_id: part.external_id.clone(),
        }
    }

    /// It was accepted and failed later: final.
    pub async fn fail(
        &self,
        tx: &mut TenantTx<'_>,
        reason: Option<(&str, &str)>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.message_changed(self.message_id);
        diesel::update(message_parts::table.find((tx.organization(), self.message_id, self.part)))
            .filter(message_parts::organization_id.eq(tx.organization()))
            .set((
                message_parts::state.eq("failed"),
                message_parts::failure_code.eq(reason.map(|(code, _)| code)),
                message_parts::failure_advice.eq(reason.map(|(_, advice)| advice)),
                message_parts::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Whether the platform accepted it under this id and told later that it failed.
    pub fn failed_as(&self, external_id: &str) -> bool {
        self.state == "failed" && self.external_id.as_deref() == Some(external_id)
    }
}

/// The platform has a part.
#[derive(Debug, Clone)]
pub struct Confirmation<'a> {
    pub part: SentPart,
    /// The attempt that arrived, where it is named and not known to have arrived.
    pub arrived: Option<DeliveryId>,
    pub external_id: &'a str,
    /// A status: it does not make good what failed under the same id (R9).
    pub unless_failed: bool,
    pub at: DateTime<Utc>,
}

impl Confirmation<'_> {
    /// Whether there is anything to write.
    pub fn tells_something(&self) -> bool {
        self.arrived.is_some() || self.part.state != "sent"
    }
}

/// Writes down what arrived: the attempts, the parts, and the messages all of whose parts are sent. The caller holds the
/// conversations' locks; of two for one attempt or part the first counts.
pub async fn confirm_all(
    tx: &mut TenantTx<'_>,
    confirmations: &[Confirmation<'_>],
) -> QueryResult<()> {
    note_arrivals(tx, confirmations).await?;
    let mut seen = BTreeSet::new();
    let open: Vec<_> = confirmations
        .iter()
        .filter(|one| one.part.state != "sent" && seen.insert((one.part.message_id, one.part.part)))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    for confirmation in &open {
        tx.conversation_changed(confirmation.part.conversation_id);
    }
    let messages: Vec<_> = open.iter().map(|one| one.part.message_id).collect();
    let confirm = diesel::sql_query(CONFIRM)
        .bind::<Uuid, _>(organization)
        .bind::<Array<Uuid>, _>(&messages)
        .bind::<Array<Integer>, _>(open.iter().map(|one| one.part.part).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(open.iter().map(|one| one.external_id).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(open.iter().map(|one| one.at).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(open.iter().map(|one| one.unless_failed).collect::<Vec<_>>());
    Kept(confirm).execute(tx.conn()).await?;
    // By the last confirmation of each.
    let last: HashMap<MessageId, DateTime<Utc>> = open
        .iter()
        .map(|one| (one.part.message_id, one.at))
        .collect();
    let (messages, times): (Vec<_>, Vec<_>) = last.into_iter().unzip();
    let sent = diesel::sql_query(MESSAGES_SENT)
        .bind::<Uuid, _>(organization)
        .bind::<Array<Uuid>, _>(messages)
        .bind::<Array<Timestamptz>, _>(times);
    Kept(sent).execute(tx.conn()).await.map(|_| ())
}

/// The platform names attempts of ours as arrived: they stand in the record with its ids, also when another attempt settled the part
/// before (R15).
async fn note_arrivals(
    tx: &mut TenantTx<'_>,
    confirmations: &[Confirmation<'_>],
) -> QueryResult<()> {
    let mut seen = BTreeSet::new();
    let mut arrived: (Vec<DeliveryId>, Vec<&str>, Vec<DateTime<Utc>>) = Default::default();
    for confirmation in confirmations {
        if let Some(delivery) = confirmation.arrived.filter(|id| seen.insert(*id)) {
            arrived.0.push(delivery);
            arrived.1.push(confirmation.external_id);
            arrived.2.push(confirmation.at);
        }
    }
    if arrived.0.is_empty() {
        return Ok(());
    }
    let note = diesel::sql_query(ARRIVED)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(arrived.0)
        .bind::<Array<Text>, _>(arrived.1)
        .bind::<Array<Timestamptz>, _>(arrived.2);
    Kept(note).execute(tx.conn()).await.map(|_| ())
}
