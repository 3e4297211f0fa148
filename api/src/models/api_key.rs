//! API keys: a key acts as the member who made it, with the lesser of its own role and theirs, and ends with the membership (R36).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::stored_text::{StoredText, stored_as_text};
use crate::auth::access::Role;
use crate::auth::opaque::ApiKeyToken;
use crate::db::TenantTx;
use crate::http::page::PageRequest;
use crate::ids::{ApiKeyId, UserId};
use crate::schema::{api_keys, memberships, organizations, users};

/// The time of the last use is only as exact as this: a busy key must not write at each request.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a key may do at most. An owner's rights are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyRole {
    /// Reads.
    Viewer,
    /// Answers customers, writes knowledge.
    Operator,
    /// Agents, accounts, team; but no API keys.
    Admin,
}

stored_as_text!(ApiKeyRole { Viewer = "viewer", Operator = "operator", Admin = "admin" });

impl From<ApiKeyRole> for Role {
    fn from(role: ApiKeyRole) -> Self {
        match role {
            ApiKeyRole::Viewer => Self::Viewer,
            ApiKeyRole::Operator => Self::Operator,
            ApiKeyRole::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub role: ApiKeyRole,
    pub last4: String,
    pub created_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What somebody asks for.
pub struct NewApiKey<'a> {
    pub name: &'a str,
    pub role: ApiKeyRole,
    pub expires_at: Option<DateTime<Utc>>,
    pub created_by: UserId,
}

impl NewApiKey<'_> {
    pub async fn insert(
        &self,
        tx: &mut TenantTx<'_>,
        token: &ApiKeyToken,
        now: DateTime<Utc>,
    ) -> QueryResult<ApiKey> {
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::organization_id.eq(tx.organization()),
                api_keys::id.eq(ApiKeyId::new()),
                api_keys::name.eq(self.name),
                api_keys::role.eq(self.role.as_word()),
                api_keys::key_hash.eq(token.hash()),
                api_keys::last4.eq(token.last4()),
                api_keys::created_by.eq(self.created_by),
                api_keys::created_at.eq(now),
                api_keys::expires_at.eq(self.expires_at),
            ))
            .returning(ApiKey::as_returning())
            .get_result(tx.conn())
            .await
    }
}

/// A key, its maker's role, and why the organization is suspended, if it is.
type Authenticated = (ApiKey, Role, Option<String>);
/// The same as it stands in the tables: since when it is suspended, and why.
type Row = (ApiKey, Role, Option<DateTime<Utc>>, Option<String>);

impl ApiKey {
    /// The living key with this hash in the transaction's organization, if its maker is a member who may still sign in.
    pub async fn authenticate(
        tx: &mut TenantTx<'_>,
        hash: &[u8],
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Authenticated>> {
        let makers = memberships::organization_id
            .eq(api_keys::organization_id)
            .and(memberships::user_id.eq(api_keys::created_by));
        let found: Option<Row> = api_keys::table
            .inner_join(memberships::table.on(makers))
            .inner_join(users::table.on(users::id.eq(api_keys::created_by)))
            .inner_join(
                organizations::table
                    .on(organizations::organization_id.eq(api_keys::organization_id)),
            )
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::key_hash.eq(hash))
            .filter(api_keys::revoked_at.is_null())
            .filter(
                api_keys::expires_at
                    .is_null()
                    .or(api_keys::expires_at.assume_not_null().gt(now)),
            )
            .filter(memberships::ended_at.is_null())
            .filter(users::disabled_at.is_null())
            .filter(organizations::deleted_at.is_null())
            .select((
                Self::as_select(),
                memberships::role,
                organizations::suspended_at,
                organizations::suspended_reason,
            ))
            .first(tx.conn())
            .await
            .optional()?;
        Ok(found.map(|(key, role, suspended_at, reason)| {
            (key, role, suspended_at.map(|_| reason.unwrap_or_default()))
        }))
    }

    /// Notes that the key was used, now and then.
    pub async fn note_use(&self, tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
        if self
            .last_used_at
            .is_some_and(|at| now - at < USE_NOTED_EVERY)
        {
            return Ok(());
        }
        diesel::update(api_keys::table)
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::id.eq(self.id))
            .set(api_keys::last_used_at.eq(now))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// A page of those that were not revoked, newest first, each with its maker's name.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        page: &PageRequest,
    ) -> QueryResult<Vec<(Self, String)>> {
        let mut rows = api_keys::table
            .inner_join(users::table.on(users::id.eq(api_keys::created_by)))
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::revoked_at.is_null())
            .select((Self::as_select(), users::name))
            .into_boxed();
        if let Some((at, id)) = page.after {
            let earlier = api_keys::created_at
                .eq(at)
                .and(api_keys::id.lt(ApiKeyId(id)));
            rows = rows.filter(api_keys::created_at.lt(at).or(earlier));
        }
        rows.order((api_keys::created_at.desc(), api_keys::id.desc()))
            .limit(page.rows())
            .load(tx.conn())
            .await
    }

    /// Those that were not revoked.
    pub async fn count(tx: &mut TenantTx<'_>) -> QueryResult<i64> {
        api_keys::table
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::revoked_at.is_null())
            .count()
            .get_result(tx.conn())
            .await
    }

    /// Ends a key; `None` when there is no living one with this id.
    pub async fn revoke(
        tx: &mut TenantTx<'_>,
        id: ApiKeyId,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(api_keys::table)
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::id.eq(id))
            .filter(api_keys::revoked_at.is_null())
            .set(api_keys::revoked_at.eq(now))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Ends all keys that a member made: they leave, and the keys must not come back with them.
    pub async fn revoke_of_member(
        tx: &mut TenantTx<'_>,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<usize> {
        diesel::update(api_keys::table)
            .filter(api_keys::organization_id.eq(tx.organization()))
            .filter(api_keys::created_by.eq(user))
            .filter(api_keys::revoked_at.is_null())
            .set(api_keys::revoked_at.eq(now))
            .execute(tx.conn())
            .await
    }
}
