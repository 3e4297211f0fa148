//! Invitations (R35): bound to an address, single use, 7 days.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::preferences::Language;
use crate::auth::access::Role;
use crate::auth::invite::InvitationToken;
use crate::db::{InOrganization, PlatformTx, TenantTx};
use crate::http::page::PageRequest;
use crate::ids::{InvitationId, OrganizationId, UserId};
use crate::schema::{invitations, users};

const GOOD_FOR: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = invitations)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The organization that a shown token belongs to. Holding the token is what allows to work in it, on this invitation only.
pub struct InvitedTo {
    organization: OrganizationId,
    pub invitation: InvitationId,
    /// Only this address may accept.
    pub email: String,
}

impl InOrganization for InvitedTo {
    fn organization_id(&self) -> OrganizationId {
        self.organization
    }
}

impl InvitedTo {
    /// Whatever has become of the invitation: that is judged under a lock.
    pub async fn find(
        tx: &mut PlatformTx<'_>,
        token: &InvitationToken,
    ) -> QueryResult<Option<Self>> {
        let found: Option<(OrganizationId, InvitationId, String)> = invitations::table
            .filter(invitations::token_hash.eq(token.hash()))
            .select((
                invitations::organization_id,
                invitations::id,
                invitations::email,
            ))
            .first(tx.conn())
            .await
            .optional()?;
        Ok(found.map(|(organization, invitation, email)| Self {
            organization,
            invitation,
            email,
        }))
    }
}

impl Invitation {
    /// One whose mail is about to be sent; whoever put the mail into the queue was allowed to.
    pub async fn find_to_mail(
        tx: &mut PlatformTx<'_>,
        id: InvitationId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(invitations::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }

    /// Stores a new one; open ones for the same address end, so that one link counts.
    pub async fn insert(
        tx: &mut TenantTx<'_>,
        (id, token): (InvitationId, &InvitationToken),
        email: &str,
        role: Role,
        invited_by: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::update(invitations::table)
            .filter(invitations::organization_id.eq(tx.organization()))
            .filter(invitations::email.eq(email))
            .filter(invitations::accepted_at.is_null())
            .filter(invitations::revoked_at.is_null())
            .set(invitations::revoked_at.eq(now))
            .execute(tx.conn())
            .await?;
        diesel::insert_into(invitations::table)
            .values((
                invitations::id.eq(id),
                invitations::organization_id.eq(tx.organization()),
                invitations::email.eq(email),
                invitations::role.eq(role.as_str()),
                invitations::token_hash.eq(token.hash()),
                invitations::invited_by.eq(invited_by),
                invitations::created_at.eq(now),
                invitations::expires_at.eq(now + GOOD_FOR),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    pub async fn count_open(tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<i64> {
        invitations::table
            .filter(invitations::organization_id.eq(tx.organization()))
            .filter(invitations::accepted_at.is_null())
            .filter(invitations::revoked_at.is_null())
            .filter(invitations::expires_at.gt(now))
            .count()
            .get_result(tx.conn())
            .await
    }

    /// A page, newest first, whatever has become of them.
    pub async fn list(tx: &mut TenantTx<'_>, page: &PageRequest) -> QueryResult<Vec<Self>> {
        let mut rows = Self::query()
            .into_boxed()
            .filter(invitations::organization_id.eq(tx.organization()));
        if let Some((at, id)) = page.after {
            let earlier = invitations::created_at
                .eq(at)
                .and(invitations::id.lt(InvitationId(id)));
            rows = rows.filter(invitations::created_at.lt(at).or(earlier));
        }
        rows.order((invitations::created_at.desc(), invitations::id.desc()))
            .limit(page.rows())
            .load(tx.conn())
            .await
    }

    /// Ends an open one; `None` when there is none with this id.
    pub async fn revoke(
        tx: &mut TenantTx<'_>,
        id: InvitationId,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(invitations::table)
            .filter(invitations::organization_id.eq(tx.organization()))
            .filter(invitations::id.eq(id))
            .filter(invitations::accepted_at.is_null())
            .filter(invitations::revoked_at.is_null())
            .set(invitations::revoked_at.eq(now))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// Locked: it is accepted once.
    pub async fn lock(tx: &mut TenantTx<'_>, id: InvitationId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(invitations::organization_id.eq(tx.organization()))
            .filter(invitations::id.eq(id))
            .for_update()
            .first(tx.conn())
            .await
            .optional()
    }

    /// The name and the language of whoever invited.
    pub async fn inviter(&self, tx: &mut TenantTx<'_>) -> QueryResult<(String, Language)> {
        users::table
            .find(self.invited_by)
            .select((users::name, users::language))
            .first(tx.conn())
            .await
    }

    /// Uses the invitation up.
    pub async fn accept(&self, tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
        diesel::update(invitations::table)
            .filter(invitations::organization_id.eq(tx.organization()))
            .filter(invitations::id.eq(self.id))
            .set(invitations::accepted_at.eq(now))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// Notes that a user's address is verified; false when it was before.
pub async fn verify_address(
    tx: &mut TenantTx<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let verified = diesel::update(users::table)
        .filter(users::id.eq(user))
        .filter(users::email_verified_at.is_null())
        .set((users::email_verified_at.eq(now), users::updated_at.eq(now)))
        .execute(tx.conn())
        .await?;
    Ok(verified == 1)
}
