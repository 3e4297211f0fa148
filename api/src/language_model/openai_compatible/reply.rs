//! Reading a chat completion, leniently: only the text is required.

use serde_json::Value;

use super::super::Usage;
use super::failure::{self, Failure};

/// A chat completion as far as it matters.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) content: String,
    /// The server stopped at the token limit.
    pub(super) truncated: bool,
    pub(super) filtered: bool,
    pub usage: Option<Usage>,
    /// The model's own name; empty where the server tells none.
    pub model: String,
}

impl Reply {
    pub fn read(body: &[u8]) -> Result<Self, Failure> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|_| Failure::Garbage("the answer is not JSON".to_owned()))?;
        // Some gateways put errors into a 200.
        if body.get("error").is_some_and(|error| !error.is_null()) {
            return Err(failure::from_error_in_success(&body));
        }
        let choice = body
            .pointer("/choices/0")
            .ok_or_else(|| Failure::Garbage("no choice in the answer".to_owned()))?;
        let finish = choice
            .get("finish_reason")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Self {
            content: content(choice.pointer("/message/content")),
            truncated: is_truncated(finish),
            filtered: is_filtered(finish),
            usage: usage(&body),
            model: model(&body),
        })
    }

    /// The text without the model's thinking; of a truncated one the full sentences. Or why it cannot be used.
    pub fn text(&self) -> Result<String, String> {
        if self.filtered {
            return Err("stopped by a content filter".to_owned());
        }
        let text = without_thinking(&self.content);
        if !self.truncated {
            return Ok(text);
        }
        full_sentences(&text).ok_or_else(|| "cut off within the first sentence".to_owned())
    }
}

pub(super) fn is_truncated(finish: &str) -> bool {
    matches!(finish, "length" | "max_tokens")
}

pub(super) fn is_filtered(finish: &str) -> bool {
    finish == "content_filter"
}

pub(super) fn model(body: &Value) -> String {
    let name = body.get("model").and_then(Value::as_str);
    name.unwrap_or_default().chars().take(200).collect()
}

/// A string, or a list of parts of which the texts count.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect(),
        _ => String::new(),
    }
}

/// A count of zero for the prompt is no count (some servers do not count what they had cached).
pub(super) fn usage(body: &Value) -> Option<Usage> {
    let count = |name: &str| {
        body.pointer(name)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
    };
    let prompt_tokens = count("/usage/prompt_tokens").filter(|n| *n > 0)?;
    Some(Usage {
        prompt_tokens,
        completion_tokens: count("/usage/completion_tokens")?,
        estimated: false,
    })
}

/// Drops `<think>…</think>`, also when the opening is missing, and all that follows an opening that is never closed.
fn without_thinking(text: &str) -> String {
    let after = text
        .rsplit_once("</think>")
        .map_or(text, |(_, after)| after);
    let before = after
        .split_once("<think>")
        .map_or(after, |(before, _)| before);
    before.trim().to_owned()
}

fn full_sentences(text: &str) -> Option<String> {
    let ends = |c: char| matches!(c, '।' | '.' | '?' | '!' | '\n');
    let mut cut = None;
    for (at, c) in text.char_indices().filter(|(_, c)| ends(*c)) {
        let after = text[at + c.len_utf8()..].chars().next();
        // "1.5" and "shop.com" do not end a sentence.
        if c != '.' || after.is_none_or(char::is_whitespace) {
            cut = Some(at + c.len_utf8());
        }
    }
    let kept = text[..cut?].trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_is_never_part_of_the_answer() {
        assert_eq!(without_thinking("<think>hmm</think>\n১০০ টাকা"), "১০০ টাকা");
        assert_eq!(without_thinking("hmm</think>১০০ টাকা"), "১০০ টাকা");
        assert_eq!(without_thinking("<think>never ends"), "");
    }

    #[test]
    fn a_truncated_answer_keeps_its_full_sentences() {
        assert_eq!(
            full_sentences("দাম ১.৫ হাজার। ডেলিভারি আর").as_deref(),
            Some("দাম ১.৫ হাজার।")
        );
        assert_eq!(full_sentences("It costs 1.5 thou"), None);
    }
}
