//! Enums that the database keeps as checked text, one word per variant.

/// An enum whose variants stand in a column as words.
pub trait StoredText: Sized + Copy {
    fn as_word(self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

/// Gives an enum its words, and lets row structs read it straight from a text column. An unknown word is an error of the
/// query, not a default: the column's CHECK and the enum have drifted apart.
macro_rules! stored_as_text {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $crate::models::stored_text::StoredText for $type {
            fn as_word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $type {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = std::str::from_utf8(value.as_bytes())?;
                $crate::models::stored_text::StoredText::from_word(word)
                    .ok_or_else(|| format!("unknown word in a column of {}", stringify!($type)).into())
            }
        }

        impl diesel::deserialize::Queryable<diesel::sql_types::Text, diesel::pg::Pg> for $type {
            type Row = Self;

            fn build(row: Self) -> diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}
pub(super) use stored_as_text;

stored_as_text!(crate::channels::ChannelKind {
    Facebook = "facebook",
    Instagram = "instagram",
    Whatsapp = "whatsapp",
    Twitter = "twitter",
});
stored_as_text!(crate::channels::AccountLogin { Page = "page", Instagram = "instagram" });
stored_as_text!(crate::language_model::LanguagePolicy { Auto = "auto", Bangla = "bangla", English = "english" });
