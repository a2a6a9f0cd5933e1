//! How identities are written in rows that people read.

use domain::id::TicketId;
use serde::{Serialize, Serializer};
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

/// A ticket's id as people write it, `TKT-…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketName(pub TicketId);

impl From<Uuid> for TicketName {
    fn from(id: Uuid) -> Self {
        Self(TicketId::of_stream(id))
    }
}

impl Serialize for TicketName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl PartialSchema for TicketName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["TKT-1763700000000-4K9XQ2"])
            .description(Some("A ticket's id as people write it."))
            .into()
    }
}

impl utoipa::ToSchema for TicketName {}
