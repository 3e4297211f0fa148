//! How far a stream has been told: a moment of the database's clock, in microseconds, as the events' `id`.

use chrono::{DateTime, Utc};

/// Everything that changed up to here has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(DateTime<Utc>);

/// Where a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A new client: from now on.
    Now,
    /// It came back with the id of the last event it got.
    After(Position),
    /// It came back with an id that is none of ours.
    Lost,
}

impl Position {
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at)
    }

    pub fn moment(self) -> DateTime<Utc> {
        self.0
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.timestamp_micros().fmt(f)
    }
}

impl Start {
    /// By the `Last-Event-ID` header, as it came.
    pub fn read(header: Option<&[u8]>) -> Self {
        let Some(header) = header.filter(|header| !header.is_empty()) else {
            return Self::Now;
        };
        let position = std::str::from_utf8(header)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
            .and_then(|micros| i64::try_from(micros).ok())
            .and_then(DateTime::from_timestamp_micros);
        position.map_or(Self::Lost, |at| Self::After(Position(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_the_position_that_it_was_made_of() {
        let position =
            Position::new(DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap());
        let id = position.to_string();
        assert_eq!(id, "1795000000123456");
        assert_eq!(Start::read(Some(id.as_bytes())), Start::After(position));
    }

    #[test]
    fn whatever_is_no_id_of_ours_is_lost_and_none_is_a_beginning() {
        assert_eq!(Start::read(None), Start::Now);
        assert_eq!(Start::read(Some(b"")), Start::Now);
        for odd in [
            "x",
            "-5",
            "1e9",
            "99999999999999999999",
            "9223372036854775807",
            " 1",
            "১২৩",
        ] {
            assert_eq!(Start::read(Some(odd.as_bytes())), Start::Lost, "{odd}");
        }
        assert_eq!(Start::read(Some(b"\xff")), Start::Lost);
    }
}
