//! Jobs that three workers died over, or three lost leases (R23): parked, so that whatever it is cannot go on, and so that people see
//! it. A reply is a dead letter, whose conversation calls for a person; a message on its way has failed visibly, and its resend is the
//! replay (R19).

use crate::db::cross::LeasedJob;
use crate::db::{DbError, TenantTx};
use crate::models::conversation::Conversation;
use crate::models::job::{self, Ending, Work};
use crate::pipeline::deliver;
use crate::state::AppState;

const REASON: &str = "a worker died over it three times";

/// Parks what there is; one that cannot be parked holds up no other, and is tried again at the next sweep.
pub(super) async fn park_worn_out(state: &AppState) -> Result<(), DbError> {
    let db = state.db.for_worker();
    for job in db.worn_out_jobs().await? {
        let parked = db
            .tenant(&job, async |tx: &mut TenantTx<'_>| {
                park(state, tx, &job).await
            })
            .await;
        match parked {
            Ok(()) => {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, "parked: {REASON}");
            }
            Err(error) => {
                tracing::warn!(error = %error, job.id = %job.id, "a job could not be parked; trying again");
            }
        }
    }
    Ok(())
}

async fn park(state: &AppState, tx: &mut TenantTx<'_>, job: &LeasedJob) -> Result<(), DbError> {
    let now = state.clock.now();
    // Everybody locks the conversation first.
    let conversation = Conversation::lock(tx, job.lane).await?;
    if !job::hold_expired(tx, job).await? {
        return Ok(());
    }
    let ending = match Work::of(job) {
        Ok(Work::Deliver { message_id }) => {
            deliver::abandon(tx, message_id, now).await?;
            Ending::Done
        }
        Ok(Work::Reply) | Err(_) => {
            if let Some(conversation) = conversation {
                conversation.call_human(tx, now).await?;
            }
            Ending::Dead {
                reason: REASON.to_owned(),
            }
        }
    };
    job::finish_all(tx, &[(job, &ending)]).await?;
    Ok(())
}
