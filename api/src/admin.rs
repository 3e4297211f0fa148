//! What only the operator of the installation does, from the command line. Everything that changes something is audited (R49).

mod check;
mod create_admin;
mod replay;
mod reset_link;
mod rotate;

use crate::settings::{Profile, Settings};
use crate::startup::{DatabaseAccess, StartError};
use crate::state::AppState;

#[derive(clap::Subcommand)]
pub enum AdminCommand {
    /// Make a platform admin, or make one of a user
    CreatePlatformAdmin(create_admin::CreatePlatformAdmin),
    /// Check the settings, the keys and the database
    Check,
    /// Put webhook events back to work
    ReplayWebhooks(replay::ReplayWebhooks),
    /// Make a link with which a user sets a new password
    ResetLink(reset_link::ResetLink),
    /// Seal every stored secret with the first encryption key
    RotateEncryption,
}

/// `Err` is the line that the operator reads.
type Outcome = Result<(), String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub async fn run(settings: Settings, command: AdminCommand) -> Outcome {
    if let AdminCommand::Check = command {
        return check::run(settings).await;
    }
    let database = DatabaseAccess::open(&settings).await.map_err(text)?;
    let outcome = match fit_state(settings, &database).await {
        Ok(state) => perform(&state, command).await,
        Err(error) => Err(error.to_string()),
    };
    database.close().await;
    outcome
}

async fn fit_state(settings: Settings, database: &DatabaseAccess) -> Result<AppState, StartError> {
    let durable = settings.profile == Profile::Production;
    let state = crate::startup::state(settings, &database.app_url)?;
    state.db.check_fit(durable).await?;
    Ok(state)
}

async fn perform(state: &AppState, command: AdminCommand) -> Outcome {
    match command {
        AdminCommand::CreatePlatformAdmin(command) => create_admin::run(state, command).await,
        AdminCommand::ReplayWebhooks(command) => replay::run(state, command).await,
        AdminCommand::ResetLink(command) => reset_link::run(state, command).await,
        AdminCommand::RotateEncryption => rotate::run(state).await,
        // Done before, without a fit database.
        AdminCommand::Check => Ok(()),
    }
}
