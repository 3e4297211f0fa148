//! Which organization a platform's account belongs to: unique over all organizations, and the only way from an event to one.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::channels::ChannelKind;
use crate::db::{InOrganization, PlatformTx};
use crate::ids::{AccountId, OrganizationId};
use crate::schema::account_directory;

/// An account that was found in the directory: the proof that an event may be worked on inside its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoundAccount {
    organization: OrganizationId,
    pub account: AccountId,
}

impl InOrganization for FoundAccount {
    fn organization_id(&self) -> OrganizationId {
        self.organization
    }
}

impl FoundAccount {
    /// The accounts among `external_ids` that are connected, by their platform ids.
    pub async fn find_all(
        tx: &mut PlatformTx<'_>,
        platform: ChannelKind,
        external_ids: &[String],
    ) -> QueryResult<std::collections::HashMap<String, Self>> {
        let rows: Vec<(String, OrganizationId, AccountId)> = account_directory::table
            .filter(account_directory::platform.eq(platform.as_str()))
            .filter(account_directory::external_id.eq_any(external_ids))
            .select((
                account_directory::external_id,
                account_directory::organization_id,
                account_directory::account_id,
            ))
            .load(tx.conn())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(external_id, organization, account)| {
                (
                    external_id,
                    Self {
                        organization,
                        account,
                    },
                )
            })
            .collect())
    }
}

/// Enters an account; in the transaction that creates it. The primary key `account_directory_pkey` refuses an account that is
/// connected anywhere.
pub async fn insert(
    connection: &mut AsyncPgConnection,
    platform: ChannelKind,
    external_id: &str,
    organization: OrganizationId,
    account: AccountId,
) -> QueryResult<()> {
    diesel::insert_into(account_directory::table)
        .values((
            account_directory::platform.eq(platform.as_str()),
            account_directory::external_id.eq(external_id),
            account_directory::organization_id.eq(organization),
            account_directory::account_id.eq(account),
        ))
        .execute(connection)
        .await
        .map(|_| ())
}

/// Removes an account; in the transaction that disconnects it.
pub async fn remove(
    connection: &mut AsyncPgConnection,
    organization: OrganizationId,
    account: AccountId,
) -> QueryResult<()> {
    diesel::delete(account_directory::table)
        .filter(account_directory::organization_id.eq(organization))
        .filter(account_directory::account_id.eq(account))
        .execute(connection)
        .await
        .map(|_| ())
}
