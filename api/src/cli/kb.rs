//! `ledgerdesk kb …`

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow, ensure};
use application::{Commands, Imported, NewArticle, Request};
use chrono::Utc;
use domain::access::{Caller, Department};
use domain::id::ArticleId;
use domain::knowledge::values::{
    ArticleCategory, ArticleTag, DocumentId, Filing, MOST_TAGS, Visibility, parse_content, parse_title,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::args::{Globals, ImportArticles};
use super::failure::{Failure, reason};
use super::output::Output;
use super::projections::bar;
use super::site::{Site, Use};

/// How many articles are written at a time.
const AT_A_TIME: usize = 16;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    title: String,
    department: String,
    #[serde(default)]
    tags: Vec<String>,
    body: String,
}

/// An article of the file, as it will be written.
struct Read {
    line: usize,
    document_id: DocumentId,
    article: NewArticle,
}

/// What became of the articles.
#[derive(Debug, Default, Serialize)]
struct Counts {
    articles: usize,
    added: usize,
    revised: usize,
    unchanged: usize,
    /// Left alone.
    archived: usize,
    seconds: f64,
}

/// Writes the articles of a file through the command side. All of the file is read first: if a line is wrong, nothing is
/// written. What was written before the database fails stays, and a repetition goes on from there.
pub(crate) async fn import(globals: &Globals, output: Output, args: &ImportArticles) -> Result<(), Failure> {
    let read = read(&args.file, args)?;
    Site::visit(globals, Use::Writing, async |site| write(site, output, &read, args.visibility).await).await
}

async fn write(
    site: &Site,
    output: Output,
    read: &[Read],
    visibility: Option<Visibility>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let log = site.log().await?;
    let commands = Commands::new(Arc::clone(&log) as _);
    let bar = bar("articles");
    bar.set_length(u64::try_from(read.len())?);
    let written = write_all(&commands, read, visibility, || bar.inc(1)).await;
    bar.finish_and_clear();
    log.close().await;
    let counts = Counts { seconds: began.elapsed().as_secs_f64(), ..written? };
    output.result(&counts, || {
        let Counts { articles, added, revised, unchanged, archived, seconds } = &counts;
        let aside = if *archived > 0 { format!(", {archived} archived and left so") } else { String::new() };
        format!("{articles} articles: {added} added, {revised} revised, {unchanged} unchanged{aside}, {seconds:.1} s")
    })
}

async fn write_all(
    commands: &Commands,
    read: &[Read],
    visibility: Option<Visibility>,
    done: impl Fn(),
) -> anyhow::Result<Counts> {
    commands.seed_departments(Utc::now()).await.map_err(reason)?;
    let done = &done;
    stream::iter(read)
        .map(|Read { line, document_id, article }| async move {
            let request = Request::once(Caller::System("cli"), Utc::now(), "cli", Uuid::now_v7());
            let imported = commands.import_article(&request, article, document_id, visibility).await;
            done();
            imported.map_err(reason).with_context(|| format!("line {line}"))
        })
        .buffer_unordered(AT_A_TIME)
        .try_fold(Counts::default(), async |mut counts, imported| {
            counts.articles += 1;
            match imported {
                Imported::Added => counts.added += 1,
                Imported::Revised => counts.revised += 1,
                Imported::Unchanged => counts.unchanged += 1,
                Imported::Archived => counts.archived += 1,
            }
            Ok(counts)
        })
        .await
}

/// The articles in the file at `path`; the first line that is wrong is named.
fn read(path: &Path, args: &ImportArticles) -> anyhow::Result<Vec<Read>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut first_named = HashMap::new();
    let mut read = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        let text = text.with_context(|| format!("line {line} of {} cannot be read", path.display()))?;
        if text.trim().is_empty() {
            continue;
        }
        let one = checked(line, &text, args).with_context(|| format!("line {line} of {}", path.display()))?;
        let earlier = first_named.insert(one.document_id.clone(), line);
        if let Some(earlier) = earlier {
            return Err(anyhow!("line {line} of {}: id: is that of line {earlier}", path.display()));
        }
        read.push(one);
    }
    ensure!(!read.is_empty(), "{} has no articles", path.display());
    Ok(read)
}

fn checked(line: usize, text: &str, args: &ImportArticles) -> anyhow::Result<Read> {
    let Line { id, title, department, tags, body } = serde_json::from_str(text).map_err(|error| {
        // The column is of use, the line is always the first.
        anyhow!("{}", error.to_string().replace(" at line 1 column ", " at column "))
    })?;
    let document_id: DocumentId = id.parse().context("id")?;
    let (category, department, tag) = filed(&department)?;
    let mut tags =
        tags.iter().map(|tag| tag.parse()).collect::<Result<Vec<ArticleTag>, _>>().context("tags")?;
    tags.extend(tag);
    tags.sort_unstable();
    tags.dedup();
    ensure!(tags.len() <= MOST_TAGS, "tags: must have {MOST_TAGS} items or fewer");
    let visibility = args.visibility.unwrap_or(Visibility::Public);
    let article = NewArticle {
        id: ArticleId(Uuid::now_v7()),
        document_id: None,
        title: parse_title(&title).context("title")?,
        content: parse_content(&body).context("body")?,
        filing: Filing { category, department, tags, visibility },
        publish: args.publish,
    };
    Ok(Read { line, document_id, article })
}

/// Where an article of `department` is kept: those of IT and HR with these, all others without a department, marked with its name.
fn filed(department: &str) -> anyhow::Result<(ArticleCategory, Option<Department>, Option<ArticleTag>)> {
    match department.trim().parse() {
        Ok(ArticleCategory::General) => Ok((ArticleCategory::General, None, None)),
        Ok(category) => {
            let code = <&str>::from(category).parse().context("department")?;
            Ok((category, Some(code), None))
        }
        Err(_) => Ok((ArticleCategory::General, None, Some(department.parse().context("department")?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_departments_become_tags() {
        let filed = |department| filed(department).expect("a department");
        let it = "IT".parse().expect("a code");
        assert_eq!(filed("it"), (ArticleCategory::It, Some(it), None));
        assert_eq!(filed("General"), (ArticleCategory::General, None, None));
        let travel = "travel".parse().expect("a tag");
        assert_eq!(filed("Travel"), (ArticleCategory::General, None, Some(travel)));
        assert!(super::filed("").is_err() && super::filed("a,b").is_err());
    }
}
