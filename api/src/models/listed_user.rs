//! Users as the platform's own pages list them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::PlatformTx;
use crate::http::page::PageRequest;
use crate::ids::UserId;

#[derive(Debug, QueryableByName)]
pub struct ListedUser {
    #[diesel(sql_type = SqlUuid)]
    pub id: UserId,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub is_platform_admin: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub disabled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_seen_at: Option<DateTime<Utc>>,
}

const LISTED: &str = "SELECT id, email, name, is_platform_admin, disabled_at, created_at,
        (SELECT max(last_used_at) FROM sessions WHERE user_id = users.id) AS last_seen_at FROM users";

impl ListedUser {
    /// A page of those whose name or address holds `q`, newest first.
    pub async fn list(
        tx: &mut PlatformTx<'_>,
        q: Option<&str>,
        page: &PageRequest,
    ) -> QueryResult<Vec<Self>> {
        let (at, id) = page.after.unzip();
        diesel::sql_query(format!(
            "{LISTED} WHERE ($1 IS NULL OR strpos(lower(email), lower($1)) > 0 OR strpos(lower(name), lower($1)) > 0)
                 AND ($2 IS NULL OR (created_at, id) < ($2, $3))
             ORDER BY created_at DESC, id DESC LIMIT $4"
        ))
        .bind::<Nullable<Text>, _>(q)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(page.rows())
        .load(tx.conn())
        .await
    }

    pub async fn find(tx: &mut PlatformTx<'_>, id: UserId) -> QueryResult<Option<Self>> {
        diesel::sql_query(format!("{LISTED} WHERE id = $1"))
            .bind::<SqlUuid, _>(id)
            .get_result(tx.conn())
            .await
            .optional()
    }
}
