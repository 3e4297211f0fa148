//! `banglachat`: subcommands, settings, exit code.

use std::process::ExitCode;

use banglachat::settings::Settings;
use banglachat::startup::{self, DatabaseAccess, ServeRole, StartError};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(
    name = "banglachat",
    version,
    about = "Answers customers on Messenger, Instagram and WhatsApp"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the HTTP API and the worker (the default)
    Serve {
        #[arg(long, value_enum, default_value_t = ServeRole::All)]
        role: ServeRole,
    },
    /// Apply migrations and make the app's database login, then exit
    Migrate,
    /// Print the OpenAPI document and exit
    Openapi,
    /// Things only the operator of the installation does
    #[command(subcommand)]
    Admin(banglachat::admin::AdminCommand),
}

fn main() -> ExitCode {
    banglachat::fail_points::init();
    // Missing is normal; a file that is there and broken is not.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!("banglachat: .env cannot be read: {error}");
        return ExitCode::FAILURE;
    }
    let command = Cli::parse().command.unwrap_or(Command::Serve {
        role: ServeRole::All,
    });
    let result = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("banglachat: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), String> {
    if let Command::Openapi = command {
        println!(
            "{}",
            banglachat::openapi::document()
                .to_pretty_json()
                .map_err(|error| error.to_string())?
        );
        return Ok(());
    }
    let settings = Settings::from_env().map_err(|error| error.to_string())?;
    banglachat::telemetry::init(&settings.log);
    let done = match command {
        Command::Serve { role } => serve(settings, role).await,
        Command::Migrate => migrate(&settings).await,
        Command::Admin(command) => return banglachat::admin::run(settings, command).await,
        Command::Openapi => Ok(()),
    };
    done.map_err(|error| error.to_string())
}

async fn serve(settings: Settings, role: ServeRole) -> Result<(), StartError> {
    // Registered before the start, so that a stop during it is not lost.
    let (mut terminate, mut interrupt) = match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => {
            return Err(StartError::Listen("signals".to_owned(), error));
        }
    };
    let running = startup::start(settings, role).await?;
    if let Some(address) = running.address {
        tracing::info!(%address, "serving; API documentation at /docs");
        let http = &running.state.settings.http;
        match &http.web_root {
            Some(_) => tracing::info!(url = http.public_base_url, "the web app is served"),
            None => tracing::info!("no web app is served: WEB_ROOT is empty"),
        }
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

async fn migrate(settings: &Settings) -> Result<(), StartError> {
    let database = DatabaseAccess::open(settings).await?;
    let applied = banglachat::db::migrate::migrate(&database.owner_url, &database.app_url).await?;
    println!("{} migrations applied", applied.len());
    database.close().await;
    Ok(())
}
