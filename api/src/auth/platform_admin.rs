//! The extractor of the platform's own pages. The right is given by the operator's command and by nothing else; it opens no organization.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::access::CurrentUser;
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult};
use crate::ids::UserId;
use crate::models::user::User;
use crate::state::AppState;

/// A signed-in user who is platform admin at this moment.
pub struct PlatformAdmin {
    pub id: UserId,
}

impl FromRequest for PlatformAdmin {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(request, payload);
        let state = request.app_data::<web::Data<AppState>>().cloned();
        Box::pin(async move {
            let user = user.await?;
            let state = state.ok_or_else(|| ApiError::internal("no state in the app"))?;
            let find = state.db.platform(async |tx: &mut PlatformTx<'_>| {
                Ok::<_, ApiError>(User::find(tx, user.id).await?)
            });
            if find.await?.is_some_and(|user| user.is_platform_admin) {
                Ok(Self { id: user.id })
            } else {
                Err(ApiError::Forbidden(
                    "Only admins of the whole installation may do this.",
                ))
            }
        })
    }
}
