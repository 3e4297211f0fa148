//! Seals every stored secret with the first encryption key (R64). Safe to interrupt and to run again: what already has the first key is
//! not looked at. The server may run meanwhile, with both keys in its settings.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Outcome, text};
use crate::db::cross::MaintainedOrganization;
use crate::db::{InOrganization, PlatformTx, TenantTx};
use crate::error::ApiError;
use crate::models::identity_audit;
use crate::seal::Place;
use crate::state::AppState;

/// A column of sealed values. Both statements are fixed text (R70); they differ by what cannot be bound.
struct SealedColumn {
    table: &'static str,
    column: &'static str,
    /// `$1` organization, `$2` how many bytes tell the key, `$3` those of the first key, `$4` behind this row.
    select: &'static str,
    /// `$1` organization, `$2` row, `$3` the value.
    update: &'static str,
}

const COLUMNS: [SealedColumn; 4] = [
    SealedColumn {
        table: "ai_agents",
        column: "model_key_sealed",
        select: "SELECT id::text AS row_key, model_key_sealed AS sealed FROM ai_agents WHERE organization_id = $1
                 AND substring(model_key_sealed FROM 1 FOR $2) <> $3 AND id::text > $4 ORDER BY id::text LIMIT 100 FOR UPDATE",
        update: "UPDATE ai_agents SET model_key_sealed = $3 WHERE organization_id = $1 AND id::text = $2",
    },
    SealedColumn {
        table: "social_accounts",
        column: "token_sealed",
        select: "SELECT id::text AS row_key, token_sealed AS sealed FROM social_accounts WHERE organization_id = $1
                 AND substring(token_sealed FROM 1 FOR $2) <> $3 AND id::text > $4 ORDER BY id::text LIMIT 100 FOR UPDATE",
        update: "UPDATE social_accounts SET token_sealed = $3 WHERE organization_id = $1 AND id::text = $2",
    },
    SealedColumn {
        table: "platform_apps",
        column: "app_secret_sealed",
        select: "SELECT platform AS row_key, app_secret_sealed AS sealed FROM platform_apps WHERE organization_id = $1
                 AND substring(app_secret_sealed FROM 1 FOR $2) <> $3 AND platform > $4 ORDER BY platform LIMIT 100 FOR UPDATE",
        update: "UPDATE platform_apps SET app_secret_sealed = $3 WHERE organization_id = $1 AND platform = $2",
    },
    SealedColumn {
        table: "platform_apps",
        column: "app_secret_previous_sealed",
        select: "SELECT platform AS row_key, app_secret_previous_sealed AS sealed FROM platform_apps WHERE organization_id = $1
                 AND substring(app_secret_previous_sealed FROM 1 FOR $2) <> $3 AND platform > $4 ORDER BY platform LIMIT 100 FOR UPDATE",
        update: "UPDATE platform_apps SET app_secret_previous_sealed = $3 WHERE organization_id = $1 AND platform = $2",
    },
];

#[derive(QueryableByName)]
struct SealedValue {
    #[diesel(sql_type = Text)]
    row_key: String,
    #[diesel(sql_type = Binary)]
    sealed: Vec<u8>,
}

#[derive(Default)]
struct Count {
    sealed: usize,
    failed: usize,
}

pub async fn run(state: &AppState) -> Outcome {
    let mut count = Count::default();
    let mut last = None;
    loop {
        let organizations = state
            .db
            .organizations_to_maintain(last, 100)
            .await
            .map_err(text)?;
        let Some(newest) = organizations.last() else {
            break;
        };
        last = Some(newest.organization_id());
        for organization in &organizations {
            for column in &COLUMNS {
                rotate(state, organization, column, &mut count)
                    .await
                    .map_err(text)?;
            }
        }
    }
    note(state, &count).await.map_err(text)?;
    println!("{} values sealed with the first key", count.sealed);
    match count.failed {
        0 => Ok(()),
        failed => Err(format!(
            "{failed} values could not be opened and stay as they are; keep the keys they need"
        )),
    }
}

/// One column of one organization, a hundred rows at a time.
async fn rotate(
    state: &AppState,
    organization: &MaintainedOrganization,
    column: &SealedColumn,
    count: &mut Count,
) -> Result<(), ApiError> {
    let mut behind = String::new();
    loop {
        let batch = state
            .db
            .tenant(organization, async |tx: &mut TenantTx<'_>| {
                batch(tx, state, column, &behind).await
            })
            .await?;
        let Some((last, done)) = batch else {
            return Ok(());
        };
        behind = last;
        count.sealed += done.sealed;
        count.failed += done.failed;
    }
}

/// `None` when no row is left; else the last one looked at. Rows are locked, so that a key that is entered at the same moment is not
/// overwritten with the one before.
async fn batch(
    tx: &mut TenantTx<'_>,
    state: &AppState,
    column: &SealedColumn,
    behind: &str,
) -> Result<Option<(String, Count)>, ApiError> {
    let (organization, first) = (tx.organization(), state.sealer.first_key_mark());
    let values: Vec<SealedValue> = diesel::sql_query(column.select)
        .bind::<SqlUuid, _>(organization)
        .bind::<Integer, _>(i32::try_from(first.len()).map_err(ApiError::internal)?)
        .bind::<Binary, _>(&first)
        .bind::<Text, _>(behind)
        .load(tx.conn())
        .await?;
    let Some(last) = values.last().map(|value| value.row_key.clone()) else {
        return Ok(None);
    };
    let mut count = Count::default();
    for SealedValue {
        row_key: row,
        sealed,
    } in values
    {
        let place = Place {
            table: column.table,
            column: column.column,
            organization,
            row: &row,
        };
        match state
            .sealer
            .open(place, &sealed)
            .and_then(|secret| state.sealer.seal(place, &secret))
        {
            Ok(resealed) => {
                store(tx, column, &row, &resealed).await?;
                count.sealed += 1;
            }
            Err(error) => {
                println!(
                    "FAILED  {}.{} of organization {organization}, row {row}: {error}",
                    column.table, column.column
                );
                count.failed += 1;
            }
        }
    }
    Ok(Some((last, count)))
}

async fn store(
    tx: &mut TenantTx<'_>,
    column: &SealedColumn,
    row: &str,
    sealed: &[u8],
) -> QueryResult<()> {
    let organization = tx.organization();
    diesel::sql_query(column.update)
        .bind::<SqlUuid, _>(organization)
        .bind::<Text, _>(row)
        .bind::<Binary, _>(sealed)
        .execute(tx.conn())
        .await
        .map(|_| ())
}

async fn note(state: &AppState, count: &Count) -> Result<(), ApiError> {
    let (now, details) = (
        state.clock.now(),
        json!({"sealed": count.sealed, "failed": count.failed, "by": "operator"}),
    );
    let note = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok(identity_audit::record(tx.conn(), None, "encryption_rotated", details, now).await?)
    });
    note.await
}
