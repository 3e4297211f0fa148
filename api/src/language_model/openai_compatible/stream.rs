//! Reading a chat completion piece by piece: server-sent events, each with a bit of text, the last ones with the ending and the
//! count of tokens.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use tokio::sync::mpsc;

use super::super::Usage;
use super::super::prompt::HANDOFF_MARK;
use super::LARGEST_BODY;
use super::failure::{self, Failure};
use super::reply::{self, Reply};

const THINKING: &str = "<think>";
const THOUGHT: &str = "</think>";

pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
}

/// Reads to the end and hands each new bit of what the customer would see to `pieces`.
pub(super) async fn read(
    mut response: reqwest::Response,
    pieces: &mpsc::Sender<String>,
) -> Result<Reply, Failure> {
    let mut streamed = Streamed::default();
    let mut received = 0;
    while !streamed.done {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| Failure::from_transport(&error))?;
        let Some(chunk) = chunk else { break };
        received += chunk.len();
        if received > LARGEST_BODY {
            return Err(Failure::Garbage("the answer is too large".to_owned()));
        }
        streamed.take(&chunk)?;
        if let Some(piece) = streamed.news()
            && pieces.send(piece).await.is_err()
        {
            return Err(Failure::Bad("nobody waits for the answer".to_owned()));
        }
    }
    let (reply, rest) = streamed.finish()?;
    if let Some(rest) = rest {
        // Whoever has gone needs no last piece either.
        let _gone = pieces.send(rest).await;
    }
    Ok(reply)
}

/// What has come so far.
#[derive(Default)]
struct Streamed {
    /// The beginning of a line whose end is still on its way. Bytes: a chunk may end within a letter.
    line: Vec<u8>,
    content: String,
    /// What was handed on already.
    shown: String,
    finish: Option<String>,
    usage: Option<Usage>,
    model: String,
    done: bool,
}

impl Streamed {
    fn take(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        for byte in chunk {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.take_line(&line)?;
            } else {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), Failure> {
        let line = String::from_utf8_lossy(line);
        // Comments, event names and empty lines say nothing.
        let Some(data) = line.trim_end().strip_prefix("data:").map(str::trim) else {
            return Ok(());
        };
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let event: Value = serde_json::from_str(data)
            .map_err(|_| Failure::Garbage("a piece of the answer is not JSON".to_owned()))?;
        if event.get("error").is_some_and(|error| !error.is_null()) {
            return Err(failure::from_error_in_success(&event));
        }
        self.content
            .push_str(&reply::content(event.pointer("/choices/0/delta/content")));
        if let Some(finish) = event
            .pointer("/choices/0/finish_reason")
            .and_then(Value::as_str)
        {
            self.finish = Some(finish.to_owned());
        }
        self.usage = reply::usage(&event).or(self.usage);
        if self.model.is_empty() {
            self.model = reply::model(&event);
        }
        Ok(())
    }

    /// What can be shown that was not before.
    fn news(&mut self) -> Option<String> {
        self.advance(visible(&self.content).to_owned())
    }

    /// Nothing where the text took back what was shown: only the answer is the truth.
    fn advance(&mut self, visible: String) -> Option<String> {
        let new = visible.strip_prefix(self.shown.as_str())?.to_owned();
        self.shown = visible;
        (!new.is_empty()).then_some(new)
    }

    /// The whole answer, and what was held back of its end.
    fn finish(mut self) -> Result<(Reply, Option<String>), Failure> {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line)?;
        }
        // Some servers only say that they are done, not why.
        let finish = self.finish.take().or(self.done.then(String::new));
        let Some(finish) = finish else {
            return Err(Failure::Unavailable("the answer broke off".to_owned()));
        };
        let end = without_thinking(&self.content).replace(HANDOFF_MARK, "");
        let rest = self.advance(end.trim_end().to_owned());
        let reply = Reply {
            truncated: reply::is_truncated(&finish),
            filtered: reply::is_filtered(&finish),
            content: self.content,
            usage: self.usage,
            model: self.model,
        };
        Ok((reply, rest))
    }
}

