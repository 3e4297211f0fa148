//! The words of a conversation, for the search of the inbox.
//!
//! Written with each message, under the conversation's lock. `text::index_words` says what a word is.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::ConversationId;
use crate::schema::conversation_words;
use crate::text;

/// Notes the words of a message.
pub async fn add_text(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    text: &str,
) -> QueryResult<()> {
    insert(tx, conversation, text, false).await
}

/// Notes the words of the contact's name beside those of earlier names.
pub async fn add_name(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    name: &str,
) -> QueryResult<()> {
    insert(tx, conversation, name, true).await
}

/// The contact is called `name` from now on, and found by nothing else.
pub async fn replace_name(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    name: &str,
) -> QueryResult<()> {
    diesel::delete(conversation_words::table)
        .filter(conversation_words::organization_id.eq(tx.organization()))
        .filter(conversation_words::conversation_id.eq(conversation))
        .filter(conversation_words::of_name)
        .execute(tx.conn())
        .await?;
    insert(tx, conversation, name, true).await
}

async fn insert(
    tx: &mut TenantTx<'_>,
    conversation: ConversationId,
    text: &str,
    of_name: bool,
) -> QueryResult<()> {
    let organization = tx.organization();
    let rows: Vec<_> = text::index_words(text)
        .into_iter()
        .map(|word| {
            (
                conversation_words::organization_id.eq(organization),
                conversation_words::conversation_id.eq(conversation),
                conversation_words::word.eq(word),
                conversation_words::of_name.eq(of_name),
            )
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(conversation_words::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await
        .map(|_| ())
}
