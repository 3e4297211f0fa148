//! The persons behind many ids at once, made where nobody is known by them, with the conversations there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use crate::channels::Identity;
use crate::db::{Kept, TenantTx};
use crate::ids::{AccountId, ContactId, ConversationId};
use crate::schema::{contact_identities, contacts};

/// Somebody of whom an item shows these ids (not none) on an account.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub account: AccountId,
    pub identities: &'a [Identity],
    pub name: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub contact: ContactId,
    /// With the account, if there is one already.
    pub conversation: Option<ConversationId>,
}

/// Names of contacts that had none, with when they were shown.
pub type Names<'a> = BTreeMap<ContactId, (&'a str, DateTime<Utc>)>;

/// (account, kind, value): the key of an identity, in whose order they are made.
type Key<'a> = (AccountId, &'static str, &'a str);

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Uuid)]
    account_id: AccountId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Uuid)]
    contact_id: ContactId,
    #[diesel(sql_type = Bool)]
    nameless: bool,
    #[diesel(sql_type = Nullable<Uuid>)]
    conversation_id: Option<ConversationId>,
}

impl Known {
    fn person(&self) -> Person {
        Person {
            contact: self.contact_id,
            conversation: self.conversation_id,
        }
    }
}

fn by_key(known: &[Known]) -> HashMap<(AccountId, &str, &str), &Known> {
    known
        .iter()
        .map(|row| ((row.account_id, row.kind.as_str(), row.value.as_str()), row))
        .collect()
}

/// What is known, and what has to be written so that all are.
#[derive(Default)]
struct Book<'a> {
    persons: HashMap<Key<'a>, Person>,
    nameless: BTreeSet<ContactId>,
    /// New contacts, with when they came and what they are called.
    contacts: BTreeMap<ContactId, (DateTime<Utc>, Option<&'a str>)>,
    /// New ids.
    links: BTreeMap<Key<'a>, (ContactId, DateTime<Utc>)>,
    /// Known contacts that had no name.
    names: Names<'a>,
}

/// The persons behind what items show, in the items' order. A person is known by the first id that anybody is known by; ids that are
/// new for them are linked (reference 4.10). Names that were missing are for [`fill_names`], once the conversations are locked.
pub async fn resolve<'a>(
    tx: &mut TenantTx<'_>,
    shown: &[Shown<'a>],
) -> QueryResult<(Vec<Person>, Names<'a>)> {
    let all: BTreeSet<Key> = shown.iter().flat_map(|one| keys(*one)).collect();
    if all.is_empty() {
        return Ok((Vec::new(), Names::new()));
    }
    let mut book = Book::default();
    book.read(tx, &all).await?;
    let mut persons: Vec<Person> = shown.iter().map(|one| book.enter(*one)).collect();
    book.insert_contacts(tx).await?;
    let taken = book.insert_links(tx).await?;
    if !taken.is_empty() {
        let instead = give_way(tx, &taken, shown, &persons, &book).await?;
        for person in &mut persons {
            *person = instead.get(&person.contact).copied().unwrap_or(*person);
        }
    }
    Ok((persons, book.names))
}

/// Fills in names that were missing. The caller holds the locks of conversations, as whoever renames does.
pub async fn fill_names(tx: &mut TenantTx<'_>, names: Names<'_>) -> QueryResult<()> {
    const FILL: &str = "
        UPDATE contacts c SET name = k.name, updated_at = k.at FROM unnest($2, $3, $4) AS k (id, name, at)
        WHERE c.organization_id = $1 AND c.id = ANY ($2) AND c.id = k.id AND c.name IS NULL";
    if names.is_empty() {
        return Ok(());
    }
    let (called, times): (Vec<_>, Vec<_>) = names.values().copied().unzip();
    let fill = diesel::sql_query(FILL)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(names.into_keys().collect::<Vec<_>>())
        .bind::<Array<Text>, _>(called)
        .bind::<Array<Timestamptz>, _>(times);
    Kept(fill).execute(tx.conn()).await.map(|_| ())
}

