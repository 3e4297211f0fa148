//! Sending mail: one at a time, each under a lease. What a mail says is looked up at that moment, so that it is never about something that
//! has ended meanwhile.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::Notify;

use super::runner::{POLL, or_pause, stopping};
use crate::auth::invite::InvitationToken;
use crate::db::{DbError, PlatformTx};
use crate::ids::InvitationId;
use crate::mail::{self, Mailer, NotSent, Text};
use crate::models::invitation::Invitation;
use crate::models::mail::{LeasedMail, MailEnding, Subject, forget_old};
use crate::models::preferences::Language;
use crate::models::user::User;
use crate::models::{identity_audit, password_reset};
use crate::state::AppState;

/// Sends what waits, until the process stops. Without a mail server nothing is ever put into the queue.
pub(super) async fn mails(state: &Rc<AppState>, wake: &Notify) {
    let Some(mailer) = &state.mailer else { return };
    let db = state.db.for_worker();
    while !stopping(state) {
        let hint = wake.notified();
        let claim = db.platform(async |tx: &mut PlatformTx<'_>| {
            Ok::<_, DbError>(LeasedMail::claim(tx).await?)
        });
        let Some(claimed) = or_pause("claim a mail", claim.await).await else {
            continue;
        };
        let Some(mail) = claimed else {
            let _woken = tokio::time::timeout(POLL, hint).await;
            continue;
        };
        let ending = send(state, mailer, &mail).await;
        let finish = db.platform(async |tx: &mut PlatformTx<'_>| {
            mail.finish(tx, &ending).await?;
            Ok::<_, DbError>(forget_old(tx).await?)
        });
        // If even that fails, the lease runs out.
        or_pause("finish a mail", finish.await).await;
    }
}

async fn send(state: &AppState, mailer: &Mailer, mail: &LeasedMail) -> MailEnding {
    let Ok(subject) = mail.subject() else {
        return MailEnding::Never("the mail cannot be read".to_owned());
    };
    let now = state.clock.now();
    if mail.is_too_old(&subject, now) {
        return MailEnding::NotNeeded("nobody waits for it any more");
    }
    let db = state.db.for_worker();
    let write = db.platform(async |tx: &mut PlatformTx<'_>| match &subject {
        Subject::PasswordReset => reset(state, tx, mail, now).await,
        Subject::Invitation {
            invitation,
            organization_name,
            inviter_name,
            language,
        } => {
            let names = (organization_name.as_str(), inviter_name.as_str());
            invite(state, tx, *invitation, names, *language, now).await
        }
    });
    let text = match write.await {
        Ok(Ok(text)) => text,
        Ok(Err(why)) => return MailEnding::NotNeeded(why),
        Err(error) => {
            tracing::warn!(error = %error, mail.id = %mail.id, "a mail could not be written; it will be tried again");
            return MailEnding::TryLater("the database was not available".to_owned());
        }
    };
    match mailer.send(mail.id, &mail.recipient, &text).await {
        Ok(()) => MailEnding::Sent,
        Err(NotSent::TryLater(why)) => {
            tracing::warn!(why, attempt = mail.attempts, mail.id = %mail.id, "a mail was not taken; it will be tried again");
            MailEnding::TryLater(why)
        }
        Err(NotSent::Never(why)) => {
            tracing::warn!(why, mail.id = %mail.id, "a mail was refused for good");
            MailEnding::Never(why)
        }
    }
}

/// The text, or why there is nothing to say.
type Written = Result<Text, &'static str>;

/// Each try makes a link of its own: the one of a try before may have grown old in the queue.
async fn reset(
    state: &AppState,
    tx: &mut PlatformTx<'_>,
    mail: &LeasedMail,
    now: DateTime<Utc>,
) -> Result<Written, DbError> {
    let found = User::find_by_email(tx, &mail.recipient).await?;
    let Some(user) = found.filter(|user| user.disabled_at.is_none()) else {
        return Ok(Err("nobody signs in with this address"));
    };
    let (token, _) = password_reset::issue(tx, user.id, now).await?;
    let details = json!({"by": "mail", "mail": mail.id});
    identity_audit::record(
        tx.conn(),
        Some(user.id),
        "password_reset_link_made",
        details,
        now,
    )
    .await?;
    let link = token.link(&state.settings.http.public_base_url);
    let minutes = password_reset::GOOD_FOR.num_minutes();
    Ok(Ok(mail::password_reset(
        user.language,
        &user.name,
        &link,
        minutes,
    )))
}

async fn invite(
    state: &AppState,
    tx: &mut PlatformTx<'_>,
    id: InvitationId,
    (organization, inviter): (&str, &str),
    language: Language,
    now: DateTime<Utc>,
) -> Result<Written, DbError> {
    let found = Invitation::find_to_mail(tx, id).await?;
    let Some(invitation) = found.filter(|invitation| invitation.is_open(now)) else {
        return Ok(Err("the invitation has ended"));
    };
    // Who has an account reads it in their own language; the mail goes to nobody else.
    let invited = User::find_by_email(tx, &invitation.email).await?;
    let language = invited.map_or(language, |user| user.language);
    let token = InvitationToken::derive(&state.settings.keys.refresh, id);
    let left = invitation.expires_at - now + TimeDelta::hours(12);
    Ok(Ok(mail::invitation(
        language,
        &mail::Invitation {
            organization,
            inviter,
            role: invitation.role,
            email: &invitation.email,
            link: &token.link(&state.settings.http.public_base_url),
            days: left.num_days().max(1),
        },
    )))
}
