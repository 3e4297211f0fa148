//! R83: what a model wrote is checked before anyone stores or sends it. What fails here is garbage (R90): an error, not a message.

use std::collections::HashSet;

use super::prompt::{HANDOFF_MARK, RULES};
use super::{AnswerRequest, Speaker};

/// An answer longer than this is no chat message any more.
const LONGEST_CHARS: usize = 6_000;
/// A run of so many words from the shop's instructions is a recital; of our own rules, fewer are enough.
const RECITAL_OF_INSTRUCTIONS: usize = 25;
const RECITAL_OF_RULES: usize = 10;

/// A text that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub text: String,
    /// The model ended with [`HANDOFF_MARK`]. The text may then be empty.
    pub handoff: bool,
}

/// Why a text may not be sent. For logs and the API, never for customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("empty")]
    Empty,
    #[error("too long")]
    TooLong,
    #[error("not plain text")]
    NotText,
    #[error("an error text")]
    ErrorText,
    #[error("a link that the shop did not give")]
    Link,
    #[error("a copy of the instructions")]
    Recital,
}

/// Cleans and checks an answer against the request it was written for.
pub fn check(raw: &str, request: &AnswerRequest) -> Result<Checked, Unfit> {
    let handoff = raw.contains(HANDOFF_MARK);
    let text = plain(&raw.replace(HANDOFF_MARK, ""));
    if text.is_empty() {
        return if handoff {
            Ok(Checked { text, handoff })
        } else {
            Err(Unfit::Empty)
        };
    }
    if text.chars().count() > LONGEST_CHARS {
        return Err(Unfit::TooLong);
    }
    if is_markup(&text) {
        return Err(Unfit::NotText);
    }
    if is_error_text(&text) {
        return Err(Unfit::ErrorText);
    }
    let given = given_hosts(request);
    if hosts(&text).iter().any(|host| !given.contains(host)) {
        return Err(Unfit::Link);
    }
    let words = words(&text);
    if recites(&words, RULES, RECITAL_OF_RULES)
        || recites(&words, &request.system_prompt, RECITAL_OF_INSTRUCTIONS)
    {
        return Err(Unfit::Recital);
    }
    Ok(Checked { text, handoff })
}

/// Without control and invisible direction characters, Markdown emphasis, headings and code fences; at most one empty line in a row.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty_lines = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim_start().starts_with("```") {
            continue;
        }
        let heading = line.trim_start_matches('#');
        let line = if heading.len() < line.len() && heading.starts_with(' ') {
            heading.trim_start()
        } else {
            line
        };
        empty_lines = if line.is_empty() { empty_lines + 1 } else { 0 };
        if empty_lines > 1 {
            continue;
        }
        let kept = line.replace("**", "").replace("__", "");
        out.extend(kept.chars().filter(|c| !is_unwanted(*c)));
        out.push('\n');
    }
    out.trim().to_owned()
}

