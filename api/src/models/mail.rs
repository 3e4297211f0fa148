//! Mail that waits to be sent: written in the transaction of what it tells of, sent by the worker.
//!
//! No text and no link stands here. What a mail says is made when it is sent, and what it was made of is forgotten afterwards.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Double, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use super::preferences::Language;
use crate::db::PlatformTx;
use crate::db::listen::announce_work;
use crate::ids::{InvitationId, MailId};
use crate::schema::mails;
use crate::worker::retry;

/// Tries before a mail is given up.
const MAX_ATTEMPTS: i32 = 12;
/// How long a claimed mail is ours: longer than sending one may take.
const LEASE_SECONDS: f64 = 120.0;
/// How long it is remembered that a mail was sent, and to whom.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// Somebody typed this address as one whose password is forgotten. Whether there is such a user is looked up when it is sent, so that
    /// asking costs the same for every address (R33).
    PasswordReset,
    Invitation {
        invitation: InvitationId,
        organization_name: String,
        inviter_name: String,
        /// For somebody who has no account yet.
        language: Language,
    },
}

impl Subject {
    fn kind(&self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// After this long nobody waits for it any more.
    fn is_useful_for(&self) -> TimeDelta {
        match self {
            Self::PasswordReset => TimeDelta::hours(1),
            Self::Invitation { .. } => TimeDelta::days(2),
        }
    }
}

/// Puts a mail into the queue. Takes the connection, because mail is written in platform and tenant transactions.
pub async fn enqueue(
    connection: &mut AsyncPgConnection,
    recipient: &str,
    subject: &Subject,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let params = serde_json::to_value(subject)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::insert_into(mails::table)
        .values((
            mails::id.eq(MailId::new()),
            mails::kind.eq(subject.kind()),
            mails::recipient.eq(recipient),
            mails::params.eq(params),
            // Due by the database's clock, which also hands it out (R20).
            mails::run_at.eq(diesel::dsl::now),
            mails::created_at.eq(now),
        ))
        .execute(connection)
        .await?;
    announce_work(connection).await
}

/// A mail that this process may send until its lease runs out.
#[derive(QueryableByName)]
#[diesel(table_name = mails)]
pub struct LeasedMail {
    pub id: MailId,
    pub recipient: String,
    pub params: serde_json::Value,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
}

/// How the work on a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailEnding {
    Sent,
    /// There is nothing (any more) to say.
    NotNeeded(&'static str),
    TryLater(String),
    Never(String),
}

impl LeasedMail {
    /// Takes the mail that is due longest; one whose worker died comes back when its lease is over.
    pub async fn claim(tx: &mut PlatformTx<'_>) -> QueryResult<Option<Self>> {
        diesel::sql_query(
            "UPDATE mails SET state = 'running', attempts = attempts + 1, locked_until = now() + make_interval(secs => $1)
             WHERE id = coalesce(
                (SELECT id FROM mails WHERE state = 'ready' AND run_at <= now() ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
                (SELECT id FROM mails WHERE state = 'running' AND locked_until < now() ORDER BY locked_until LIMIT 1 FOR UPDATE SKIP LOCKED))
             RETURNING id, recipient, params, attempts, created_at",
        )
        .bind::<Double, _>(LEASE_SECONDS)
        .get_result(tx.conn())
        .await
        .optional()
    }

    pub fn subject(&self) -> Result<Subject, serde_json::Error> {
        serde_json::from_value(self.params.clone())
    }

    pub fn is_too_old(&self, subject: &Subject, now: DateTime<Utc>) -> bool {
        now - self.created_at > subject.is_useful_for()
    }

    /// Writes down how it ended, if the lease is still ours.
    pub async fn finish(&self, tx: &mut PlatformTx<'_>, ending: &MailEnding) -> QueryResult<()> {
        let (state, error) = match ending {
            MailEnding::Sent => ("done", None),
            MailEnding::NotNeeded(why) => ("done", Some((*why).to_owned())),
            MailEnding::TryLater(error) if self.attempts < MAX_ATTEMPTS => {
                ("ready", Some(error.clone()))
            }
            MailEnding::TryLater(error) | MailEnding::Never(error) => ("dead", Some(error.clone())),
        };
        let wait = match state {
            "ready" => retry::delay(self.attempts, None, retry::jitter(self.id.0, self.attempts)),
            _ => Duration::ZERO,
        };
        diesel::sql_query(
            "UPDATE mails SET state = $3, run_at = now() + make_interval(secs => $4), locked_until = NULL, last_error = $5,
                    params = CASE WHEN $3 = 'ready' THEN params ELSE '{}' END,
                    finished_at = CASE WHEN $3 = 'ready' THEN NULL ELSE now() END
             WHERE id = $1 AND attempts = $2 AND state = 'running'",
        )
        .bind::<SqlUuid, _>(self.id)
        .bind::<diesel::sql_types::Integer, _>(self.attempts)
        .bind::<Text, _>(state)
        .bind::<Double, _>(wait.as_secs_f64())
        .bind::<diesel::sql_types::Nullable<Text>, _>(error)
        .execute(tx.conn())
        .await
        .map(|_| ())
    }
}

/// Forgets what was sent or given up long ago.
pub async fn forget_old(tx: &mut PlatformTx<'_>) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM mails WHERE id IN (SELECT id FROM mails
             WHERE state IN ('done', 'dead') AND finished_at < now() - make_interval(secs => $1) LIMIT 500)",
    )
    .bind::<Double, _>(REMEMBERED.as_seconds_f64())
    .execute(tx.conn())
    .await
}
