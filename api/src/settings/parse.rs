//! Reading one setting at a time.

use std::ops::RangeInclusive;
use std::str::FromStr;

use secrecy::SecretString;

use super::SettingsError;

/// Looks settings up by name; an empty value counts as missing, and white space at the ends (a line end from a file) as nothing.
pub struct Reader<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Reader<'_> {
    pub fn text(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub fn parsed_list<T: FromStr>(
        &self,
        name: &'static str,
        expected: &str,
        example: &'static str,
    ) -> Result<Vec<T>, SettingsError> {
        self.list(name)
            .iter()
            .map(|item| {
                item.parse()
                    .map_err(|_| problem(name, format!("expected {expected}"), example))
            })
            .collect()
    }

    pub fn number(
        &self,
        name: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<usize, SettingsError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                problem(
                    name,
                    format!(
                        "expected a whole number from {} to {}",
                        range.start(),
                        range.end()
                    ),
                    "16",
                )
            })
    }

    pub fn one_of<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&'static str, T)],
        default: T,
    ) -> Result<T, SettingsError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        choices
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                problem(
                    name,
                    format!("expected one of {}", words.join(", ")),
                    choices[0].0,
                )
            })
    }

    pub fn base_url(
        &self,
        name: &'static str,
        default: &str,
        example: &'static str,
    ) -> Result<String, SettingsError> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let usable = url::Url::parse(&text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if usable {
            Ok(text.trim_end_matches('/').to_owned())
        } else {
            Err(problem(name, "expected a web address", example))
        }
    }
}

pub fn problem(
    variable: &'static str,
    problem: impl Into<String>,
    example: &'static str,
) -> SettingsError {
    SettingsError {
        variable,
        problem: problem.into(),
        example,
    }
}
