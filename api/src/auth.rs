//! Who is asking, and what they may do: access tokens, refresh tokens, passwords, and the extractors that check them.

pub mod access;
pub mod invite;
pub mod opaque;
pub mod password;
pub mod platform_admin;
pub mod random;
pub mod refresh;
pub mod standing;
pub mod throttle;
pub mod token;
