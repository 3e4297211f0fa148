//! Registering and logging in: the place in the hash pool first, then a short transaction, the hash outside of any, and a transaction that
//! acts on its result.
//!
//! What R33 gets, and what not. Log-in answers the same in status, body and time for known and unknown addresses. Registration takes the same
//! time for both, but without mail it cannot hide that an address is taken: whoever registers must learn that they cannot. So a taken address is a
//! 409 that looks the same whatever the cause, and each of them counts as a failed sign-in of the account and of the network address (R38): 30 in
//! 15 minutes is all that one network can ask. Once mail is sent, registration has to answer 202 always and tell the rest by mail.

use serde_json::json;

use super::answer::Signed;
use super::{LogIn, Register};
use crate::auth::password::strength::{self, Weakness};
use crate::auth::password::{POOL, Password, Slot, Verdict};
use crate::auth::throttle::{Attempt, ClientAddress};
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult};
use crate::metrics::labels::SignInFailure;
use crate::metrics::metrics;
use crate::models::identity_audit;
use crate::models::session::Session;
use crate::models::user::{NewUser, User, normalized_email};
use crate::state::AppState;

const WRONG: ApiError = ApiError::Unauthorized("The e-mail address or the password is wrong.");

fn taken() -> ApiError {
    ApiError::conflict(
        "registration_not_possible",
        "This registration is not possible. If you have an account, log in.",
    )
}

pub async fn log_in(
    state: &AppState,
    body: &LogIn,
    address: &ClientAddress,
    user_agent: &str,
) -> ApiResult<Signed> {
    let slot = POOL.slot()?;
    let trial = Trial::begin(state, &body.email, address).await?;
    let password = Password::new(body.password.get());
    trial
        .sign_in(state, &slot, &password, address, user_agent)
        .await?
        .ok_or_else(|| {
            metrics().sign_in_failures.inc(SignInFailure::WrongPassword);
            WRONG
        })
}

pub async fn register(
    state: &AppState,
    body: &Register,
    address: &ClientAddress,
    user_agent: &str,
) -> ApiResult<Signed> {
    let slot = POOL.slot()?;
    let password = Password::new(body.password.get());
    let name = body.name.as_str();
    check_new_password("password", &password, &body.email, name)?;
    let trial = Trial::begin(state, &body.email, address).await?;
    if trial.user.is_some() {
        return trial
            .sign_in(state, &slot, &password, address, user_agent)
            .await?
            .ok_or_else(taken);
    }
    let hash = slot.hash(&password).await?;
    let now = state.clock.now();
    let registered = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let user = NewUser::new(&normalized_email(&body.email), name, &hash, now)
            .language(body.language.unwrap_or_default())
            .insert(tx)
            .await?
            .ok_or_else(taken)?;
        trial.attempt.take_back(tx).await?;
        let (session, token) = Session::start(tx, user.id, user_agent, now).await?;
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "registered",
            json!({"address": address.as_str()}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(Signed {
            user,
            session,
            token,
        })
    });
    registered.await
}

/// A password that is being tried for an address.
struct Trial {
    attempt: Attempt,
    user: Option<User>,
}

impl Trial {
    async fn begin(state: &AppState, email: &str, address: &ClientAddress) -> ApiResult<Self> {
        let (email, now) = (normalized_email(email), state.clock.now());
        let begun = state.db.platform(async |tx: &mut PlatformTx<'_>| {
            let attempt = Attempt::begin(tx, &email, address, now).await;
            if let Err(ApiError::RateLimited { .. }) = &attempt {
                metrics().sign_in_failures.inc(SignInFailure::Throttled);
            }
            Ok(Self {
                attempt: attempt?,
                user: User::find_by_email(tx, &email).await?,
            })
        });
        begun.await
    }

    /// Signs in if the password is right; `None` if it is not, or the user does not exist, is disabled, or has just changed it.
    async fn sign_in(
        self,
        state: &AppState,
        slot: &Slot,
        password: &Password,
        address: &ClientAddress,
        user_agent: &str,
    ) -> ApiResult<Option<Signed>> {
        let now = state.clock.now();
        let verdict = slot
            .verify(
                self.user.as_ref().map(|user| user.password_hash.as_str()),
                password,
            )
            .await?;
        let rehashed = match verdict {
            Verdict::Right { outdated: true } => Some(slot.hash(password).await?),
            Verdict::Right { outdated: false } | Verdict::Wrong => None,
        };
        let done = state.db.platform(async |tx: &mut PlatformTx<'_>| {
            let verified = self.user.as_ref().filter(|_| verdict != Verdict::Wrong);
            let living = match verified {
                Some(user) => user.lock_unchanged(tx).await?,
                None => None,
            };
            let Some(mut user) = living else {
                if self.attempt.is_last {
                    identity_audit::record_burst(
                        tx.conn(),
                        self.user.map(|user| user.id),
                        address.as_str(),
                        now,
                    )
                    .await?;
                }
                return Ok(None);
            };
            self.attempt.take_back(tx).await?;
            if let Some(hash) = rehashed {
                user.store_rehash(tx, hash, now).await?;
            }
            let (session, token) = Session::start(tx, user.id, user_agent, now).await?;
            let details = json!({"address": address.as_str(), "session_id": session.id});
            identity_audit::record(tx.conn(), Some(user.id), "signed_in", details, now).await?;
            Ok::<_, ApiError>(Some(Signed {
                user,
                session,
                token,
            }))
        });
        done.await
    }
}

/// R30, as an error of the field.
pub fn check_new_password(
    field: &str,
    password: &Password,
    email: &str,
    name: &str,
) -> ApiResult<()> {
    strength::judge(password, email, name).map_err(|weakness| match weakness {
        Weakness::Length => ApiError::field(field, "length", "must have 12 to 128 characters"),
        Weakness::Guessable => ApiError::field(
            field,
            "guessable",
            "is too easy to guess: common words, years, runs and your own name count little; take a few words that do not belong together",
        ),
    })
}