fn keys(shown: Shown<'_>) -> impl Iterator<Item = Key<'_>> {
    shown.identities.iter().map(move |identity| {
        (
            shown.account,
            identity.kind.as_str(),
            identity.value.as_str(),
        )
    })
}

impl<'a> Book<'a> {
    async fn read(&mut self, tx: &mut TenantTx<'_>, keys: &BTreeSet<Key<'a>>) -> QueryResult<()> {
        let known = find(tx, keys).await?;
        let known = by_key(&known);
        for key in keys {
            if let Some(row) = known.get(key) {
                self.persons.insert(*key, row.person());
                if row.nameless {
                    self.nameless.insert(row.contact_id);
                }
            }
        }
        Ok(())
    }

    /// Enters one item's person after those of the items before it.
    fn enter(&mut self, shown: Shown<'a>) -> Person {
        let known = keys(shown).find_map(|key| self.persons.get(&key).copied());
        let person = known.unwrap_or_else(|| self.somebody_new(shown));
        for key in keys(shown) {
            self.persons.entry(key).or_insert_with(|| {
                self.links.insert(key, (person.contact, shown.at));
                person
            });
        }
        if let Some(name) = shown.name {
            self.call(person.contact, name, shown.at);
        }
        person
    }

    fn somebody_new(&mut self, shown: Shown<'a>) -> Person {
        let contact = ContactId::new();
        self.contacts.insert(contact, (shown.at, None));
        Person {
            contact,
            conversation: None,
        }
    }

    /// Fills in a name that is missing.
    fn call(&mut self, contact: ContactId, name: &'a str, at: DateTime<Utc>) {
        if let Some((_, missing @ None)) = self.contacts.get_mut(&contact) {
            *missing = Some(name);
        } else if self.nameless.remove(&contact) {
            self.names.insert(contact, (name, at));
        }
    }

    async fn insert_contacts(&self, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        // Raw, as all here: rows out of arrays.
        const INSERT: &str = "
            INSERT INTO contacts (organization_id, id, name, created_at, updated_at)
            SELECT o.organization_id, k.id, k.name, k.at, k.at FROM organizations o CROSS JOIN unnest($2, $3, $4) AS k (id, name, at)
            WHERE o.organization_id = $1";
        if self.contacts.is_empty() {
            return Ok(());
        }
        let (times, names): (Vec<_>, Vec<_>) = self.contacts.values().copied().unzip();
        let insert = diesel::sql_query(INSERT)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(self.contacts.keys().copied().collect::<Vec<_>>())
            .bind::<Array<Nullable<Text>>, _>(names)
            .bind::<Array<Timestamptz>, _>(times);
        Kept(insert).execute(tx.conn()).await.map(|_| ())
    }

    /// Links the new ids, in the order of their keys; those that somebody else has linked meanwhile are returned. We waited for
    /// their commit.
    async fn insert_links(&self, tx: &mut TenantTx<'_>) -> QueryResult<BTreeSet<Key<'a>>> {
        const INSERT: &str = "
            INSERT INTO contact_identities (organization_id, account_id, kind, value, contact_id, created_at)
            SELECT o.organization_id, k.* FROM organizations o CROSS JOIN unnest($2, $3, $4, $5, $6) k WHERE o.organization_id = $1
            ON CONFLICT DO NOTHING RETURNING account_id, kind, value";
        #[derive(QueryableByName)]
        struct Linked {
            #[diesel(sql_type = Uuid)]
            account_id: AccountId,
            #[diesel(sql_type = Text)]
            kind: String,
            #[diesel(sql_type = Text)]
            value: String,
        }
        if self.links.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (contacts, times): (Vec<_>, Vec<_>) = self.links.values().copied().unzip();
        let insert = diesel::sql_query(INSERT)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(self.links.keys().map(|key| key.0).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(self.links.keys().map(|key| key.1).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(self.links.keys().map(|key| key.2).collect::<Vec<_>>())
            .bind::<Array<Uuid>, _>(contacts)
            .bind::<Array<Timestamptz>, _>(times);
        let linked: Vec<Linked> = Kept(insert).load(tx.conn()).await?;
        let linked: BTreeSet<(AccountId, &str, &str)> = linked
            .iter()
            .map(|row| (row.account_id, row.kind.as_str(), row.value.as_str()))
            .collect();
        Ok(self
            .links
            .keys()
            .filter(|key| !linked.contains(*key))
            .copied()
            .collect())
    }
}

async fn find(tx: &mut TenantTx<'_>, keys: &BTreeSet<Key<'_>>) -> QueryResult<Vec<Known>> {
    // Each look-up by itself (LATERAL ... LIMIT 1): whatever a kept plan believes of the tables' sizes, it goes by the key.
    const FIND: &str = "
        SELECT k.account_id, k.kind, k.value, i.contact_id, p.name IS NULL AS nameless, c.id AS conversation_id
        FROM unnest($2, $3, $4) AS k (account_id, kind, value)
        CROSS JOIN LATERAL (SELECT contact_id FROM contact_identities
            WHERE organization_id = $1 AND account_id = k.account_id AND kind = k.kind AND value = k.value LIMIT 1) i
        CROSS JOIN LATERAL (SELECT name FROM contacts WHERE organization_id = $1 AND id = i.contact_id LIMIT 1) p
        LEFT JOIN LATERAL (SELECT id FROM conversations
            WHERE organization_id = $1 AND account_id = k.account_id AND contact_id = i.contact_id LIMIT 1) c ON true";
    let find = diesel::sql_query(FIND)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(keys.iter().map(|key| key.0).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(keys.iter().map(|key| key.1).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(keys.iter().map(|key| key.2).collect::<Vec<_>>());
    Kept(find).load(tx.conn()).await
}

/// Another process made the same persons meanwhile; the keys of their ids decided. Persons of ours whose first id was taken are
/// removed again: who stands in their place is returned.
async fn give_way(
    tx: &mut TenantTx<'_>,
    taken: &BTreeSet<Key<'_>>,
    shown: &[Shown<'_>],
    persons: &[Person],
    book: &Book<'_>,
) -> QueryResult<HashMap<ContactId, Person>> {
    let found = find(tx, taken).await?;
    let winners = by_key(&found);
    let mut instead = HashMap::new();
    for (one, person) in shown.iter().zip(persons) {
        let ours = book.contacts.contains_key(&person.contact);
        if let Some(winner) = keys(*one).next().and_then(|first| winners.get(&first))
            && ours
        {
            instead.entry(person.contact).or_insert(winner.person());
        }
    }
    remove(tx, instead.keys().copied().collect()).await?;
    Ok(instead)
}

/// Removes persons that this transaction made.
async fn remove(tx: &mut TenantTx<'_>, ids: Vec<ContactId>) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::delete(contact_identities::table)
        .filter(contact_identities::organization_id.eq(tx.organization()))
        .filter(contact_identities::contact_id.eq_any(&ids))
        .execute(tx.conn())
        .await?;
    diesel::delete(contacts::table)
        .filter(contacts::organization_id.eq(tx.organization()))
        .filter(contacts::id.eq_any(&ids))
        .execute(tx.conn())
        .await
        .map(|_| ())
}
