//! The words of a conversation, for the search of the inbox.
//!
//! Written with each message, under the conversation's lock. `text::index_words` says what a word is.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Uuid};
use diesel_async::RunQueryDsl;

use crate::db::{Kept, TenantTx};
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

/// Words of conversations, each once, and whether they are of the contact's name.
pub type Words = BTreeSet<(ConversationId, String, bool)>;

/// What [`add_all`] writes of a text, which may be the contact's name.
pub fn collect(words: &mut Words, conversation: ConversationId, text: &str, of_name: bool) {
    let found = text::index_words(text).into_iter();
    words.extend(found.map(|word| (conversation, word, of_name)));
}

/// Notes words, also those of names beside those of earlier names. What is known already costs a look into the key.
pub async fn add_all(tx: &mut TenantTx<'_>, words: &Words) -> QueryResult<()> {
    // Raw: rows out of arrays, so that the plan is kept for any number of them.
    const INSERT: &str = "
        INSERT INTO conversation_words (organization_id, conversation_id, word, of_name)
        SELECT o.organization_id, k.* FROM organizations o CROSS JOIN unnest($2, $3, $4) k WHERE o.organization_id = $1
        ON CONFLICT DO NOTHING";
    if words.is_empty() {
        return Ok(());
    }
    let insert = diesel::sql_query(INSERT)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(words.iter().map(|word| word.0).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(words.iter().map(|word| &word.1).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(words.iter().map(|word| word.2).collect::<Vec<_>>());
    Kept(insert).execute(tx.conn()).await.map(|_| ())
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
    let mut words = Words::new();
    collect(&mut words, conversation, text, of_name);
    add_all(tx, &words).await
}