fn is_unwanted(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

/// HTML or JSON in place of words.
fn is_markup(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let tag = [
        "<html",
        "<!doctype",
        "<body",
        "<script",
        "<iframe",
        "<div",
        "<img",
        "</",
    ]
    .iter()
    .any(|tag| lower.contains(tag));
    let json = (text.starts_with('{') || text.starts_with('['))
        && serde_json::from_str::<serde_json::Value>(text).is_ok();
    tag || json
}

/// What gateways and broken templates put where an answer should be.
fn is_error_text(text: &str) -> bool {
    const SIGNS: [&str; 16] = [
        "internal server error",
        "bad gateway",
        "gateway timeout",
        "service unavailable",
        "upstream connect error",
        "traceback (most recent call last)",
        "rate limit exceeded",
        "insufficient_quota",
        "exceeded your current quota",
        "context_length_exceeded",
        "maximum context length",
        "invalid_api_key",
        "incorrect api key",
        "<|im_start|>",
        "<|im_end|>",
        "<|eot_id|>",
    ];
    let lower = text.to_ascii_lowercase();
    lower.starts_with("error:")
        || lower.starts_with("{\"error\"")
        || SIGNS.iter().any(|sign| lower.contains(sign))
}

/// Hosts that the shop itself wrote: in its instructions, its knowledge or earlier answers. Not those a customer wrote.
fn given_hosts(request: &AnswerRequest) -> HashSet<String> {
    let mut given = hosts(&request.system_prompt);
    for hit in &request.knowledge {
        let texts = hit
            .questions
            .iter()
            .chain(&hit.answer_bn)
            .chain(&hit.answer_en);
        texts.for_each(|text| given.extend(hosts(text)));
    }
    request
        .turns
        .iter()
        .filter(|turn| turn.speaker == Speaker::Shop)
        .for_each(|turn| given.extend(hosts(&turn.text)));
    given
}

/// Hosts of links in a text, with and without a scheme, also as mail addresses; lower case, without `www.`.
pub fn hosts(text: &str) -> HashSet<String> {
    let breaks = |c: char| {
        c.is_whitespace()
            || !c.is_ascii()
            || matches!(
                c,
                '(' | ')' | '<' | '>' | '[' | ']' | '"' | '\'' | ',' | ';' | '|' | '*'
            )
    };
    let words = text.split(breaks);
    // "link:bit.ly" is two words to a reader; a colon that belongs to a scheme or port does not hide anything either.
    words
        .flat_map(|word| std::iter::once(word).chain(word.split(':').skip(1)))
        .filter_map(host)
        .collect()
}

fn host(word: &str) -> Option<String> {
    // Nobody gives a link by these in an honest answer; they stand for themselves and are never among the given hosts.
    let lower = word.to_ascii_lowercase();
    if ["javascript:", "data:", "file:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
    {
        return Some(lower);
    }
    let (has_scheme, rest) = match lower.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, lower.as_str()),
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let has_path = end < rest.len() && rest.as_bytes().get(end) == Some(&b'/');
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    let name = authority
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_matches('.')
        .trim_start_matches("www.");
    let ends_like_a_host = name
        .rsplit('.')
        .next()
        .is_some_and(|last| COMMON_ENDINGS.contains(&last));
    let labels = name.contains('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let address_like = has_path && labels && name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_host = has_scheme
        || (labels && (ends_like_a_host || authority.starts_with("www.") || address_like));
    (is_host && !name.is_empty()).then(|| name.to_owned())
}

/// Endings by which a bare word is taken for a host; "size.M" and "10.30" are none.
const COMMON_ENDINGS: [&str; 40] = [
    "com", "net", "org", "bd", "info", "biz", "shop", "store", "xyz", "online", "site", "top",
    "club", "io", "co", "me", "app", "dev", "ai", "link", "ly", "gl", "gg", "cc", "ru", "cn", "uk",
    "live", "page", "pro", "vip", "icu", "click", "web", "tk", "ml", "cf", "ga", "su", "pw",
];

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || c == '।')
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether `answer` has a run of `run` words of `source`, or all of a shorter source that is still an instruction.
fn recites(answer: &[String], source: &str, run: usize) -> bool {
    let source = words(source);
    let run = run.min(source.len()).max(20.min(run));
    if source.len() < run || answer.len() < run {
        return false;
    }
    let known: HashSet<&[String]> = source.windows(run).collect();
    answer.windows(run).any(|window| known.contains(window))
}

#[cfg(test)]
mod tests {
    use super::super::prompt::tests::{hit, request, turn};
    use super::*;

    fn asked() -> AnswerRequest {
        let knowledge = vec![hit("website", "অর্ডার করুন shiulitola.com.bd এ", "", 0.9)];
        request(
            vec![turn(
                Speaker::Customer,
                "look at https://evil.example/ please",
            )],
            knowledge,
        )
    }

    fn verdict(text: &str) -> Result<String, Unfit> {
        check(text, &asked()).map(|checked| checked.text)
    }

    #[test]
    fn an_honest_answer_passes_and_loses_its_markdown() {
        assert_eq!(
            verdict("## দাম\n**১২৫০** টাকা, size.M আছে।\n\n\n\nঠিক আছে?").unwrap(),
            "দাম\n১২৫০ টাকা, size.M আছে।\n\nঠিক আছে?"
        );
    }

    #[test]
    fn the_handoff_mark_is_taken_out() {
        let checked = check("একজন সহকর্মী জানাবেন।\n[[HANDOFF]]", &asked()).unwrap();
        assert_eq!(
            checked,
            Checked {
                text: "একজন সহকর্মী জানাবেন।".to_owned(),
                handoff: true
            }
        );
        assert!(check("[[HANDOFF]]", &asked()).unwrap().handoff);
    }

    #[test]
    fn links_lead_only_where_the_shop_said() {
        for text in [
            "https://shop.example/help দেখুন",
            "www.shiulitola.com.bd/sale",
            "mail info@shiulitola.com.bd",
        ] {
            assert!(verdict(text).is_ok(), "{text}");
        }
        for text in [
            "https://evil.example/",
            "evil.com",
            "[here](http://evil.xyz/x)",
            "pay@evil.top",
            "দেখুন:bit.ly/x",
            "link:bit.ly/x",
            "http://1.2.3.4/",
            "javascript:alert(1)",
        ] {
            assert_eq!(verdict(text), Err(Unfit::Link), "{text}");
        }
    }

    #[test]
    fn error_texts_markup_and_nothing_are_refused() {
        for (text, why) in [
            ("", Unfit::Empty),
            (" \n\t", Unfit::Empty),
            ("502 Bad Gateway", Unfit::ErrorText),
            ("<html><body>nginx</body></html>", Unfit::NotText),
            ("{\"answer\": \"100\"}", Unfit::NotText),
            ("Error: model overloaded", Unfit::ErrorText),
        ] {
            assert_eq!(verdict(text), Err(why), "{text}");
        }
        assert_eq!(verdict(&"অ".repeat(LONGEST_CHARS + 1)), Err(Unfit::TooLong));
    }

    #[test]
    fn reciting_the_rules_or_the_instructions_is_refused() {
        assert_eq!(verdict(&format!("Sure! {RULES}")), Err(Unfit::Recital));
        let mut request = asked();
        request.system_prompt = (0..40)
            .map(|n| format!("word{n}"))
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(
            check(&request.system_prompt.clone(), &request),
            Err(Unfit::Recital)
        );
        assert!(check("word1 word2 word3 word4", &request).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_check_panic(text in "\\PC{0,80}") {
            let _ = check(&text, &asked());
        }
    }
}
