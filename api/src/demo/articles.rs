//! The articles of the demo, from the folder beside this file: a few lines about the article, `---`, and its text.

use anyhow::Context as _;
use application::NewArticle;
use domain::id::ArticleId;
use domain::knowledge::values::{ArticleTag, DocumentId, Filing, Visibility, parse_content, parse_title};

use super::names;

/// Each under its name in addresses.
const FILES: [(&str, &str); 13] = [
    ("vpn-from-home", include_str!("articles/vpn-from-home.md")),
    ("forgotten-password", include_str!("articles/forgotten-password.md")),
    ("lost-second-factor", include_str!("articles/lost-second-factor.md")),
    ("printer-problems", include_str!("articles/printer-problems.md")),
    ("order-a-laptop", include_str!("articles/order-a-laptop.md")),
    ("software-and-rights", include_str!("articles/software-and-rights.md")),
    ("suspicious-mail", include_str!("articles/suspicious-mail.md")),
    ("leave-request", include_str!("articles/leave-request.md")),
    ("payslip", include_str!("articles/payslip.md")),
    ("first-days", include_str!("articles/first-days.md")),
    ("parental-leave", include_str!("articles/parental-leave.md")),
    ("expenses", include_str!("articles/expenses.md")),
    ("before-resetting-a-second-factor", include_str!("articles/before-resetting-a-second-factor.md")),
];

/// All of them, as they are to be written and published.
///
/// # Errors
/// One is not as the rules want it.
pub(crate) fn all() -> anyhow::Result<Vec<NewArticle>> {
    FILES
        .iter()
        .map(|(name, file)| read(name, file).with_context(|| format!("the demo's article {name}")))
        .collect()
}

fn read(name: &str, file: &str) -> anyhow::Result<NewArticle> {
    let (about, content) = file.split_once("\n---\n").context("it has no line ---")?;
    let said = |field: &str| about.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
    let tags = said("tags").unwrap_or_default().split(',');
    let visibility = said("visibility").map_or(Ok(Visibility::Public), str::parse).context("visibility")?;
    let category: &str = said("category").context("it has no category")?;
    let filing = Filing {
        category: category.parse().context("category")?,
        department: Some(category.parse().context("department")?),
        tags: tags.map(str::parse).collect::<Result<Vec<ArticleTag>, _>>().context("tags")?,
        visibility,
    };
    Ok(NewArticle {
        id: ArticleId(names::id(&format!("article:{name}"))),
        document_id: Some(name.parse::<DocumentId>()?),
        title: parse_title(said("title").context("it has no title")?)?,
        content: parse_content(content)?,
        filing,
        publish: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_article_is_long_enough_to_help_and_short_enough_to_be_read() {
        let all = all().expect("articles");
        for article in &all {
            let words = article.content.split_whitespace().count();
            assert!((120..=260).contains(&words), "{}: {words} words", article.title);
            assert!(!article.filing.tags.is_empty(), "{}", article.title);
        }
        let internal = all.iter().filter(|article| article.filing.visibility == Visibility::Internal).count();
        assert_eq!((all.len(), internal), (13, 1));
    }
}
