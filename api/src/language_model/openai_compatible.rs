//! Any server that speaks OpenAI's chat completions: hosted models, vLLM, Ollama, gateways.
//!
//! One call per answer, streamed only where somebody watches it being written. Within a call only the request is mended, once for each reason (history too long, a parameter
//! that this server does not take); trying again after failures belongs to the caller (R89).

mod failure;
mod reply;
mod stream;
#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::sync::mpsc;

use super::egress::{EgressPolicy, EgressRefused};
use super::prompt::{self, ChatMessage};
use super::{Answer, AnswerRequest, Endpoint, LanguageModel, ModelError, Usage, check, knowledge};
use failure::Failure;
use reply::Reply;

/// R25: the whole answer, mended requests included.
const TOTAL_LIMIT: Duration = Duration::from_secs(60);
/// More than any chat answer needs; what is longer is cut off and an error.
const LARGEST_BODY: usize = 1024 * 1024;

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct OpenAiCompatible {
    client: reqwest::Client,
    endpoint: Endpoint,
    total_limit: Duration,
}

impl OpenAiCompatible {
    /// `client` should come from [`EgressPolicy::client`] of the same policy, made once and shared. The URL is checked here, as
    /// what was allowed when it was saved may not be any more.
    pub fn new(
        client: reqwest::Client,
        policy: &EgressPolicy,
        endpoint: Endpoint,
    ) -> Result<Self, EgressRefused> {
        policy.check_url(&endpoint.base_url)?;
        Ok(Self {
            client,
            endpoint,
            total_limit: TOTAL_LIMIT,
        })
    }

    /// The same with another total time limit.
    pub fn with_total_limit(mut self, limit: Duration) -> Self {
        self.total_limit = limit;
        self
    }

    /// [`LanguageModel::answer`], with its text given out as it comes. The pieces are unchecked; only the answer may be used.
    /// Where nobody takes them any more, the call ends.
    pub async fn answer_streaming(
        &self,
        request: &AnswerRequest,
        pieces: &mpsc::Sender<String>,
    ) -> Result<Answer, ModelError> {
        self.within_limit(self.ask(request, Some(pieces))).await
    }

    async fn within_limit(
        &self,
        asking: impl Future<Output = Result<Answer, ModelError>>,
    ) -> Result<Answer, ModelError> {
        match tokio::time::timeout(self.total_limit, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(ModelError::Unavailable("no answer in time".to_owned())),
        }
    }

