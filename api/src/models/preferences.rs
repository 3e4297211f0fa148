//! How a user wants the web app.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::stored_text::stored_as_text;

/// The language of the web app and of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Bn,
    En,
}

stored_as_text!(Language { Bn = "bn", En = "en" });

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

stored_as_text!(Theme { System = "system", Light = "light", Dark = "dark" });

/// Which new messages make a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    Off,
    /// Those of conversations that are assigned to the user.
    Mine,
    All,
}

stored_as_text!(Sound { Off = "off", Mine = "mine", All = "all" });
