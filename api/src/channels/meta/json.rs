//! Reading fields that may be missing, null or of another type than documented (reference 0.2, 0.4).
//!
//! Indexing a `serde_json::Value` never panics: what is not there is null, and null reads as `None` here.

use serde_json::Value;

/// Numbers below this are seconds, others milliseconds (reference 0.2).
const FIRST_MILLISECOND_VALUE: i64 = 100_000_000_000;
/// The year 5138; anything later is nonsense and would only spoil the order of messages.
const LATEST_MS: i64 = 100_000_000_000_000;

/// An id: a non-empty string, or an integer as its digits. Never by way of a float, ids exceed 2^53.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// Text exactly as decoded; `None` when missing, empty or only white space (reference 0.3 rule 6).
pub fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
}

/// Milliseconds since 1970 from a number or a numeric string, in seconds or milliseconds. `None` for anything else: the
/// arrival time is used then, no item is refused for its time.
pub fn timestamp_ms(value: &Value) -> Option<i64> {
    let number = integer(value)
        .or_else(|| value.as_f64().map(|number| number as i64))
        .filter(|number| *number > 0)?;
    let ms = if number < FIRST_MILLISECOND_VALUE {
        number * 1000
    } else {
        number
    };
    (ms < LATEST_MS).then_some(ms)
}

/// A whole number, also as a string of digits.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether a flag is set. Everything but a clear "no" counts as set: the flags of Meta mean "do not answer this".
pub fn flag(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.as_str(), "" | "false" | "0"),
        _ => true,
    }
}

/// The value, if it is an object.
pub fn object(value: &Value) -> Option<&Value> {
    Some(value).filter(|value| value.is_object())
}

/// The elements of a list; none for anything else.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An object of the given members without those that are missing; `None` if nothing remains.
pub fn object_of<const N: usize>(members: [(&str, Option<&Value>); N]) -> Option<Value> {
    let members: serde_json::Map<_, _> = members
        .into_iter()
        .filter_map(|(name, value)| {
            Some((
                name.to_owned(),
                value.filter(|value| !value.is_null())?.clone(),
            ))
        })
        .collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_read_from_strings_and_integers_but_never_floats() {
        assert_eq!(id(&json!("7319")).as_deref(), Some("7319"));
        assert_eq!(
            id(&json!(17_990_011_223_344_556_u64)).as_deref(),
            Some("17990011223344556")
        );
        for value in [
            json!(null),
            json!(""),
            json!(" "),
            json!(1.5),
            json!(true),
            json!(["1"]),
            json!({"id": "1"}),
        ] {
            assert_eq!(id(&value), None, "{value}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_numbers_and_strings_are_the_same_time() {
        for value in [
            json!(1_795_140_000),
            json!("1795140000"),
            json!(1_795_140_000_000_i64),
            json!("1795140000000"),
            json!(1_795_140_000.0),
        ] {
            assert_eq!(timestamp_ms(&value), Some(1_795_140_000_000), "{value}");
        }
        for value in [
            json!(null),
            json!("soon"),
            json!(-5),
            json!(0),
            json!(u64::MAX),
            json!(i64::MAX),
            json!(1e300),
            json!({}),
            json!([1]),
        ] {
            assert_eq!(timestamp_ms(&value), None, "{value}");
        }
    }

    #[test]
    fn text_is_kept_exactly_and_white_space_alone_is_no_text() {
        assert_eq!(
            text(&json!("  দাম\u{200d} কত? ")).as_deref(),
            Some("  দাম\u{200d} কত? ")
        );
        assert_eq!(text(&json!(" \n\u{3000}\t")), None);
        assert_eq!(text(&json!(5)), None);
    }
}
