//! `Idempotency-Key`: the same request sent again gets the same answer and does nothing (R10).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult};
use crate::ids::UserId;
use crate::schema::idempotency_keys;

const HEADER: &str = "Idempotency-Key";

/// The header's value, if it was sent: 1 to 200 visible ASCII characters.
pub struct IdempotencyKey(Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(HEADER) else {
            return ready(Ok(Self(None)));
        };
        let text = value.to_str().unwrap_or_default();
        if (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            // The path belongs to the key: the same key elsewhere is another request.
            return ready(Ok(Self(Some(format!("{} {text}", request.path())))));
        }
        ready(Err(ApiError::BadRequest(
            "Idempotency-Key must have 1 to 200 visible ASCII characters.".to_owned(),
        )))
    }
}

impl IdempotencyKey {
    /// Runs `work` once per key and member: stores its answer in the same transaction, and gives the stored one when the
    /// same body comes again. Another body under the same key is a conflict. Answers are kept for 24 hours.
    pub async fn once<B: Serialize>(
        &self,
        tx: &mut TenantTx<'_>,
        user: UserId,
        now: DateTime<Utc>,
        body: &B,
        work: impl AsyncFnOnce(&mut TenantTx<'_>) -> ApiResult<serde_json::Value>,
    ) -> ApiResult<serde_json::Value> {
        let Some(key) = &self.0 else {
            return work(tx).await;
        };
        let hash = Sha256::digest(serde_json::to_vec(body).map_err(ApiError::internal)?).to_vec();
        // Taking the key first makes a second request with it wait here until the first one has ended.
        if take(tx, user, key, &hash, now).await? {
            let answer = work(tx).await?;
            keep(tx, user, key, &answer).await?;
            return Ok(answer);
        }
        let (stored_hash, answer): (Vec<u8>, serde_json::Value) = idempotency_keys::table
            .find((tx.organization(), user, key))
            .filter(idempotency_keys::organization_id.eq(tx.organization()))
            .select((idempotency_keys::request_hash, idempotency_keys::body))
            .first(tx.conn())
            .await?;
        if stored_hash == hash {
            return Ok(answer);
        }
        Err(ApiError::conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used with another body; use a new key for a new request.",
        ))
    }
}

/// Whether the key is free, or was until 24 hours ago; then it is taken.
async fn take(
    tx: &mut TenantTx<'_>,
    user: UserId,
    key: &str,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let organization = tx.organization();
    diesel::delete(idempotency_keys::table.find((organization, user, key)))
        .filter(idempotency_keys::organization_id.eq(organization))
        .filter(idempotency_keys::created_at.lt(now - TimeDelta::hours(24)))
        .execute(tx.conn())
        .await?;
    let taken = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::organization_id.eq(organization),
            idempotency_keys::user_id.eq(user),
            idempotency_keys::idempotency_key.eq(key),
            idempotency_keys::request_hash.eq(hash),
            idempotency_keys::status.eq(201),
            idempotency_keys::body.eq(serde_json::Value::Null),
            idempotency_keys::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    Ok(taken == 1)
}

async fn keep(
    tx: &mut TenantTx<'_>,
    user: UserId,
    key: &str,
    answer: &serde_json::Value,
) -> QueryResult<()> {
    let organization = tx.organization();
    diesel::update(idempotency_keys::table.find((organization, user, key)))
        .filter(idempotency_keys::organization_id.eq(organization))
        .set(idempotency_keys::body.eq(answer))
        .execute(tx.conn())
        .await?;
    Ok(())
}
