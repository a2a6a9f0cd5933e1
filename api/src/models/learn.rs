//! Learning where tickets belong from what people said of them: trained on older ones, measured on the newest.

use chrono::{DateTime, Utc};
use domain::share::thousandths;
use engine::evaluation::Verdicts;
use engine::routing::Router;
use engine::training::{RouterOptions, train_router};
use projections::corrections::Labelled;
use serde_json::{Value, json};

/// The part of the tickets that is held out: the newest fifth.
const HELD_OUT: usize = 5;
/// How many tickets are needed: with fewer a figure is chance.
const FEWEST: usize = 40;
/// How often a ticket counts that a person moved: the model in use was wrong about it.
const CORRECTED: usize = 3;

/// A router that was learned, and what it is worth.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) router: Router,
    pub(crate) from: DateTime<Utc>,
    pub(crate) held_out_from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) examples: usize,
    pub(crate) corrections: usize,
    pub(crate) held_out: usize,
    pub(crate) accuracy: f64,
    pub(crate) baseline: f64,
    pub(crate) confusion: Value,
}

/// Why nothing was learned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LearnError {
    /// There are too few tickets.
    #[error("there are {0} tickets that people moved or resolved, and {FEWEST} are needed")]
    TooFew(usize),
    /// They do not tell anything apart.
    #[error("the tickets are all of one department")]
    OneDepartment,
}

/// A router that goes on from `base`, learned from `tickets`, which are in the order in which they were filed. The same tickets give
/// the same router.
pub(crate) fn learn(tickets: &[Labelled], base: &Router, version: i32) -> Result<Learned, LearnError> {
    let (Some(first), Some(last)) = (tickets.first(), tickets.last()) else {
        return Err(LearnError::TooFew(0));
    };
    if tickets.len() < FEWEST {
        return Err(LearnError::TooFew(tickets.len()));
    }
    let (known, held_out) = tickets.split_at(tickets.len() - tickets.len() / HELD_OUT);
    let texts: Vec<String> = known.iter().map(text).collect();
    let mut examples = Vec::new();
    for (ticket, text) in known.iter().zip(&texts) {
        let times = if ticket.is_corrected { CORRECTED } else { 1 };
        examples.extend(std::iter::repeat_n((text.as_str(), ticket.department.as_str()), times));
    }
    let options = RouterOptions {
        base: Some(base),
        version: u32::try_from(version).unwrap_or_default() + 1,
        ..RouterOptions::default()
    };
    let router = train_router(&examples, &options).map_err(|_| LearnError::OneDepartment)?;
    let (accuracy, confusion) = measured(&router, held_out);
    let (baseline, _) = measured(base, held_out);
    Ok(Learned {
        router,
        from: first.created_at,
        held_out_from: held_out.first().map_or(last.created_at, |ticket| ticket.created_at),
        until: last.created_at,
        examples: known.len(),
        corrections: known.iter().filter(|ticket| ticket.is_corrected).count(),
        held_out: held_out.len(),
        accuracy,
        baseline,
        confusion,
    })
}

fn text(ticket: &Labelled) -> String {
    format!("{}\n{}", ticket.title, ticket.description)
}

/// Which part of `tickets` the router gives to whom people did, and which department was given for which.
fn measured(router: &Router, tickets: &[Labelled]) -> (f64, Value) {
    let given: Vec<String> = tickets.iter().map(|ticket| router.route(&text(ticket)).department).collect();
    let mut labels: Vec<&str> = tickets
        .iter()
        .map(|ticket| ticket.department.as_str())
        .chain(given.iter().map(String::as_str))
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let place = |label: &str| labels.iter().position(|one| *one == label).unwrap_or_default();
    let mut verdicts = Verdicts::new(&labels);
    for (ticket, given) in tickets.iter().zip(&given) {
        verdicts.add(place(&ticket.department), place(given));
    }
    let accuracy = thousandths(verdicts.accuracy());
    (accuracy, json!({ "labels": labels, "counts": verdicts.confusion() }))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use engine::Engine;

    use super::*;

    fn ticket(number: i64, title: &str, department: &str, is_corrected: bool) -> Labelled {
        Labelled {
            title: title.to_owned(),
            description: format!("Case {number}."),
            department: department.to_owned(),
            created_at: DateTime::UNIX_EPOCH + TimeDelta::hours(number),
            is_corrected,
        }
    }

    #[test]
    fn what_people_put_right_is_learned_and_measured_on_the_newest() {
        let tickets: Vec<Labelled> = (0..100)
            .map(|number| match number % 2 {
                0 => ticket(number, "The forklift battery is flat again", "FACILITIES", true),
                _ => ticket(number, "VPN does not connect", "IT", false),
            })
            .collect();
        let base = Engine::shipped().router();
        let learned = learn(&tickets, base, 1).expect("learned");
        assert_eq!((learned.examples, learned.corrections, learned.held_out), (80, 40, 20));
        assert!(
            learned.accuracy > 0.95 && learned.baseline <= 0.5,
            "{} {}",
            learned.accuracy,
            learned.baseline
        );
        assert_eq!(learned.router.route("The forklift battery is flat").department, "FACILITIES");
        assert_eq!(learned.held_out_from, tickets[80].created_at);
        let again = learn(&tickets, base, 1).expect("learned");
        assert_eq!(again.router.to_bytes(), learned.router.to_bytes());
        let kept = Router::from_bytes(&learned.router.to_bytes()).expect("a router");
        assert_eq!(kept.name(), learned.router.name());
    }

    #[test]
    fn of_too_little_nothing_is_learned() {
        let base = Engine::shipped().router();
        assert_eq!(learn(&[], base, 1).err(), Some(LearnError::TooFew(0)));
        let few: Vec<Labelled> = (0..39).map(|number| ticket(number, "VPN", "IT", false)).collect();
        assert_eq!(learn(&few, base, 1).err(), Some(LearnError::TooFew(39)));
    }
}
