//! Reading everything that the oracle compares, when all has ended.

use std::collections::{BTreeMap, BTreeSet};

use super::Rig;
use super::server::Server;
use crate::Result;
use crate::facts::{Owner, Tokens, World};
use crate::load::{QUESTION, Traffic};

/// How the server's log says that a job's step has to be done again.
const STEP_FAILED: [&str; 2] = ["a step failed", "the lease was lost"];

impl Rig {
    /// The whole world after this traffic.
    pub async fn world(&mut self, traffic: &Traffic, exact_tokens: bool) -> Result<World> {
        for shop in &mut self.shops {
            shop.look_around().await?;
        }
        let failed = self.failed_steps();
        self.done.insert("failed steps", failed);
        let database = self.database().await?;
        let rows = database.world().await?;
        let dump = database.dump().await?;
        Ok(World {
            posted: traffic.posted.clone(),
            accounts: self.owners(),
            effects: self.graph.ledger().into_iter().map(Into::into).collect(),
            tokens: self.tokens(&database.charged().await?),
            exact_tokens: exact_tokens && failed == 0,
            leaks: self.leaks(&dump),
            ..rows
        })
    }

    fn owners(&self) -> BTreeMap<String, Owner> {
        let tokens = self.planted.all("platform token");
        let mut owners = BTreeMap::new();
        for shop in &self.shops {
            for account in &shop.accounts {
                // Also those that it had before it was reconnected: a new one is the old one with more behind it.
                let root = account.token.split("-again").next().unwrap_or_default();
                let own: BTreeSet<String> = tokens
                    .iter()
                    .filter(|token| token.starts_with(root))
                    .cloned()
                    .collect();
                let owner = Owner {
                    organization: shop.id.clone(),
                    tokens: own,
                };
                owners.insert(account.external_id.clone(), owner);
            }
        }
        owners
    }

    /// Only one shop asks the model, so that all that it reported is that shop's.
    fn tokens(&self, charged: &BTreeMap<String, i64>) -> BTreeMap<String, Tokens> {
        let asks_model = |account: &str| account.starts_with("10485761");
        let of = |shop: &super::Shop| {
            let asks = shop
                .accounts
                .iter()
                .any(|account| asks_model(&account.external_id));
            let reported = self.model.reported();
            let tokens = Tokens {
                calls: if asks { reported.len() } else { 0 },
                reported: if asks {
                    reported.iter().map(|usage| usage.total()).sum()
                } else {
                    0
                },
                charged: charged.get(&shop.id).copied().unwrap_or_default(),
            };
            (shop.id.clone(), tokens)
        };
        self.shops.iter().map(of).collect()
    }

    /// Whether some step could not write what it had done, so that it was done again.
    fn failed_steps(&self) -> usize {
        let failed = |line: &str| STEP_FAILED.iter().any(|words| line.contains(words));
        let logs = self.servers.iter().map(Server::log);
        logs.map(|log| log.lines().filter(|line| failed(line)).count())
            .sum()
    }

    /// R60, R65, R91: in rows, answers and logs; in logs nothing of what customers write either.
    fn leaks(&mut self, dump: &[(String, String)]) -> Vec<String> {
        let mut leaks = BTreeSet::new();
        for (table, row) in dump {
            leaks.extend(
                self.planted
                    .found_in(row)
                    .into_iter()
                    .map(|name| format!("{name} in a row of {table}")),
            );
        }
        for shop in &self.shops {
            for answer in shop.api.heard() {
                leaks.extend(
                    self.planted
                        .found_in(&answer)
                        .into_iter()
                        .map(|name| format!("{name} in an answer of the API")),
                );
            }
        }
        let log = self.postgres.log();
        let found = self.planted.found_in(&log).into_iter();
        leaks.extend(found.map(|name| format!("{name} in PostgreSQL's log")));
        for server in &self.servers {
            let log = server.log();
            leaks.extend(
                self.planted
                    .found_in(&log)
                    .into_iter()
                    .map(|name| format!("{name} in a log")),
            );
            if log.contains(QUESTION) {
                leaks.insert("a customer's text in a log".to_owned());
            }
            let panics = log.lines().filter(|line| line.contains("panicked")).count();
            if panics > 0 {
                self.trouble.push(format!(
                    "{panics} panics in the log of a server ({})",
                    server.role
                ));
            }
        }
        leaks.into_iter().collect()
    }
}
