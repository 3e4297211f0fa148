//! Answers that come bit by bit, as server-sent events, from work that ends with its client.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

/// A client that has gone is noticed by writing to it only: what it started should not run on for long.
const BEAT: Duration = Duration::from_secs(1);

/// One event with its name.
pub fn event(name: &str, data: &impl Serialize) -> Bytes {
    // JSON text has no line breaks, which would end the event.
    let data = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned());
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// Sends `events` until `work`, which makes them, has ended. The work belongs to the response: when the client goes, it is dropped.
pub fn respond(
    work: impl Future<Output = ()> + 'static,
    events: mpsc::Receiver<Bytes>,
) -> HttpResponse {
    let beat = interval_at(Instant::now() + BEAT, BEAT);
    let body = stream::unfold(
        (Box::pin(work), events, beat, false),
        async |(mut work, mut events, mut beat, mut ended)| loop {
            tokio::select! {
                biased;
                event = events.recv() => {
                    return event.map(|event| (Ok::<_, Infallible>(event), (work, events, beat, ended)));
                }
                () = &mut work, if !ended => ended = true,
                _ = beat.tick() => {
                    return Some((Ok(Bytes::from_static(b": \n\n")), (work, events, beat, ended)));
                }
            }
        },
    );
    HttpResponse::Ok()
        .content_type("text/event-stream")
        // A compressor or a proxy that collects would hold the events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(Box::pin(body))
}
