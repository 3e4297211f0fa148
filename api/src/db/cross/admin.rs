//! For the platform's own pages: organizations by name, the organizations of some users, and how full the queue is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::db::{Db, DbError, InOrganization};
use crate::http::page::PageRequest;
use crate::ids::{OrganizationId, UserId};
use crate::schema::{memberships, organizations};

/// An organization on a platform admin's page: found here, so that it exists. Only handlers that take a `PlatformAdmin` ask for one.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = organizations)]
pub struct AdministeredOrganization {
    organization_id: OrganizationId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub suspended_reason: Option<String>,
}

impl InOrganization for AdministeredOrganization {
    fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }
}

/// A user's place in an organization.
#[derive(Debug, Queryable)]
pub struct Place {
    pub user_id: UserId,
    pub organization_id: OrganizationId,
    pub name: String,
    pub role: crate::auth::access::Role,
}

/// How many pieces of work of one kind there are.
#[derive(Debug, QueryableByName)]
pub struct Backlog {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    pub ready: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    /// How long the oldest that is due has been waiting.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_due_seconds: Option<i64>,
}

impl Db {
    /// A page of organizations whose name holds `q`, newest first; deleted ones are gone.
    pub async fn administered_organizations(
        &self,
        q: Option<&str>,
        page: &PageRequest,
    ) -> Result<Vec<AdministeredOrganization>, DbError> {
        self.cross(async |connection| {
            let mut rows = AdministeredOrganization::query()
                .filter(organizations::deleted_at.is_null())
                .into_boxed();
            if let Some(q) = q {
                let holds = diesel::dsl::sql::<Bool>("strpos(lower(name), lower(")
                    .bind::<Text, _>(q.to_owned())
                    .sql(")) > 0");
                rows = rows.filter(holds);
            }
            if let Some((at, id)) = page.after {
                let earlier = organizations::created_at
                    .eq(at)
                    .and(organizations::organization_id.lt(OrganizationId(id)));
                rows = rows.filter(organizations::created_at.lt(at).or(earlier));
            }
            rows.order((
                organizations::created_at.desc(),
                organizations::organization_id.desc(),
            ))
            .limit(page.rows())
            .load(connection)
            .await
        })
        .await
    }

    /// One organization, unless it is deleted.
    pub async fn administered_organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<AdministeredOrganization>, DbError> {
        self.cross(async |connection| {
            AdministeredOrganization::query()
                .filter(organizations::organization_id.eq(id))
                .filter(organizations::deleted_at.is_null())
                .first(connection)
                .await
                .optional()
        })
        .await
    }

    /// Where these users are members, the longest standing first.
    pub async fn places_of_users(&self, users: &[UserId]) -> Result<Vec<Place>, DbError> {
        self.cross(async |connection| {
            organizations::table
                .inner_join(
                    memberships::table
                        .on(memberships::organization_id.eq(organizations::organization_id)),
                )
                .filter(memberships::user_id.eq_any(users))
                .filter(memberships::ended_at.is_null())
                .filter(organizations::deleted_at.is_null())
                .order((memberships::created_at, organizations::organization_id))
                .select((
                    memberships::user_id,
                    organizations::organization_id,
                    organizations::name,
                    memberships::role,
                ))
                .load(connection)
                .await
        })
        .await
    }

    /// The jobs of all organizations, by kind.
    pub async fn job_backlog(&self) -> Result<Vec<Backlog>, DbError> {
        // One part per state, so that each finds its partial index; done jobs are not looked at.
        const BACKLOG: &str = "
            SELECT kind, sum(ready)::bigint AS ready, sum(running)::bigint AS running, sum(dead)::bigint AS dead,
                   extract(epoch FROM now() - min(due))::bigint AS oldest_due_seconds
            FROM (SELECT kind, count(*) AS ready, 0 AS running, 0 AS dead, min(run_at) FILTER (WHERE run_at <= now()) AS due
                  FROM jobs WHERE state = 'ready' GROUP BY kind
                  UNION ALL SELECT kind, 0, count(*), 0, NULL FROM jobs WHERE state = 'running' GROUP BY kind
                  UNION ALL SELECT kind, 0, 0, count(*), NULL FROM jobs WHERE state = 'dead' GROUP BY kind) counted
            GROUP BY kind ORDER BY kind";
        self.cross(async |connection| diesel::sql_query(BACKLOG).load(connection).await)
            .await
    }
}
