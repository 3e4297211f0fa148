//! Members and their roles. A membership is ended, never deleted: authors and assignees point to it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::api_key::ApiKey;
use super::stored_text::stored_as_text;
use crate::auth::access::Role;
use crate::db::TenantTx;
use crate::http::page::PageRequest;
use crate::ids::UserId;
use crate::schema::{memberships, users};

stored_as_text!(crate::auth::access::Role { Viewer = "viewer", Operator = "operator", Admin = "admin", Owner = "owner" });

/// A member with what the others see of the user.
#[derive(Debug, Clone, Queryable)]
pub struct Member {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

/// A change of membership that the rules do not allow (R35).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Below admin, over somebody else.
    NotAdmin,
    /// Nobody raises their own role.
    OwnRole,
    /// Only owners make owners, change them, or remove them.
    NotOwner,
    /// An organization always keeps an owner.
    LastOwner,
}

/// Who asks, and about whom.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub actor: Role,
    pub about_self: bool,
    pub from: Role,
    /// `None`: the membership ends.
    pub to: Option<Role>,
    pub owners: i64,
}

impl Change {
    /// The rules of R35. Everything it reads must have been read under the organization's lock.
    pub fn check(self) -> Result<(), Refusal> {
        let touches_owner = self.from == Role::Owner || self.to == Some(Role::Owner);
        if self.about_self && self.to.is_some_and(|to| to > self.from) {
            return Err(Refusal::OwnRole);
        }
        if !self.about_self && self.actor < Role::Admin {
            return Err(Refusal::NotAdmin);
        }
        if touches_owner && self.actor != Role::Owner {
            return Err(Refusal::NotOwner);
        }
        if self.from == Role::Owner && self.to != Some(Role::Owner) && self.owners <= 1 {
            return Err(Refusal::LastOwner);
        }
        Ok(())
    }
}

