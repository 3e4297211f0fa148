//! Connected accounts: pages, Instagram accounts and WhatsApp numbers, with their sealed tokens and their health.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use secrecy::{ExposeSecret, SecretString};

use super::platform_app::PlatformApp;
use super::stored_text::{StoredText, stored_as_text};
use crate::channels::{AccountLogin, ChannelKind, SendAccount};
use crate::db::TenantTx;
use crate::ids::{AccountId, AgentId, OrganizationId};
use crate::schema::social_accounts;
use crate::seal::{Place, SealError, Sealer};
use crate::settings::MetaSettings;
use crate::state::AppState;

/// Whether an account can be sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nobody has asked the platform yet; sends are tried.
    Unchecked,
    Ok,
    /// The platform refused the token: nothing is sent until its people act (R14).
    NeedsReconnect,
    /// Removed by its people.
    Disconnected,
}

stored_as_text!(Health {
    Unchecked = "unchecked",
    Ok = "ok",
    NeedsReconnect = "needs_reconnect",
    Disconnected = "disconnected",
});

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = social_accounts)]
pub struct SocialAccount {
    pub organization_id: OrganizationId,
    pub id: AccountId,
    pub platform: ChannelKind,
    pub external_id: String,
    pub name: String,
    pub login: AccountLogin,
    pub page_id: Option<String>,
    pub token_sealed: Vec<u8>,
    pub token_last4: String,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub agent_id: Option<AgentId>,
    pub auto_reply: bool,
    pub health: Health,
    pub health_reason: Option<String>,
    pub paused_until: Option<DateTime<Utc>>,
    pub last_event_at: Option<DateTime<Utc>>,
    pub last_event_kind: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub disconnected_at: Option<DateTime<Utc>>,
}

/// An account about to be connected.
#[derive(Debug)]
pub struct NewSocialAccount<'a> {
    pub id: AccountId,
    pub platform: ChannelKind,
    pub external_id: &'a str,
    pub name: &'a str,
    pub login: AccountLogin,
    pub page_id: Option<&'a str>,
    pub token: SealedToken,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub agent_id: Option<AgentId>,
    pub auto_reply: bool,
}

/// What may change of an account; `None` leaves it as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = social_accounts)]
pub struct SocialAccountChanges {
    pub name: Option<String>,
    pub token_expires_at: Option<Option<DateTime<Utc>>>,
    pub agent_id: Option<Option<AgentId>>,
    pub auto_reply: Option<bool>,
}

impl SocialAccountChanges {
    pub fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.token_expires_at.is_none()
            && self.agent_id.is_none()
            && self.auto_reply.is_none()
    }
}

/// A token as it is kept (R61).
#[derive(Debug)]
pub struct SealedToken {
    sealed: Vec<u8>,
    last4: String,
}

fn token_place(organization: OrganizationId, row: &str) -> Place<'_> {
    Place {
        table: "social_accounts",
        column: "token_sealed",
        organization,
        row,
    }
}

impl SealedToken {
    pub fn seal(
        sealer: &Sealer,
        organization: OrganizationId,
        account: AccountId,
        token: &SecretString,
    ) -> Result<Self, SealError> {
        let sealed = sealer.seal(token_place(organization, &account.to_string()), token)?;
        Ok(Self {
            sealed,
            last4: crate::seal::last4(token),
        })
    }
}

