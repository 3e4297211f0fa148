//! What sending looks at, read at one moment for the messages of a batch.

use std::collections::{BTreeSet, HashMap};

use crate::channels::{Identity, SendAccount};
use crate::db::{DbError, TenantTx};
use crate::ids::{AccountId, ContactId, MessageId};
use crate::models::contact::Contact;
use crate::models::conversation::Conversation;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::models::platform_app::PlatformApp;
use crate::models::social_account::SocialAccount;
use crate::state::AppState;

/// A message on its way; its conversation is locked while this is looked at.
#[derive(Debug, Clone)]
pub struct Outbox {
    pub message: Message,
    pub parts: Vec<MessagePart>,
    pub conversation: Conversation,
    pub account: SocialAccount,
}

impl Outbox {
    /// The outboxes of messages, by their ids; those of messages that are gone are missing.
    pub async fn load_all(
        tx: &mut TenantTx<'_>,
        ids: &[MessageId],
    ) -> Result<HashMap<MessageId, Self>, DbError> {
        let conversations = Message::find_all(tx, ids).await?;
        let conversations = conversations
            .iter()
            .map(|message| message.conversation_id)
            .collect();
        let conversations = Conversation::lock_all(tx, &conversations).await?;
        // Read behind the locks: nobody changes them any more.
        let messages = Message::find_all(tx, ids).await?;
        let accounts: BTreeSet<AccountId> = messages.iter().map(|one| one.account_id).collect();
        let accounts = SocialAccount::find_all(tx, &accounts).await?;
        let mut parts: HashMap<MessageId, Vec<MessagePart>> = HashMap::new();
        for part in MessagePart::of_messages(tx, ids).await? {
            parts.entry(part.message_id).or_default().push(part);
        }
        let outbox = |message: Message| {
            let outbox = Self {
                parts: parts.remove(&message.id).unwrap_or_default(),
                conversation: conversations.get(&message.conversation_id)?.clone(),
                account: accounts.get(&message.account_id)?.clone(),
                message,
            };
            Some((outbox.message.id, outbox))
        };
        Ok(messages.into_iter().filter_map(outbox).collect())
    }
}

/// Who is written to, and by which accounts, opened.
pub struct Addresses {
    identities: HashMap<(AccountId, ContactId), Identity>,
    accounts: HashMap<AccountId, SendAccount>,
}

impl Addresses {
    /// For messages that are about to be sent.
    pub async fn load(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        outboxes: &[&Outbox],
    ) -> Result<Self, DbError> {
        let people: BTreeSet<(AccountId, ContactId)> = outboxes
            .iter()
            .map(|outbox| (outbox.account.id, outbox.conversation.contact_id))
            .collect();
        let identities = Contact::first_identities(tx, &people).await?;
        let apps = PlatformApp::list(tx).await?;
        let mut accounts = HashMap::new();
        for account in outboxes.iter().map(|outbox| &outbox.account) {
            if accounts.contains_key(&account.id) {
                continue;
            }
            let app = apps.iter().find(|app| app.platform == account.platform);
            if let Some(opened) = account.send_account(state, app) {
                accounts.insert(account.id, opened);
            }
        }
        Ok(Self {
            identities,
            accounts,
        })
    }

    /// Recipient and sender of a message; `None` when one of them is missing.
    pub fn of(&self, outbox: &Outbox) -> Option<(Identity, SendAccount)> {
        let person = (outbox.account.id, outbox.conversation.contact_id);
        let recipient = self.identities.get(&person)?.clone();
        Some((recipient, self.accounts.get(&outbox.account.id)?.clone()))
    }
}