impl Member {
    /// One member; ended memberships are nobody.
    pub async fn find(tx: &mut TenantTx<'_>, user: UserId) -> QueryResult<Option<Self>> {
        memberships::table
            .inner_join(users::table.on(users::id.eq(memberships::user_id)))
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::user_id.eq(user))
            .filter(memberships::ended_at.is_null())
            .select((
                users::id,
                users::email,
                users::name,
                memberships::role,
                memberships::created_at,
            ))
            .first(tx.conn())
            .await
            .optional()
    }

    /// The names of users who are members or were; for what they did.
    pub async fn names(
        tx: &mut TenantTx<'_>,
        ids: &[UserId],
    ) -> QueryResult<HashMap<UserId, String>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let names: Vec<(UserId, String)> = memberships::table
            .inner_join(users::table.on(users::id.eq(memberships::user_id)))
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::user_id.eq_any(ids))
            .select((users::id, users::name))
            .load(tx.conn())
            .await?;
        Ok(names.into_iter().collect())
    }

    pub async fn find_by_email(tx: &mut TenantTx<'_>, email: &str) -> QueryResult<Option<UserId>> {
        memberships::table
            .inner_join(users::table.on(users::id.eq(memberships::user_id)))
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::ended_at.is_null())
            .filter(users::email.eq(email))
            .select(users::id)
            .first(tx.conn())
            .await
            .optional()
    }

    /// A page, the longest standing first.
    pub async fn list(tx: &mut TenantTx<'_>, page: &PageRequest) -> QueryResult<Vec<Self>> {
        let mut rows = memberships::table
            .inner_join(users::table.on(users::id.eq(memberships::user_id)))
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::ended_at.is_null())
            .select((
                users::id,
                users::email,
                users::name,
                memberships::role,
                memberships::created_at,
            ))
            .into_boxed();
        if let Some((at, id)) = page.after {
            let later = memberships::created_at
                .eq(at)
                .and(memberships::user_id.gt(UserId(id)));
            rows = rows.filter(memberships::created_at.gt(at).or(later));
        }
        rows.order((memberships::created_at, memberships::user_id))
            .limit(page.rows())
            .load(tx.conn())
            .await
    }

    pub async fn set_role(
        tx: &mut TenantTx<'_>,
        user: UserId,
        role: Role,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(memberships::table)
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::user_id.eq(user))
            .set((
                memberships::role.eq(role.as_str()),
                memberships::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Ends a membership, and the API keys that act as this member.
    pub async fn end(tx: &mut TenantTx<'_>, user: UserId, now: DateTime<Utc>) -> QueryResult<()> {
        ApiKey::revoke_of_member(tx, user, now).await?;
        diesel::update(memberships::table)
            .filter(memberships::organization_id.eq(tx.organization()))
            .filter(memberships::user_id.eq(user))
            .set((
                memberships::ended_at.eq(now),
                memberships::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// Makes a user a member, also one who was one before.
pub async fn join(
    tx: &mut TenantTx<'_>,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use diesel::upsert::excluded;
    diesel::insert_into(memberships::table)
        .values((
            memberships::organization_id.eq(tx.organization()),
            memberships::user_id.eq(user),
            memberships::role.eq(role.as_str()),
            memberships::created_at.eq(now),
            memberships::updated_at.eq(now),
        ))
        .on_conflict((memberships::organization_id, memberships::user_id))
        .do_update()
        .set((
            memberships::role.eq(excluded(memberships::role)),
            memberships::created_at.eq(excluded(memberships::created_at)),
            memberships::updated_at.eq(excluded(memberships::updated_at)),
            memberships::ended_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(tx.conn())
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 4] = [Role::Viewer, Role::Operator, Role::Admin, Role::Owner];

    fn over_others(actor: Role, from: Role, to: Option<Role>, owners: i64) -> Result<(), Refusal> {
        Change {
            actor,
            about_self: false,
            from,
            to,
            owners,
        }
        .check()
    }

    fn over_self(from: Role, to: Option<Role>, owners: i64) -> Result<(), Refusal> {
        Change {
            actor: from,
            about_self: true,
            from,
            to,
            owners,
        }
        .check()
    }

    /// R35, over every pair of roles.
    #[test]
    fn nobody_raises_their_own_role() {
        for from in ROLES {
            for to in ROLES.into_iter().filter(|to| *to > from) {
                assert_eq!(
                    over_self(from, Some(to), 5),
                    Err(Refusal::OwnRole),
                    "{from:?} {to:?}"
                );
            }
        }
    }

    #[test]
    fn only_owners_make_change_and_remove_owners() {
        for actor in [Role::Viewer, Role::Operator, Role::Admin] {
            for role in ROLES {
                assert!(over_others(actor, role, Some(Role::Owner), 2).is_err());
                assert!(over_others(actor, Role::Owner, Some(role), 2).is_err());
            }
            assert!(over_others(actor, Role::Owner, None, 2).is_err());
        }
        assert_eq!(over_others(Role::Owner, Role::Owner, None, 2), Ok(()));
        assert_eq!(
            over_others(Role::Owner, Role::Viewer, Some(Role::Owner), 1),
            Ok(())
        );
    }

    #[test]
    fn below_admin_one_only_leaves() {
        assert_eq!(
            over_others(Role::Operator, Role::Viewer, None, 1),
            Err(Refusal::NotAdmin)
        );
        assert_eq!(
            over_others(Role::Admin, Role::Operator, Some(Role::Admin), 1),
            Ok(())
        );
        assert_eq!(over_self(Role::Viewer, None, 1), Ok(()));
    }

    #[test]
    fn the_last_owner_stays_owner() {
        assert_eq!(over_self(Role::Owner, None, 1), Err(Refusal::LastOwner));
        assert_eq!(
            over_self(Role::Owner, Some(Role::Admin), 1),
            Err(Refusal::LastOwner)
        );
        assert_eq!(over_self(Role::Owner, Some(Role::Owner), 1), Ok(()));
        assert_eq!(over_self(Role::Owner, None, 2), Ok(()));
    }
}
