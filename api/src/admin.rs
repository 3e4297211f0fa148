//! What only the operator of the installation does, from the command line.

use crate::settings::Settings;

#[derive(clap::Subcommand)]
pub enum AdminCommand {
    /// Check the settings, the database and the keys
    Check,
}

pub async fn run(_settings: Settings, _command: AdminCommand) -> Result<(), String> {
    Ok(())
}
