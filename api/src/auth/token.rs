//! Access tokens: JWT, HS256 and nothing else, 15 minutes (R31). The token says who; the database says what they may do.

use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::ids::{SessionId, UserId};
use crate::settings::JwtKey;

pub const ACCESS_TOKEN_SECONDS: i64 = 900;
const ISSUER: &str = "banglachat";
const AUDIENCE: &str = "banglachat-api";
const LEEWAY_SECONDS: i64 = 5;

/// What an access token carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// Each kind of token has its own and cannot stand for another.
    typ: String,
    exp: i64,
    nbf: i64,
    pub sub: UserId,
    /// The session (family of refresh tokens) it came from.
    pub sid: SessionId,
    /// The user's version when it was made (R34).
    pub ver: i32,
}

/// Signs with the first key, checks with all of them (R64).
#[derive(Clone)]
pub struct AccessTokens {
    keys: std::sync::Arc<[JwtKey]>,
}

/// The token does not count. Which check failed is not told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct BadToken;

impl AccessTokens {
    /// `keys` is not empty: the settings see to it.
    pub fn new(keys: Vec<JwtKey>) -> Self {
        Self { keys: keys.into() }
    }

    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        version: i32,
        now: DateTime<Utc>,
    ) -> Result<String, BadToken> {
        let key = self.keys.first().ok_or(BadToken)?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            typ: "access".to_owned(),
            exp: now.timestamp() + ACCESS_TOKEN_SECONDS,
            nbf: now.timestamp(),
            sub: user,
            sid: session,
            ver: version,
        };
        let header = Header {
            kid: Some(key.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        encode(
            &header,
            &claims,
            &EncodingKey::from_secret(key.secret.expose_secret()),
        )
        .map_err(|_| BadToken)
    }

    /// The claims of a token that counts at `now`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, BadToken> {
        let kid = decode_header(token)
            .ok()
            .and_then(|header| header.kid)
            .ok_or(BadToken)?;
        // `kid` only chooses among our own keys; the algorithm is fixed.
        let key = self
            .keys
            .iter()
            .find(|key| key.kid == kid)
            .ok_or(BadToken)?;
        let mut validation = Validation::new(Algorithm::HS256);
        // Both times are checked below, by the clock that issued them.
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        let claims = decode::<Claims>(
            token,
            &DecodingKey::from_secret(key.secret.expose_secret()),
            &validation,
        )
        .map_err(|_| BadToken)?
        .claims;
        let now = now.timestamp();
        let in_time = claims.nbf <= now + LEEWAY_SECONDS && now <= claims.exp + LEEWAY_SECONDS;
        if in_time && claims.typ == "access" {
            Ok(claims)
        } else {
            Err(BadToken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(kid: &str, byte: u8) -> AccessTokens {
        AccessTokens::new(vec![JwtKey {
            kid: kid.to_owned(),
            secret: vec![byte; 32].into(),
        }])
    }

    fn issue(tokens: &AccessTokens, now: DateTime<Utc>) -> String {
        tokens
            .issue(UserId::new(), SessionId::new(), 1, now)
            .unwrap()
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let tokens = tokens("a", 1);
        let now = crate::clock::Clock::default().now();
        let token = issue(&tokens, now);
        let after = |seconds| tokens.verify(&token, now + chrono::TimeDelta::seconds(seconds));
        assert!(after(0).is_ok());
        assert!(after(ACCESS_TOKEN_SECONDS + LEEWAY_SECONDS).is_ok());
        assert!(after(ACCESS_TOKEN_SECONDS + LEEWAY_SECONDS + 1).is_err());
        assert!(after(-LEEWAY_SECONDS - 1).is_err());
    }

    /// R31: another key under our id, an unknown key id, another algorithm, another kind of token.
    #[test]
    fn forged_tokens_are_refused() {
        let ours = tokens("a", 1);
        let now = crate::clock::Clock::default().now();
        assert!(ours.verify(&issue(&tokens("a", 2), now), now).is_err());
        assert!(ours.verify(&issue(&tokens("b", 1), now), now).is_err());
        let key = EncodingKey::from_secret(&[1; 32]);
        let header = |alg| Header {
            kid: Some("a".to_owned()),
            ..Header::new(alg)
        };
        let claims = |typ: &str| {
            serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "typ": typ, "exp": now.timestamp() + 60, "nbf": now.timestamp(),
                "sub": UserId::new(), "sid": SessionId::new(), "ver": 1})
        };
        assert!(
            ours.verify(
                &encode(&header(Algorithm::HS256), &claims("access"), &key).unwrap(),
                now
            )
            .is_ok()
        );
        assert!(
            ours.verify(
                &encode(&header(Algorithm::HS256), &claims("invite"), &key).unwrap(),
                now
            )
            .is_err()
        );
        assert!(
            ours.verify(
                &encode(&header(Algorithm::HS512), &claims("access"), &key).unwrap(),
                now
            )
            .is_err()
        );
        assert!(ours.verify("", now).is_err());
    }
}
