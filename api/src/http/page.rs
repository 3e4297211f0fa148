//! Keyset pages: opaque cursors over (time, id), newest or oldest first.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{__dev::ComposeSchema, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, ApiResult};

pub const MAX_LIMIT: i64 = 100;
pub const DEFAULT_LIMIT: i64 = 50;

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// By hand: the derived one writes the item's schema out again in every page.
impl<T: ToSchema> ComposeSchema for Page<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let next_cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some(
                "Give it as `cursor` to get the next page; null on the last one.",
            ))
            .examples(["0006410f5d2c4e800190a3c4d5e67f8091a2b3c4d5e6f708"]);
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property("items", items)
            .required("items")
            .property("next_cursor", next_cursor)
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        // A reference adds the item's name.
        Cow::Borrowed("Page")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// Where a page begins, and how long it is.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    /// Behind this row.
    pub after: Option<(DateTime<Utc>, Uuid)>,
    pub limit: i64,
}

impl PageRequest {
    /// From a request's `limit` and `cursor`; a cursor that we did not make is a field error.
    pub fn new(limit: Option<i64>, cursor: Option<&str>) -> ApiResult<Self> {
        let after = match cursor {
            None => None,
            Some(text) => Some(decode(text).ok_or_else(|| {
                ApiError::field(
                    "cursor",
                    "cursor",
                    "is not a cursor of this list; start again without one",
                )
            })?),
        };
        Ok(Self {
            after,
            limit: limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT),
        })
    }

    /// How many rows to ask for: one more than shown tells whether there is a next page.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts the extra row off and makes the cursor from the last row shown.
    pub fn page<R, V>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> (DateTime<Utc>, Uuid),
        view: impl FnMut(R) -> V,
    ) -> Page<V> {
        let shown = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = rows.last().filter(|_| more).map(|row| encode(key(row)));
        Page {
            items: rows.into_iter().map(view).collect(),
            next_cursor,
        }
    }
}

fn encode((at, id): (DateTime<Utc>, Uuid)) -> String {
    format!("{:016x}{}", at.timestamp_micros(), id.simple())
}

fn decode(cursor: &str) -> Option<(DateTime<Utc>, Uuid)> {
    if cursor.len() != 48 || !cursor.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let (micros, id) = cursor.split_at(16);
    let micros = i64::from_str_radix(micros, 16).ok()?;
    Some((
        DateTime::from_timestamp_micros(micros)?,
        Uuid::try_parse(id).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows have times after 1970, with microseconds.
    fn any_key() -> impl Strategy<Value = (DateTime<Utc>, Uuid)> {
        (0..4_102_444_800_000_000_i64, any::<u128>()).prop_map(|(micros, id)| {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            (at, Uuid::from_u128(id))
        })
    }

    proptest! {
        #[test]
        fn any_key_comes_back_from_its_cursor(key in any_key()) {
            prop_assert_eq!(decode(&encode(key)), Some(key));
        }

        /// What is taken for a cursor is one that we could have made, but for capital digits.
        #[test]
        fn garbage_is_refused(key in any_key(), at in any::<prop::sample::Index>(), with in any::<char>(), other in ".{0,60}") {
            let mut damaged: Vec<char> = encode(key).chars().collect();
            let at = at.index(damaged.len());
            damaged[at] = with;
            let damaged: String = damaged.into_iter().collect();
            for text in [damaged, other, encode(key)[1..].to_owned(), format!("{}0", encode(key))] {
                if let Some(found) = decode(&text) {
                    prop_assert_eq!(encode(found), text.to_ascii_lowercase());
                }
            }
        }

        /// Page by page, every row comes once and in order, however many share their time.
        #[test]
        fn pages_show_every_row_once(times in prop::collection::vec((0..5_i64, any::<u128>()), 0..60), limit in 1..10_i64) {
            let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
            let mut rows: Vec<_> = times.into_iter().map(|(time, id)| (at(time), Uuid::from_u128(id))).collect();
            rows.sort();
            rows.dedup();
            let (mut shown, mut cursor) = (Vec::new(), None);
            for _ in 0..=rows.len() {
                let request = PageRequest::new(Some(limit), cursor.as_deref()).unwrap();
                let behind = rows.iter().copied().filter(|row| request.after.is_none_or(|after| *row > after));
                let asked = behind.take(usize::try_from(request.rows()).unwrap()).collect();
                let page = request.page(asked, |row| *row, |row| row);
                prop_assert!(page.items.len() <= usize::try_from(limit).unwrap());
                shown.extend(page.items);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            prop_assert_eq!(shown, rows);
        }
    }

    #[test]
    fn a_cursor_survives_the_round_trip_and_garbage_is_refused() {
        let key = (
            DateTime::from_timestamp_micros(1_795_140_000_123_456).unwrap(),
            Uuid::now_v7(),
        );
        assert_eq!(decode(&encode(key)), Some(key));
        for garbage in ["", "x", &"g".repeat(48), &"f".repeat(48), &"é".repeat(24)] {
            assert!(
                PageRequest::new(None, Some(garbage)).is_err() || *garbage == *"",
                "{garbage}"
            );
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let request = PageRequest::new(Some(2), None).unwrap();
        let key = |_: &i32| (DateTime::from_timestamp_micros(1).unwrap(), Uuid::nil());
        assert!(
            request
                .page(vec![1, 2], key, |row| row)
                .next_cursor
                .is_none()
        );
        let page = request.page(vec![1, 2, 3], key, |row| row);
        assert_eq!((page.items, page.next_cursor.is_some()), (vec![1, 2], true));
    }
}
