//! `sandbox`: everything the server needs from the world, on one port of this machine, and a demo shop in it.
//!
//! The Graph API is under `/graph`, the model under `/model/v1`, the customer's phone at `/`. The demo organization is made
//! through the server's public API, as any integrator would make it.

mod demo;

use std::process::ExitCode;

use clap::Parser;
use sandbox::graph::Graph;
use sandbox::model::Model;
use sandbox::phone;
use sandbox::server::Running;
use tokio::signal::unix::{SignalKind, signal};

/// Plays Meta, a language model and the customers for a BanglaChatPro server on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The server to set the demo shop up on.
    #[arg(long, env = "SANDBOX_API_URL", default_value = "http://127.0.0.1:8080")]
    api_url: String,
    /// Port of the simulators and the phone, on the loopback interface.
    #[arg(long, env = "SANDBOX_PORT", default_value_t = 4010)]
    port: u16,
    /// How long to wait until the server is ready.
    #[arg(long, env = "SANDBOX_WAIT_SECONDS", default_value_t = 300)]
    wait_seconds: u64,
    /// Only the simulators, without the demo shop.
    #[arg(long, env = "SANDBOX_NO_DEMO")]
    no_demo: bool,
    #[command(flatten)]
    model: demo::ModelSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("sandbox: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let mut terminated = signal(SignalKind::terminate())
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    let graph = Graph::without_server().map_err(|error| format!("cannot start: {error}"))?;
    let model = Model::without_server();
    let (routed_graph, routed_model) = (graph.clone(), model.clone());
    let routes = move |config: &mut actix_web::web::ServiceConfig| {
        phone::routes(config);
        routed_model.routes(config, "/model");
        routed_graph.routes(config, "/graph");
    };
    let server = Running::start(arguments.port, routes)
        .await
        .map_err(|error| {
            format!(
                "port {}: {error}. Choose another with SANDBOX_PORT",
                arguments.port
            )
        })?;
    println!("sandbox: nothing here leaves this machine");
    println!(
        "sandbox: Graph API {0}/graph, model {0}/model/v1, phone {0}/",
        server.url()
    );
    let stopped = async {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let work = async {
        if !arguments.no_demo {
            let wait = std::time::Duration::from_secs(arguments.wait_seconds);
            let shop = demo::set_up(&graph, &arguments.api_url, &arguments.model, wait).await?;
            shop.print(&arguments.api_url, &server.url());
        }
        std::future::pending::<Result<(), String>>().await
    };
    let result = tokio::select! {
        () = stopped => Ok(()),
        result = work => result,
    };
    server.stop().await;
    result
}
