//! A stream of server-sent events, as a browser reads it.

use std::time::Duration;

use serde_json::Value;

/// Longest that an expected event is waited for: hints come in milliseconds, a poll every two seconds.
const PATIENCE: Duration = Duration::from_secs(6);

/// An open stream.
pub struct Events {
    response: reqwest::Response,
    unread: String,
    /// What a browser would send as `Last-Event-ID`.
    pub last_id: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

impl Events {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let kind = response.headers().get("content-type");
        assert_eq!(
            kind.and_then(|kind| kind.to_str().ok()),
            Some("text/event-stream")
        );
        Self {
            response,
            unread: String::new(),
            last_id: None,
        }
    }

    /// The next event; `None` when the stream has ended as it should.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<Event>> {
        let caller = std::panic::Location::caller();
        async move {
            let next = self.read_next();
            tokio::time::timeout(PATIENCE, next)
                .await
                .unwrap_or_else(|_| panic!("{caller}: no event within {PATIENCE:?}"))
        }
    }

    /// The next event, which has this name.
    #[track_caller]
    pub fn expect(&mut self, name: &str) -> impl Future<Output = Event> {
        let caller = std::panic::Location::caller();
        async move {
            let event = self.recv().await;
            let event = event.unwrap_or_else(|| panic!("{caller}: the stream ended"));
            assert_eq!(event.name, name, "{caller}: {event:?}");
            event
        }
    }

    /// The next event that `wanted` likes; others before it are left out.
    #[track_caller]
    pub fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> impl Future<Output = Event> {
        let caller = std::panic::Location::caller();
        async move {
            loop {
                let event = self.recv().await;
                let event = event.unwrap_or_else(|| panic!("{caller}: the stream ended"));
                if wanted(&event) {
                    return event;
                }
            }
        }
    }

    /// All that comes within `time`.
    pub async fn within(&mut self, time: Duration) -> Vec<Event> {
        let end = tokio::time::Instant::now() + time;
        let mut found = Vec::new();
        while let Ok(Some(event)) = tokio::time::timeout_at(end, self.read_next()).await {
            found.push(event);
        }
        found
    }

    /// Nothing is lost when this future is dropped: what was read stands in `unread`.
    async fn read_next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(event) = parse(&block) {
                    if event.id.is_some() {
                        self.last_id.clone_from(&event.id);
                    }
                    return Some(event);
                }
                continue;
            }
            let chunk = self.response.chunk().await;
            let chunk = chunk.unwrap_or_else(|error| panic!("the stream broke: {error:?}"))?;
            self.unread
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }
}

/// `None` for a comment.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Event {
        id: field("id").map(str::to_owned),
        name: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).expect("data is JSON"),
    })
}
