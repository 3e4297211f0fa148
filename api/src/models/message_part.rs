//! The parts of an outbound message, one platform call each, and the attempts to send them.
//!
//! `queued → sending → sent | failed | unknown`, and `cancelled`. `sending` is committed before the first byte leaves (R13);
//! every result is written under the number of its attempt (R11).

mod attempts;
mod receipts;

pub use attempts::{Accepted, NewPart, Start, accept_all, insert_all, start_all};
pub use receipts::{Confirmation, SentPart, confirm_all};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::{AccountId, ConversationId, DeliveryId, MessageId};
use crate::schema::{deliveries, message_parts, messages};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = message_parts)]
pub struct MessagePart {
    pub message_id: MessageId,
    pub part: i32,
    pub account_id: AccountId,
    pub text: String,
    pub state: String,
    pub attempts: i32,
    pub queued_at: DateTime<Utc>,
    pub attempts_when_queued: i32,
    pub delivery_id: Option<DeliveryId>,
    pub external_id: Option<String>,
    pub possible_duplicate: bool,
    pub failure_code: Option<String>,
    pub failure_advice: Option<String>,
    pub updated_at: DateTime<Utc>,
}

impl MessagePart {
    /// A message's parts, in order.
    pub async fn of_message(tx: &mut TenantTx<'_>, message: MessageId) -> QueryResult<Vec<Self>> {
        Self::of_messages(tx, &[message]).await
    }

    /// The parts of several messages, in order.
    pub async fn of_messages(
        tx: &mut TenantTx<'_>,
        messages: &[MessageId],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(message_parts::organization_id.eq(tx.organization()))
            .filter(message_parts::message_id.eq_any(messages))
            .order((message_parts::message_id, message_parts::part))
            .load(tx.conn())
            .await
    }

