//! The transaction inside one organization.

use diesel_async::AsyncPgConnection;

use crate::ids::OrganizationId;

/// A proof that work inside an organization is allowed: a verified membership, an account that process found in the
/// directory, a job row, or an organization that is being made. Each of these types keeps its organization private, so
/// that nobody can make one from an id that came with a request.
pub trait InOrganization {
    fn organization_id(&self) -> OrganizationId;
}

/// A transaction inside one organization: the row-level-security variable is set, transaction-locally (R47).
pub struct TenantTx<'c> {
    connection: &'c mut AsyncPgConnection,
    organization: OrganizationId,
}

impl<'c> TenantTx<'c> {
    pub(super) fn new(connection: &'c mut AsyncPgConnection, organization: OrganizationId) -> Self {
        Self {
            connection,
            organization,
        }
    }

    /// Every statement names this id: it is the index and, one day, the route (scale-out rules).
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        self.connection
    }
}
