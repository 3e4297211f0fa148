//! A link with which a user sets a new password: for the operator, where no mail is sent and nobody else can make one.

use serde_json::json;

use super::{Outcome, text};
use crate::db::PlatformTx;
use crate::error::ApiError;
use crate::models::user::{User, normalized_email};
use crate::models::{identity_audit, password_reset};
use crate::state::AppState;

#[derive(clap::Args)]
pub struct ResetLink {
    #[arg(long)]
    email: String,
}

pub async fn run(state: &AppState, command: ResetLink) -> Outcome {
    let (email, now) = (normalized_email(&command.email), state.clock.now());
    let make = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let found = User::find_by_email(tx, &email).await?;
        let Some(user) = found.filter(|user| user.disabled_at.is_none()) else {
            return Ok(None);
        };
        let made = password_reset::issue(tx, user.id, now).await?;
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "password_reset_link_made",
            json!({"by": "operator"}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(Some(made))
    });
    let (token, expires_at) = make
        .await
        .map_err(text)?
        .ok_or_else(|| format!("nobody signs in with {email}"))?;
    println!("{}", token.link(&state.settings.http.public_base_url));
    println!("good once, until {}", expires_at.format("%F %T UTC"));
    Ok(())
}
