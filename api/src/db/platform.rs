//! The transaction on platform tables: identity, the directory, raw webhook events.

use diesel_async::AsyncPgConnection;

/// A transaction without an organization: row level security shows it no row of any tenant table.
pub struct PlatformTx<'c> {
    connection: &'c mut AsyncPgConnection,
}

impl<'c> PlatformTx<'c> {
    pub(super) fn new(connection: &'c mut AsyncPgConnection) -> Self {
        Self { connection }
    }

    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        self.connection
    }
}
