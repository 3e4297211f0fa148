//! How long a platform asks us to wait: `Retry-After` and the usage headers (reference 5.4, R16).

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::json;
use crate::channels::HttpReply;

/// A longer `Retry-After` is not believed (R16).
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// Meta's limits look back at most a day.
const LONGEST_REGAIN: Duration = Duration::from_secs(24 * 3600);

/// The longer of what the two headers ask for; `None` if neither asks.
pub fn asked_for(reply: &HttpReply) -> Option<Duration> {
    let told = reply
        .retry_after
        .as_deref()
        .and_then(|header| retry_after(header, SystemTime::now()));
    told.max(
        reply
            .usage
            .iter()
            .filter_map(|header| time_to_regain(header))
            .max(),
    )
}

/// Seconds, or an HTTP date. A past date means "now".
fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(header)
                .ok()?
                .with_timezone(&Utc);
            SystemTime::from(date)
                .duration_since(now)
                .unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// The longest `estimated_time_to_regain_access`, which is in minutes, of all the ids and types that the header names.
fn time_to_regain(header: &str) -> Option<Duration> {
    let usage: Value = serde_json::from_str(header).ok()?;
    let rows = usage.as_object()?.values().flat_map(json::list);
    let minutes = rows
        .filter_map(|row| json::integer(&row["estimated_time_to_regain_access"]))
        .max()?;
    let minutes = u64::try_from(minutes).ok().filter(|minutes| *minutes > 0)?;
    Some(Duration::from_secs(minutes.saturating_mul(60)).min(LONGEST_REGAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_more_than_an_hour() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("86400", Some(3600)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", Some(3600)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ];
        for (header, seconds) in cases {
            assert_eq!(
                retry_after(header, now),
                seconds.map(Duration::from_secs),
                "{header}"
            );
        }
    }

    #[test]
    fn the_longest_estimate_of_the_usage_header_counts_in_minutes() {
        let header = r#"{"1":[{"type":"messenger","call_count":90,"estimated_time_to_regain_access":12},
            {"estimated_time_to_regain_access":"3"}],"2":[{"estimated_time_to_regain_access":0}],"3":null}"#;
        assert_eq!(time_to_regain(header), Some(Duration::from_secs(720)));
        for header in [
            r#"{"call_count":28,"total_cputime":15}"#,
            "[]",
            "no json",
            r#"{"1":[{"estimated_time_to_regain_access":-4}]}"#,
        ] {
            assert_eq!(time_to_regain(header), None, "{header}");
        }
    }
}
