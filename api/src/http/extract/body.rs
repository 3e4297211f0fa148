//! Reading a body: within its length, and within its time (R27, R28). The framework times only a request's head.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::BytesMut;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::error::{ApiError, ApiResult};
use crate::http::admission::bodies::Held;

/// A body may take this long altogether.
const LONGEST: Duration = Duration::from_secs(15);
/// So long nobody asks how fast it comes; a telephone's connection may stall for a moment.
const GRACE: Duration = Duration::from_secs(5);
/// After that each second brings at least this.
const BYTES_PER_SECOND: usize = 1024;

/// The whole body within its limit and deadline; a client that trickles is cut off.
pub(crate) async fn read_body(payload: &mut Payload, max: usize) -> ApiResult<BytesMut> {
    read(payload, max, |_| Ok(())).await
}

/// The same for a body whose memory is counted.
pub(crate) async fn read_held(
    payload: &mut Payload,
    max: usize,
    held: &mut Held,
) -> ApiResult<BytesMut> {
    read(payload, max, |length| held.grow_to(length)).await
}

async fn read(
    payload: &mut Payload,
    max: usize,
    mut grow_to: impl FnMut(usize) -> ApiResult<()>,
) -> ApiResult<BytesMut> {
    let (mut body, mut pace) = (BytesMut::new(), Pace::new(Instant::now()));
    loop {
        let Ok(next) = timeout_at(pace.next_look, payload.next()).await else {
            pace.look(Instant::now(), body.len())?;
            continue;
        };
        let Some(chunk) = next else {
            return Ok(body);
        };
        let chunk = chunk.map_err(|_| {
            ApiError::BadRequest("The body could not be read to its end; send it again.".to_owned())
        })?;
        let length = body.len() + chunk.len();
        if length > max {
            return Err(ApiError::TooLarge);
        }
        grow_to(length)?;
        body.extend_from_slice(&chunk);
    }
}

/// When to look how far a body has come, and whether that is far enough.
struct Pace {
    end: Instant,
    next_look: Instant,
    /// How long it was at the last look, once the grace is over.
    seen: Option<usize>,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self {
            end: now + LONGEST,
            next_look: now + GRACE,
            seen: None,
        }
    }

    fn look(&mut self, now: Instant, length: usize) -> ApiResult<()> {
        let late = |text: &str| Err(ApiError::BadRequest(text.to_owned()));
        if now >= self.end {
            return late("The body took longer than 15 seconds; send it again.");
        }
        if self
            .seen
            .is_some_and(|seen| length < seen + BYTES_PER_SECOND)
        {
            return late("The body came slower than 1 KiB a second; send it again.");
        }
        self.seen = Some(length);
        self.next_look = (now + Duration::from_secs(1)).min(self.end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a body that comes at this rate from the start is cut off, in whole seconds.
    fn cut_off(bytes_per_second: usize) -> u64 {
        let began = Instant::now();
        let mut pace = Pace::new(began);
        loop {
            let now = pace.next_look;
            let second = (now - began).as_secs();
            if pace.look(now, second as usize * bytes_per_second).is_err() {
                return second;
            }
        }
    }

    /// R28.
    #[test]
    fn a_trickle_ends_after_its_grace_and_a_slow_body_at_fifteen_seconds() {
        assert_eq!(cut_off(0), 6);
        assert_eq!(cut_off(BYTES_PER_SECOND - 1), 6);
        assert_eq!(cut_off(BYTES_PER_SECOND), 15);
    }
}
