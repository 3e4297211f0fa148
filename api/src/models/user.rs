//! People who sign in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::PlatformTx;
use crate::ids::UserId;
use crate::schema::users;

/// A person. Has no `Debug`: it carries the password's hash.
#[derive(Clone, HasQuery)]
#[diesel(table_name = users)]
pub struct User {
    pub id: UserId,
    /// Lower case: one address, one user.
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub is_platform_admin: bool,
    /// Raised when every access token of the user must die at once (R34).
    pub version: i32,
    pub disabled_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// The form in which an address is stored and compared.
pub fn normalized_email(email: &str) -> String {
    email.to_lowercase()
}

/// Somebody who registers.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub struct NewUser<'a> {
    id: UserId,
    email: &'a str,
    name: &'a str,
    password_hash: &'a str,
    is_platform_admin: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl<'a> NewUser<'a> {
    /// `email` is normalized.
    pub fn new(email: &'a str, name: &'a str, password_hash: &'a str, now: DateTime<Utc>) -> Self {
        Self {
            id: UserId::new(),
            email,
            name,
            password_hash,
            is_platform_admin: false,
            created_at: now,
            updated_at: now,
        }
    }

    pub fn platform_admin(self) -> Self {
        Self {
            is_platform_admin: true,
            ..self
        }
    }

    /// `None` when the address is taken: the unique key decides, not a look before.
    pub async fn insert(&self, tx: &mut PlatformTx<'_>) -> QueryResult<Option<User>> {
        diesel::insert_into(users::table)
            .values(self)
            .on_conflict(users::email)
            .do_nothing()
            .returning(User::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }
}

impl User {
    /// `email` is normalized.
    pub async fn find_by_email(tx: &mut PlatformTx<'_>, email: &str) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(users::email.eq(email))
            .first(tx.conn())
            .await
            .optional()
    }

    pub async fn find(tx: &mut PlatformTx<'_>, id: UserId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(users::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// The user once more and locked, if nobody disabled it or changed its password since `self` was read: a password that was verified
    /// outside the transaction must still be the password when the transaction acts on it.
    pub async fn lock_unchanged(&self, tx: &mut PlatformTx<'_>) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(users::id.eq(self.id))
            .filter(users::password_hash.eq(&self.password_hash))
            .filter(users::disabled_at.is_null())
            .for_update()
            .first(tx.conn())
            .await
            .optional()
    }

    pub async fn rename(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        name: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::update(users::table.find(id))
            .set((users::name.eq(name), users::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    /// The same password under today's parameters.
    pub async fn store_rehash(
        &mut self,
        tx: &mut PlatformTx<'_>,
        password_hash: String,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(self.id))
            .set((
                users::password_hash.eq(&password_hash),
                users::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        self.password_hash = password_hash;
        Ok(())
    }

    /// Another password; all access tokens die.
    pub async fn store_new_password(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        password_hash: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::update(users::table.find(id))
            .set((
                users::password_hash.eq(password_hash),
                users::version.eq(users::version + 1),
                users::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }

    /// All access tokens die.
    pub async fn raise_version(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::version.eq(users::version + 1),
                users::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    pub async fn make_platform_admin(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((users::is_platform_admin.eq(true), users::updated_at.eq(now)))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}
