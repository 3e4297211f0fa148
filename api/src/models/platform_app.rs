//! The Meta app that an organization brings for a platform: what a webhook path names.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use secrecy::SecretString;

use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::ids::OrganizationId;
use crate::schema::platform_apps;
use crate::seal::{Place, SealError, Sealer};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = platform_apps)]
pub struct PlatformApp {
    pub organization_id: OrganizationId,
    pub platform: ChannelKind,
    pub app_id: Option<String>,
    pub app_secret_sealed: Vec<u8>,
    pub app_secret_previous_sealed: Option<Vec<u8>>,
    pub app_secret_last4: String,
    pub verify_token: String,
    pub handshake_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What an admin enters of an app.
#[derive(Debug)]
pub struct AppEntry<'a> {
    pub app_id: Option<&'a str>,
    pub secret: &'a SecretString,
    /// Accepted beside the first while the secret is rotated.
    pub previous_secret: Option<&'a SecretString>,
}

const SECRET: &str = "app_secret_sealed";
const PREVIOUS_SECRET: &str = "app_secret_previous_sealed";

fn place(
    column: &'static str,
    organization: OrganizationId,
    platform: ChannelKind,
) -> Place<'static> {
    Place {
        table: "platform_apps",
        column,
        organization,
        row: platform.as_str(),
    }
}

impl PlatformApp {
    pub async fn find(tx: &mut TenantTx<'_>, platform: ChannelKind) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(platform_apps::organization_id.eq(tx.organization()))
            .filter(platform_apps::platform.eq(platform.as_str()))
            .first(tx.conn())
            .await
            .optional()
    }

    /// All of them, by platform: at most one each.
    pub async fn list(tx: &mut TenantTx<'_>) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(platform_apps::organization_id.eq(tx.organization()))
            .order(platform_apps::platform)
            .load(tx.conn())
            .await
    }

    /// Enters or replaces the app of a platform. `new_verify_token` is used only when there was none.
    pub async fn put(
        tx: &mut TenantTx<'_>,
        platform: ChannelKind,
        sealed: &SealedApp<'_>,
        new_verify_token: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        tx.platform_app_changed(platform);
        let values = (
            platform_apps::app_id.eq(sealed.app_id),
            platform_apps::app_secret_sealed.eq(&sealed.secret),
            platform_apps::app_secret_previous_sealed.eq(&sealed.previous_secret),
            platform_apps::app_secret_last4.eq(&sealed.last4),
            platform_apps::updated_at.eq(now),
        );
        diesel::insert_into(platform_apps::table)
            .values((
                values,
                platform_apps::organization_id.eq(tx.organization()),
                platform_apps::platform.eq(platform.as_str()),
                platform_apps::verify_token.eq(new_verify_token),
                platform_apps::created_at.eq(now),
            ))
            .on_conflict((platform_apps::organization_id, platform_apps::platform))
            .do_update()
            .set(values)
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    /// Replaces the verify token; the platform has to repeat its handshake with the new one.
    pub async fn set_verify_token(
        tx: &mut TenantTx<'_>,
        platform: ChannelKind,
        verify_token: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        tx.platform_app_changed(platform);
        diesel::update(platform_apps::table)
            .filter(platform_apps::organization_id.eq(tx.organization()))
            .filter(platform_apps::platform.eq(platform.as_str()))
            .set((
                platform_apps::verify_token.eq(verify_token),
                platform_apps::handshake_at.eq(None::<DateTime<Utc>>),
                platform_apps::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Forgets the app, its secrets with it. Tells whether there was one.
    pub async fn delete(tx: &mut TenantTx<'_>, platform: ChannelKind) -> QueryResult<bool> {
        tx.platform_app_changed(platform);
        let deleted = diesel::delete(platform_apps::table)
            .filter(platform_apps::organization_id.eq(tx.organization()))
            .filter(platform_apps::platform.eq(platform.as_str()))
            .execute(tx.conn())
            .await?;
        Ok(deleted == 1)
    }

    /// The current app secret.
    pub fn open_secret(&self, sealer: &Sealer) -> Result<SecretString, SealError> {
        sealer.open(
            place(SECRET, self.organization_id, self.platform),
            &self.app_secret_sealed,
        )
    }
}

/// An app's secrets, ready to be stored (R61).
pub struct SealedApp<'a> {
    app_id: Option<&'a str>,
    secret: Vec<u8>,
    previous_secret: Option<Vec<u8>>,
    last4: String,
}

impl<'a> SealedApp<'a> {
    pub fn seal(
        sealer: &Sealer,
        organization: OrganizationId,
        platform: ChannelKind,
        entry: &AppEntry<'a>,
    ) -> Result<Self, SealError> {
        let seal = |column, secret| sealer.seal(place(column, organization, platform), secret);
        Ok(Self {
            app_id: entry.app_id,
            secret: seal(SECRET, entry.secret)?,
            previous_secret: entry
                .previous_secret
                .map(|secret| seal(PREVIOUS_SECRET, secret))
                .transpose()?,
            last4: crate::seal::last4(entry.secret),
        })
    }
}
