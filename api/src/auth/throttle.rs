//! Throttling of sign-ins (R38): 10 failures by account and 30 by address in 15 minutes. An attempt is counted before the password is
//! looked at and taken back when it was right: many tries at once get no more than many in a row.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sha2::{Digest, Sha256};
use uuid::{NoContext, Timestamp, Uuid};

use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult};
use crate::schema::sign_in_failures;
use crate::state::AppState;

const WINDOW: TimeDelta = TimeDelta::minutes(15);
const PER_ACCOUNT: i64 = 10;
const PER_ADDRESS: i64 = 30;
/// Links that one mailbox gets within the window.
const RESETS_PER_ACCOUNT: i64 = 3;

/// Where a request comes from, as far as it can be believed: the connection, or what a proxy of ours says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddress(String);

impl ClientAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<web::Data<AppState>>() else {
            return ready(Err(ApiError::internal("no state in the app")));
        };
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let headers = request
            .headers()
            .get_all("x-forwarded-for")
            .map(|value| value.to_str().unwrap_or_default());
        let forwarded = headers.collect::<Vec<_>>().join(",");
        ready(Ok(Self(throttled_as(client(
            peer,
            &forwarded,
            &state.settings.http.trusted_proxies,
        )))))
    }
}

/// The nearest address that is no proxy of ours. Each proxy appends whom it heard, so the list is read from its end; what stands before
/// the first stranger was written by the stranger.
fn client(peer: IpAddr, forwarded: &str, trusted: &[IpAddr]) -> IpAddr {
    let mut heard_from = peer.to_canonical();
    for entry in forwarded.rsplit(',') {
        if !trusted.contains(&heard_from) {
            break;
        }
        let entry = entry.trim();
        let Ok(address) = entry
            .parse::<IpAddr>()
            .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()))
        else {
            break;
        };
        heard_from = address.to_canonical();
    }
    heard_from
}