    /// The oldest part of a conversation with exactly this text whose outcome is open: for platforms that give no id back (R15).
    pub async fn find_open_by_text(
        tx: &mut TenantTx<'_>,
        conversation: ConversationId,
        text: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .inner_join(
                messages::table.on(messages::organization_id
                    .eq(message_parts::organization_id)
                    .and(messages::id.eq(message_parts::message_id))),
            )
            .filter(message_parts::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq(conversation))
            .filter(message_parts::state.eq_any(["sending", "unknown"]))
            .filter(message_parts::external_id.is_null())
            .filter(message_parts::text.eq(text))
            .order((message_parts::message_id, message_parts::part))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Whether an echo that names no delivery is of an attempt whose part was settled by another one: notes it with the attempt, so
    /// that a resend that was one too many stands in the record (R15). Looks back a day, as far as a platform redelivers.
    pub async fn record_late_echo(
        tx: &mut TenantTx<'_>,
        conversation: ConversationId,
        text: &str,
        external_id: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        // Raw: an update of one row chosen over a join is nothing that the query builder has.
        const RECORD: &str = "
            UPDATE deliveries SET external_id = $4, outcome = 'sent', answered_at = coalesce(deliveries.answered_at, $5)
            FROM (SELECT attempt.id FROM messages message
                  JOIN message_parts part ON part.organization_id = message.organization_id AND part.message_id = message.id
                  JOIN deliveries attempt ON attempt.organization_id = part.organization_id AND attempt.message_id = part.message_id
                                         AND attempt.part = part.part
                  WHERE message.organization_id = $1 AND message.conversation_id = $2 AND message.ordered_at > $5 - interval '1 day'
                    AND (attempt.external_id = $4
                         OR part.possible_duplicate AND part.text = $3 AND attempt.external_id IS NULL)
                  ORDER BY attempt.external_id IS NULL, attempt.started_at LIMIT 1) found
            WHERE deliveries.organization_id = $1 AND deliveries.id = found.id";
        let recorded = diesel::sql_query(RECORD)
            .bind::<sql_types::Uuid, _>(tx.organization())
            .bind::<sql_types::Uuid, _>(conversation)
            .bind::<sql_types::Text, _>(text)
            .bind::<sql_types::Text, _>(external_id)
            .bind::<sql_types::Timestamptz, _>(now)
            .execute(tx.conn())
            .await?;
        Ok(recorded == 1)
    }

    /// Writes how an attempt failed, if the part still is in that attempt and nobody (an echo) settled it meanwhile.
    pub async fn end(
        &self,
        tx: &mut TenantTx<'_>,
        end: &AttemptEnd<'_>,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let organization = tx.organization();
        tx.message_changed(self.message_id);
        diesel::update(deliveries::table)
            .filter(deliveries::organization_id.eq(organization))
            .filter(deliveries::message_id.eq(self.message_id))
            .filter(deliveries::part.eq(self.part))
            .filter(deliveries::attempt.eq(end.attempt))
            // An echo or status that was faster knows better.
            .filter(deliveries::outcome.is_null())
            .set((
                deliveries::answered_at.eq(now),
                deliveries::outcome.eq(end.outcome),
                deliveries::code.eq(end.failure.map(|(code, _)| code)),
            ))
            .execute(tx.conn())
            .await?;
        let written =
            diesel::update(message_parts::table.find((organization, self.message_id, self.part)))
                .filter(message_parts::organization_id.eq(organization))
                .filter(message_parts::attempts.eq(end.attempt))
                .filter(message_parts::state.eq("sending"))
                .set((
                    message_parts::state.eq(end.state),
                    message_parts::failure_code.eq(end.failure.map(|(code, _)| code)),
                    message_parts::failure_advice.eq(end.failure.map(|(_, advice)| advice)),
                    message_parts::updated_at.eq(now),
                ))
                .execute(tx.conn())
                .await?;
        Ok(written == 1)
    }

    /// A person wants it sent (again): its attempts count from the start, so that an old failure does not forbid it.
    pub async fn requeue(
        &self,
        tx: &mut TenantTx<'_>,
        possible_duplicate: bool,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        self.set_state(tx, "queued", None, possible_duplicate, now)
            .await?;
        tx.message_changed(self.message_id);
        diesel::update(message_parts::table.find((tx.organization(), self.message_id, self.part)))
            .filter(message_parts::organization_id.eq(tx.organization()))
            .set((
                message_parts::queued_at.eq(now),
                message_parts::attempts_when_queued.eq(message_parts::attempts),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// A person gave the message of these parts up: those that have not gone out never will.
    pub async fn give_up(
        tx: &mut TenantTx<'_>,
        parts: &[Self],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        const GIVEN_UP: (&str, &str) = ("given_up", "A person gave the message up.");
        for part in parts.iter().filter(|part| part.state == "queued") {
            part.set_state(tx, "cancelled", Some(GIVEN_UP), false, now)
                .await?;
        }
        Ok(())
    }

    /// Moves a part that nobody works on; `possible_duplicate` is only ever set, never taken back.
    pub async fn set_state(
        &self,
        tx: &mut TenantTx<'_>,
        state: &str,
        failure: Option<(&str, &str)>,
        possible_duplicate: bool,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.message_changed(self.message_id);
        diesel::update(message_parts::table.find((tx.organization(), self.message_id, self.part)))
            .filter(message_parts::organization_id.eq(tx.organization()))
            .set((
                message_parts::state.eq(state),
                message_parts::failure_code.eq(failure.map(|(code, _)| code)),
                message_parts::failure_advice.eq(failure.map(|(_, advice)| advice)),
                message_parts::possible_duplicate.eq(self.possible_duplicate || possible_duplicate),
                message_parts::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy)]
pub struct AttemptEnd<'a> {
    pub attempt: i32,
    /// R14's class, as stored.
    pub outcome: &'static str,
    /// The part's next state.
    pub state: &'static str,
    /// The platform's code and our advice.
    pub failure: Option<(&'a str, &'a str)>,
}
