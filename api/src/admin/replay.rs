//! Puts webhook events back to work. Replaying is idempotent (R7): what was processed gives the same rows and sends nothing again.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Outcome, text};
use crate::db::PlatformTx;
use crate::error::ApiError;
use crate::ids::WebhookEventId;
use crate::models::{identity_audit, webhook_event};
use crate::schema::webhook_events;
use crate::state::AppState;

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct ReplayWebhooks {
    /// One event, whatever its state
    #[arg(long)]
    event: Option<uuid::Uuid>,
    /// All events that were given up
    #[arg(long)]
    dead: bool,
}

pub async fn run(state: &AppState, command: ReplayWebhooks) -> Outcome {
    let ids = match command.event {
        Some(id) => vec![WebhookEventId(id)],
        None => dead(state).await.map_err(text)?,
    };
    let mut replayed = 0;
    // One small transaction each: a long list neither holds locks nor has to be done all over when it is interrupted.
    for id in &ids {
        replayed += usize::from(replay(state, *id).await.map_err(text)?);
    }
    println!("{replayed} of {} events replayed", ids.len());
    match command.event {
        Some(id) if replayed == 0 => Err(format!(
            "there is no event {id}, or a worker has it at this moment"
        )),
        _ => Ok(()),
    }
}

/// The list is read once: an event that dies again meanwhile is not replayed for ever.
async fn dead(state: &AppState) -> Result<Vec<WebhookEventId>, ApiError> {
    let list = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let dead = webhook_events::table
            .filter(webhook_events::state.eq("dead"))
            .order(webhook_events::received_at);
        Ok(dead.select(webhook_events::id).load(tx.conn()).await?)
    });
    list.await
}

async fn replay(state: &AppState, id: WebhookEventId) -> Result<bool, ApiError> {
    let now = state.clock.now();
    let replay = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let replayed = webhook_event::replay(tx, id).await?;
        if replayed {
            identity_audit::record(
                tx.conn(),
                None,
                "webhook_event_replayed",
                json!({"event": id, "by": "operator"}),
                now,
            )
            .await?;
        }
        Ok(replayed)
    });
    replay.await
}
