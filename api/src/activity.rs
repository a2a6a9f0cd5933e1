//! Noting what people do besides changing tickets and accounts, with where they were and what with.

use std::convert::Infallible;

use application::Request;
use application::ledger::Quota;
use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use chrono::{TimeDelta, Utc};
use domain::access::Caller;
use domain::activity::{ActivityEvent, device_of};
use domain::id::UserId;
use domain::sealed::Sealed;
use uuid::Uuid;

use crate::address::ClientAddress;
use crate::auth::admitted;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::problem::Answer;

/// Who is noted as acting while nobody has shown who they are.
const NOBODY_YET: Caller = Caller::System("sign_in");

/// What is noted of a request besides what it asks for: by whom, from where, with what.
#[derive(Debug, Clone)]
pub(crate) struct RequestInfo {
    /// Who asks; the desk itself as long as nobody is known to.
    pub(crate) by: Caller,
    /// From where.
    pub(crate) address: ClientAddress,
    device: Option<String>,
    correlation_id: Uuid,
}

impl FromRequestParts<Desk> for RequestInfo {
    type Rejection = Infallible;

    /// To be read behind [`Signed`](crate::auth::Signed), where somebody has to be signed in.
    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Ok(Self {
            by: admitted(&parts.extensions).map_or(NOBODY_YET, |signed| signed.caller.clone()),
            address: ClientAddress::of(desk, &parts.headers, &parts.extensions),
            device: user_agent.and_then(|text| device_of(&text)),
            correlation_id: Exchange::of(&parts.extensions).request_id(),
        })
    }
}

impl RequestInfo {
    /// From where, for the record of `user`.
    pub(crate) fn address_of(&self, user: UserId) -> Sealed {
        Sealed::new(user, self.address.ip().to_string())
    }

    /// With what, for the record of `user`; none if their program does not say.
    pub(crate) fn device_of(&self, user: UserId) -> Option<Sealed> {
        self.device().map(|device| Sealed::new(user, device))
    }

    /// With what, as their program says it.
    pub(crate) fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    /// A command of theirs that nobody repeats.
    pub(crate) fn request(&self) -> Request {
        let once = Request::once(self.by.clone(), Utc::now(), "api", Uuid::now_v7());
        Request { correlation_id: self.correlation_id, ..once }
    }

    /// The same request, by somebody who has just shown who they are.
    pub(crate) fn by(&self, caller: Caller) -> Self {
        Self { by: caller, ..self.clone() }
    }
}

impl Desk {
    /// Records what somebody did, before they are answered.
    ///
    /// # Errors
    /// It cannot be recorded; then it must not be done, either.
    pub(crate) async fn record(&self, info: &RequestInfo, event: ActivityEvent) -> Answer<()> {
        self.record_all(info, vec![event]).await
    }

    /// The same of several things, all or none.
    ///
    /// # Errors
    /// They cannot be recorded.
    pub(crate) async fn record_all(&self, info: &RequestInfo, events: Vec<ActivityEvent>) -> Answer<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.commands.record(&info.request(), events, None).await?;
        Ok(())
    }

    /// Records what somebody may do over and over, at most so many times a minute; `kind` says what counts
    /// together, of each person and of strangers.
    ///
    /// # Errors
    /// It cannot be recorded.
    pub(crate) async fn record_some(
        &self,
        info: &RequestInfo,
        event: ActivityEvent,
        kind: &str,
        a_minute: i32,
    ) -> Answer<()> {
        let whose = info.by.person().or(event.about()).unwrap_or_default();
        let key = Uuid::new_v5(&whose.0, kind.as_bytes());
        let quota = Quota { key, limit: a_minute, window: TimeDelta::minutes(1) };
        self.commands.record(&info.request(), vec![event], Some(quota)).await?;
        Ok(())
    }
}
