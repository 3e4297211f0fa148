//! The simulator's state, shared by its HTTP side and its Rust API, and how it finds whose call a call is.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::Value;

use super::account::{AccountSpec, Platform};
use super::courier::Courier;
use super::customers::Customers;
use super::errors::{self, GraphError};
use super::fault::Fault;
use super::ledger::{Effect, Ledger, Refusal};
use crate::clock::{lock, now_ms};
use crate::faults::Rules;
use crate::phone::Threads;

const MAX_ACCOUNTS: usize = 20_000;

pub struct Core {
    accounts: RwLock<Vec<Arc<AccountSpec>>>,
    pub customers: Mutex<Customers>,
    pub ledger: Mutex<Ledger>,
    pub faults: Mutex<Rules<Fault>>,
    pub threads: Mutex<Threads>,
    pub courier: Courier,
}

impl Core {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            accounts: RwLock::default(),
            customers: Mutex::default(),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            threads: Mutex::default(),
            courier: Courier::start()?,
        })
    }

    /// Adds an account or replaces the one with this platform and id. False when there are too many.
    pub fn put_account(&self, spec: AccountSpec) -> bool {
        let mut accounts = self
            .accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Arc<AccountSpec>| {
            known.platform == spec.platform && known.external_id == spec.external_id
        };
        if let Some(position) = accounts.iter().position(same) {
            accounts[position] = Arc::new(spec);
            return true;
        }
        let fits = accounts.len() < MAX_ACCOUNTS;
        if fits {
            accounts.push(Arc::new(spec));
        }
        fits
    }

    pub fn accounts(&self) -> Vec<Arc<AccountSpec>> {
        self.accounts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn accounts_where(&self, wanted: impl Fn(&AccountSpec) -> bool) -> Vec<Arc<AccountSpec>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts
            .iter()
            .filter(|account| wanted(account))
            .cloned()
            .collect()
    }

    pub fn account(&self, platform: Platform, external_id: &str) -> Option<Arc<AccountSpec>> {
        self.accounts_where(|account| {
            account.platform == platform && account.external_id == external_id
        })
        .into_iter()
        .next()
    }

    /// The account that a node names, whoever asks.
    pub fn account_of_node(&self, node: &str) -> Option<Arc<AccountSpec>> {
        self.accounts_where(|account| account.answers_to(node))
            .into_iter()
            .next()
    }

    /// The account that this token may act as under this node (`me` is the token's own). A page and the Instagram account
    /// linked to it share node and token; then `recipient` decides, as it does on the real platform.
    pub fn authorized(
        &self,
        node: &str,
        token: &str,
        recipient: &str,
    ) -> Result<Arc<AccountSpec>, GraphError> {
        let owned = self.accounts_where(|account| account.token == token);
        if owned.is_empty() {
            let platform = self.account_of_node(node).map(|account| account.platform);
            return Err(errors::token_invalid(platform));
        }
        let mut fitting: Vec<_> = owned
            .into_iter()
            .filter(|account| node == "me" || account.answers_to(node))
            .collect();
        let customers = lock(&self.customers);
        let knows =
            |account: &Arc<AccountSpec>| customers.find(&account.external_id, recipient).is_some();
        let position = fitting.iter().position(knows);
        let position = position
            .or_else(|| {
                fitting
                    .iter()
                    .position(|account| account.external_id == node)
            })
            .unwrap_or(0);
        if position < fitting.len() {
            Ok(fitting.swap_remove(position))
        } else {
            Err(errors::no_such_object("post", node))
        }
    }

    /// The accounts that a token belongs to.
    pub fn accounts_of_token(&self, token: &str) -> Vec<Arc<AccountSpec>> {
        self.accounts_where(|account| account.token == token)
    }

    /// The accounts of an app, if this is its app token (`id|secret`).
    pub fn accounts_of_app(&self, app_token: &str) -> Vec<Arc<AccountSpec>> {
        let Some((id, secret)) = app_token.split_once('|') else {
            return Vec::new();
        };
        self.accounts_where(|account| {
            account.app_id == id && !secret.is_empty() && account.app_secret == secret
        })
    }

    pub fn refuse(
        &self,
        account: Option<&str>,
        path: &str,
        raw: &str,
        status: Option<u16>,
        error: &Value,
        reason: &str,
    ) {
        let error = &error["error"];
        lock(&self.ledger).refuse(Refusal {
            seq: 0,
            time_ms: now_ms(),
            account: account.map(Into::into),
            path: path.into(),
            status,
            code: error["code"].as_i64(),
            subcode: error["error_subcode"].as_i64(),
            reason: error["message"].as_str().unwrap_or(reason).into(),
            raw: raw.into(),
        });
    }

    pub fn show_on_phone(&self, effect: &Effect) {
        let text = effect.text.as_deref().unwrap_or("[…]");
        lock(&self.threads).answered(&effect.account, &effect.recipient, text, effect.time_ms);
    }
}
