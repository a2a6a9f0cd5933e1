//! Activity: what people did besides, recorded as it is; there is nothing to decide.

use domain::activity::ActivityEvent;
use domain::event::StreamType;
use uuid::Uuid;

use crate::ledger::{AppendError, Appended, Quota, StreamAppend};
use crate::{Commands, Error, Request};

impl Commands {
    /// Records `events`, all of them or none. With a `quota` only so many: none is recorded, and none given, when it
    /// is used up.
    ///
    /// # Errors
    /// The log does not accept them, or one is about a person who was erased.
    pub async fn record(
        &self,
        request: &Request,
        events: Vec<ActivityEvent>,
        quota: Option<Quota>,
    ) -> Result<Option<Appended>, Error> {
        let streams = events.into_iter().map(|event| StreamAppend {
            stream: Uuid::now_v7(),
            stream_type: StreamType::Activity,
            expected: 0,
            events: vec![event.into()],
        });
        let mut append = request.append(streams.collect());
        append.quota = quota;
        match self.ledger.append(append).await {
            Ok(appended) => Ok(Some(appended)),
            Err(AppendError::QuotaExceeded { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
