//! An OpenAI-compatible model: scripted answers, records of what it was asked, and every way to fail (reference 7).
//!
//! What it answers is decided in this order: a fault that fires, the next scripted reply, the default, which quotes the
//! customer's last message. Everything asked is recorded first, with headers, also when the answer fails.

mod chat;
mod control;
mod failures;
mod reply;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use serde_json::Value;

pub use self::reply::Reply;

use crate::clock::{lock, now_ms};
use crate::faults::{Rule, Rules};
use crate::server::Running;

const MAX_RECORDS: usize = 20_000;
const MAX_SCRIPTED: usize = 100_000;
/// Enough for the longest run; a full list refuses nothing, it only ends.
const MAX_REPORTS: usize = 1_000_000;

/// The simulator. Clones are the same one; its server stops when the last is dropped.
#[derive(Clone)]
pub struct Model {
    state: Arc<State>,
    server: Option<Running>,
}

#[derive(Default)]
struct State {
    records: Mutex<Records>,
    script: Mutex<VecDeque<Reply>>,
    faults: Mutex<Rules<Reply>>,
    required_key: Mutex<Option<String>>,
    open_streams: Arc<AtomicUsize>,
    reported: Mutex<Vec<Reported>>,
}

/// The usage that one answer told, whether or not the caller was still there to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

impl Reported {
    pub fn total(&self) -> i64 {
        i64::try_from(self.prompt_tokens + self.completion_tokens).unwrap_or(i64::MAX)
    }
}

#[derive(Default)]
struct Records {
    seq: u64,
    kept: VecDeque<Asked>,
}

/// One request to the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    pub seq: u64,
    pub time_ms: i64,
    /// `chat/completions`, `embeddings` or `models`.
    pub endpoint: &'static str,
    /// The whole header, invented keys among it: tests compare it.
    pub authorization: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub model: Option<String>,
    pub body: Value,
}

impl Asked {
    /// The messages as (role, content).
    pub fn messages(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages
            .map(|message| (text(&message["role"]), text(&message["content"])))
            .collect()
    }
}

impl Model {
    /// Starts on a free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_on(0).await
    }

    pub async fn start_on(port: u16) -> std::io::Result<Self> {
        let mut model = Self::without_server();
        let routed = model.clone();
        let server = Running::start(port, move |config| routed.routes(config, "")).await?;
        model.server = Some(server);
        Ok(model)
    }

    /// The state alone, to be mounted on another server with [`Model::routes`].
    pub fn without_server() -> Self {
        Self {
            state: Arc::default(),
            server: None,
        }
    }

    /// The API under `{prefix}/v1` and, for base URLs without version, under `{prefix}`; control under `/_sandbox/model`.
    pub fn routes(&self, config: &mut ServiceConfig, prefix: &str) {
        config
            .app_data(Data::new(self.clone()))
            .configure(control::routes);
        for base in [format!("{prefix}/v1"), prefix.to_owned()] {
            config
                .route(
                    &format!("{base}/chat/completions"),
                    web::post().to(chat::complete),
                )
                .route(&format!("{base}/embeddings"), web::post().to(chat::embed))
                .route(&format!("{base}/models"), web::get().to(chat::list_models));
        }
    }

    /// With `/v1`. Empty when mounted on another server.
    pub fn base_url(&self) -> String {
        self.server
            .as_ref()
            .map(|server| format!("{}/v1", server.url()))
            .unwrap_or_default()
    }

    /// Stops the server at once; held calls and endless streams are cut.
    pub async fn stop(&self) {
        if let Some(server) = &self.server {
            server.stop().await;
        }
    }

    /// The reply to the next chat request that has none yet. False when too many wait.
    pub fn answer_next(&self, reply: Reply) -> bool {
        let mut script = lock(&self.state.script);
        let fits = script.len() < MAX_SCRIPTED;
        if fits {
            script.push_back(reply);
        }
        fits
    }

    /// Adds a rule that wins over scripted replies; its target is the model's name. False when there are too many.
    pub fn fault(&self, rule: Rule<Reply>) -> bool {
        lock(&self.state.faults).add(rule)
    }

    /// Forgets faults and scripted replies; what was asked stays.
    pub fn clear(&self) {
        lock(&self.state.faults).clear();
        lock(&self.state.script).clear();
    }

    /// Refuses requests without exactly this key; none accepts any.
    pub fn require_key(&self, key: Option<&str>) {
        *lock(&self.state.required_key) = key.map(Into::into);
    }

    /// Endless streams whose callers have not hung up.
    pub fn open_streams(&self) -> usize {
        self.state.open_streams.load(Ordering::SeqCst)
    }

    /// The latest requests, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state.records).kept.iter().cloned().collect()
    }

    /// The latest requests as soon as there were this many, or as they are when the time is over.
    pub async fn wait_for_requests(&self, count: usize, within: Duration) -> Vec<Asked> {
        let deadline = tokio::time::Instant::now() + within;
        while lock(&self.state.records).kept.len() < count && tokio::time::Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.asked()
    }

    /// The usage of every answer so far, oldest first: what callers can have been charged.
    pub fn reported(&self) -> Vec<Reported> {
        lock(&self.state.reported).clone()
    }

    fn report(&self, usage: Reported) {
        let mut reported = lock(&self.state.reported);
        if reported.len() < MAX_REPORTS {
            reported.push(usage);
        }
    }

    fn record(&self, mut asked: Asked) {
        let mut records = lock(&self.state.records);
        records.seq += 1;
        asked.seq = records.seq;
        asked.time_ms = now_ms();
        if records.kept.len() >= MAX_RECORDS {
            records.kept.pop_front();
        }
        records.kept.push_back(asked);
    }

    fn key_fits(&self, authorization: Option<&str>) -> bool {
        let required = lock(&self.state.required_key);
        let given = authorization.and_then(|header| header.strip_prefix("Bearer "));
        required.is_none() || given == required.as_deref()
    }

    fn next_reply(&self, asked: &Asked) -> Reply {
        let fault = lock(&self.state.faults).draw(asked.model.as_deref(), |_| true);
        fault
            .or_else(|| lock(&self.state.script).pop_front())
            .unwrap_or_else(|| Reply::quoting(asked))
    }
}
