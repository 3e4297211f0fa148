//! Organizations.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use crate::auth::access::Role;
use crate::db::{InOrganization, TenantTx};
use crate::ids::{OrganizationId, UserId};
use crate::schema::{ai_agents, invitations, memberships, organizations, platform_apps};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = organizations)]
pub struct Organization {
    #[diesel(column_name = organization_id)]
    pub id: OrganizationId,
    pub name: String,
    pub timezone: String,
    /// Nothing changes in it and nothing is sent for it while this is set.
    pub suspended_at: Option<DateTime<Utc>>,
    pub suspended_reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An organization that is being made: its id is new, so that nobody else's rows can be reached with it.
pub struct NewOrganization {
    id: OrganizationId,
}

impl InOrganization for NewOrganization {
    fn organization_id(&self) -> OrganizationId {
        self.id
    }
}

impl NewOrganization {
    #[expect(
        clippy::new_without_default,
        reason = "a default that differs at each call would surprise"
    )]
    pub fn new() -> Self {
        Self {
            id: OrganizationId::new(),
        }
    }

    /// Stores it with its first owner.
    pub async fn insert(
        &self,
        tx: &mut TenantTx<'_>,
        name: &str,
        timezone: &str,
        owner: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Organization> {
        let organization = diesel::insert_into(organizations::table)
            .values((
                organizations::organization_id.eq(self.id),
                organizations::name.eq(name),
                organizations::timezone.eq(timezone),
                organizations::created_at.eq(now),
                organizations::updated_at.eq(now),
            ))
            .returning(Organization::as_returning())
            .get_result(tx.conn())
            .await?;
        super::member::join(tx, owner, Role::Owner, now).await?;
        Ok(organization)
    }
}

/// What may change; `None` leaves it as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = organizations)]
pub struct OrganizationChanges {
    pub name: Option<String>,
    pub timezone: Option<String>,
}

impl OrganizationChanges {
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.timezone.is_none()
    }
}

impl Organization {
    /// The transaction's organization, unless it is deleted.
    pub async fn find(tx: &mut TenantTx<'_>) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(organizations::organization_id.eq(tx.organization()))
            .filter(organizations::deleted_at.is_null())
            .first(tx.conn())
            .await
            .optional()
    }

    /// The same, locked until the transaction ends: changes of its members are one after the other. Rows that only point to the
    /// organization are not held up.
    pub async fn lock(tx: &mut TenantTx<'_>) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(organizations::organization_id.eq(tx.organization()))
            .filter(organizations::deleted_at.is_null())
            .for_no_key_update()
            .first(tx.conn())
            .await
            .optional()
    }

    pub async fn update(
        tx: &mut TenantTx<'_>,
        changes: &OrganizationChanges,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(organizations::table)
            .filter(organizations::organization_id.eq(tx.organization()))
            .filter(organizations::deleted_at.is_null())
            .set((changes, organizations::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Deletes it softly: nobody reaches it any more, open invitations end, and secrets that only it used are forgotten. Its accounts
    /// are disconnected by the caller, in the same transaction.
    pub async fn delete(tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
        let organization = tx.organization();
        diesel::update(organizations::table)
            .filter(organizations::organization_id.eq(organization))
            .set((
                organizations::deleted_at.eq(now),
                organizations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        diesel::update(invitations::table)
            .filter(invitations::organization_id.eq(organization))
            .filter(invitations::accepted_at.is_null())
            .filter(invitations::revoked_at.is_null())
            .set(invitations::revoked_at.eq(now))
            .execute(tx.conn())
            .await?;
        diesel::delete(
            platform_apps::table.filter(platform_apps::organization_id.eq(organization)),
        )
        .execute(tx.conn())
        .await?;
        diesel::update(ai_agents::table)
            .filter(ai_agents::organization_id.eq(organization))
            .set((
                ai_agents::model_key_sealed.eq(None::<Vec<u8>>),
                ai_agents::model_key_host.eq(None::<String>),
                ai_agents::model_key_last4.eq(None::<String>),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Suspends it for a reason, or ends that with none. `None` when it was so already, or is deleted.
    pub async fn set_suspended(
        tx: &mut TenantTx<'_>,
        reason: Option<&str>,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(organizations::table)
            .filter(organizations::organization_id.eq(tx.organization()))
            .filter(organizations::deleted_at.is_null())
            .filter(organizations::suspended_at.is_null().eq(reason.is_some()))
            .set((
                organizations::suspended_at.eq(reason.map(|_| now)),
                organizations::suspended_reason.eq(reason),
                organizations::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Whether nothing may be sent for it now.
    pub async fn is_suspended(tx: &mut TenantTx<'_>) -> QueryResult<bool> {
        let suspended: Option<Option<DateTime<Utc>>> = organizations::table
            .filter(organizations::organization_id.eq(tx.organization()))
            .select(organizations::suspended_at)
            .first(tx.conn())
            .await
            .optional()?;
        Ok(suspended.flatten().is_some())
    }

    /// How many owners it has; with [`Organization::lock`] before, this stays so until the transaction ends.
    pub async fn owners(tx: &mut TenantTx<'_>) -> QueryResult<i64> {
        memberships::table
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::ended_at.is_null())
            .filter(memberships::role.eq(Role::Owner.as_str()))
            .count()
            .get_result(tx.conn())
            .await
    }
}

/// The organization's day at a time.
pub async fn day(tx: &mut TenantTx<'_>, at: DateTime<Utc>) -> QueryResult<NaiveDate> {
    let day = diesel::dsl::sql::<diesel::sql_types::Date>("(")
        .bind::<diesel::sql_types::Timestamptz, _>(at)
        .sql(" AT TIME ZONE timezone)::date");
    organizations::table
        .filter(organizations::organization_id.eq(tx.organization()))
        .select(day)
        .first(tx.conn())
        .await
}

/// Notes that somebody tried an agent, the first time only: afterwards the row is left alone.
pub async fn note_playground(tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(organizations::table)
        .filter(organizations::organization_id.eq(tx.organization()))
        .filter(organizations::playground_used_at.is_null())
        .set(organizations::playground_used_at.eq(now))
        .execute(tx.conn())
        .await
        .map(|_| ())
}

/// Whether PostgreSQL, which does the arithmetic, knows the time zone.
pub async fn knows_timezone(tx: &mut TenantTx<'_>, name: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = Bool)]
        known: bool,
    }
    let known: Known =
        diesel::sql_query("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS known")
            .bind::<Text, _>(name)
            .get_result(tx.conn())
            .await?;
    Ok(known.known)
}
