//! What this machine can do at most: three small servers that do part of what ingest does, in actix-web with the same number of threads,
//! before the same durable PostgreSQL. They are written for speed and do nothing that a product needs besides.
//!
//! - `bare` checks the signature and answers 200. Nothing is stored.
//! - `insert` stores each webhook by a transaction of its own, over a small pool ([`insert`]).
//! - `micro-batch` stores all that came in while the one before was committed by one statement ([`batch`]).

mod batch;
mod insert;

use std::net::SocketAddr;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use clap::{Args, ValueEnum};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Result, webhook};

/// As many as the program's HTTP threads by default.
pub const THREADS: usize = 2;
/// In the environment, as it holds a password.
pub const DATABASE_URL: &str = "BENCH_DATABASE_URL";
pub const SECRET: &str = "bench-limit-secret-0123456789abcdef";
pub const PATH: &str = "/social/webhook/facebook/";

/// Run before each start: what one of the storing servers writes to.
pub const TABLE: &str = "DROP TABLE IF EXISTS limit_events;
    CREATE TABLE limit_events (id uuid PRIMARY KEY, app text NOT NULL, body bytea NOT NULL, body_hash bytea NOT NULL UNIQUE)";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Bare,
    Insert,
    MicroBatch,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Bare, Self::Insert, Self::MicroBatch];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Insert => "insert",
            Self::MicroBatch => "micro-batch",
        }
    }

    pub fn stores(self) -> bool {
        self != Self::Bare
    }
}

#[derive(Args)]
pub struct Options {
    kind: Kind,
    #[arg(long)]
    address: SocketAddr,
}

/// What is stored of a webhook.
struct Event {
    id: Uuid,
    app: &'static str,
    body: Bytes,
    hash: [u8; 32],
}

impl Event {
    fn new(body: Bytes) -> Self {
        Self {
            id: Uuid::now_v7(),
            // As long as the name of an organization's app.
            app: "org:00000000-0000-0000-0000-000000000000",
            hash: Sha256::digest(&body).into(),
            body,
        }
    }
}

/// Serves until it is killed.
pub fn run(options: &Options) -> Result<()> {
    let (kind, address) = (options.kind, options.address);
    let url = std::env::var(DATABASE_URL).unwrap_or_default();
    actix_web::rt::System::new().block_on(async move {
        match kind {
            Kind::Bare => {
                serve(address, |config| {
                    config.service(web::resource(PATH).post(bare));
                })
                .await
            }
            Kind::Insert => insert::run(address, url).await,
            Kind::MicroBatch => batch::run(address, &url).await,
        }
    })
}

async fn serve(
    address: SocketAddr,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> Result<()> {
    let key = webhook::key(SECRET);
    let app = move || {
        App::new()
            .app_data(Data::new(key.clone()))
            .configure(routes.clone())
    };
    HttpServer::new(app)
        .workers(THREADS)
        .bind(address)?
        .run()
        .await?;
    Ok(())
}

async fn bare(request: HttpRequest, body: Bytes, key: Data<Hmac<Sha256>>) -> HttpResponse {
    if is_signed(&request, &body, &key) {
        received()
    } else {
        HttpResponse::Unauthorized().finish()
    }
}

fn is_signed(request: &HttpRequest, body: &[u8], key: &Hmac<Sha256>) -> bool {
    let header = request.headers().get("x-hub-signature-256");
    let digits = header.and_then(|value| value.as_bytes().strip_prefix(b"sha256="));
    let mut signature = [0; 32];
    if digits.is_none_or(|digits| hex::decode_to_slice(digits, &mut signature).is_err()) {
        return false;
    }
    let mut mac = key.clone();
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

fn received() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain")
        .body("EVENT_RECEIVED")
}
