//! People who sign in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::password_reset;
use super::preferences::{Language, Sound, Theme};
use super::stored_text::StoredText;
use crate::db::PlatformTx;
use crate::ids::{OrganizationId, UserId};
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
    pub language: Language,
    pub theme: Theme,
    pub shortcuts: bool,
    pub sound: Sound,
    viewing_organization_id: Option<OrganizationId>,
    viewing_organization_name: Option<String>,
    viewing_until: Option<DateTime<Utc>>,
}

/// The organization that a platform admin looks into.
pub struct Viewing {
    pub organization: OrganizationId,
    pub name: String,
    pub until: DateTime<Utc>,
}

/// What a user may change of themselves; `None` leaves it as it is.
#[derive(Default)]
pub struct UserChanges<'a> {
    pub name: Option<&'a str>,
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub shortcuts: Option<bool>,
    pub sound: Option<Sound>,
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
    language: &'static str,
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
            language: Language::default().as_word(),
            is_platform_admin: false,
            created_at: now,
            updated_at: now,
        }
    }

    pub fn language(self, language: Language) -> Self {
        Self {
            language: language.as_word(),
            ..self
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

    /// What the user, a platform admin, looks into at `now`.
    pub fn viewing(&self, now: DateTime<Utc>) -> Option<Viewing> {
        let until = self
            .viewing_until
            .filter(|until| *until > now && self.is_platform_admin)?;
        Some(Viewing {
            organization: self.viewing_organization_id?,
            name: self.viewing_organization_name.clone()?,
            until,
        })
    }

    pub async fn update(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        changes: &UserChanges<'_>,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::update(users::table.find(id))
            .set((
                changes.name.map(|name| users::name.eq(name)),
                changes
                    .language
                    .map(|language| users::language.eq(language.as_word())),
                changes.theme.map(|theme| users::theme.eq(theme.as_word())),
                changes
                    .shortcuts
                    .map(|shortcuts| users::shortcuts.eq(shortcuts)),
                changes.sound.map(|sound| users::sound.eq(sound.as_word())),
                users::updated_at.eq(now),
            ))
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

    /// Another password; all access tokens die, and so does a link to set one.
    pub async fn store_new_password(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        password_hash: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        password_reset::forget(tx, id).await?;
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

    /// Nobody signs in as them any more, and what was signed in is not; or all is as before. False when there is no such user, or it was so.
    pub async fn set_disabled(
        tx: &mut PlatformTx<'_>,
        id: UserId,
        disabled: bool,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let found = diesel::update(users::table)
            .filter(users::id.eq(id))
            .filter(users::disabled_at.is_null().eq(disabled))
            .set((
                users::disabled_at.eq(disabled.then_some(now)),
                users::version.eq(users::version + 1),
                users::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await?;
        Ok(found == 1)
    }

    /// Lets a platform admin look into an organization; another one is not looked into any more. Takes the connection, because the organization's own audit
    /// log is written in the same transaction.
    pub async fn set_viewing(
        connection: &mut diesel_async::AsyncPgConnection,
        id: UserId,
        viewing: &Viewing,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::viewing_organization_id.eq(viewing.organization),
                users::viewing_organization_name.eq(&viewing.name),
                users::viewing_until.eq(viewing.until),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await
            .map(|_| ())
    }

    /// Ends a look into an organization; false when there is none.
    pub async fn end_viewing(
        connection: &mut diesel_async::AsyncPgConnection,
        id: UserId,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let ended = diesel::update(users::table)
            .filter(users::id.eq(id))
            .filter(users::viewing_organization_id.eq(organization))
            .set((
                users::viewing_organization_id.eq(None::<OrganizationId>),
                users::viewing_organization_name.eq(None::<String>),
                users::viewing_until.eq(None::<DateTime<Utc>>),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await?;
        Ok(ended == 1)
    }
}
