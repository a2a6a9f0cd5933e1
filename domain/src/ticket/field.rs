//! Which events set which fields of a ticket: the one place that says so.

use super::TicketEvent;

/// A field of a ticket that events set, by its name in answers.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// The problem in a line.
    Title,
    /// The problem in full.
    Description,
    /// How pressing the requester says it is.
    Urgency,
    /// How many are affected.
    Impact,
    /// What agents work by.
    Priority,
    /// Where the priority comes from.
    PrioritySource,
    /// Where the ticket stands.
    Status,
    /// The department responsible.
    Department,
    /// What it is about.
    #[strum(to_string = "category_id", serialize = "category")]
    Category,
    /// Where it is.
    #[strum(to_string = "building_id", serialize = "building")]
    Building,
    /// The organization it was filed in.
    #[strum(to_string = "organization_id", serialize = "organization")]
    Organization,
    /// The team whose work it is.
    #[strum(to_string = "team_id", serialize = "team")]
    Team,
    /// The words it is marked with.
    Tags,
    /// Who filed it.
    #[strum(to_string = "user_id", serialize = "requester")]
    Requester,
    /// The agent responsible.
    #[strum(to_string = "assignee_id", serialize = "assignee")]
    Assignee,
    /// Whether misuse is suspected.
    MisuseFlag,
    /// When it was resolved.
    ResolvedAt,
    /// When it was closed.
    ClosedAt,
    /// As what somebody resolved it.
    ResolvedBy,
    /// What solved it.
    Resolution,
    /// What solved it, as a code.
    ResolutionCode,
    /// How often it was reopened.
    ReopenCount,
    /// The ticket it was merged into.
    MergedInto,
    /// The requester's judgement.
    FeedbackRating,
    /// The requester's judgement in words.
    FeedbackComment,
}

impl Field {
    /// All of them.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Its name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl TicketEvent {
    /// The fields that it may have given another value. Whether it did depends on what was before: an assignment
    /// changes the status of an open ticket only. A creation sets all of them.
    #[must_use]
    pub fn sets(&self) -> &'static [Field] {
        use Field as F;
        match self {
            Self::TicketCreated { .. } => Field::ALL,
            Self::TicketDetailsEdited { title: Some(_), description: Some(_) } => &[F::Title, F::Description],
            Self::TicketDetailsEdited { title: Some(_), description: None } => &[F::Title],
            Self::TicketDetailsEdited { title: None, .. } => &[F::Description],
            Self::PriorityChanged { .. } => &[F::Urgency, F::Impact, F::Priority, F::PrioritySource],
            Self::TicketTransferred { .. } => &[F::Department, F::Team, F::Assignee, F::Status],
            Self::TicketAssigned { .. } => &[F::Assignee, F::Status],
            Self::TicketUnassigned {} => &[F::Team, F::Assignee, F::Status],
            Self::TeamAssigned { .. } => &[F::Team],
            Self::CategoryChanged { .. } => &[F::Category],
            Self::BuildingChanged { .. } => &[F::Building],
            Self::TagsChanged { .. } => &[F::Tags],
            Self::StatusChanged { .. } => &[F::Status],
            Self::TicketResolved { .. } => {
                &[F::Status, F::ResolvedAt, F::ResolvedBy, F::Resolution, F::ResolutionCode]
            }
            Self::TicketClosed { .. } | Self::MisuseConfirmed { .. } => &[F::Status, F::ClosedAt],
            Self::TicketReopened { .. } => &[
                F::Status,
                F::ResolvedAt,
                F::ClosedAt,
                F::ResolvedBy,
                F::Resolution,
                F::ResolutionCode,
                F::ReopenCount,
            ],
            Self::FeedbackGiven { .. } => &[F::FeedbackRating, F::FeedbackComment],
            Self::TicketRouted { .. } => &[F::Department],
            Self::TicketFlagged { .. } | Self::FlagCleared {} => &[F::MisuseFlag],
            Self::TicketMerged { .. } | Self::TicketUnmerged { .. } => {
                &[F::Status, F::ClosedAt, F::MergedInto]
            }
            // Screening sets nothing by itself. Which followers and links are shown depends on who looks.
            Self::TicketScreened { .. }
            | Self::TicketFollowed { .. }
            | Self::TicketUnfollowed { .. }
            | Self::TicketSplit { .. }
            | Self::TicketLinked { .. }
            | Self::TicketUnlinked { .. } => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_by_its_name_in_answers_and_by_the_word_that_filters_use() {
        for field in Field::ALL {
            assert_eq!(field.name().parse(), Ok(*field));
        }
        assert_eq!("assignee".parse(), Ok(Field::Assignee));
        assert_eq!("requester".parse(), Ok(Field::Requester));
        assert_eq!(Field::Assignee.name(), "assignee_id");
        assert_eq!("category".parse(), Ok(Field::Category));
        assert!("colour".parse::<Field>().is_err());
    }
}
