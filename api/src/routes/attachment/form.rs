//! The form that a file comes in.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use domain::attachment::{Kind, Uploaded, clean};
use domain::id::UserId;
use infrastructure::attachments::Upload;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};

/// How much of what is refused is read so that its sender gets to hear that it is.
const LONGEST_DROPPED: usize = 32 * 1024 * 1024;

/// A form with one file.
#[derive(ToSchema)]
pub(super) struct FileForm {
    /// The file; the name of the field does not matter, that of the file does.
    #[expect(dead_code, reason = "it is read as it comes")]
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The form of a request, to be read.
pub(super) struct Form(Multipart);

impl FromRequest<Desk> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Problem> {
        let form = Multipart::from_request(request, desk).await;
        form.map(Self).map_err(|_| {
            Problem::unsupported_media_type("the body must be a form, with Content-Type: multipart/form-data")
        })
    }
}

/// A file that has come wholly and is not finished.
struct Come {
    upload: Upload,
    name: String,
    kind: Kind,
}

impl Form {
    /// Stores the one file in it, uploaded by `uploader` for the ticket of this stream and requester, or for any.
    pub(super) async fn stored(
        mut self,
        desk: &Desk,
        uploader: UserId,
        ticket: Option<(Uuid, UserId)>,
    ) -> Answer<Uploaded> {
        let come = match self.read(desk, uploader).await {
            Ok(come) => come,
            Err(problem) => {
                self.drop_rest().await;
                return Err(problem);
            }
        };
        Ok(come.upload.finish(come.name, come.kind, ticket).await?)
    }

    async fn read(&mut self, desk: &Desk, uploader: UserId) -> Answer<Come> {
        let mut come = None;
        while let Some(field) = self.0.next_field().await.map_err(|error| broken(&error))? {
            if come.is_some() {
                return Err(Problem::invalid("a form must hold one file; upload others by themselves"));
            }
            come = Some(file(desk, uploader, field).await?);
        }
        let come = come.ok_or_else(|| Problem::invalid("the form holds no file"))?;
        if come.upload.size() == 0 {
            return Err(Problem::invalid("the file is empty"));
        }
        Ok(come)
    }

    /// A client that is still sending when the connection ends never sees why.
    async fn drop_rest(&mut self) {
        let mut dropped = 0;
        while let Ok(Some(mut field)) = self.0.next_field().await {
            while let Ok(Some(piece)) = field.chunk().await {
                dropped += piece.len();
                if dropped > LONGEST_DROPPED {
                    return;
                }
            }
        }
    }
}

async fn file(desk: &Desk, uploader: UserId, mut field: Field<'_>) -> Answer<Come> {
    let given =
        field.file_name().ok_or_else(|| Problem::invalid("the form holds something that is no file"))?;
    let name = clean(given).ok_or_else(|| Problem::invalid("the file has no name that can be used"))?;
    let kind = Kind::of_name(&name).ok_or_else(other_kind)?;
    let mut upload = desk.attachments.upload(uploader).await?;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        upload.write(&piece).await?;
    }
    Ok(Come { upload, name, kind })
}

fn broken(error: &MultipartError) -> Problem {
    tracing::debug!(%error, "An upload broke off");
    Problem::malformed("the form cannot be read to its end")
}

/// 415, with what is allowed.
pub(crate) fn other_kind() -> Problem {
    let allowed = Kind::allowed();
    let message = format!("a file must be what the ending of its name says, one of: {}", allowed.join(" "));
    Problem::unsupported_media_type(message).detail("allowed", allowed)
}
