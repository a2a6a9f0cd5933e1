//! What can be asked of an article.

use super::values::{ArticleCategory, ArticleTag, DocumentId, Filing, Visibility};
use crate::access::Department;
use crate::change::Change;

/// What can be asked of an article. Texts are already parsed ([`super::values`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleCommand {
    /// Write it, as a draft. Document ids are unique: the log decides that with the append.
    Write(Written),
    /// Change whatever is given; what is published changes for its readers at once.
    Revise(ArticleChanges),
    /// Show it to its readers, also after it was archived.
    Publish,
    /// Show it to its readers no more.
    Archive,
}

/// An article as it is first written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name in addresses, for good.
    pub document_id: DocumentId,
    /// What it is about, in a line.
    pub title: String,
    /// What it says, in Markdown.
    pub content: String,
    /// Where it is kept and whom it is for.
    pub filing: Filing,
}

/// What shall be different about an article; none of it leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleChanges {
    /// What it is about, in a line.
    pub title: Option<String>,
    /// What it says.
    pub content: Option<String>,
    /// What kind of questions it answers.
    pub category: Option<ArticleCategory>,
    /// The department that keeps it, or none.
    pub department: Change<Department>,
    /// The words it is marked with.
    pub tags: Option<Vec<ArticleTag>>,
    /// Whom it is for.
    pub visibility: Option<Visibility>,
}
