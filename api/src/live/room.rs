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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::standing::Standing;
    use crate::ids::{ConversationId, OrganizationId, UserId};

    fn join(room: &mut Room, id: u64, start: Option<Start>) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(BUFFER);
        room.subscribers.push(Subscriber {
            id,
            standing: Standing::of_test(UserId::new()),
            sender,
            start,
        });
        receiver
    }

    fn news() -> Round {
        let mut news = Frame::default();
        news.resync(crate::live::position::Position::new(
            chrono::DateTime::UNIX_EPOCH,
        ));
        Round {
            news,
            greetings: HashMap::new(),
            ended: HashMap::new(),
        }
    }

    /// R28: its buffer full, a client is out; the others do not notice.
    #[test]
    fn a_client_that_does_not_read_is_let_go_and_holds_up_nobody() {
        let mut room = Room::default();
        let (mut stalled, mut reading) = (join(&mut room, 1, None), join(&mut room, 2, None));
        for _ in 0..=BUFFER {
            room.hand_out(news());
            assert!(reading.try_recv().is_ok());
        }
        assert_eq!(room.subscribers.len(), 1, "one frame too many");
        let kept = std::iter::from_fn(|| stalled.try_recv().ok()).count();
        assert_eq!(kept, BUFFER, "what it got is in order, and its end follows");
        assert_eq!(
            stalled.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        );
    }

    #[test]
    fn nothing_comes_before_the_greeting_and_presence_is_not_shown_to_its_own_user() {
        let mut room = Room::default();
        let (mut new, mut old) = (
            join(&mut room, 1, Some(Start::Now)),
            join(&mut room, 2, None),
        );
        let own = room.subscribers[1].standing.user();
        let presence = |user_id| Presence {
            organization_id: OrganizationId::new(),
            conversation_id: ConversationId::new(),
            user_id,
            name: "Rahim".to_owned(),
            typing: true,
        };
        room.hand_out(news());
        room.show(&presence(UserId::new()));
        room.show(&presence(own));
        assert_eq!(new.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        let shown = std::iter::from_fn(|| old.try_recv().ok()).count();
        assert_eq!(shown, 2, "the news, and the other one's presence");
    }
}
