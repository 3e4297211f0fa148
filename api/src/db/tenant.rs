//! The transaction inside one organization.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::changes::Changes;
use crate::channels::ChannelKind;
use crate::ids::{AccountId, ApiKeyId, ConversationId, MessageId, OrganizationId};

/// A proof that work inside an organization is allowed: a verified membership, an account that process found in the
/// directory, a job row, or an organization that is being made. Each of these types keeps its organization private, so
/// that nobody can make one from an id that came with a request.
pub trait InOrganization {
    fn organization_id(&self) -> OrganizationId;

    /// The API key by which it is allowed, for the audit log.
    fn api_key(&self) -> Option<ApiKeyId> {
        None
    }
}

/// A transaction inside one organization: the row-level-security variable is set, transaction-locally (R47).
pub struct TenantTx<'c> {
    connection: &'c mut AsyncPgConnection,
    organization: OrganizationId,
    changes: Changes,
    api_key: Option<ApiKeyId>,
}

impl<'c> TenantTx<'c> {
    pub(super) fn new(connection: &'c mut AsyncPgConnection, proof: &impl InOrganization) -> Self {
        Self {
            connection,
            organization: proof.organization_id(),
            api_key: proof.api_key(),
            changes: Changes::default(),
        }
    }

    /// Every statement names this id: it is the index and, one day, the route (scale-out rules).
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The API key that the transaction is made with, if it is one.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        self.api_key
    }

    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        self.connection
    }

    /// Every statement that changes a conversation says so, and so do those on its messages and parts: open inboxes are told when
    /// the transaction has committed. The caller holds the conversation's lock.
    pub fn conversation_changed(&mut self, id: ConversationId) {
        self.changes.conversations.insert(id);
    }

    /// A statement wrote `changed_at` of these conversations itself, by `clock_timestamp()`.
    pub fn conversations_noted(&mut self, ids: impl IntoIterator<Item = ConversationId>) {
        self.changes.note_written(ids);
    }

    /// The same, by a message of the conversation.
    pub fn message_changed(&mut self, id: MessageId) {
        self.changes.messages.insert(id);
    }

    /// A social account changed in what people see of it; that an event arrived is not such a change.
    pub fn account_changed(&mut self, id: AccountId) {
        self.changes.accounts.insert(id);
    }

    /// A platform app was entered, changed or removed.
    pub fn platform_app_changed(&mut self, platform: ChannelKind) {
        self.changes.apps.insert(platform);
    }

    /// Writes down what changed so far. Happens by itself before the commit; earlier only where the new `changed_at` is shown.
    pub async fn note_changes(&mut self) -> QueryResult<()> {
        self.changes
            .note(&mut *self.connection, self.organization)
            .await
    }

    pub(super) fn has_changed(&self) -> bool {
        self.changes.any()
    }
}
