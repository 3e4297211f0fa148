//! The audit log (R49): who did what. Append-only for the server's role; details never hold secrets or message text.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::{AuditId, UserId};
use crate::schema::audit_log;

/// One thing that somebody did.
#[derive(Debug, HasQuery)]
#[diesel(table_name = audit_log)]
pub struct AuditEntry {
    pub id: AuditId,
    pub user_id: Option<UserId>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub details: serde_json::Value,
    pub created_at: DateTime<Utc>,
}

/// Notes, in the transaction of the change itself, that `user` (none: the system) did `action` to a subject. What was done
/// with an API key says so.
pub async fn record(
    tx: &mut TenantTx<'_>,
    user: Option<UserId>,
    action: &str,
    subject_kind: &str,
    subject_id: impl ToString,
    mut details: serde_json::Value,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if let Some((key, details)) = tx.api_key().zip(details.as_object_mut()) {
        details.insert("api_key".to_owned(), serde_json::json!(key));
    }
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::organization_id.eq(tx.organization()),
            audit_log::id.eq(AuditId::new()),
            audit_log::user_id.eq(user),
            audit_log::action.eq(action),
            audit_log::subject_kind.eq(subject_kind),
            audit_log::subject_id.eq(subject_id.to_string()),
            audit_log::details.eq(details),
            audit_log::created_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}

impl AuditEntry {
    /// A page, newest first, of the given action and kind of subject where they are given.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        after: Option<(DateTime<Utc>, AuditId)>,
        rows: i64,
        action: Option<&str>,
        subject_kind: Option<&str>,
    ) -> QueryResult<Vec<Self>> {
        let mut entries = Self::query()
            .into_boxed()
            .filter(audit_log::organization_id.eq(tx.organization()));
        if let Some(action) = action {
            entries = entries.filter(audit_log::action.eq(action.to_owned()));
        }
        if let Some(kind) = subject_kind {
            entries = entries.filter(audit_log::subject_kind.eq(kind.to_owned()));
        }
        if let Some((at, id)) = after {
            let earlier = audit_log::created_at.eq(at).and(audit_log::id.lt(id));
            entries = entries.filter(audit_log::created_at.lt(at).or(earlier));
        }
        entries
            .order((audit_log::created_at.desc(), audit_log::id.desc()))
            .limit(rows)
            .load(tx.conn())
            .await
    }
}
