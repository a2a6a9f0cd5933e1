//! What everybody reads in the history of a ticket, where it is something else than what staff do.

/// The type and the words for everybody, where they are others than those for staff: as of the event's public part. `to` is what
/// was since.
pub(crate) fn for_everybody(event_type: &str, to: Option<&str>) -> Option<(&'static str, String)> {
    match event_type {
        "TicketMerged" => Some(("TicketClosed", "Closed".to_owned())),
        "TicketUnmerged" => {
            let to = to.unwrap_or_default();
            Some(("StatusChanged", format!("Status changed from closed to {to}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::access::Caller;
    use domain::event::{Event, Recorded};
    use domain::id::TicketId;
    use domain::ticket::TicketEvent;
    use domain::ticket::values::Status;
    use infrastructure::projection::fold;
    use uuid::Uuid;

    use super::*;
    use crate::ticket_history::{HistoryRow, TicketHistory};

    fn entry(event: Event) -> HistoryRow {
        let at = DateTime::UNIX_EPOCH;
        let recorded = Recorded {
            position: 1,
            event_id: Uuid::nil(),
            stream: TicketId::new(at, 1).stream(),
            version: 1,
            occurred_at: at,
            recorded_at: at,
            actor: Caller::System("test").actor(),
            via: "test".into(),
            command_id: Uuid::nil(),
            causation_id: None,
            correlation_id: Uuid::nil(),
            event,
        };
        fold::<TicketHistory>([&recorded]).expect("a history").pop().expect("an entry")
    }

    #[test]
    fn everybody_reads_of_a_merge_what_its_public_part_says() {
        let at = DateTime::UNIX_EPOCH;
        for event in [
            TicketEvent::TicketMerged { into: TicketId::new(at, 2), at },
            TicketEvent::TicketUnmerged { to: Status::Assigned },
        ] {
            let event = Event::from(event);
            let mut row = entry(event.clone());
            assert!(
                !row.description.contains("TKT-") && row.became.as_ref().is_none_or(|to| to == "assigned")
            );
            let (event_type, description) =
                for_everybody(&row.event_type, row.became.as_deref()).expect("other words");
            (row.event_type, row.description) = (event_type.to_owned(), description);
            assert_eq!(row, entry(event.public_part().expect("a public part")));
        }
    }
}
