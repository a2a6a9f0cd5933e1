//! Pages of lists.

use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::ValidationErrors;
use crate::problem::{Answer, Problem};

/// How many rows a page has unless the caller says otherwise, and at most.
const LIMIT: u32 = 20;
const LONGEST: u32 = 100;
/// How deep numbered pages go.
const DEEPEST: u64 = 10_000;

/// Which page of a list, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The page, from 1.
    pub page: u32,
    /// How many rows it has.
    pub limit: u32,
}

impl Paging {
    /// Reads the parameters `page` (from 1) and `limit` (1 to 100, 20 if not given).
    ///
    /// # Errors
    /// 422 for other numbers, 400 for a page so deep that it takes a cursor.
    pub fn read(page: Option<u32>, limit: Option<u32>) -> Answer<Self> {
        let (page, limit) = (page.unwrap_or(1), limit.unwrap_or(LIMIT));
        let mut errors = ValidationErrors::default();
        if page == 0 {
            errors.add("page", "invalid", "must be 1 or more");
        }
        if !(1..=LONGEST).contains(&limit) {
            errors.add("limit", "invalid", format!("must be 1 to {LONGEST}"));
        }
        errors.finish()?;
        if u64::from(page) * u64::from(limit) > DEEPEST {
            return Err(Problem::malformed(format!(
                "numbered pages end after {DEEPEST} rows; narrow the filters, or use the cursor where there is one"
            )));
        }
        Ok(Self { page, limit })
    }

    /// How many rows come before it.
    #[must_use]
    pub fn skip(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.limit)
    }

    /// What the answer says about a list of `total` rows.
    #[must_use]
    pub fn of(self, total: i64, next_cursor: Option<String>) -> Pagination {
        let total_pages = u64::try_from(total).unwrap_or_default().div_ceil(u64::from(self.limit));
        let has_more = u64::from(self.page) < total_pages;
        Pagination { page: self.page, limit: self.limit, total_pages, has_more, next_cursor }
    }
}

/// Where in a list an answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pagination {
    /// The page, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// How many rows a page has.
    #[schema(example = 20)]
    pub limit: u32,
    /// How many pages there are.
    #[schema(example = 3)]
    pub total_pages: u64,
    /// Whether there are rows behind this page.
    #[schema(example = true)]
    pub has_more: bool,
    /// What `cursor=` takes to go on from here, in lists that have one.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_limits() {
        let read = |page, limit| Paging::read(page, limit).map_err(|problem| problem.status().as_u16());
        assert_eq!(read(None, None), Ok(Paging { page: 1, limit: 20 }));
        assert_eq!(read(Some(100), Some(100)).map(Paging::skip), Ok(9_900));
        assert_eq!(read(Some(0), None), Err(422));
        assert_eq!(read(None, Some(0)), Err(422));
        assert_eq!(read(None, Some(101)), Err(422));
        assert_eq!(read(Some(101), Some(100)), Err(400));
        assert_eq!(read(Some(u32::MAX), Some(100)), Err(400));
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let at = |page, total| Paging { page, limit: 20 }.of(total, None);
        assert_eq!((at(1, 0).total_pages, at(1, 0).has_more), (0, false));
        assert_eq!((at(1, 21).total_pages, at(1, 21).has_more), (2, true));
        assert!(!at(2, 21).has_more);
        assert!(!at(1, 20).has_more);
    }
}
