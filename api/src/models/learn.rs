//! Learning where tickets belong and what they are about from what people said of them: trained on older ones, measured on the newest.

use chrono::{DateTime, Utc};
use domain::share::thousandths;
use engine::evaluation::Verdicts;
use engine::routing::Router;
use engine::training::{CannotTrain, Kind, RouterOptions, train_router};
use projections::corrections::Labelled;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The part of the tickets that is held out: the newest fifth.
const HELD_OUT: usize = 5;
/// How many tickets are needed: with fewer a figure is chance.
const FEWEST: usize = 40;
/// How often a ticket counts that a person put right: the model in use was wrong about it.
const CORRECTED: usize = 3;

/// A router that was learned, and what it is worth.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) router: Router,
    pub(super) from: DateTime<Utc>,
    pub(super) held_out_from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) department: Worth,
    /// None if there was too little to learn of categories: what the router knows of them stays as it was.
    pub(super) category: Option<CategoryWorth>,
}

/// What a part of a model is worth on the tickets held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Worth {
    /// How many tickets it was trained from.
    pub examples: usize,
    /// How many of them a person had put right.
    pub corrections: usize,
    /// How many tickets were held out.
    pub held_out: usize,
    /// Which part of those it says the same of as people did.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.91)]
    pub accuracy: f64,
    /// Which part of those the model does that was in use when this one was trained.
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.84)]
    pub baseline: f64,
    /// `labels`, and `counts`: for each of them as people said how often each was given.
    #[schema(value_type = Object)]
    pub confusion: Value,
}

/// What was learned of categories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CategoryWorth {
    /// What it is worth.
    #[serde(flatten)]
    #[schema(inline)]
    pub worth: Worth,
    /// Whether the model tells categories by it: only if it was better than what there was.
    pub is_used: bool,
}

/// Why nothing was learned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LearnError {
    /// There are too few tickets.
    #[error("there are {0} tickets that people moved or resolved, and {FEWEST} are needed")]
    TooFew(usize),
    /// They do not tell anything apart.
    #[error("the tickets are all of one department")]
    OneDepartment,
}

/// A text and what people said of it.
struct Example {
    text: String,
    label: String,
    is_corrected: bool,
    at: DateTime<Utc>,
}

/// A router that goes on from `base`, learned from `tickets`, which are in the order in which they were filed. The same tickets give
/// the same router.
pub(super) fn learn(tickets: &[Labelled], base: &Router, version: i32) -> Result<Learned, LearnError> {
    let theirs: Vec<Example> = tickets.iter().filter_map(routed).collect();
    let (Some(first), Some(last)) = (theirs.first(), theirs.last()) else {
        return Err(LearnError::TooFew(0));
    };
    if theirs.len() < FEWEST {
        return Err(LearnError::TooFew(theirs.len()));
    }
    let version = u32::try_from(version).unwrap_or_default() + 1;
    let options = |base, kind| RouterOptions { base: Some(base), kind, version, ..RouterOptions::default() };
    let (mut router, department) =
        part(&theirs, &options(base, Kind::Department)).map_err(|_| LearnError::OneDepartment)?;
    let topical: Vec<Example> = tickets.iter().filter_map(|ticket| about(ticket, base)).collect();
    let mut category = None;
    if topical.len() >= FEWEST
        && let Ok((better, worth)) = part(&topical, &options(&router, Kind::Category))
    {
        let is_used = worth.accuracy > worth.baseline;
        if is_used {
            router = better;
        }
        category = Some(CategoryWorth { worth, is_used });
    }
    let (_, held_out) = split(&theirs);
    Ok(Learned {
        router,
        from: first.at,
        held_out_from: held_out.first().map_or(last.at, |ticket| ticket.at),
        until: last.at,
        department,
        category,
    })
}

/// What a ticket says of departments, if people said where it belongs.
fn routed(ticket: &Labelled) -> Option<Example> {
    let label = ticket.department.clone();
    let is_corrected = ticket.is_corrected;
    (is_corrected || ticket.is_done).then(|| Example {
        text: text(ticket),
        label,
        is_corrected,
        at: ticket.created_at,
    })
}

/// What a ticket says of categories, if people said what it is about.
fn about(ticket: &Labelled, base: &Router) -> Option<Example> {
    let code = ticket.category.as_deref()?;
    // A category that the model knows by its name is that one, not another.
    let known = |word: &str| base.categories().find(|label| plain(label) == plain(word));
    let label = known(code).or_else(|| known(ticket.category_name.as_deref()?)).unwrap_or(code).to_owned();
    let is_corrected = ticket.is_recategorised;
    (is_corrected || ticket.is_done).then(|| Example {
        text: text(ticket),
        label,
        is_corrected,
        at: ticket.created_at,
    })
}

/// A name as categories are found by it.
fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn text(ticket: &Labelled) -> String {
    format!("{}\n{}", ticket.title, ticket.description)
}

/// Those that are learned from, and those that are held out.
fn split(examples: &[Example]) -> (&[Example], &[Example]) {
    examples.split_at(examples.len() - examples.len() / HELD_OUT)
}

