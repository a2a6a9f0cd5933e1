//! The models that routing asks: one for departments, one for categories.

use crate::bytes::{Malformed, Reader, Writer};
use crate::classifier::LinearModel;

use super::{NOBODY, Routing, urgency};

/// A model of departments and, perhaps, one of categories.
///
/// Its threshold is how likely a department has to be to be gone by.
#[derive(Debug, Clone, PartialEq)]
pub struct Router {
    pub(crate) department: LinearModel,
    pub(crate) category: Option<LinearModel>,
}

/// The department of a kind of ticket, which is named behind it: IT of IT/Hardware.
pub(crate) fn department_of(label: &str) -> &str {
    label.split_once('/').map_or(label, |(department, _)| department)
}

const MAGIC: &[u8; 4] = b"LDGR";

impl Router {
    /// Where `text` belongs.
    #[must_use]
    pub fn route(&self, text: &str) -> Routing {
        let probabilities = self.department_probabilities(text);
        let nobody =
            probabilities.iter().find(|(department, _)| department == NOBODY).map_or(0.0, |one| one.1);
        let (mut department, mut confidence) = (String::new(), 0.0);
        for (name, probability) in probabilities.into_iter().filter(|(name, _)| name != NOBODY) {
            if department.is_empty() || probability > confidence {
                (department, confidence) = (name, probability);
            }
        }
        let is_sure = confidence >= self.threshold();
        let mut reasons = vec![format!("reads like a ticket for {department} ({confidence:.2})")];
        if !is_sure && nobody > confidence {
            reasons.push(format!("may be for no department ({nobody:.2})"));
        } else if !is_sure {
            reasons.push(format!("less likely than {:.2}, from which on it would be sure", self.threshold()));
        }
        let category = self.category.as_ref().map(|model| {
            let (label, probability) = model.classify(text);
            (label.to_owned(), probability)
        });
        let (urgency, model) = (urgency(text), self.name());
        Routing { department, confidence, is_sure, category, urgency, reasons, model }
    }

    /// Its name and version, such as local-routing/1.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.department.provenance.name, self.department.provenance.version)
    }

    /// The departments that it tells apart, without [`NOBODY`].
    #[must_use]
    pub fn departments(&self) -> Vec<&str> {
        let mut departments = Vec::new();
        for department in self.department.labels().iter().map(|label| department_of(label)) {
            if department != NOBODY && !departments.contains(&department) {
                departments.push(department);
            }
        }
        departments
    }

    /// The categories that it tells apart.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        self.category.iter().flat_map(|model| model.labels().iter().map(String::as_str))
    }

    /// How likely each of the [`categories`](Self::categories) is for `text`.
    #[must_use]
    pub fn category_probabilities(&self, text: &str) -> Vec<f32> {
        self.category.as_ref().map(|model| model.probabilities(text)).unwrap_or_default()
    }

    /// How likely each department is for `text`, and [`NOBODY`] where the router knows it.
    #[must_use]
    pub fn department_probabilities(&self, text: &str) -> Vec<(String, f32)> {
        let mut sums: Vec<(String, f32)> = Vec::new();
        for (label, probability) in self.department.labels().iter().zip(self.department.probabilities(text)) {
            let department = department_of(label);
            match sums.iter_mut().find(|(known, _)| known == department) {
                Some((_, sum)) => *sum += probability,
                None => sums.push((department.to_owned(), probability)),
            }
        }
        sums
    }

    fn threshold(&self) -> f32 {
        self.department.thresholds.first().copied().unwrap_or(0.5)
    }

    /// The router as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.byte(u8::from(self.category.is_some()));
        out.0.extend(self.department.to_bytes());
        if let Some(category) = &self.category {
            out.0.extend(category.to_bytes());
        }
        out.0
    }

    /// The router that `bytes` are.
    ///
    /// # Errors
    /// If they are not what [`to_bytes`](Self::to_bytes) gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut bytes = Reader(bytes);
        if bytes.bytes(MAGIC.len())? != MAGIC {
            return Err(Malformed::NoModel);
        }
        let has_category = bytes.byte()?;
        if has_category > 1 {
            return Err(Malformed::Damaged("the kinds of models"));
        }
        let department = LinearModel::read(&mut bytes)?;
        if department.labels.iter().all(|label| label == NOBODY) {
            return Err(Malformed::Damaged("no department"));
        }
        let category = if has_category == 1 { Some(LinearModel::read(&mut bytes)?) } else { None };
        if !bytes.0.is_empty() {
            return Err(Malformed::Damaged("something behind the end"));
        }
        Ok(Self { department, category })
    }
}
