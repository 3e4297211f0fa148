//! What happened to identities (R49): sign-ins, bursts of failures, passwords, sessions, what the operator did. Append-only for the
//! server's role; without secrets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::ids::{AuditId, UserId};
use crate::schema::identity_audit_log;

/// Notes that `action` happened to `user`; none: nobody that is known, or the operator. Takes the connection, because identity changes
/// also in tenant transactions (an accepted invitation).
pub async fn record(
    connection: &mut AsyncPgConnection,
    user: Option<UserId>,
    action: &str,
    details: serde_json::Value,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(identity_audit_log::table)
        .values((
            identity_audit_log::id.eq(AuditId::new()),
            identity_audit_log::user_id.eq(user),
            identity_audit_log::action.eq(action),
            identity_audit_log::details.eq(details),
            identity_audit_log::created_at.eq(now),
        ))
        .execute(connection)
        .await
        .map(|_| ())
}

/// Notes that failed sign-ins have reached a limit (R38), for a known user or for nobody.
pub async fn record_burst(
    connection: &mut AsyncPgConnection,
    user: Option<UserId>,
    address: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    record(
        connection,
        user,
        "sign_in_failure_burst",
        serde_json::json!({"address": address}),
        now,
    )
    .await
}
