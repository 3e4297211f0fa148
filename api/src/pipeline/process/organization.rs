//! An organization's items: together in one transaction, and where that is refused, in halves.

use std::time::{Duration, Instant};

use super::Unfinished;
use super::batch;
use super::incoming::Item;
use crate::db::{DbError, InOrganization, TenantTx};
use crate::fail_points;
use crate::ids::OrganizationId;
use crate::models::inbound_event::ItemState;
use crate::state::AppState;

/// No further halves are tried after this: the events' leases must not run out.
const LONGEST: Duration = Duration::from_secs(15);

/// The organization of a group of items: of an account that was found, or of the app that signed.
struct Recipient(OrganizationId);

impl InOrganization for Recipient {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

/// Applies items in their order. Returned are the events of those that could not be applied, though another try may.
pub(super) async fn apply(
    state: &AppState,
    organization: OrganizationId,
    items: &[Item<'_>],
) -> Unfinished {
    let mut unfinished = Unfinished::new();
    let mut waiting = vec![items];
    let end = Instant::now() + LONGEST;
    while let Some(items) = waiting.pop() {
        let Err(error) = together(state, organization, items).await else {
            continue;
        };
        match error {
            DbError::Sql(error) if items.len() > 1 && Instant::now() < end => {
                tracing::info!(error = %error, items = items.len(), "items that cannot be applied together; applying them in halves");
                let (first, rest) = items.split_at(items.len() / 2);
                waiting.extend([rest, first]);
            }
            error => {
                if let Err(error) = quarantine_or_retry(state, organization, items, error).await {
                    let text = error.to_string();
                    unfinished.extend(items.iter().map(|item| (item.event_at, text.clone())));
                }
            }
        }
    }
    unfinished
}

async fn together(
    state: &AppState,
    organization: OrganizationId,
    items: &[Item<'_>],
) -> Result<(), DbError> {
    let db = state.db.for_worker();
    let apply = async |tx: &mut TenantTx<'_>| {
        let answers_due = batch::apply(state, tx, items).await?;
        fail_points::hit("process::before_commit");
        Ok::<_, DbError>(answers_due)
    };
    // After the commit and not in it: PostgreSQL lets transactions with a NOTIFY commit only one after the other.
    if db.tenant(&Recipient(organization), apply).await? {
        db.announce_soon();
    }
    Ok(())
}

/// A single item that the data forbid goes to quarantine; everything else may pass at another try.
async fn quarantine_or_retry(
    state: &AppState,
    organization: OrganizationId,
    items: &[Item<'_>],
    error: DbError,
) -> Result<(), DbError> {
    let refusal = match &error {
        DbError::Sql(error) => refusal(error),
        DbError::Unavailable(_) => None,
    };
    let ([item], Some(reason)) = (items, refusal) else {
        return Err(error);
    };
    let quarantine = async |tx: &mut TenantTx<'_>| {
        Ok::<_, DbError>(batch::store_untouched(tx, item, ItemState::Quarantined(reason)).await?)
    };
    let db = state.db.for_worker();
    db.tenant(&Recipient(organization), quarantine).await
}

/// Why the data were refused (a check, a key, a value out of range), if they were.
fn refusal(error: &diesel::result::Error) -> Option<String> {
    use diesel::result::{DatabaseErrorKind as Kind, Error};
    match error {
        Error::DatabaseError(
            Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::CheckViolation
            | Kind::NotNullViolation,
            info,
        ) => {
            let constraint = info.constraint_name().unwrap_or("a rule");
            Some(format!("the database refused it: {constraint}"))
        }
        Error::SerializationError(_) => Some("it cannot be stored".to_owned()),
        _ => None,
    }
}
