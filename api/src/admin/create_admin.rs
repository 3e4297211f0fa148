//! A platform admin: made here and nowhere else. No registration and no endpoint gives that right.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use validator::ValidateEmail;

use super::{Outcome, text};
use crate::auth::password::{POOL, Password, strength};
use crate::auth::random;
use crate::db::PlatformTx;
use crate::error::ApiError;
use crate::http::fields::{Name, is_name};
use crate::models::identity_audit;
use crate::models::user::{NewUser, User, normalized_email};
use crate::state::AppState;

#[derive(clap::Args)]
pub struct CreatePlatformAdmin {
    #[arg(long)]
    email: String,
    /// Only for a new user
    #[arg(long)]
    name: String,
    /// Read the new user's password from the first line of standard input; without this one is made and printed once
    #[arg(long)]
    password_stdin: bool,
}

pub async fn run(state: &AppState, command: CreatePlatformAdmin) -> Outcome {
    if !command.email.validate_email() || command.email.len() > 254 {
        return Err("--email is not an e-mail address".to_owned());
    }
    let email = normalized_email(&command.email);
    let name: Name = serde_json::from_value(json!(command.name)).map_err(text)?;
    is_name(&name).map_err(|_| "--name must have 1 to 100 characters on one line".to_owned())?;
    if promote(state, &email).await? {
        println!("{email} has an account and is platform admin now; the password stays as it is");
        return Ok(());
    }
    let (password, generated) = if command.password_stdin {
        (from_stdin()?, false)
    } else {
        (generated(), true)
    };
    let checked = Password::new(&password);
    strength::judge(&checked, &email, name.as_str()).map_err(|_| {
        "the password needs 12 to 128 characters and must not be easy to guess".to_owned()
    })?;
    let hash = POOL
        .slot()
        .map_err(text)?
        .hash(&checked)
        .await
        .map_err(text)?;
    insert(state, &email, name.as_str(), &hash).await?;
    println!("platform admin {email} created");
    if generated {
        println!("password, shown only now: {}", password.expose_secret());
    }
    Ok(())
}

/// False when nobody has this address.
async fn promote(state: &AppState, email: &str) -> Result<bool, String> {
    let now = state.clock.now();
    let promote = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let Some(user) = User::find_by_email(tx, email).await? else {
            return Ok(false);
        };
        User::make_platform_admin(tx, user.id, now).await?;
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "platform_admin_granted",
            json!({"by": "operator"}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(true)
    });
    promote.await.map_err(text)
}

async fn insert(state: &AppState, email: &str, name: &str, hash: &str) -> Outcome {
    let now = state.clock.now();
    let insert = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let new = NewUser::new(email, name, hash, now)
            .platform_admin()
            .insert(tx)
            .await?;
        let user = new.ok_or_else(|| {
            ApiError::conflict(
                "taken",
                "somebody registered with this address meanwhile; run the command again",
            )
        })?;
        let details = json!({"by": "operator", "created": true});
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "platform_admin_granted",
            details,
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    insert.await.map_err(text)
}

fn generated() -> SecretString {
    hex::encode(random::bytes::<16>().expose_secret()).into()
}

fn from_stdin() -> Result<SecretString, String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(text)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        Err("standard input has no password".to_owned())
    } else {
        Ok(password.into())
    }
}
