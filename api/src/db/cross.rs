//! Statements over all organizations. Nothing else in the server may cross; each one here is a named function.
//!
//! They run as the role `banglachat_platform`, taken for the transaction only, whose policies reach just the tables named here.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, Db, DbError, InOrganization, end};
use crate::channels::ChannelKind;
use crate::ids::{OrganizationId, UserId};
use crate::schema::{memberships, organizations, platform_apps};

mod admin;
mod jobs;
mod watch;

pub use admin::{AdministeredOrganization, Backlog, Place};
pub use jobs::LeasedJob;

impl Db {
    /// Runs `work` as the platform role.
    async fn cross<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, diesel::result::Error>,
    ) -> Result<T, DbError> {
        let settings = format!(
            "SET LOCAL ROLE banglachat_platform; SET LOCAL statement_timeout = {}",
            self.statement_timeout.as_millis()
        );
        let mut connection = self.begin(&settings).await?;
        let result = work(&mut connection).await.map_err(DbError::from);
        end(&mut connection, result).await
    }

    /// The organizations that a user is a member of, with the role, oldest membership first.
    pub async fn organizations_of_user(
        &self,
        user: UserId,
    ) -> Result<Vec<(OrganizationId, String, String)>, DbError> {
        self.cross(async |connection| {
            organizations::table
                .inner_join(
                    memberships::table
                        .on(memberships::organization_id.eq(organizations::organization_id)),
                )
                .filter(memberships::user_id.eq(user))
                .filter(memberships::ended_at.is_null())
                .filter(organizations::deleted_at.is_null())
                .order((memberships::created_at, organizations::organization_id))
                .select((
                    organizations::organization_id,
                    organizations::name,
                    memberships::role,
                ))
                .load(connection)
                .await
        })
        .await
    }

    /// Organizations behind `after`, in the order of their ids, deleted ones among them: for the operator's work on all of them, one
    /// transaction each.
    pub async fn organizations_to_maintain(
        &self,
        after: Option<OrganizationId>,
        limit: i64,
    ) -> Result<Vec<MaintainedOrganization>, DbError> {
        let after = after.unwrap_or(OrganizationId(uuid::Uuid::nil()));
        let ids: Vec<OrganizationId> = self
            .cross(async |connection| {
                organizations::table
                    .filter(organizations::organization_id.gt(after))
                    .order(organizations::organization_id)
                    .limit(limit)
                    .select(organizations::organization_id)
                    .load(connection)
                    .await
            })
            .await?;
        Ok(ids.into_iter().map(MaintainedOrganization).collect())
    }

    /// What a webhook path names: the organization's app for a platform. Called before anything about the caller is known,
    /// so what comes back must only be used to check a signature or a verify token.
    pub async fn platform_app(
        &self,
        organization: OrganizationId,
        platform: ChannelKind,
    ) -> Result<Option<WebhookApp>, DbError> {
        self.cross(async |connection| {
            WebhookApp::query()
                .filter(platform_apps::organization_id.eq(organization))
                .filter(platform_apps::platform.eq(platform.as_str()))
                .first(connection)
                .await
                .optional()
        })
        .await
    }

    /// Notes that Meta's handshake for this app arrived.
    pub async fn record_handshake(
        &self,
        organization: OrganizationId,
        platform: ChannelKind,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), DbError> {
        self.cross(async |connection| {
            diesel::update(platform_apps::table)
                .filter(platform_apps::organization_id.eq(organization))
                .filter(platform_apps::platform.eq(platform.as_str()))
                .set((
                    platform_apps::handshake_at.eq(at),
                    platform_apps::changed_at.eq(
                        diesel::dsl::sql::<diesel::sql_types::Timestamptz>("clock_timestamp()"),
                    ),
                ))
                .execute(connection)
                .await
        })
        .await?;
        self.hint_soon(organization);
        Ok(())
    }
}

/// An organization that the operator's command works on; no request can make one.
pub struct MaintainedOrganization(OrganizationId);

impl InOrganization for MaintainedOrganization {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

/// The part of a platform app that webhooks need.
#[derive(Debug, HasQuery)]
#[diesel(table_name = platform_apps)]
pub struct WebhookApp {
    pub organization_id: OrganizationId,
    pub app_secret_sealed: Vec<u8>,
    pub app_secret_previous_sealed: Option<Vec<u8>>,
    pub verify_token: String,
}
