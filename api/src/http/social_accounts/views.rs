//! What is shown of a connected account.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use serde::Serialize;
use utoipa::ToSchema;

use crate::channels::{AccountLogin, ChannelKind};
use crate::db::TenantTx;
use crate::http::fields::SecretView;
use crate::http::webhooks::webhook_url;
use crate::ids::{AccountId, AgentId};
use crate::models::account_load::{self, AccountLoad};
use crate::models::agent::Agent;
use crate::models::social_account::{Health, SocialAccount};
use crate::state::AppState;

/// A connected account.
#[derive(Debug, Serialize, ToSchema)]
pub struct SocialAccountView {
    pub id: AccountId,
    pub platform: ChannelKind,
    #[schema(example = "104857600001122")]
    pub external_id: String,
    #[schema(example = "Rahim Store")]
    pub name: String,
    pub login: AccountLogin,
    pub page_id: Option<String>,
    pub access_token: SecretView,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub agent_id: Option<AgentId>,
    #[schema(example = "Shop assistant")]
    pub agent_name: Option<String>,
    pub auto_reply: bool,
    pub health: Health,
    /// What is wrong and what to do, in plain words.
    pub health_reason: Option<String>,
    /// Nothing is sent before this time, because the platform asked to slow down.
    pub paused_until: Option<DateTime<Utc>>,
    /// When the platform last sent an event of this account; null means that its webhook is not set up yet.
    pub last_event_at: Option<DateTime<Utc>>,
    #[schema(example = "message")]
    pub last_event_kind: Option<String>,
    /// Paste it into the platform's dashboard as callback URL.
    #[schema(
        example = "https://chat.example.com/social/webhook/facebook/0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708/"
    )]
    pub webhook_url: String,
    /// Messages that wait to be sent.
    #[schema(example = 0)]
    pub queued_messages: i64,
    /// Work on the account's conversations that was given up.
    #[schema(example = 0)]
    pub dead_letters: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What other tables know of accounts.
pub struct Facts {
    agents: HashMap<AgentId, String>,
    loads: HashMap<AccountId, AccountLoad>,
}

impl Facts {
    pub async fn read(tx: &mut TenantTx<'_>, accounts: &[SocialAccount]) -> QueryResult<Self> {
        let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
        let agents: Vec<AgentId> = accounts
            .iter()
            .filter_map(|account| account.agent_id)
            .collect();
        Ok(Self {
            agents: Agent::names(tx, &agents).await?,
            loads: account_load::read(tx, &ids).await?,
        })
    }
}

impl SocialAccountView {
    pub async fn read(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        account: SocialAccount,
    ) -> QueryResult<Self> {
        let facts = Facts::read(tx, std::slice::from_ref(&account)).await?;
        Ok(Self::new(state, account, &facts))
    }

    pub fn new(state: &AppState, account: SocialAccount, facts: &Facts) -> Self {
        let load = facts.loads.get(&account.id).copied().unwrap_or_default();
        let agent_name = account.agent_id.and_then(|id| facts.agents.get(&id));
        Self {
            agent_name: agent_name.cloned(),
            queued_messages: load.queued_messages,
            dead_letters: load.dead_letters,
            webhook_url: webhook_url(
                &state.settings.http.public_base_url,
                account.platform,
                account.organization_id,
            ),
            access_token: SecretView::stored(&account.token_last4),
            id: account.id,
            platform: account.platform,
            external_id: account.external_id,
            name: account.name,
            login: account.login,
            page_id: account.page_id,
            token_expires_at: account.token_expires_at,
            agent_id: account.agent_id,
            auto_reply: account.auto_reply,
            health: account.health,
            health_reason: account.health_reason,
            paused_until: account.paused_until,
            last_event_at: account.last_event_at,
            last_event_kind: account.last_event_kind,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// What the platform said of an account's token.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountCheckView {
    pub token_works: bool,
    /// Permissions that are needed and not there; empty also where the platform does not tell.
    #[schema(example = json!(["pages_messaging"]))]
    pub missing_permissions: Vec<String>,
    /// The account's name as the platform tells it.
    pub account_name: Option<String>,
    pub token_expires_at: Option<DateTime<Utc>>,
    /// What was found and what to do next, in plain words.
    pub advice: String,
}
