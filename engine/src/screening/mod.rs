//! Screening: whether a ticket is spam, abuse, or an attempt to give orders to a model.

mod rules;

use serde::Serialize;

use crate::bytes::Malformed;
use crate::classifier::LinearModel;

use rules::Evidence;

/// How a text can be harmful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// Advertising and fraud.
    Spam,
    /// Insults and hate.
    Abuse,
    /// Orders to a language model (jailbreaks and prompt injection).
    Injection,
}

impl Harm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Spam, Self::Abuse, Self::Injection];

    /// What it is called in reasons.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Abuse => "abuse",
            Self::Injection => "injection",
        }
    }
}

/// What screening made of a ticket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Screening {
    /// The harm that was found, if any is likelier than its threshold.
    pub harm: Option<Harm>,
    /// Whether the models know; if not, a person should look.
    pub is_sure: bool,
    /// The probability of what was found: of the harm, or of there being none.
    pub confidence: f32,
    /// Why, for people.
    pub reasons: Vec<String>,
    /// The models' name and version.
    pub model: String,
}

/// How likely one harm is.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// Which harm.
    pub harm: Harm,
    /// Its probability.
    pub probability: f32,
    /// From this probability on, a person should look.
    pub doubt: f32,
    /// From this probability on, the text is harmful.
    pub threshold: f32,
    /// What speaks for it beside the model.
    pub reasons: Vec<String>,
}

impl Suspicion {
    /// Whether the text is harmful in this way.
    #[must_use]
    pub fn is_harmful(&self) -> bool {
        self.probability >= self.threshold
    }
}

/// A text of so many words or fewer is short; a model may have thresholds of its own for these.
const SHORT: usize = 30;

/// Whether `text` is short.
pub(crate) fn is_short(text: &str) -> bool {
    text.split_whitespace().nth(SHORT).is_none()
}

/// From which probabilities on `model` doubts a text, and takes it for harmful.
pub(crate) fn thresholds(model: &LinearModel, is_short: bool) -> (f32, f32) {
    match model.thresholds[..] {
        [_, _, doubt, harm] if is_short => (doubt, harm),
        [doubt, harm, ..] => (doubt, harm),
        _ => (0.5, 0.5),
    }
}

/// The models of screening: each with the thresholds of doubt and of harm, and perhaps both for short texts.
#[derive(Debug)]
pub(crate) struct Screens {
    spam: LinearModel,
    abuse: LinearModel,
    injection: LinearModel,
    name: String,
}

impl Screens {
    pub(crate) fn from_bytes(spam: &[u8], abuse: &[u8], injection: &[u8]) -> Result<Self, Malformed> {
        let load = |bytes| {
            let model = LinearModel::from_bytes(bytes)?;
            let is_fit = model.labels.len() == 2 && matches!(model.thresholds.len(), 2 | 4);
            if is_fit { Ok(model) } else { Err(Malformed::Damaged("no model for screening")) }
        };
        let (spam, abuse, injection) = (load(spam)?, load(abuse)?, load(injection)?);
        let version = [&spam, &abuse, &injection].map(|model| model.provenance.version).into_iter().max();
        Ok(Self { spam, abuse, injection, name: format!("local-screening/{}", version.unwrap_or_default()) })
    }

    pub(crate) fn suspect(&self, harm: Harm, text: &str) -> Suspicion {
        let model = match harm {
            Harm::Spam => &self.spam,
            Harm::Abuse => &self.abuse,
            Harm::Injection => &self.injection,
        };
        let (doubt, threshold) = thresholds(model, is_short(text));
        let mut suspicion =
            Suspicion { harm, probability: model.probability(text), doubt, threshold, reasons: Vec::new() };
        if harm == Harm::Injection {
            rules::injection(text).weigh(&mut suspicion);
        }
        suspicion
    }

    pub(crate) fn screen(&self, text: &str) -> Screening {
        let all = Harm::ALL.map(|harm| self.suspect(harm, text));
        let worst = all
            .iter()
            .filter(|one| one.is_harmful())
            .max_by(|one, other| excess(one).total_cmp(&excess(other)));
        let model = self.name.clone();
        if let Some(worst) = worst {
            let said = format!("reads like {} ({:.2})", worst.harm.as_str(), worst.probability);
            let reasons = std::iter::once(said).chain(worst.reasons.iter().cloned()).collect();
            let confidence = worst.probability;
            return Screening { harm: Some(worst.harm), is_sure: true, confidence, reasons, model };
        }
        let doubtful: Vec<&Suspicion> = all.iter().filter(|one| one.probability >= one.doubt).collect();
        let mut reasons: Vec<String> = doubtful
            .iter()
            .map(|one| format!("may be {} ({:.2})", one.harm.as_str(), one.probability))
            .collect();
        reasons.extend(all.iter().flat_map(|one| one.reasons.iter().cloned()));
        let highest = all.iter().map(|one| one.probability).fold(0.0, f32::max);
        Screening { harm: None, is_sure: doubtful.is_empty(), confidence: 1.0 - highest, reasons, model }
    }
}

/// How far above its threshold a suspicion is, from 0 to 1.
fn excess(suspicion: &Suspicion) -> f32 {
    (suspicion.probability - suspicion.threshold) / (1.0 - suspicion.threshold).max(f32::EPSILON)
}

impl Evidence {
    /// What the rules found, beside what the model says: enough of it decides, some of it makes doubt.
    fn weigh(self, suspicion: &mut Suspicion) {
        let least = match self.weight {
            0 => 0.0,
            1 => suspicion.doubt,
            _ => suspicion.threshold.max(0.9),
        };
        suspicion.probability = suspicion.probability.max(least);
        suspicion.reasons.extend(self.reasons);
    }
}
