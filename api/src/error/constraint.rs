//! Constraints become conflicts where the insert is: the database decides uniqueness, nobody looks first.

use diesel::result::{DatabaseErrorKind, Error};

use super::ApiError;

/// Turns the violation of a named constraint into an API error; every other error passes as it would without.
pub trait OnConstraint<T> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> ApiError) -> Result<T, ApiError>;
}

impl<T> OnConstraint<T> for Result<T, Error> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> ApiError) -> Result<T, ApiError> {
        use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, UniqueViolation};
        self.map_err(|sql| match &sql {
            Error::DatabaseError(UniqueViolation | ForeignKeyViolation | CheckViolation, info)
                if info.constraint_name() == Some(name) =>
            {
                error()
            }
            _ => ApiError::from(sql),
        })
    }
}
