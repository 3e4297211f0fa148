//! One writer for the process: it takes what waits, stores it by one statement, and answers all of it after the commit. No timer: what
//! comes while the disk is busy is the next batch, and under low load a batch is one webhook.

use std::net::SocketAddr;

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use hmac::Hmac;
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use super::{Event, PATH, is_signed, received, serve};
use crate::Result;

/// More do not wait at once.
const QUEUE: usize = 4096;
const LARGEST_BATCH: usize = 1024;
const INSERT: &str = "INSERT INTO limit_events (id, app, body, body_hash)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING";

type Waiting = (Event, oneshot::Sender<bool>);

pub async fn run(address: SocketAddr, url: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Both on the main thread: what goes between them wakes nobody else.
    actix_web::rt::spawn(async move {
        // Ends with the process, or with PostgreSQL: then requests fail and are counted.
        let _ended = connection.await;
    });
    let statement = client.prepare(INSERT).await?;
    let (queue, waiting) = mpsc::channel(QUEUE);
    actix_web::rt::spawn(write(client, statement, waiting));
    serve(address, move |config| {
        config
            .app_data(Data::new(queue.clone()))
            .service(web::resource(PATH).post(receive));
    })
    .await
}

async fn receive(
    request: HttpRequest,
    body: Bytes,
    key: Data<Hmac<Sha256>>,
    queue: Data<mpsc::Sender<Waiting>>,
) -> HttpResponse {
    if !is_signed(&request, &body, &key) {
        return HttpResponse::Unauthorized().finish();
    }
    let (tell, told) = oneshot::channel();
    let queued = queue.send((Event::new(body), tell)).await.is_ok();
    if queued && told.await == Ok(true) {
        received()
    } else {
        HttpResponse::ServiceUnavailable().finish()
    }
}

async fn write(client: Client, statement: Statement, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(LARGEST_BATCH);
    while waiting.recv_many(&mut batch, LARGEST_BATCH).await > 0 {
        let stored = store(&client, &statement, &batch).await.is_ok();
        for (_, tell) in batch.drain(..) {
            // A client that has gone does not matter.
            let _heard = tell.send(stored);
        }
    }
}

async fn store(client: &Client, statement: &Statement, batch: &[Waiting]) -> Result<()> {
    let ids: Vec<Uuid> = batch.iter().map(|(event, _)| event.id).collect();
    let apps: Vec<&str> = batch.iter().map(|(event, _)| event.app).collect();
    let bodies: Vec<&[u8]> = batch.iter().map(|(event, _)| &event.body[..]).collect();
    let hashes: Vec<&[u8]> = batch.iter().map(|(event, _)| &event.hash[..]).collect();
    client
        .execute(statement, &[&ids, &apps, &bodies, &hashes])
        .await?;
    Ok(())
}
