//! How far an organization has been set up: facts, not ticks that somebody sets.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid};
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;

/// What is done.
#[derive(Debug, Clone, QueryableByName)]
pub struct Onboarding {
    #[diesel(sql_type = Bool)]
    pub profile: bool,
    #[diesel(sql_type = Bool)]
    pub agent: bool,
    #[diesel(sql_type = Bool)]
    pub knowledge: bool,
    #[diesel(sql_type = Bool)]
    pub account: bool,
    #[diesel(sql_type = Bool)]
    pub playground: bool,
    #[diesel(sql_type = Bool)]
    pub live: bool,
}

impl Onboarding {
    pub async fn find(tx: &mut TenantTx<'_>) -> QueryResult<Self> {
        // The audit log remembers a change of the settings; `updated_at` may move for other reasons.
        diesel::sql_query(
            "SELECT EXISTS (SELECT FROM audit_log WHERE organization_id = $1 AND action = 'organization.changed') AS profile,
                    EXISTS (SELECT FROM ai_agents WHERE organization_id = $1 AND active AND archived_at IS NULL) AS agent,
                    EXISTS (SELECT FROM knowledge_entries WHERE organization_id = $1) AS knowledge,
                    EXISTS (SELECT FROM social_accounts WHERE organization_id = $1 AND disconnected_at IS NULL) AS account,
                    EXISTS (SELECT FROM organizations WHERE organization_id = $1 AND playground_used_at IS NOT NULL) AS playground,
                    EXISTS (SELECT FROM social_accounts a JOIN ai_agents g ON g.organization_id = a.organization_id AND g.id = a.agent_id
                        WHERE a.organization_id = $1 AND a.disconnected_at IS NULL AND a.auto_reply
                          AND g.active AND g.archived_at IS NULL) AS live",
        )
        .bind::<Uuid, _>(tx.organization())
        .get_result(tx.conn())
        .await
    }
}