impl SocialAccount {
    /// The accounts with these ids, also disconnected ones.
    pub async fn find_all(
        tx: &mut TenantTx<'_>,
        ids: &BTreeSet<AccountId>,
    ) -> QueryResult<HashMap<AccountId, Self>> {
        let found: Vec<Self> = Self::query()
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq_any(ids))
            .load(tx.conn())
            .await?;
        Ok(found
            .into_iter()
            .map(|account| (account.id, account))
            .collect())
    }

    /// The account by its id, also a disconnected one.
    pub async fn find(tx: &mut TenantTx<'_>, id: AccountId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// The account by its id, unless it is disconnected.
    pub async fn find_connected(tx: &mut TenantTx<'_>, id: AccountId) -> QueryResult<Option<Self>> {
        Ok(Self::find(tx, id)
            .await?
            .filter(|account| account.disconnected_at.is_none()))
    }

    /// Connected accounts, newest first.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        after: Option<(DateTime<Utc>, AccountId)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut accounts = Self::query()
            .into_boxed()
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::disconnected_at.is_null());
        if let Some((at, id)) = after {
            let same_time = social_accounts::created_at
                .eq(at)
                .and(social_accounts::id.lt(id));
            accounts = accounts.filter(social_accounts::created_at.lt(at).or(same_time));
        }
        accounts
            .order((
                social_accounts::created_at.desc(),
                social_accounts::id.desc(),
            ))
            .limit(rows)
            .load(tx.conn())
            .await
    }

    /// Stores a new account; its entry in the account directory belongs into the same transaction.
    pub async fn insert(
        tx: &mut TenantTx<'_>,
        new: &NewSocialAccount<'_>,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        tx.account_changed(new.id);
        diesel::insert_into(social_accounts::table)
            .values((
                social_accounts::organization_id.eq(tx.organization()),
                social_accounts::id.eq(new.id),
                social_accounts::platform.eq(new.platform.as_str()),
                social_accounts::external_id.eq(new.external_id),
                social_accounts::name.eq(new.name),
                social_accounts::login.eq(new.login.as_word()),
                social_accounts::page_id.eq(new.page_id),
                social_accounts::token_sealed.eq(&new.token.sealed),
                social_accounts::token_last4.eq(&new.token.last4),
                social_accounts::token_expires_at.eq(new.token_expires_at),
                social_accounts::agent_id.eq(new.agent_id),
                social_accounts::auto_reply.eq(new.auto_reply),
                social_accounts::health.eq(Health::Unchecked.as_word()),
                social_accounts::created_at.eq(now),
                social_accounts::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    /// Applies changes to a connected account.
    pub async fn change(
        tx: &mut TenantTx<'_>,
        id: AccountId,
        changes: &SocialAccountChanges,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        tx.account_changed(id);
        diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .filter(social_accounts::disconnected_at.is_null())
            .set((changes, social_accounts::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Gives a connected account another token: what was known of the old one's health is void, and sending resumes.
    pub async fn set_token(
        tx: &mut TenantTx<'_>,
        id: AccountId,
        token: &SealedToken,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        tx.account_changed(id);
        diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .filter(social_accounts::disconnected_at.is_null())
            .set((
                social_accounts::token_sealed.eq(&token.sealed),
                social_accounts::token_last4.eq(&token.last4),
                social_accounts::token_expires_at.eq(None::<DateTime<Utc>>),
                social_accounts::health.eq(Health::Unchecked.as_word()),
                social_accounts::health_reason.eq(None::<String>),
                social_accounts::paused_until.eq(None::<DateTime<Utc>>),
                social_accounts::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Notes what the platform said of the token that this row holds. A token entered meanwhile is left alone: then it tells
    /// false.
    pub async fn record_health(
        &self,
        tx: &mut TenantTx<'_>,
        health: Health,
        reason: Option<&str>,
        token_expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let updated = diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(self.id))
            .filter(social_accounts::token_sealed.eq(&self.token_sealed))
            .filter(social_accounts::disconnected_at.is_null())
            .set((
                social_accounts::health.eq(health.as_word()),
                social_accounts::health_reason.eq(reason),
                social_accounts::token_expires_at.eq(token_expires_at.or(self.token_expires_at)),
                social_accounts::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        if updated == 1 {
            tx.account_changed(self.id);
        }
        Ok(updated == 1)
    }

    /// Disconnects the account and forgets its token; conversations stay. Its entry in the account directory is removed in the
    /// same transaction by the caller.
    pub async fn disconnect(
        tx: &mut TenantTx<'_>,
        id: AccountId,
        emptied_token: &SealedToken,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        tx.account_changed(id);
        diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .filter(social_accounts::disconnected_at.is_null())
            .set((
                social_accounts::token_sealed.eq(&emptied_token.sealed),
                social_accounts::token_last4.eq(&emptied_token.last4),
                social_accounts::health.eq(Health::Disconnected.as_word()),
                social_accounts::health_reason.eq(None::<String>),
                social_accounts::disconnected_at.eq(now),
                social_accounts::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Nothing is sent from the account before `until`; an earlier, longer pause stays (R17).
    pub async fn pause(
        tx: &mut TenantTx<'_>,
        id: AccountId,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let updated = diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .filter(
                social_accounts::paused_until
                    .is_null()
                    .or(social_accounts::paused_until.lt(until)),
            )
            .set((
                social_accounts::paused_until.eq(until),
                social_accounts::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        if updated == 1 {
            tx.account_changed(id);
        }
        Ok(())
    }

    /// The platform refuses the account's token (R14). Tells whether that is news, so that its people are told once.
    pub async fn mark_broken(
        tx: &mut TenantTx<'_>,
        id: AccountId,
        reason: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let working = [Health::Unchecked.as_word(), Health::Ok.as_word()];
        let updated = diesel::update(social_accounts::table)
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::id.eq(id))
            .filter(social_accounts::health.eq_any(working))
            .set((
                social_accounts::health.eq(Health::NeedsReconnect.as_word()),
                social_accounts::health_reason.eq(reason),
                social_accounts::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        if updated == 1 {
            tx.account_changed(id);
        }
        Ok(updated == 1)
    }

    /// What sending needs; `None` when there is no token that can be opened, which is logged. `own_app` is the organization's for the
    /// platform, where it has one; else it is the installation's: an organization with its own never falls back to the operator's
    /// secret (R46).
    pub fn send_account(
        &self,
        state: &AppState,
        own_app: Option<&PlatformApp>,
    ) -> Option<SendAccount> {
        self.credentials(&state.settings.meta, &state.sealer, own_app)
            .unwrap_or_else(|error| {
                tracing::error!(error = %error, account.id = %self.id, "the account's secrets cannot be opened");
                None
            })
    }

    fn credentials(
        &self,
        meta: &MetaSettings,
        sealer: &Sealer,
        own_app: Option<&PlatformApp>,
    ) -> Result<Option<SendAccount>, SealError> {
        let token = sealer.open(
            token_place(self.organization_id, &self.id.to_string()),
            &self.token_sealed,
        )?;
        if token.expose_secret().is_empty() {
            return Ok(None);
        }
        let (app_id, app_secret) = match own_app {
            Some(app) => (app.app_id.clone(), Some(app.open_secret(sealer)?)),
            None => (meta.app_id.clone(), self.installation_secret(meta)),
        };
        Ok(Some(SendAccount {
            graph_base_url: meta.graph_base_url.clone(),
            instagram_base_url: meta.instagram_graph_base_url.clone(),
            graph_version: meta.graph_version.clone(),
            external_id: self.external_id.clone(),
            page_id: self.page_id.clone(),
            login: self.login,
            token,
            app_id,
            app_secret,
        }))
    }

    /// The newest secret of the installation's app. Instagram Login has an app of its own, whose secret proves its tokens.
    fn installation_secret(&self, meta: &MetaSettings) -> Option<SecretString> {
        let instagram = meta
            .instagram_app_secrets
            .iter()
            .find(|_| self.login == AccountLogin::Instagram);
        instagram
            .or_else(|| meta.app_secrets.as_slice().first())
            .cloned()
    }
}
