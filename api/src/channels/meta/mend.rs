//! Values for which a JSON library refuses a whole body, and a batch with it, though one value alone is at fault (R7).
//!
//! Half emoji: platforms that cut titles by UTF-16 units leave `\ud83d` without its second part, those that cut by bytes leave
//! half a character. Control characters that were not escaped; numbers beyond every float; nesting beyond the library's
//! limit (R5). Each is replaced where it stands; the bytes as received are kept with the event.

/// How deep lists and objects may be nested: what the library still reads.
const DEEPEST: usize = 127;
/// From here on the library may call a number out of range.
const LARGEST: f64 = 1e308;

/// The JSON text with what a library would refuse it for replaced; `None` if there is nothing of that. What is wrong with
/// its syntax stays so.
pub fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mending = Mending {
        json,
        at: 0,
        done: Vec::with_capacity(json.len()),
        depth: 0,
    };
    while let Some(byte) = json.get(mending.at) {
        mending.value(*byte);
    }
    let whole = String::from_utf8_lossy(&mending.done);
    (whole.as_bytes() != json).then(|| whole.into_owned().into_bytes())
}

struct Mending<'a> {
    json: &'a [u8],
    at: usize,
    done: Vec<u8>,
    depth: usize,
}

impl Mending<'_> {
    /// What begins with `byte`: a string, a number, or a single character of anything else.
    fn value(&mut self, byte: u8) {
        match byte {
            b'"' => self.string(),
            b'[' | b'{' if self.depth == DEEPEST => self.too_deep(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => {
                self.depth = match byte {
                    b'[' | b'{' => self.depth + 1,
                    b']' | b'}' => self.depth.saturating_sub(1),
                    _ => self.depth,
                };
                self.keep(1);
            }
        }
    }

    fn keep(&mut self, bytes: usize) {
        let end = self.json.len().min(self.at + bytes);
        self.done.extend_from_slice(&self.json[self.at..end]);
        self.at = end;
    }

    fn replace(&mut self, bytes: usize, with: &str) {
        self.done.extend_from_slice(with.as_bytes());
        self.at = self.json.len().min(self.at + bytes);
    }

    /// From the opening quote to behind the closing one.
    fn string(&mut self) {
        self.keep(1);
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'"' => return self.keep(1),
                b'\\' => self.escape(),
                0..=0x1f => self.replace(1, &format!("\\u{byte:04x}")),
                _ => self.keep(1),
            }
        }
    }

    fn escape(&mut self) {
        match unit(self.json, self.at) {
            Some(0xD800..=0xDBFF)
                if matches!(unit(self.json, self.at + 6), Some(0xDC00..=0xDFFF)) =>
            {
                self.keep(12);
            }
            Some(0xD800..=0xDFFF) => self.replace(6, "\\ufffd"),
            Some(_) => self.keep(6),
            // Another escape: the character after the backslash belongs to it, it may be a backslash or a quote.
            None => self.keep(2),
        }
    }

    fn number(&mut self) {
        let belongs = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.json[self.at..].iter().take_while(belongs).count();
        let digits = std::str::from_utf8(&self.json[self.at..self.at + length]);
        let number: Option<f64> = digits.ok().and_then(|digits| digits.parse().ok());
        match number {
            Some(number) if number.abs() >= LARGEST => self.replace(length, "null"),
            _ => self.keep(length),
        }
    }

    /// Passes over a list or an object as a whole.
    fn too_deep(&mut self) {
        let kept = self.done.len();
        let mut open = 0_usize;
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'[' | b'{' => (open, self.at) = (open + 1, self.at + 1),
                b']' | b'}' => (open, self.at) = (open - 1, self.at + 1),
                _ => self.at += 1,
            }
            if open == 0 {
                break;
            }
        }
        self.done.truncate(kept);
        self.done.extend_from_slice(b"null");
    }
}

/// The UTF-16 unit of the `\uXXXX` escape that starts at `at`.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let mut unit = [0; 2];
    hex::decode_to_slice(digits, &mut unit).ok()?;
    Some(u16::from_be_bytes(unit))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn check(cut: &[u8], expected: &str) {
        let mended = mended(cut).expect("there is something to mend");
        assert_eq!(std::str::from_utf8(&mended), Ok(expected));
        assert!(
            serde_json::from_slice::<Value>(&mended).is_ok(),
            "{expected}"
        );
    }

    #[test]
    fn what_can_be_read_and_what_is_no_json_stay_as_they_are() {
        for whole in [
            r#""plain""#,
            r#""\ud83d\ude0a""#,
            r#""\\ud83d""#,
            r#""\u09a6\n""#,
            r#""\ud8"#,
            r#""\"#,
            r#"{"a":[1,-2.5e3,1e307],"1e999":"1e999 [[["}"#,
            "\n[ 1 ]\t",
            "1-2",
            "]]",
            "\"",
            "",
        ] {
            assert_eq!(mended(whole.as_bytes()), None, "{whole}");
        }
    }

    #[test]
    fn only_halves_of_characters_are_replaced() {
        for (cut, mended) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude0a""#, r#""\ufffd""#),
            (r#""\ud83d\ud83d\ude0a""#, r#""\ufffd\ud83d\ude0a""#),
            (r#""\\\ud83dx""#, r#""\\\ufffdx""#),
        ] {
            check(cut.as_bytes(), mended);
        }
        check(b"[\"\xe0\xa6\",\"\xe0\xa6\xa6\"]", "[\"\u{fffd}\",\"দ\"]");
    }

    #[test]
    fn bare_control_characters_are_escaped_inside_of_strings_only() {
        check(b"[\n\"a\nb\0\"\n]", "[\n\"a\\u000ab\\u0000\"\n]");
    }

    #[test]
    fn numbers_beyond_every_float_are_null() {
        check(
            br#"{"a":1e999,"b":[-1E+400,2]}"#,
            r#"{"a":null,"b":[null,2]}"#,
        );
        check("9".repeat(400).as_bytes(), "null");
    }

    #[test]
    fn what_is_nested_too_deeply_is_null_and_what_stands_beside_it_is_read() {
        let nested =
            |depth: usize| format!("{}7,\"]\\\"]\"{}", "[".repeat(depth), "]".repeat(depth));
        let most = nested(DEEPEST);
        assert!(serde_json::from_str::<Value>(&most).is_ok());
        assert!(serde_json::from_str::<Value>(&nested(DEEPEST + 1)).is_err());
        assert_eq!(mended(most.as_bytes()), None);
        for deeper in [DEEPEST, 100_000] {
            let text = format!("[{},{{\"b\":1}}]", nested(deeper));
            let mended = mended(text.as_bytes()).expect("there is something to mend");
            let value: Value = serde_json::from_slice(&mended).expect("JSON");
            assert_eq!(value[1]["b"], 1, "{deeper}");
        }
    }
}
