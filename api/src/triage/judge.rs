//! What the local engine makes of a ticket, in the words of events. It is computing: nothing is asked of anybody.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use chrono::TimeDelta;
use domain::access::Department;
use domain::catalogue::values::EntryKind;
use domain::share::thousandths;
use domain::ticket::values::{Finding, Harm, Urgency};
use domain::ticket::{Conclusion, Routing, Screening};
use engine::Engine;
use projections::catalogue;

use crate::desk::Desk;
use crate::problem::Answer;

/// What is said of a model that came to no conclusion.
const FAILED: &str = "the model failed: a person has to look";

/// Whose work a ticket is, as far as words can tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sorted {
    /// The code of the department, if the engine is sure.
    pub(super) department: Option<String>,
    /// The name of the category, if it is likely.
    pub(super) category: Option<String>,
    pub(super) urgency: Option<Urgency>,
    pub(super) by: Conclusion,
}

/// From which probability on a category is taken over: a wrong one misleads more than none.
const LIKELY: f32 = 0.6;

/// Whether a ticket is misuse. A model that fails leaves it in doubt.
pub(crate) fn screen(title: &str, description: &str) -> Screening {
    let (screened, took) = timed(|| Engine::shipped().screen(title, description));
    let Some(screened) = screened else {
        return Screening { found: Finding::Doubtful, harm: None, by: failed(took) };
    };
    let found = match (screened.harm, screened.is_sure) {
        (Some(_), true) => Finding::Harmful,
        (None, true) => Finding::Harmless,
        (_, false) => Finding::Doubtful,
    };
    let by = conclusion(screened.model, screened.confidence, &screened.reasons, took);
    Screening { found, harm: screened.harm.map(harm), by }
}

/// Whose work a ticket is, by the router of `engine`. A model that fails says nothing of it.
pub(crate) fn sort(engine: &Engine, title: &str, description: &str) -> Sorted {
    let (routed, took) = timed(|| engine.route(title, description));
    let Some(routed) = routed else {
        return Sorted { department: None, category: None, urgency: None, by: failed(took) };
    };
    let mut reasons = routed.reasons;
    let urgency = routed.urgency.map(|(read, words)| {
        reasons.extend(words);
        urgency(read)
    });
    Sorted {
        department: routed.is_sure.then_some(routed.department),
        category: routed.category.filter(|(_, likely)| *likely >= LIKELY).map(|(name, _)| name),
        urgency,
        by: conclusion(routed.model, routed.confidence, &reasons, took),
    }
}

impl Desk {
    /// The same in what this desk has: departments that take tickets, and categories that can be chosen.
    ///
    /// # Errors
    /// The log or the database cannot be read.
    pub(crate) async fn routed(&self, sorted: Sorted) -> Answer<Routing> {
        let Sorted { department, category, urgency, by } = sorted;
        let there = async {
            match department.and_then(|code| code.parse::<Department>().ok()) {
                Some(code) if self.has_department(&code).await? => Answer::Ok(Some(code)),
                _ => Ok(None),
            }
        };
        let chosen = async {
            match category {
                Some(name) => Answer::Ok(catalogue::called(self.pool(), EntryKind::Category, &name).await?),
                None => Ok(None),
            }
        };
        let (department, category) = tokio::try_join!(there, chosen)?;
        Ok(Routing { department, category, urgency, by })
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Option<T>, TimeDelta) {
    let began = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    (done, TimeDelta::from_std(began.elapsed()).unwrap_or(TimeDelta::MAX))
}

fn conclusion(model: String, confidence: f32, reasons: &[String], took: TimeDelta) -> Conclusion {
    let confidence = thousandths(confidence);
    let reasons = (!reasons.is_empty()).then(|| reasons.join("; "));
    Conclusion { model, confidence, reasons, took }
}

fn failed(took: TimeDelta) -> Conclusion {
    conclusion("local".to_owned(), 0.0, &[FAILED.to_owned()], took)
}

fn harm(harm: engine::screening::Harm) -> Harm {
    use engine::screening::Harm as Found;
    match harm {
        Found::Spam => Harm::Spam,
        Found::Abuse => Harm::Abuse,
        Found::Injection => Harm::Injection,
    }
}

fn urgency(read: engine::routing::Urgency) -> Urgency {
    use engine::routing::Urgency as Read;
    match read {
        Read::Low => Urgency::Low,
        Read::Medium => Urgency::Medium,
        Read::High | Read::Critical => Urgency::High,
    }
}
