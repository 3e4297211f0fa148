//! Asking the platform whether an account's token works: outside any transaction, and only on somebody's request.

use chrono::DateTime;

use super::views::AccountCheckView;
use crate::channels::{
    Channel, CheckOutcome, FailureClass, HttpReply, Outcome, SendAccount, channel,
};
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult};
use crate::ids::AccountId;
use crate::models::platform_app::PlatformApp;
use crate::models::social_account::{Health, SocialAccount};
use crate::platform_api;
use crate::state::AppState;

const UNREACHABLE: &str =
    "The platform could not be asked; the account is left as it is. Check again in some minutes.";

fn unreachable() -> ApiError {
    ApiError::Upstream {
        service: "platform",
        detail: UNREACHABLE.to_owned(),
    }
}

/// Reads the account, asks, and notes the answer.
pub async fn check(
    state: &AppState,
    access: &impl InOrganization,
    id: AccountId,
) -> ApiResult<AccountCheckView> {
    let (account, send) = state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            let account = SocialAccount::find_connected(tx, id)
                .await?
                .ok_or(super::NOT_FOUND)?;
            let app = PlatformApp::find(tx, account.platform).await?;
            let send = account.send_account(state, app.as_ref());
            Ok::<_, ApiError>((account, send))
        })
        .await?;
    let outcome = match (send, channel(account.platform)) {
        (Some(send), Some(channel)) => ask(state, channel, &send).await?,
        _ => unusable(),
    };
    note(state, access, &account, &outcome).await?;
    Ok(AccountCheckView {
        token_works: outcome.token_works,
        token_expires_at: expiry(&outcome),
        missing_permissions: outcome.missing_permissions,
        account_name: outcome.account_name,
        advice: outcome.advice,
    })
}

async fn ask(
    state: &AppState,
    channel: &dyn Channel,
    send: &SendAccount,
) -> ApiResult<CheckOutcome> {
    let mut replies = Vec::new();
    for request in channel.check_requests(send) {
        match platform_api::call(&state.platform_http, &request).await {
            Ok(reply) => replies.push(reply),
            Err(error) => {
                tracing::warn!(error = %error, "a platform could not be asked about an account");
                return Err(unreachable());
            }
        }
    }
    let outcome = channel.check_outcome(&replies);
    // A platform that is down or wants us to slow down says nothing about the token.
    if !outcome.token_works
        && replies
            .first()
            .is_none_or(|reply| says_nothing(channel, reply))
    {
        return Err(unreachable());
    }
    Ok(outcome)
}

fn says_nothing(channel: &dyn Channel, reply: &HttpReply) -> bool {
    // What describes the account is unknown to `outcome`, which looks for a sent message, but an answer to the check. A gateway's page
    // is none, also with 200.
    let answered = (200..300).contains(&reply.status)
        && serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&reply.body)
            .is_ok_and(|body| !body.contains_key("error"));
    let Outcome::Failed(failure) = channel.outcome(reply) else {
        return false;
    };
    !answered
        && matches!(
            failure.class,
            FailureClass::TryLater { .. } | FailureClass::Unknown
        )
}

/// There is no token that can be opened.
fn unusable() -> CheckOutcome {
    CheckOutcome {
        token_works: false,
        missing_permissions: Vec::new(),
        account_name: None,
        token_expires_at: None,
        advice: "The stored access token cannot be used any more. Enter a new one.".to_owned(),
    }
}

fn expiry(outcome: &CheckOutcome) -> Option<DateTime<chrono::Utc>> {
    outcome
        .token_expires_at
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}

/// Missing permissions are told but stop nothing: what they hinder, the platform refuses by itself.
async fn note(
    state: &AppState,
    access: &impl InOrganization,
    account: &SocialAccount,
    outcome: &CheckOutcome,
) -> ApiResult<()> {
    let health = if outcome.token_works {
        Health::Ok
    } else {
        Health::NeedsReconnect
    };
    let complete = outcome.token_works && outcome.missing_permissions.is_empty();
    let reason = Some(outcome.advice.as_str()).filter(|_| !complete);
    let now = state.clock.now();
    state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            account
                .record_health(tx, health, reason, expiry(outcome), now)
                .await?;
            Ok::<_, ApiError>(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::ChannelKind;

    fn reply(status: u16, body: &str) -> HttpReply {
        HttpReply {
            status,
            retry_after: None,
            usage: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// A check during an outage must not disconnect a healthy account.
    #[test]
    fn outages_and_limits_say_nothing_about_a_token() {
        for kind in [
            ChannelKind::Facebook,
            ChannelKind::Instagram,
            ChannelKind::Whatsapp,
        ] {
            let channel = channel(kind).unwrap();
            for (status, page) in [(502, "<html>"), (200, "<html>"), (200, "")] {
                assert!(says_nothing(channel, &reply(status, page)), "{kind}");
            }
            assert!(
                says_nothing(
                    channel,
                    &reply(400, r#"{"error":{"code":4,"message":"limit"}}"#)
                ),
                "{kind}"
            );
            assert!(
                !says_nothing(
                    channel,
                    &reply(401, r#"{"error":{"code":190,"message":"expired"}}"#)
                ),
                "{kind}"
            );
            assert!(
                !says_nothing(channel, &reply(200, r#"{"name":"Shop","id":"1"}"#)),
                "{kind}"
            );
        }
    }
}