    async fn ask(
        &self,
        request: &AnswerRequest,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<Answer, ModelError> {
        let mut dialect = Dialect {
            stream: pieces.is_some(),
            stream_usage: pieces.is_some(),
            ..Dialect::default()
        };
        let mut budget = request.prompt_budget_tokens;
        let mut shortened = false;
        // At most one shortening and one change for each of the parameters.
        loop {
            let messages = prompt::messages(request, budget);
            match self.call(request, &messages, dialect, pieces).await {
                Ok(reply) => return finish(reply, request, &messages),
                Err(Failure::TooLong) if !shortened => {
                    shortened = true;
                    budget /= 2;
                }
                Err(Failure::Parameter(name)) if dialect.avoid(&name) => {}
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    async fn call(
        &self,
        request: &AnswerRequest,
        messages: &[ChatMessage],
        dialect: Dialect,
        pieces: Option<&mpsc::Sender<String>>,
    ) -> Result<Reply, Failure> {
        let body = Body::new(&self.endpoint.model, request, messages, dialect);
        let body = serde_json::to_vec(&body)
            .map_err(|_| Failure::Bad("the request cannot be written".to_owned()))?;
        let url = completions_url(&self.endpoint.base_url);
        let mut call = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(authorization) = self.authorization()? {
            call = call.header(AUTHORIZATION, authorization);
        }
        let response = call
            .send()
            .await
            .map_err(|error| Failure::from_transport(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        // A server may answer whole although it was asked to stream.
        if let Some(pieces) = pieces.filter(|_| status.is_success() && stream::is_stream(&headers))
        {
            return stream::read(response, pieces).await;
        }
        let body = read_bounded(response).await?;
        if status.is_success() {
            Reply::read(&body)
        } else {
            Err(failure::classify(status.as_u16(), &headers, &body))
        }
    }

    fn authorization(&self) -> Result<Option<HeaderValue>, Failure> {
        let key = self
            .endpoint
            .api_key
            .as_ref()
            .map(|key| key.expose_secret().trim())
            .filter(|key| !key.is_empty());
        let Some(key) = key else { return Ok(None) };
        let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| Failure::Refused("the key holds characters that no key has".to_owned()))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

impl LanguageModel for OpenAiCompatible {
    fn answer<'a>(
        &'a self,
        request: &'a AnswerRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer, ModelError>> + Send + 'a>> {
        Box::pin(self.within_limit(self.ask(request, None)))
    }
}

/// The chat completions URL for a base with or without `/v1`, a last slash, or the whole path.
fn completions_url(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    if base.ends_with("/chat/completions") {
        return base.to_owned();
    }
    // A base with any path of its own ("/v1", "/openai", "/api/v3") is taken at its word; a bare host gets the usual one.
    let has_path = url::Url::parse(base).is_ok_and(|url| !url.path().trim_matches('/').is_empty());
    if has_path {
        format!("{base}/chat/completions")
    } else {
        format!("{base}/v1/chat/completions")
    }
}

/// What this server wants to be asked like; found out by its errors.
#[derive(Debug, Clone, Copy, Default)]
struct Dialect {
    completion_tokens: bool,
    no_temperature: bool,
    stream: bool,
    /// With the count of tokens at the stream's end.
    stream_usage: bool,
}

impl Dialect {
    /// Gives up a parameter that the server named; false when that was done already or cannot be.
    fn avoid(&mut self, name: &str) -> bool {
        let flag = match name {
            "max_tokens" => &mut self.completion_tokens,
            "temperature" => &mut self.no_temperature,
            "stream_options" => return std::mem::replace(&mut self.stream_usage, false),
            "stream" => {
                self.stream_usage = false;
                return std::mem::replace(&mut self.stream, false);
            }
            _ => return false,
        };
        !std::mem::replace(flag, true)
    }
}

/// Only keys that are set are sent: some servers refuse null and unknown ones.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [ChatMessage],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    fn new(
        model: &'a str,
        request: &AnswerRequest,
        messages: &'a [ChatMessage],
        dialect: Dialect,
    ) -> Self {
        let limit = Some(request.max_answer_tokens);
        // f32 would be written as 0.30000001192092896.
        let temperature = (f64::from(request.temperature) * 100.0).round() / 100.0;
        Self {
            model,
            messages,
            stream: dialect.stream,
            stream_options: dialect.stream_usage.then_some(StreamOptions {
                include_usage: true,
            }),
            temperature: Some(temperature).filter(|_| !dialect.no_temperature),
            max_tokens: limit.filter(|_| !dialect.completion_tokens),
            max_completion_tokens: limit.filter(|_| dialect.completion_tokens),
        }
    }
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Failure::from_transport(&error))?
    {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Failure::Garbage("the answer is too large".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// R83 on what came back, and the count of tokens where the server gave none.
fn finish(
    reply: Reply,
    request: &AnswerRequest,
    messages: &[ChatMessage],
) -> Result<Answer, ModelError> {
    let used = reply.usage.unwrap_or_else(|| Usage {
        prompt_tokens: messages
            .iter()
            .map(|message| prompt::estimate_tokens(&message.content) + 4)
            .sum(),
        completion_tokens: prompt::estimate_tokens(&reply.content),
        estimated: true,
    });
    let unusable = |why| ModelError::Unusable { why, used };
    let raw = reply.text().map_err(unusable)?;
    let checked = check::check(&raw, request).map_err(|unfit| unusable(unfit.to_string()))?;
    let handoff = checked
        .handoff
        .then(|| knowledge::reason_for_handoff(&request.turns));
    let text = match (checked.text.is_empty(), handoff) {
        (true, Some(reason)) => knowledge::handoff_sentence(reason, request),
        _ => checked.text,
    };
    Ok(Answer {
        text,
        handoff,
        usage: used,
        model: reply.model,
    })
}
