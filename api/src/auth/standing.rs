//! Whether those who were let in long ago are still welcome: open streams ask every few seconds (R34, R45), all of an organization
//! in one go.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::token::Claims;
use crate::db::TenantTx;
use crate::ids::{ApiKeyId, SessionId, UserId};
use crate::schema::{api_keys, memberships, organizations, sessions, users};

/// Who was let in, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    user: UserId,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum By {
    Session {
        session: SessionId,
        /// The user's version in the access token.
        version: i32,
    },
    Key(ApiKeyId),
}

impl Standing {
    pub(super) fn of_session(claims: &Claims) -> Self {
        Self {
            user: claims.sub,
            by: By::Session {
                session: claims.sid,
                version: claims.ver,
            },
        }
    }

    /// `user` is the member who made the key.
    pub(super) fn of_key(user: UserId, key: ApiKeyId) -> Self {
        Self {
            user,
            by: By::Key(key),
        }
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    #[cfg(test)]
    pub(crate) fn of_test(user: UserId) -> Self {
        Self {
            user,
            by: By::Session {
                session: SessionId::new(),
                version: 1,
            },
        }
    }
}

/// Why somebody is not welcome any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The session has ended.
    SignedOut,
    /// The user is disabled, or all their tokens were revoked.
    Revoked,
    /// The membership or the organization has ended.
    MemberRemoved,
}

impl Ended {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::MemberRemoved => "member_removed",
        }
    }
}

/// What is known of a session and its user.
type SessionRow = (SessionId, UserId, bool, i32, bool);

/// Those of `asked` that are not welcome any more.
pub async fn ended(
    tx: &mut TenantTx<'_>,
    asked: &[Standing],
) -> QueryResult<HashMap<Standing, Ended>> {
    let (mut session_ids, mut keys) = (Vec::new(), Vec::new());
    for one in asked {
        match one.by {
            By::Session { session, .. } => session_ids.push(session),
            By::Key(key) => keys.push(key),
        }
    }
    let user_ids: Vec<UserId> = asked.iter().map(|one| one.user).collect();
    let found: Vec<SessionRow> = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq_any(&session_ids))
        .select((
            sessions::id,
            users::id,
            sessions::revoked_at.is_null(),
            users::version,
            users::disabled_at.is_null(),
        ))
        .load(tx.conn())
        .await?;
    let keys = living_keys(tx, &keys).await?;
    let welcome = welcome(tx, &user_ids).await?;
    let judge = |one: &Standing| match one.by {
        By::Key(key) if !keys.contains(&key) => Some(Ended::Revoked),
        By::Session { session, version } => {
            let row = found
                .iter()
                .find(|row| (row.0, row.1) == (session, one.user));
            judge_session(row, version)
        }
        By::Key(_) => None,
    };
    let judge = |one: &Standing| {
        judge(one).or((!welcome.contains(&one.user)).then_some(Ended::MemberRemoved))
    };
    Ok(asked
        .iter()
        .filter_map(|one| Some((*one, judge(one)?)))
        .collect())
}

fn judge_session(row: Option<&SessionRow>, shown: i32) -> Option<Ended> {
    match row {
        None | Some((_, _, false, _, _)) => Some(Ended::SignedOut),
        Some((_, _, _, version, enabled)) if *version != shown || !enabled => Some(Ended::Revoked),
        Some(_) => None,
    }
}

/// Keys that are good, of makers who may sign in.
async fn living_keys(tx: &mut TenantTx<'_>, keys: &[ApiKeyId]) -> QueryResult<Vec<ApiKeyId>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let expires = api_keys::expires_at.assume_not_null();
    api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::created_by)))
        .filter(api_keys::organization_id.eq(tx.organization()))
        .filter(api_keys::id.eq_any(keys))
        .filter(api_keys::revoked_at.is_null())
        .filter(
            api_keys::expires_at
                .is_null()
                .or(expires.gt(diesel::dsl::now)),
        )
        .filter(users::disabled_at.is_null())
        .select(api_keys::id)
        .load(tx.conn())
        .await
}

/// Members, and platform admins who are still looking into the organization.
async fn welcome(tx: &mut TenantTx<'_>, asked: &[UserId]) -> QueryResult<Vec<UserId>> {
    let mut welcome: Vec<UserId> = memberships::table
        .inner_join(organizations::table)
        .filter(memberships::organization_id.eq(tx.organization()))
        .filter(memberships::user_id.eq_any(asked))
        .filter(memberships::ended_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select(memberships::user_id)
        .load(tx.conn())
        .await?;
    if asked.iter().all(|user| welcome.contains(user)) {
        return Ok(welcome);
    }
    let lives = organizations::table
        .filter(organizations::organization_id.eq(tx.organization()))
        .filter(organizations::deleted_at.is_null());
    let viewing: Vec<UserId> = users::table
        .filter(users::id.eq_any(asked))
        .filter(users::is_platform_admin)
        .filter(users::viewing_organization_id.eq(tx.organization()))
        .filter(users::viewing_until.is_not_null())
        .filter(users::viewing_until.assume_not_null().gt(diesel::dsl::now))
        .filter(exists(lives))
        .select(users::id)
        .load(tx.conn())
        .await?;
    welcome.extend(viewing);
    Ok(welcome)
}
