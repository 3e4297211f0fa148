//! The open streams of one organization, and handing frames to them.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::Bytes;
use tokio::sync::{Notify, mpsc};

use super::event::Frame;
use super::position::Start;
use crate::auth::standing::{Ended, Standing};
use crate::db::hints::Presence;

/// Frames that a client may be behind; one that is further is disconnected (R28).
pub const BUFFER: usize = 64;

#[derive(Default)]
pub struct Room {
    pub subscribers: Vec<Subscriber>,
    /// There is something to look at.
    pub wake: Arc<Notify>,
}

pub struct Subscriber {
    pub id: u64,
    pub standing: Standing,
    pub sender: mpsc::Sender<Bytes>,
    /// Where it wants to begin, until it was greeted.
    pub start: Option<Start>,
}

/// What one look at the database has for a room.
pub struct Round {
    /// For everybody who was greeted before.
    pub news: Frame,
    /// For those who have just come.
    pub greetings: HashMap<u64, Frame>,
    pub ended: HashMap<Standing, Ended>,
}

impl Room {
    /// Whoever is not welcome any more is told so and is out; the others get what there is for them.
    pub fn hand_out(&mut self, round: Round) {
        let Round {
            news,
            mut greetings,
            ended,
        } = round;
        let news = news.bytes();
        self.subscribers.retain_mut(|subscriber| {
            if let Some(reason) = ended.get(&subscriber.standing) {
                subscriber.send(Frame::session_ended(*reason).bytes());
                return false;
            }
            if subscriber.start.is_none() {
                return news.is_empty() || subscriber.send(news.clone());
            }
            // One that came while the database was read is greeted next time.
            let Some(greeting) = greetings.remove(&subscriber.id) else {
                return true;
            };
            subscriber.start = None;
            subscriber.send(greeting.bytes())
        });
    }

    /// Nobody is told of themselves, and nobody before they were greeted.
    pub fn show(&mut self, presence: &Presence) {
        let frame = Frame::presence(presence).bytes();
        self.subscribers.retain(|subscriber| {
            subscriber.start.is_some()
                || subscriber.standing.user() == presence.user_id
                || subscriber.send(frame.clone())
        });
    }
}

impl Subscriber {
    /// False when its buffer is full or its client is gone: it is out, and its stream ends.
    fn send(&self, frame: Bytes) -> bool {
        self.sender.try_send(frame).is_ok()
    }
}