/// A router that learned one thing more from `examples`, and what that is worth.
fn part(examples: &[Example], options: &RouterOptions<'_>) -> Result<(Router, Worth), CannotTrain> {
    let (known, held_out) = split(examples);
    let mut taught = Vec::new();
    for example in known {
        let times = if example.is_corrected { CORRECTED } else { 1 };
        taught.extend(std::iter::repeat_n((example.text.as_str(), example.label.as_str()), times));
    }
    let router = train_router(&taught, options)?;
    let (accuracy, confusion) = measured(&router, options.kind, held_out);
    let baseline = options.base.map_or(0.0, |base| measured(base, options.kind, held_out).0);
    let worth = Worth {
        examples: known.len(),
        corrections: known.iter().filter(|example| example.is_corrected).count(),
        held_out: held_out.len(),
        accuracy,
        baseline,
        confusion,
    };
    Ok((router, worth))
}

/// Which part of `examples` the router says the same of as people did, and what it said of which.
fn measured(router: &Router, kind: Kind, examples: &[Example]) -> (f64, Value) {
    let said = |example: &Example| {
        let routing = router.route(&example.text);
        match kind {
            Kind::Department => routing.department,
            Kind::Category => routing.category.map(|(label, _)| label).unwrap_or_default(),
        }
    };
    let given: Vec<String> = examples.iter().map(said).collect();
    let mut labels: Vec<&str> =
        examples.iter().map(|example| &*example.label).chain(given.iter().map(String::as_str)).collect();
    labels.sort_unstable();
    labels.dedup();
    let place = |label: &str| labels.iter().position(|one| *one == label).unwrap_or_default();
    let mut verdicts = Verdicts::new(&labels);
    for (example, given) in examples.iter().zip(&given) {
        verdicts.add(place(&example.label), place(given));
    }
    (thousandths(verdicts.accuracy()), json!({ "labels": labels, "counts": verdicts.confusion() }))
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
            category: None,
            category_name: None,
            created_at: DateTime::UNIX_EPOCH + TimeDelta::hours(number),
            is_done: !is_corrected,
            is_corrected,
            is_recategorised: false,
        }
    }

    fn mixed() -> Vec<Labelled> {
        let tickets = (0..100).map(|number| match number % 2 {
            0 => ticket(number, "The forklift battery is flat again", "FACILITIES", true),
            _ => ticket(number, "VPN does not connect", "IT", false),
        });
        tickets.collect()
    }

    #[test]
    fn what_people_put_right_is_learned_and_measured_on_the_newest() {
        let tickets = mixed();
        let base = Engine::shipped().router();
        let learned = learn(&tickets, base, 1).expect("learned");
        let worth = &learned.department;
        assert_eq!((worth.examples, worth.corrections, worth.held_out), (80, 40, 20));
        assert!(worth.accuracy > 0.95 && worth.baseline <= 0.5, "{worth:?}");
        assert_eq!(learned.router.route("The forklift battery is flat").department, "FACILITIES");
        assert_eq!(learned.held_out_from, tickets[80].created_at);
        let again = learn(&tickets, base, 1).expect("learned");
        assert_eq!(again.router.to_bytes(), learned.router.to_bytes());
        let kept = Router::from_bytes(&learned.router.to_bytes()).expect("a router");
        assert_eq!(kept.name(), learned.router.name());
        assert_eq!(learned.category, None, "nobody said what they are about");
        let text = "The printer is out of toner";
        assert_eq!(kept.route(text).category, base.route(text).category);
    }

    #[test]
    fn what_tickets_are_about_is_learned_beside_whose_they_are() {
        let base = Engine::shipped().router();
        let shipped = base.categories().next().expect("a category").to_owned();
        let mut tickets = mixed();
        for ticket in &mut tickets {
            let (code, name) = if ticket.is_corrected {
                ("FORKLIFTS", "Forklifts")
            } else {
                ("C7", &*shipped.to_uppercase())
            };
            (ticket.category, ticket.category_name) = (Some(code.to_owned()), Some(name.to_owned()));
            ticket.is_recategorised = ticket.is_corrected;
        }
        let learned = learn(&tickets, base, 1).expect("learned");
        let CategoryWorth { worth, is_used } = learned.category.expect("learned");
        assert!(is_used && worth.accuracy > 0.95 && worth.baseline <= 0.5, "{worth:?}");
        assert_eq!((worth.examples, worth.corrections, worth.held_out), (80, 40, 20));
        let labels = worth.confusion["labels"].to_string();
        assert!(
            labels.contains("FORKLIFTS") && labels.contains(&shipped) && !labels.contains("C7"),
            "{labels}"
        );
        let kept = Router::from_bytes(&learned.router.to_bytes()).expect("a router");
        let (category, likely) = kept.route("The forklift battery is flat").category.expect("a category");
        assert!(category == "FORKLIFTS" && likely > 0.6, "{category} {likely}");
        // What was no better than before is not taken over, and departments are learned all the same.
        let again = learn(&tickets, &kept, 2).expect("learned");
        assert_eq!(again.category.map(|category| category.is_used), Some(false));
        assert_eq!(again.router.route("VPN").category, kept.route("VPN").category);
    }

    #[test]
    fn of_too_little_nothing_is_learned() {
        let base = Engine::shipped().router();
        assert_eq!(learn(&[], base, 1).err(), Some(LearnError::TooFew(0)));
        let few: Vec<Labelled> = (0..39).map(|number| ticket(number, "VPN", "IT", false)).collect();
        assert_eq!(learn(&few, base, 1).err(), Some(LearnError::TooFew(39)));
    }
}
