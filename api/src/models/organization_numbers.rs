//! How large and how busy an organization is, for the platform's own pages.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;

#[derive(Debug, QueryableByName)]
pub struct OrganizationNumbers {
    #[diesel(sql_type = BigInt)]
    pub members: i64,
    #[diesel(sql_type = BigInt)]
    pub accounts: i64,
    #[diesel(sql_type = BigInt)]
    pub accounts_broken: i64,
    #[diesel(sql_type = BigInt)]
    pub conversations_7d: i64,
    #[diesel(sql_type = BigInt)]
    pub messages_7d: i64,
    #[diesel(sql_type = BigInt)]
    pub answers_7d: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_30d: i64,
}

impl OrganizationNumbers {
    pub async fn read(
        tx: &mut TenantTx<'_>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> QueryResult<Self> {
        // Messages are counted by way of their conversations: that is the order of their index.
        const NUMBERS: &str = "
            SELECT (SELECT count(*) FROM memberships WHERE organization_id = $1 AND ended_at IS NULL) AS members,
                   (SELECT count(*) FROM social_accounts WHERE organization_id = $1 AND disconnected_at IS NULL) AS accounts,
                   (SELECT count(*) FROM social_accounts WHERE organization_id = $1 AND disconnected_at IS NULL
                        AND health = 'needs_reconnect') AS accounts_broken,
                   (SELECT count(*) FROM conversations WHERE organization_id = $1 AND last_message_at > $2) AS conversations_7d,
                   (SELECT count(*) FROM conversations c JOIN messages m ON m.organization_id = c.organization_id
                        AND m.conversation_id = c.id AND m.ordered_at > $2
                        WHERE c.organization_id = $1 AND c.last_message_at > $2 AND m.author IN ('customer', 'agent', 'human')) AS messages_7d,
                   (SELECT coalesce(sum(answers), 0)::bigint FROM usage WHERE organization_id = $1 AND day > $2::date) AS answers_7d,
                   (SELECT coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint FROM usage
                        WHERE organization_id = $1 AND day > $3::date) AS tokens_30d";
        diesel::sql_query(NUMBERS)
            .bind::<SqlUuid, _>(tx.organization())
            .bind::<Timestamptz, _>(now - chrono::TimeDelta::days(7))
            .bind::<Timestamptz, _>(now - chrono::TimeDelta::days(30))
            .get_result(tx.conn())
            .await
    }
}
