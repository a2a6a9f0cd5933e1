//! Chats: who may go on with which, and what is noted of them.

use application::Request;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use chrono::Utc;
use domain::access::Caller;
use domain::chat::{Chat, ChatCommand, Turn};
use domain::id::UserId;
use domain::knowledge::Readership;
use domain::knowledge::reception::UsedBy;
use domain::sealed::Sealed;
use uuid::Uuid;

use crate::answers::Answered;
use crate::auth::Signed;
use crate::context::Asked;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::problem::{Answer, Problem};

/// Whoever asks: somebody who is signed in, or anybody if the setting `self_serve_public` says so. A token that is not good is answered
/// 401 all the same.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// What they ask for; of somebody who is not signed in, by the desk itself.
    pub(crate) request: Request,
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        if <Signed as OptionalFromRequestParts<Desk>>::from_request_parts(parts, desk).await?.is_some() {
            let Asked(request) = <Asked as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
            return Ok(Self { request });
        }
        if !desk.settings().await?.self_serve_is_public() {
            return Err(Problem::unauthenticated("sign in: questions are not answered for everybody"));
        }
        let once = Request::once(Caller::System("visitor"), Utc::now(), "api", Uuid::new_v4());
        let correlation_id = Exchange::of(&parts.extensions).request_id();
        Ok(Self { request: Request { correlation_id, ..once } })
    }
}

impl Visitor {
    /// Who it is; none is somebody who is not signed in.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.request.by.person()
    }

    /// How far they see in the knowledge base.
    pub(crate) fn readers(&self) -> Readership {
        Readership::of(self.user().map(|_| &self.request.by))
    }
}

impl Desk {
    /// The chat that is called `id`, or a new one, if it is there for whoever asks. Whoever is not signed in has nothing but its id to
    /// show that it is theirs, so that has 122 random bits.
    ///
    /// # Errors
    /// There is none for them, or the log cannot be read.
    pub(crate) async fn chat_of(&self, request: &Request, id: Option<Uuid>) -> Answer<(Uuid, Chat)> {
        // The same request repeated begins the same chat.
        let begun = || Uuid::new_v5(&request.command_id, b"chat");
        let chat = id.unwrap_or_else(begun);
        let state = self.commands.load_chat(chat).await?.state.clone();
        state.admit(request.by.person(), id.is_none()).map_err(application::Error::refused)?;
        Ok((chat, state))
    }

    /// Notes that `question` was asked in `chat` and what it was answered. Both are sealed with the key of whoever asked.
    ///
    /// # Errors
    /// The chat is not theirs or is full.
    pub(crate) async fn say(
        &self,
        request: &Request,
        chat: Uuid,
        at: UsedBy,
        question: &str,
        answered: &Answered,
    ) -> Answer<()> {
        let subject = request.by.person().unwrap_or(UserId(chat));
        let Answered { kind, text, origin } = answered.clone();
        let (question, answer) = (Sealed::new(subject, question), Sealed::new(subject, text));
        let turn = Turn { at, question, kind, answer, origin };
        self.commands.chat(request, chat, ChatCommand::Answer(turn)).await?;
        self.note_uses(request, &answered.origin.sources, at).await;
        Ok(())
    }
}
