//! What people do with a conversation in the inbox: assign, put off, read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Conversation;
use crate::db::TenantTx;
use crate::ids::UserId;
use crate::models::message::{Author, Message};
use crate::schema::{conversations, messages};

/// Nobody reads a higher number.
const MOST_UNREAD: i64 = 1_000;

impl Conversation {
    /// Whether it is put off still.
    pub fn is_snoozed(&self, now: DateTime<Utc>) -> bool {
        self.snoozed_until.is_some_and(|until| until > now)
    }

    pub async fn set_assignee(
        &self,
        tx: &mut TenantTx<'_>,
        assignee: Option<UserId>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::assignee_id.eq(assignee),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Puts it off until then; `None` brings it back.
    pub async fn set_snoozed_until(
        &self,
        tx: &mut TenantTx<'_>,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::snoozed_until.eq(until),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// A person answered: everything is read.
    pub async fn read_all(&self, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        self.set_unread(tx, 0).await
    }

    /// Everything up to this message is read. Somebody who looks at older messages makes nothing unread again.
    pub async fn read_to(&self, tx: &mut TenantTx<'_>, newest: &Message) -> QueryResult<()> {
        let later: Vec<DateTime<Utc>> = messages::table
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq(self.id))
            .filter(messages::author.eq(Author::Customer.as_str()))
            .filter(
                messages::ordered_at
                    .gt(newest.ordered_at)
                    .or(messages::ordered_at
                        .eq(newest.ordered_at)
                        .and(messages::id.gt(newest.id))),
            )
            .order((messages::ordered_at.desc(), messages::id.desc()))
            .limit(MOST_UNREAD)
            .select(messages::ordered_at)
            .load(tx.conn())
            .await?;
        let unread = i32::try_from(later.len()).unwrap_or(i32::MAX);
        self.set_unread(tx, unread.min(self.unread_count)).await
    }

    async fn set_unread(&self, tx: &mut TenantTx<'_>, unread: i32) -> QueryResult<()> {
        if self.unread_count == unread {
            return Ok(());
        }
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set(conversations::unread_count.eq(unread))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}
