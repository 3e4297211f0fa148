//! Links to set a forgotten password anew (R37): single use, 30 minutes, and a newer one ends the older one.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;

use super::user::User;
use crate::auth::opaque::ResetToken;
use crate::db::PlatformTx;
use crate::ids::UserId;
use crate::schema::{password_resets, users};

/// How long a link is good.
pub const GOOD_FOR: TimeDelta = TimeDelta::minutes(30);

/// Makes a link's token; the user's link of before is worth nothing from now on.
pub async fn issue(
    tx: &mut PlatformTx<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<(ResetToken, DateTime<Utc>)> {
    let (token, expires_at) = (ResetToken::random(), now + GOOD_FOR);
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::user_id.eq(user),
            password_resets::token_hash.eq(token.hash()),
            password_resets::created_at.eq(now),
            password_resets::expires_at.eq(expires_at),
        ))
        .on_conflict(password_resets::user_id)
        .do_update()
        .set((
            password_resets::token_hash.eq(excluded(password_resets::token_hash)),
            password_resets::created_at.eq(excluded(password_resets::created_at)),
            password_resets::expires_at.eq(excluded(password_resets::expires_at)),
        ))
        .execute(tx.conn())
        .await?;
    Ok((token, expires_at))
}

/// The user whom a living link is for, if they may sign in.
pub async fn find_user(
    tx: &mut PlatformTx<'_>,
    token: &ResetToken,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let of = password_resets::table
        .filter(password_resets::token_hash.eq(token.hash()))
        .filter(password_resets::expires_at.gt(now))
        .select(password_resets::user_id);
    User::query()
        .filter(users::id.eq_any(of))
        .filter(users::disabled_at.is_null())
        .first(tx.conn())
        .await
        .optional()
}

/// Uses a link up; false when somebody else did, or a newer one took its place.
pub async fn use_up(
    tx: &mut PlatformTx<'_>,
    token: &ResetToken,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let used = diesel::delete(password_resets::table)
        .filter(password_resets::token_hash.eq(token.hash()))
        .filter(password_resets::expires_at.gt(now))
        .execute(tx.conn())
        .await?;
    Ok(used == 1)
}

/// Ends a user's link.
pub async fn forget(tx: &mut PlatformTx<'_>, user: UserId) -> QueryResult<()> {
    diesel::delete(password_resets::table.find(user))
        .execute(tx.conn())
        .await
        .map(|_| ())
}
