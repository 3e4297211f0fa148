//! What a transaction changed that people may be looking at: written down as `changed_at`, by the database's clock (R20).
//!
//! Once per transaction and at its end: `changed_at` then lies as close to the commit as it can, and a transaction that changes ten
//! things of a conversation writes it once. Live updates are read from these columns; nothing else is stored for them.

use std::collections::BTreeSet;

use diesel::QueryResult;
use diesel::sql_types::{Array, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::channels::ChannelKind;
use crate::ids::{AccountId, ConversationId, MessageId, OrganizationId};

#[derive(Default)]
pub(super) struct Changes {
    pub(super) conversations: BTreeSet<ConversationId>,
    pub(super) messages: BTreeSet<MessageId>,
    pub(super) accounts: BTreeSet<AccountId>,
    pub(super) apps: BTreeSet<ChannelKind>,
    /// Something was written down already.
    noted: bool,
}

impl Changes {
    pub(super) fn any(&self) -> bool {
        self.noted
    }

    /// Leaves these conversations out: a statement wrote their `changed_at` itself.
    pub(super) fn note_written(&mut self, ids: impl IntoIterator<Item = ConversationId>) {
        self.noted = true;
        for id in ids {
            self.conversations.remove(&id);
        }
    }

    /// Writes down what has not been yet. The rows are this transaction's own already, so this waits for nobody.
    pub(super) async fn note(
        &mut self,
        connection: &mut AsyncPgConnection,
        organization: OrganizationId,
    ) -> QueryResult<()> {
        self.note_conversations(connection, organization).await?;
        self.note_accounts(connection, organization).await?;
        self.note_apps(connection, organization).await
    }

    async fn note_conversations(
        &mut self,
        connection: &mut AsyncPgConnection,
        organization: OrganizationId,
    ) -> QueryResult<()> {
        // Raw: an array put together from a parameter and a query is nothing that the query builder has.
        const NOTE: &str = "
            UPDATE conversations SET changed_at = clock_timestamp()
            WHERE organization_id = $1 AND id = ANY ($2 || ARRAY(
                SELECT conversation_id FROM messages WHERE organization_id = $1 AND id = ANY ($3)))";
        if self.conversations.is_empty() && self.messages.is_empty() {
            return Ok(());
        }
        let conversations: Vec<_> = std::mem::take(&mut self.conversations)
            .into_iter()
            .collect();
        let messages: Vec<_> = std::mem::take(&mut self.messages).into_iter().collect();
        self.noted = true;
        diesel::sql_query(NOTE)
            .bind::<Uuid, _>(organization)
            .bind::<Array<Uuid>, _>(conversations)
            .bind::<Array<Uuid>, _>(messages)
            .execute(connection)
            .await
            .map(|_| ())
    }

    async fn note_accounts(
        &mut self,
        connection: &mut AsyncPgConnection,
        organization: OrganizationId,
    ) -> QueryResult<()> {
        const NOTE: &str = "UPDATE social_accounts SET changed_at = clock_timestamp() WHERE organization_id = $1 AND id = ANY ($2)";
        if self.accounts.is_empty() {
            return Ok(());
        }
        let accounts: Vec<_> = std::mem::take(&mut self.accounts).into_iter().collect();
        self.noted = true;
        diesel::sql_query(NOTE)
            .bind::<Uuid, _>(organization)
            .bind::<Array<Uuid>, _>(accounts)
            .execute(connection)
            .await
            .map(|_| ())
    }

    async fn note_apps(
        &mut self,
        connection: &mut AsyncPgConnection,
        organization: OrganizationId,
    ) -> QueryResult<()> {
        const NOTE: &str = "UPDATE platform_apps SET changed_at = clock_timestamp() WHERE organization_id = $1 AND platform = ANY ($2)";
        if self.apps.is_empty() {
            return Ok(());
        }
        let platforms: Vec<_> = std::mem::take(&mut self.apps)
            .into_iter()
            .map(|platform| platform.as_str())
            .collect();
        self.noted = true;
        diesel::sql_query(NOTE)
            .bind::<Uuid, _>(organization)
            .bind::<Array<Text>, _>(platforms)
            .execute(connection)
            .await?;
        // With the commit, not after it: processes keep secrets, and none may miss that they changed.
        diesel::sql_query("SELECT pg_notify($1, $2)")
            .bind::<Text, _>(super::listen::APPS_CHANNEL)
            .bind::<Text, _>(organization.to_string())
            .execute(connection)
            .await
            .map(|_| ())
    }
}
