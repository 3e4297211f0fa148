//! A transaction for each webhook. Each HTTP thread has connections of its own, so that nothing is handed between threads; while all of
//! them are busy, requests wait for one.

use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use std::rc::Rc;

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use hmac::Hmac;
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, NoTls, Statement};

use super::{Event, PATH, THREADS, is_signed, received, serve};
use crate::Result;

/// As many as the program's pool by default.
const CONNECTIONS: usize = 16;
const INSERT: &str = "INSERT INTO limit_events (id, app, body, body_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

type Connection = (Client, Statement);

/// Connections of one thread.
struct Pool {
    free: Semaphore,
    idle: Cell<Vec<Rc<Connection>>>,
}

impl Pool {
    async fn open(url: &str) -> Result<Self> {
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS / THREADS {
            idle.push(Rc::new(connect(url).await?));
        }
        Ok(Self {
            free: Semaphore::new(idle.len()),
            idle: Cell::new(idle),
        })
    }

    async fn store(&self, event: &Event) -> Result<()> {
        let _slot = self.free.acquire().await?;
        let mut idle = self.idle.take();
        let connection = idle.pop().ok_or("a slot without a connection")?;
        self.idle.set(idle);
        let (client, statement) = &*connection;
        let stored = client
            .execute(
                statement,
                &[&event.id, &event.app, &&event.body[..], &&event.hash[..]],
            )
            .await;
        let mut idle = self.idle.take();
        idle.push(connection);
        self.idle.set(idle);
        stored?;
        Ok(())
    }
}

async fn connect(url: &str) -> Result<Connection> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    actix_web::rt::spawn(async move {
        // Ends with the process, or with PostgreSQL: then requests fail and are counted.
        let _ended = connection.await;
    });
    let statement = client.prepare(INSERT).await?;
    Ok((client, statement))
}

thread_local! {
    static POOL: OnceCell<Rc<Pool>> = const { OnceCell::new() };
}

/// The pool of this thread, opened by its first request.
async fn pool(url: &str) -> Result<Rc<Pool>> {
    if let Some(pool) = POOL.with(|pool| pool.get().cloned()) {
        return Ok(pool);
    }
    let opened = Rc::new(Pool::open(url).await?);
    Ok(POOL.with(|pool| Rc::clone(pool.get_or_init(|| opened))))
}

pub async fn run(address: SocketAddr, url: String) -> Result<()> {
    serve(address, move |config| {
        config
            .app_data(Data::new(url.clone()))
            .service(web::resource(PATH).post(receive));
    })
    .await
}

async fn receive(
    request: HttpRequest,
    body: Bytes,
    key: Data<Hmac<Sha256>>,
    url: Data<String>,
) -> HttpResponse {
    if !is_signed(&request, &body, &key) {
        return HttpResponse::Unauthorized().finish();
    }
    let stored = match pool(&url).await {
        Ok(pool) => pool.store(&Event::new(body)).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(()) => received(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}
