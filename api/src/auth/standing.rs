//! Whether those who were let in long ago are still welcome: open streams ask every few seconds (R34, R45), all of an organization
//! in one go.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::access::Access;
use crate::db::TenantTx;
use crate::ids::{SessionId, UserId};
use crate::schema::{memberships, organizations, sessions, users};

/// Who was let in, and by which session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    /// The user's version in the access token.
    pub(super) version: i32,
}

impl<R> Access<R> {
    pub fn standing(&self) -> Standing {
        self.standing
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

impl Standing {
    pub fn user(&self) -> UserId {
        self.user
    }
}

/// What is known of a session and its user.
type SessionRow = (SessionId, UserId, bool, i32, bool);

/// Those of `asked` that are not welcome any more.
pub async fn ended(
    tx: &mut TenantTx<'_>,
    asked: &[Standing],
) -> QueryResult<HashMap<Standing, Ended>> {
    let session_ids: Vec<SessionId> = asked.iter().map(|one| one.session).collect();
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
    let members: Vec<UserId> = memberships::table
        .inner_join(organizations::table)
        .filter(memberships::organization_id.eq(tx.organization()))
        .filter(memberships::user_id.eq_any(&user_ids))
        .filter(memberships::ended_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select(memberships::user_id)
        .load(tx.conn())
        .await?;
    let judge = |one: &Standing| {
        let session = found
            .iter()
            .find(|row| (row.0, row.1) == (one.session, one.user));
        match session {
            None | Some((_, _, false, _, _)) => Some(Ended::SignedOut),
            Some((_, _, _, version, enabled)) if *version != one.version || !enabled => {
                Some(Ended::Revoked)
            }
            Some(_) if !members.contains(&one.user) => Some(Ended::MemberRemoved),
            Some(_) => None,
        }
    };
    Ok(asked
        .iter()
        .filter_map(|one| Some((*one, judge(one)?)))
        .collect())
}
