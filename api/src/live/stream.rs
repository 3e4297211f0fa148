//! One client's stream: what its room hands it, and a comment every 15 seconds so that nothing between takes it for dead.

use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::Live;
use crate::ids::OrganizationId;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// A place in a room; dropping it gives the place back.
pub struct Subscription {
    live: Live,
    organization: OrganizationId,
    id: u64,
    frames: mpsc::Receiver<Bytes>,
}

impl Subscription {
    pub(super) fn new(
        live: Live,
        organization: OrganizationId,
        id: u64,
        frames: mpsc::Receiver<Bytes>,
    ) -> Self {
        Self {
            live,
            organization,
            id,
            frames,
        }
    }

    /// The body of the answer. It ends when the room lets go of the subscriber.
    pub fn into_body(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
        futures_util::stream::unfold(self, async |mut subscription| {
            let frame = match tokio::time::timeout(HEARTBEAT, subscription.frames.recv()).await {
                Ok(frame) => frame?,
                Err(_quiet) => Bytes::from_static(b": \n\n"),
            };
            Some((Ok(frame), subscription))
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.unsubscribe(self.organization, self.id);
    }
}
