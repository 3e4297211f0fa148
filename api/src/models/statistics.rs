//! The numbers of the home page and of analytics: messages by day of the organization's own time zone.
//!
//! Counted when asked, from one covering index over (organization, arrival): nothing to keep true, nothing to lock while messages are
//! written. The day is that of arrival, so that a day that has ended stays as it is.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text, Uuid};
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::{AccountId, AgentId};

/// Which messages are counted.
#[derive(Debug, Clone)]
pub struct StatisticsFilter {
    pub timezone: String,
    pub from: NaiveDate,
    /// The last day counted.
    pub to: NaiveDate,
    pub account: Option<AccountId>,
    pub agent: Option<AgentId>,
}

/// A day's messages; without a day, those of all days together.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct MessageNumbers {
    #[diesel(sql_type = Nullable<Date>)]
    pub day: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    pub conversations: i64,
    #[diesel(sql_type = BigInt)]
    pub customer_messages: i64,
    #[diesel(sql_type = BigInt)]
    pub ai_answers: i64,
    #[diesel(sql_type = BigInt)]
    pub human_answers: i64,
    #[diesel(sql_type = BigInt)]
    pub handoffs: i64,
    #[diesel(sql_type = Nullable<Double>)]
    pub first_response_seconds_median: Option<f64>,
}

/// A day's tokens; without a day, those of all days together.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct TokenNumbers {
    #[diesel(sql_type = Nullable<Date>)]
    pub day: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    pub prompt_tokens: i64,
    #[diesel(sql_type = BigInt)]
    pub completion_tokens: i64,
    #[diesel(sql_type = Nullable<Double>)]
    pub cost_usd: Option<f64>,
}

/// One row for each day that had messages, and one for all of them.
pub async fn messages(
    tx: &mut TenantTx<'_>,
    filter: &StatisticsFilter,
) -> QueryResult<Vec<MessageNumbers>> {
    // What failed or was taken back has answered nobody.
    diesel::sql_query(
        "SELECT day, count(DISTINCT conversation_id) FILTER (WHERE author = 'customer') AS conversations,
                count(*) FILTER (WHERE author = 'customer') AS customer_messages,
                count(*) FILTER (WHERE author = 'agent' AND went AND handoff IS NULL) AS ai_answers,
                count(*) FILTER (WHERE author = 'human' AND went) AS human_answers,
                count(*) FILTER (WHERE author = 'agent' AND handoff IS NOT NULL) AS handoffs,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE went AND waited IS NOT NULL) AS first_response_seconds_median
         FROM (
             SELECT (created_at AT TIME ZONE $2)::date AS day, conversation_id, author, handoff,
                    state NOT IN ('failed', 'cancelled') AS went,
                    CASE WHEN waited_since IS NOT NULL THEN greatest(extract(epoch FROM created_at - waited_since), 0)::float8 END AS waited
             FROM messages
             WHERE organization_id = $1 AND created_at >= ($3::timestamp AT TIME ZONE $2) AND created_at < (($4 + 1)::timestamp AT TIME ZONE $2)
               AND ($5 IS NULL OR account_id = $5)
               AND ($6 IS NULL OR CASE WHEN author = 'agent' THEN agent_id = $6
                    ELSE account_id IN (SELECT id FROM social_accounts WHERE organization_id = $1 AND agent_id = $6) END)
         ) AS counted
         GROUP BY GROUPING SETS ((day), ())",
    )
    .bind::<Uuid, _>(tx.organization())
    .bind::<Text, _>(&filter.timezone)
    .bind::<Date, _>(filter.from)
    .bind::<Date, _>(filter.to)
    .bind::<Nullable<Uuid>, _>(filter.account)
    .bind::<Nullable<Uuid>, _>(filter.agent)
    .load(tx.conn())
    .await
}

/// One row for each day that had answers, and one for all of them. Tokens belong to no account.
pub async fn tokens(
    tx: &mut TenantTx<'_>,
    filter: &StatisticsFilter,
) -> QueryResult<Vec<TokenNumbers>> {
    diesel::sql_query(
        "SELECT day, coalesce(sum(prompt_tokens), 0)::bigint AS prompt_tokens,
                coalesce(sum(completion_tokens), 0)::bigint AS completion_tokens, sum(cost_usd) AS cost_usd
         FROM usage
         WHERE organization_id = $1 AND day BETWEEN $2 AND $3 AND ($4 IS NULL OR agent_id = $4)
         GROUP BY GROUPING SETS ((day), ())",
    )
    .bind::<Uuid, _>(tx.organization())
    .bind::<Date, _>(filter.from)
    .bind::<Date, _>(filter.to)
    .bind::<Nullable<Uuid>, _>(filter.agent)
    .load(tx.conn())
    .await
}
