//! Contacts and the ids by which platforms know them.

mod resolve;

pub use resolve::{Names, Person, Shown, fill_names, resolve};

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::channels::Identity;
use crate::db::TenantTx;
use crate::ids::{AccountId, ContactId};
use crate::schema::{contact_identities, contacts};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = contacts)]
pub struct Contact {
    pub id: ContactId,
    pub name: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl Contact {
    pub async fn find(tx: &mut TenantTx<'_>, id: ContactId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(contacts::organization_id.eq(tx.organization()))
            .filter(contacts::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Calls the contact something else; what the platform says is not written over it.
    pub async fn rename(
        tx: &mut TenantTx<'_>,
        id: ContactId,
        name: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(contacts::table)
            .filter(contacts::organization_id.eq(tx.organization()))
            .filter(contacts::id.eq(id))
            .set((contacts::name.eq(name), contacts::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
            .optional()
    }

    /// All ids by which platforms know a person: (account, kind, value), oldest first.
    pub async fn known_as(
        tx: &mut TenantTx<'_>,
        id: ContactId,
    ) -> QueryResult<Vec<(AccountId, String, String)>> {
        contact_identities::table
            .filter(contact_identities::organization_id.eq(tx.organization()))
            .filter(contact_identities::contact_id.eq(id))
            .order((
                contact_identities::created_at,
                contact_identities::kind.desc(),
                contact_identities::value,
            ))
            .select((
                contact_identities::account_id,
                contact_identities::kind,
                contact_identities::value,
            ))
            .load(tx.conn())
            .await
    }

    /// The contacts with these ids, in no order.
    pub async fn find_all(tx: &mut TenantTx<'_>, ids: &[ContactId]) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(contacts::organization_id.eq(tx.organization()))
            .filter(contacts::id.eq_any(ids))
            .load(tx.conn())
            .await
    }

    /// Another id of a known person, told by the answer to a send (reference 4.9).
    pub async fn add_identity(
        tx: &mut TenantTx<'_>,
        account: AccountId,
        contact: ContactId,
        identity: &Identity,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        link(tx, account, contact, std::slice::from_ref(identity), now).await
    }

    /// The oldest id of each person on an account: the one that is written to.
    pub async fn first_identities(
        tx: &mut TenantTx<'_>,
        people: &BTreeSet<(AccountId, ContactId)>,
    ) -> QueryResult<HashMap<(AccountId, ContactId), Identity>> {
        let rows: Vec<(AccountId, ContactId, String, String)> = contact_identities::table
            .filter(contact_identities::organization_id.eq(tx.organization()))
            .filter(
                contact_identities::contact_id.eq_any(people.iter().map(|(_, contact)| *contact)),
            )
            .order((
                contact_identities::created_at,
                contact_identities::kind.desc(),
            ))
            .select((
                contact_identities::account_id,
                contact_identities::contact_id,
                contact_identities::kind,
                contact_identities::value,
            ))
            .load(tx.conn())
            .await?;
        let mut first = HashMap::new();
        for (account, contact, kind, value) in rows {
            if let Ok(kind) = kind.parse() {
                first
                    .entry((account, contact))
                    .or_insert(Identity { kind, value });
            }
        }
        Ok(first)
    }
}

async fn link(
    tx: &mut TenantTx<'_>,
    account: AccountId,
    contact: ContactId,
    identities: &[Identity],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let organization = tx.organization();
    let rows: Vec<_> = identities
        .iter()
        .map(|identity| {
            (
                contact_identities::organization_id.eq(organization),
                contact_identities::account_id.eq(account),
                contact_identities::kind.eq(identity.kind.as_str()),
                contact_identities::value.eq(&identity.value),
                contact_identities::contact_id.eq(contact),
                contact_identities::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(contact_identities::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    Ok(())
}
