//! What a ticket refers to in the catalogues, as columns and as answers.

use domain::catalogue::values::Code;
use domain::id::EntryId;
use domain::ticket::TicketEvent;
use infrastructure::projection::{Cells, Kind};
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::in_column::{InColumn, listed};

/// The columns, the last of each table that has them.
pub(crate) const COLUMNS: [(&str, Kind); 5] = [
    ("category", Kind::Uuid),
    ("building", Kind::Uuid),
    ("team", Kind::Uuid),
    ("organization", Kind::Uuid),
    ("tags", Kind::Text),
];

/// The entries that a ticket refers to.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub(crate) struct Labels {
    pub(crate) category: Option<Uuid>,
    pub(crate) building: Option<Uuid>,
    pub(crate) team: Option<Uuid>,
    pub(crate) organization: Option<Uuid>,
    pub(crate) tags: String,
}

fn id(entry: Option<EntryId>) -> Option<Uuid> {
    entry.map(|id| id.0)
}

impl Labels {
    /// Those of a ticket that was just created; none for any other event.
    pub(crate) fn created(event: &TicketEvent) -> Option<Self> {
        let TicketEvent::TicketCreated { category, building, organization, .. } = event else { return None };
        Some(Self {
            category: id(*category),
            building: id(*building),
            team: None,
            organization: id(*organization),
            tags: listed::<Code>(&[]),
        })
    }

    /// What `event` changes.
    pub(crate) fn apply(&mut self, event: &TicketEvent) {
        match event {
            TicketEvent::CategoryChanged { category } => self.category = id(*category),
            TicketEvent::BuildingChanged { building } => self.building = id(*building),
            TicketEvent::TeamAssigned { team } => self.team = id(*team),
            TicketEvent::TagsChanged { tags } => self.tags = listed(tags),
            TicketEvent::TicketTransferred { .. } | TicketEvent::TicketUnassigned {} => self.team = None,
            _ => {}
        }
    }

    /// The cells of [`COLUMNS`].
    pub(crate) fn cells(&self, cells: &mut Cells<'_>) {
        cells
            .uuid(self.category)
            .uuid(self.building)
            .uuid(self.team)
            .uuid(self.organization)
            .text(self.tags.as_str());
    }
}

/// What a ticket refers to; as it is, part of a response body.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromRow)]
pub struct ShownLabels {
    /// What it is about: a category.
    #[sqlx(rename = "category")]
    pub category_id: Option<Uuid>,
    /// The building where it is.
    #[sqlx(rename = "building")]
    pub building_id: Option<Uuid>,
    /// The team whose work it is.
    #[sqlx(rename = "team")]
    pub team_id: Option<Uuid>,
    /// The organization it was filed in.
    #[sqlx(rename = "organization")]
    pub organization_id: Option<Uuid>,
    /// The tags it is marked with, by code.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<String>, example = json!(["VPN", "WIFI"]))]
    pub tags: InColumn<String>,
}

impl From<Labels> for ShownLabels {
    fn from(labels: Labels) -> Self {
        Self {
            category_id: labels.category,
            building_id: labels.building,
            team_id: labels.team,
            organization_id: labels.organization,
            tags: labels.tags.into(),
        }
    }
}
