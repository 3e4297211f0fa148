//! Half emoji. Platforms that cut titles by UTF-16 units can leave one half of a surrogate pair, as `\ud83d` without its
//! second part. JSON libraries refuse that, and a whole batch would be lost for one cut emoji (R7).

/// The JSON text with every lone surrogate escape replaced by `\ufffd`; `None` if it has none.
pub fn without_lone_surrogates(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(json, at) {
            Some(0xD800..=0xDBFF) if matches!(unit(json, at + 6), Some(0xDC00..=0xDFFF)) => {
                at += 12
            }
            Some(0xD800..=0xDFFF) => {
                mended.get_or_insert_with(|| json.to_vec())[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            Some(_) => at += 6,
            // Another escape: the character after the backslash belongs to it, it may be a backslash itself.
            None => at += 2,
        }
    }
    mended
}

/// The UTF-16 unit of the `\uXXXX` escape that starts at `at`.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let escape = json.get(at..at + 6)?;
    let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_are_replaced() {
        for whole in [
            r#""plain""#,
            r#""\ud83d\ude0a""#,
            r#""\\ud83d""#,
            r#""\u09a6\n""#,
            r#""\ud8"#,
            r#""\"#,
        ] {
            assert_eq!(without_lone_surrogates(whole.as_bytes()), None, "{whole}");
        }
        for (cut, mended) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude0a""#, r#""\ufffd""#),
            (r#""\ud83d\ud83d\ude0a""#, r#""\ufffd\ud83d\ude0a""#),
            (r#""\\\ud83dx""#, r#""\\\ufffdx""#),
        ] {
            assert_eq!(
                without_lone_surrogates(cut.as_bytes()).as_deref(),
                Some(mended.as_bytes()),
                "{cut}"
            );
        }
    }
}
