//! The webhooks' entrance: handshake (GET) and ingest (POST). Ingest checks the signature over the raw bytes, stores them, answers
//! 200, and does nothing else (R1 to R6): a bug in a parser can then never lose a message.
//!
//! The path names the app whose secret must have signed: an organization's own, or the installation's.

pub mod apps;
mod handshake;
mod ingest;

pub use handshake::{
    __path_verify_installation_webhook, __path_verify_organization_webhook,
    verify_installation_webhook, verify_organization_webhook,
};
pub use ingest::{
    __path_receive_installation_webhook, __path_receive_organization_webhook,
    receive_installation_webhook, receive_organization_webhook,
};

use crate::channels::ChannelKind;
use crate::error::{ApiError, ApiResult};
use crate::ids::OrganizationId;

/// Where Meta is told to send an organization's events.
pub fn webhook_url(
    public_base_url: &str,
    platform: ChannelKind,
    organization: OrganizationId,
) -> String {
    format!("{public_base_url}/social/webhook/{platform}/{organization}/")
}

fn platform_of(text: &str) -> ApiResult<ChannelKind> {
    text.parse().map_err(|()| ApiError::NotFound("webhook"))
}

fn organization_of(text: &str) -> ApiResult<OrganizationId> {
    text.parse()
        .map(OrganizationId)
        .map_err(|_| ApiError::NotFound("webhook"))
}