/// The text behind a model's thinking; nothing while it thinks.
fn without_thinking(content: &str) -> &str {
    let text = content.trim_start();
    match text.strip_prefix(THINKING) {
        Some(thinking) => thinking
            .split_once(THOUGHT)
            .map_or("", |(_, after)| after.trim_start()),
        None => text,
    }
}

/// What may be shown so far: without thinking, up to the mark for a person, and without an end that may become one of these.
fn visible(content: &str) -> &str {
    let text = without_thinking(content);
    let text = text.split_once(HANDOFF_MARK).map_or(text, |(text, _)| text);
    let held_back = [THINKING, HANDOFF_MARK]
        .iter()
        .flat_map(|mark| (1..mark.len()).filter(|length| text.ends_with(&mark[..*length])))
        .max()
        .unwrap_or(0);
    text[..text.len() - held_back].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(content: &str) -> String {
        let event =
            serde_json::json!({ "model": "m", "choices": [{ "delta": { "content": content } }] });
        format!("data: {event}\n\n")
    }

    const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

    /// The pieces shown, and the reply, of a body that comes `at_once` bytes at a time.
    fn run(body: &str, at_once: usize) -> (Vec<String>, Result<Reply, Failure>) {
        let (mut streamed, mut pieces) = (Streamed::default(), Vec::new());
        for chunk in body.as_bytes().chunks(at_once) {
            if let Err(failure) = streamed.take(chunk) {
                return (pieces, Err(failure));
            }
            pieces.extend(streamed.news());
        }
        let ended = streamed.finish().map(|(reply, rest)| {
            pieces.extend(rest);
            reply
        });
        (pieces, ended)
    }

    #[test]
    fn chunks_may_end_anywhere_even_within_a_letter() {
        let body = format!("{}: comment\n{}{END}", event("দাম "), event("৫০০ টাকা"));
        for at_once in 1..body.len() {
            let (pieces, reply) = run(&body, at_once);
            let reply = reply.unwrap();
            assert_eq!(pieces.concat(), "দাম ৫০০ টাকা", "{at_once}");
            assert_eq!(reply.text().unwrap(), "দাম ৫০০ টাকা");
            assert_eq!(reply.usage.map(|used| used.prompt_tokens), Some(7));
            assert_eq!(reply.model, "m");
        }
    }

    #[test]
    fn thinking_and_the_mark_are_never_shown() {
        let parts = [
            "<thi",
            "nk>price",
            " is</think>",
            "\n৫০০",
            " টাকা\n[[HAND",
            "OFF]]",
        ];
        let body: String = parts.iter().map(|part| event(part)).collect();
        let (pieces, reply) = run(&(body + END), 40);
        assert_eq!(pieces.concat(), "৫০০ টাকা");
        assert!(reply.unwrap().content.contains(HANDOFF_MARK));
    }

    #[test]
    fn an_end_that_only_looked_like_a_mark_is_shown_in_the_end() {
        let (pieces, _) = run(&format!("{}{END}", event("see [")), 500);
        assert_eq!(pieces.concat(), "see [");
    }

    #[test]
    fn a_stream_without_an_end_or_with_an_error_is_a_failure() {
        let (_, broken) = run(&event("half"), 10);
        assert!(matches!(broken, Err(Failure::Unavailable(_))), "{broken:?}");
        let error = "data: {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n\n";
        let (_, told) = run(&format!("{}{error}", event("half")), 10);
        assert!(matches!(told, Err(Failure::RateLimited(_))), "{told:?}");
        let (_, garbage) = run("data: <html>\n\n", 10);
        assert!(matches!(garbage, Err(Failure::Garbage(_))), "{garbage:?}");
    }
}