/// IPv6 counts by /64: that is what one connection is given.
fn throttled_as(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// A sign-in that is being tried; it counts as a failure until it is taken back.
#[must_use]
pub struct Attempt {
    ids: Vec<Uuid>,
    /// If it fails, it is the one that reaches a limit.
    pub is_last: bool,
}

impl Attempt {
    /// Counts an attempt, or refuses it with the time after which one is free again.
    pub async fn begin(
        tx: &mut PlatformTx<'_>,
        email: &str,
        address: &ClientAddress,
        now: DateTime<Utc>,
    ) -> ApiResult<Self> {
        // Accounts before addresses, always: two attempts cannot wait for each other. The address is hashed to bound the key's length.
        let account = format!("account:{}", hex::encode(Sha256::digest(email.as_bytes())));
        let address = format!("address:{}", address.as_str());
        forget_old(tx.conn(), now).await?;
        let (account_id, account_last) = count(tx.conn(), &account, PER_ACCOUNT, now).await?;
        let (address_id, address_last) = count(tx.conn(), &address, PER_ADDRESS, now).await?;
        Ok(Self {
            ids: vec![account_id, address_id],
            is_last: account_last || address_last,
        })
    }

    /// Counts a try of a link (to reset a password, to join), by address alone: there is no account yet. Counted apart from sign-ins.
    pub async fn begin_with_link(
        tx: &mut PlatformTx<'_>,
        address: &ClientAddress,
        now: DateTime<Utc>,
    ) -> ApiResult<Self> {
        forget_old(tx.conn(), now).await?;
        let key = format!("link-address:{}", address.as_str());
        let (id, is_last) = count(tx.conn(), &key, PER_ADDRESS, now).await?;
        Ok(Self {
            ids: vec![id],
            is_last,
        })
    }

    /// The password was right.
    pub async fn take_back(self, tx: &mut PlatformTx<'_>) -> QueryResult<()> {
        diesel::delete(sign_in_failures::table.filter(sign_in_failures::id.eq_any(self.ids)))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// Counts somebody who asks for a link to an address; false when that address was asked for often enough. Too many from one network address
/// are refused. The same happens for addresses with and without an account (R33).
pub async fn count_reset_request(
    tx: &mut PlatformTx<'_>,
    email: &str,
    address: &ClientAddress,
    now: DateTime<Utc>,
) -> ApiResult<bool> {
    let account = format!("reset:{}", hex::encode(Sha256::digest(email.as_bytes())));
    forget_old(tx.conn(), now).await?;
    let within = match count(tx.conn(), &account, RESETS_PER_ACCOUNT, now).await {
        Ok(_) => true,
        Err(ApiError::RateLimited { .. }) => false,
        Err(error) => return Err(error),
    };
    let address = format!("reset-address:{}", address.as_str());
    count(tx.conn(), &address, PER_ADDRESS, now).await?;
    Ok(within)
}

async fn count(
    connection: &mut AsyncPgConnection,
    key: &str,
    limit: i64,
    now: DateTime<Utc>,
) -> ApiResult<(Uuid, bool)> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<Text, _>(key)
        .execute(connection)
        .await?;
    let recent: Vec<DateTime<Utc>> = sign_in_failures::table
        .filter(sign_in_failures::throttle_key.eq(key))
        .filter(sign_in_failures::failed_at.gt(now - WINDOW))
        .order(sign_in_failures::failed_at.desc())
        .limit(limit)
        .select(sign_in_failures::failed_at)
        .load(connection)
        .await?;
    let failures = i64::try_from(recent.len()).unwrap_or(i64::MAX);
    if let Some(oldest) = recent.last().filter(|_| failures >= limit) {
        let wait = (*oldest + WINDOW - now).to_std().unwrap_or_default();
        return Err(ApiError::RateLimited {
            retry_after: wait + Duration::from_secs(1),
        });
    }
    let id = id_at(now);
    diesel::insert_into(sign_in_failures::table)
        .values((
            sign_in_failures::id.eq(id),
            sign_in_failures::throttle_key.eq(key),
            sign_in_failures::failed_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok((id, failures + 1 == limit))
}

/// Failures of any key that no longer count. Ids begin with the time, so that the primary key finds them.
async fn forget_old(connection: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    let border = id_at(now - WINDOW - TimeDelta::minutes(1));
    diesel::delete(sign_in_failures::table.filter(sign_in_failures::id.lt(border)))
        .execute(connection)
        .await
        .map(|_| ())
}

fn id_at(time: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(
        NoContext,
        seconds,
        time.timestamp_subsec_nanos(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// R38: forwarding headers count only from configured proxies, and only as far as these wrote them.
    #[test]
    fn forwarding_headers_count_only_from_our_proxies() {
        let ours = [ip("10.0.0.2"), ip("10.0.0.3")];
        assert_eq!(
            client(ip("203.0.113.9"), "198.51.100.1", &ours),
            ip("203.0.113.9")
        );
        assert_eq!(
            client(ip("10.0.0.2"), "198.51.100.1", &ours),
            ip("198.51.100.1")
        );
        assert_eq!(
            client(ip("10.0.0.2"), "1.1.1.1, 198.51.100.1, 10.0.0.3", &ours),
            ip("198.51.100.1")
        );
        assert_eq!(
            client(ip("10.0.0.2"), "1.1.1.1, nonsense", &ours),
            ip("10.0.0.2")
        );
        assert_eq!(client(ip("10.0.0.2"), "", &ours), ip("10.0.0.2"));
        assert_eq!(
            client(ip("::ffff:10.0.0.2"), "198.51.100.1:4711", &ours),
            ip("198.51.100.1")
        );
    }

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        assert_eq!(
            throttled_as(ip("2001:db8:1:2:3::4")),
            throttled_as(ip("2001:db8:1:2:ffff::1"))
        );
        assert_ne!(
            throttled_as(ip("2001:db8:1:2::1")),
            throttled_as(ip("2001:db8:1:3::1"))
        );
        assert_eq!(throttled_as(ip("198.51.100.1")), "198.51.100.1");
    }

    #[test]
    fn ids_sort_by_the_time_they_are_made_for() {
        let now = crate::clock::Clock::default().now();
        assert!(id_at(now - TimeDelta::milliseconds(2)) < id_at(now));
    }
}
