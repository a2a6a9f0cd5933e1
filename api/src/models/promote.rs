//! Which model may be put into use, and which one was before.

use sqlx::PgPool;

use super::{COLUMNS, TrainedModel};

/// Why a model is not put into use.
#[derive(Debug, thiserror::Error)]
pub enum NotPromoted {
    /// There is no such model.
    #[error("there is no such model")]
    NoModel,
    /// It was not better than the one before it, in these words.
    #[error("{0}")]
    NotBetter(String),
    /// The database cannot be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl NotPromoted {
    /// What programs go by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoModel => "NOT_FOUND",
            Self::NotBetter(_) => "MODEL_NOT_BETTER",
            Self::Database(_) => "DATABASE_UNAVAILABLE",
        }
    }
}

impl TrainedModel {
    /// Whether it was better on the tickets held out than the one before it: at departments, or at categories and no worse at
    /// departments.
    #[must_use]
    pub fn is_better(&self) -> bool {
        let tells_categories = self.category.as_ref().is_some_and(|category| category.is_used);
        self.accuracy > self.baseline || (self.accuracy >= self.baseline && tells_categories)
    }
}

/// Whether `version` may be put into use instead of `in_use`. 0 is the one that is shipped. Going back to an earlier one may always be.
///
/// # Errors
/// It may not.
pub async fn promotable(pool: &PgPool, in_use: i32, version: i32) -> Result<(), NotPromoted> {
    match version {
        0 => return Ok(()),
        ..0 => return Err(NotPromoted::NoModel),
        _ => {}
    }
    let query = format!("select {COLUMNS} from desk.models where version = $1");
    let model: Option<TrainedModel> =
        sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(version).fetch_optional(pool).await?;
    let model = model.ok_or(NotPromoted::NoModel)?;
    if version > in_use && !model.is_better() {
        let (accuracy, baseline) = (model.accuracy, model.baseline);
        return Err(NotPromoted::NotBetter(format!(
            "it routes {accuracy} of the tickets held out as people did, the one before it {baseline}"
        )));
    }
    Ok(())
}

/// The newest version before `in_use` that was in use, of all those that `were`; none if that is the one that is shipped, which always was.
#[must_use]
pub fn earlier(in_use: i32, were: impl IntoIterator<Item = i32>) -> Option<i32> {
    let before = were.into_iter().chain([0]).filter(|version| *version < in_use);
    before.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_step_by_step() {
        assert_eq!(earlier(3, [1, 3, 1, 3]), Some(1));
        assert_eq!(earlier(1, [1, 3, 1]), Some(0));
        assert_eq!(earlier(2, [5, 2]), Some(0));
        assert_eq!(earlier(0, [1, 2, 0]), None);
    }
}
