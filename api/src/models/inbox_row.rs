//! What a row of the inbox shows beside the conversation itself; each for a whole page in one statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::ids::{AccountId, ConversationId, UserId};
use crate::schema::{memberships, messages, social_accounts, users};

/// Letters of the last message that are shown.
pub const PREVIEW_LETTERS: i32 = 200;

/// The newest message that the customer sent or was sent.
#[derive(Debug, Clone, QueryableByName)]
pub struct LastMessage {
    #[diesel(sql_type = Uuid)]
    pub conversation_id: ConversationId,
    #[diesel(sql_type = Text)]
    pub author: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub text: Option<String>,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Timestamptz)]
    pub ordered_at: DateTime<Utc>,
}

/// The last messages of these conversations. Notes and events are no part of the talk.
pub async fn last_messages(
    tx: &mut TenantTx<'_>,
    conversations: &[ConversationId],
) -> QueryResult<HashMap<ConversationId, LastMessage>> {
    let rows: Vec<LastMessage> = diesel::sql_query(
        "SELECT m.conversation_id, m.author, m.kind, left(m.text, $3) AS text, m.state, m.ordered_at
         FROM unnest($2) AS wanted (id)
         CROSS JOIN LATERAL (
             SELECT conversation_id, author, kind, text, state, ordered_at FROM messages
             WHERE organization_id = $1 AND conversation_id = wanted.id AND author <> 'note' AND kind <> 'event'
             ORDER BY ordered_at DESC, id DESC LIMIT 1
         ) AS m",
    )
    .bind::<Uuid, _>(tx.organization())
    .bind::<Array<Uuid>, _>(conversations)
    .bind::<diesel::sql_types::Integer, _>(PREVIEW_LETTERS)
    .load(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.conversation_id, row))
        .collect())
}

/// How many messages the talk of these conversations has, and when it began.
pub async fn talk_size(
    tx: &mut TenantTx<'_>,
    conversations: &[ConversationId],
) -> QueryResult<(i64, Option<DateTime<Utc>>)> {
    messages::table
        .filter(messages::organization_id.eq(tx.organization()))
        .filter(messages::conversation_id.eq_any(conversations))
        .filter(messages::author.ne("note"))
        .filter(messages::kind.ne("event"))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::min(messages::ordered_at),
        ))
        .first(tx.conn())
        .await
}

/// Platform and name of these accounts.
pub async fn account_labels(
    tx: &mut TenantTx<'_>,
    accounts: &[AccountId],
) -> QueryResult<HashMap<AccountId, (ChannelKind, String)>> {
    let rows: Vec<(AccountId, ChannelKind, String)> = social_accounts::table
        .filter(social_accounts::organization_id.eq(tx.organization()))
        .filter(social_accounts::id.eq_any(accounts))
        .select((
            social_accounts::id,
            social_accounts::platform,
            social_accounts::name,
        ))
        .load(tx.conn())
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, platform, name)| (id, (platform, name)))
        .collect())
}

/// The names of these members, also of former ones.
pub async fn member_names(
    tx: &mut TenantTx<'_>,
    members: &[UserId],
) -> QueryResult<HashMap<UserId, String>> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(UserId, String)> = memberships::table
        .inner_join(users::table.on(users::id.eq(memberships::user_id)))
        .filter(memberships::organization_id.eq(tx.organization()))
        .filter(memberships::user_id.eq_any(members))
        .select((users::id, users::name))
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}
