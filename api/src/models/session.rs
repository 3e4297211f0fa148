//! Sessions: one is one sign-in and one family of refresh tokens (R32).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use secrecy::SecretSlice;

use super::user::User;
use crate::auth::refresh::{ABSOLUTE, IDLE, RefreshToken, Showing, judge};
use crate::db::PlatformTx;
use crate::http::page::PageRequest;
use crate::ids::{SessionId, UserId};
use crate::schema::{refresh_tokens, sessions};

/// The reason that its user is shown.
const REUSED: &str = "refresh_token_reused";
/// How long a family that ended by reuse stays in its user's list.
const SHOW_REUSED: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub revoked_reason: Option<String>,
}

/// What came of a refresh token that was shown.
pub enum Rotation {
    Fresh {
        user: Box<User>,
        session: Session,
        token: RefreshToken,
    },
    /// It was used before: the family has just been ended.
    Reused(Session),
    /// No such token, or its family has ended.
    Unknown,
}

impl Session {
    /// A new family with its first token.
    pub async fn start(
        tx: &mut PlatformTx<'_>,
        user: UserId,
        user_agent: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<(Self, RefreshToken)> {
        forget_ended(tx, user, now).await?;
        let session: Self = diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(SessionId::new()),
                sessions::user_id.eq(user),
                sessions::user_agent.eq(user_agent),
                sessions::created_at.eq(now),
                sessions::last_used_at.eq(now),
                sessions::expires_at.eq(now + ABSOLUTE),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await?;
        let token = RefreshToken::random();
        session.store(tx, &token, now).await?;
        Ok((session, token))
    }

    async fn store(
        &self,
        tx: &mut PlatformTx<'_>,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::insert_into(refresh_tokens::table)
            .values((
                refresh_tokens::token_hash.eq(token.hash()),
                refresh_tokens::session_id.eq(self.id),
                refresh_tokens::created_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Rotates the token that was shown. The family's row is locked before the token is judged, so that two showings at once are one
    /// after the other. Commit the transaction also on `Reused`: it ended the family.
    pub async fn rotate(
        tx: &mut PlatformTx<'_>,
        shown: &RefreshToken,
        key: &SecretSlice<u8>,
        now: DateTime<Utc>,
    ) -> QueryResult<Rotation> {
        let Some(session) = Self::lock_of_token(tx, shown)
            .await?
            .filter(|session| session.is_alive(now))
        else {
            return Ok(Rotation::Unknown);
        };
        let Some(user) = User::find(tx, session.user_id)
            .await?
            .filter(|user| user.disabled_at.is_none())
        else {
            return Ok(Rotation::Unknown);
        };
        let used_at = used_at(tx, shown).await?.flatten();
        let token = shown.successor(key);
        let successor = self::used_at(tx, &token).await?;
        match judge(used_at, successor.flatten().is_some(), now) {
            Showing::First => session.advance(tx, shown, &token, now).await?,
            // The server key was changed in between: the successor of today is not the one that was given.
            Showing::Again if successor.is_none() => return Ok(Rotation::Unknown),
            Showing::Again => {}
            Showing::Reuse => {
                Self::revoke(tx, session.user_id, session.id, REUSED, now).await?;
                return Ok(Rotation::Reused(session));
            }
        }
        Ok(Rotation::Fresh {
            user: Box::new(user),
            session,
            token,
        })
    }

    async fn advance(
        &self,
        tx: &mut PlatformTx<'_>,
        shown: &RefreshToken,
        next: &RefreshToken,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(refresh_tokens::table.find(shown.hash()))
            .set(refresh_tokens::used_at.eq(now))
            .execute(tx.conn())
            .await?;
        self.store(tx, next, now).await?;
        diesel::update(sessions::table.find(self.id))
            .set(sessions::last_used_at.eq(now))
            .execute(tx.conn())
            .await?;
        Ok(())
    }

    /// The family of a token, locked.
    pub async fn lock_of_token(
        tx: &mut PlatformTx<'_>,
        token: &RefreshToken,
    ) -> QueryResult<Option<Self>> {
        let family = refresh_tokens::table
            .filter(refresh_tokens::token_hash.eq(token.hash()))
            .select(refresh_tokens::session_id);
        Self::query()
            .filter(sessions::id.eq_any(family))
            .for_update()
            .first(tx.conn())
            .await
            .optional()
    }

    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && now - self.last_used_at < IDLE
    }

    /// Another token for a family whose tokens so far must not count any more (the password was changed).
    pub async fn renew(
        tx: &mut PlatformTx<'_>,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<(Self, RefreshToken)>> {
        let mine = sessions::table
            .filter(sessions::id.eq(id))
            .filter(sessions::user_id.eq(user))
            .filter(sessions::revoked_at.is_null());
        let renewed = diesel::update(mine)
            .set(sessions::last_used_at.eq(now))
            .returning(Self::as_returning());
        let Some(session): Option<Self> = renewed.get_result(tx.conn()).await.optional()? else {
            return Ok(None);
        };
        diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq(id)))
            .execute(tx.conn())
            .await?;
        let token = RefreshToken::random();
        session.store(tx, &token, now).await?;
        Ok(Some((session, token)))
    }

    /// Ends one session of a user; false when there is no such living one.
    pub async fn revoke(
        tx: &mut PlatformTx<'_>,
        user: UserId,
        id: SessionId,
        reason: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let ended = diesel::update(sessions::table)
            .filter(sessions::id.eq(id))
            .filter(sessions::user_id.eq(user))
            .filter(sessions::revoked_at.is_null())
            .set((
                sessions::revoked_at.eq(now),
                sessions::revoked_reason.eq(reason),
            ))
            .execute(tx.conn())
            .await?;
        Ok(ended == 1)
    }

    /// A page of the living sessions, newest first, and of those that ended lately because a token was reused: that is how the user learns
    /// of it (R32).
    pub async fn list(
        tx: &mut PlatformTx<'_>,
        user: UserId,
        page: &PageRequest,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        let living = sessions::revoked_at
            .is_null()
            .and(sessions::expires_at.gt(now))
            .and(sessions::last_used_at.gt(now - IDLE));
        let reused = sessions::revoked_reason.is_not_distinct_from(REUSED).and(
            sessions::revoked_at
                .gt(now - SHOW_REUSED)
                .is_not_distinct_from(true),
        );
        let mut rows = Self::query()
            .into_boxed()
            .filter(sessions::user_id.eq(user))
            .filter(living.or(reused));
        if let Some((at, id)) = page.after {
            let earlier = sessions::created_at
                .eq(at)
                .and(sessions::id.lt(SessionId(id)));
            rows = rows.filter(sessions::created_at.lt(at).or(earlier));
        }
        rows.order((sessions::created_at.desc(), sessions::id.desc()))
            .limit(page.rows())
            .load(tx.conn())
            .await
    }
}

/// Ends all sessions of a user but `kept`.
pub async fn revoke_others(
    connection: &mut diesel_async::AsyncPgConnection,
    user: UserId,
    kept: Option<SessionId>,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user))
        .filter(sessions::id.nullable().is_distinct_from(kept))
        .filter(sessions::revoked_at.is_null())
        .set((
            sessions::revoked_at.eq(now),
            sessions::revoked_reason.eq(reason),
        ))
        .execute(connection)
        .await
}

/// When a token was used; the outer `None`: no such token.
async fn used_at(
    tx: &mut PlatformTx<'_>,
    token: &RefreshToken,
) -> QueryResult<Option<Option<DateTime<Utc>>>> {
    refresh_tokens::table
        .find(token.hash())
        .select(refresh_tokens::used_at)
        .first(tx.conn())
        .await
        .optional()
}

/// Families that are long over go with their tokens, when their user signs in again.
async fn forget_ended(
    tx: &mut PlatformTx<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let over = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::expires_at.lt(now - SHOW_REUSED));
    diesel::delete(over).execute(tx.conn()).await.map(|_| ())
}
