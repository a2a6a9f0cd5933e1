//! Files of labelled data, and what is wrong with them in one line that begins with a code.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use engine::retrieval::Document;
use engine::training::Labelled;
use serde::Deserialize;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is not there.
    #[error("no_such_file: {} does not exist", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("unreadable_file: {} cannot be read: {}", .0.display(), .1.kind())]
    Unreadable(PathBuf, std::io::Error),
    /// It holds bytes that are no text.
    #[error("not_utf8: {}, line {line}, is not UTF-8", file.display())]
    NotUtf8 {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A row is no row of a CSV file.
    #[error("malformed_csv: {}, line {line}, has another number of fields than the first line", file.display())]
    MalformedCsv {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A column is missing.
    #[error("missing_column: {} has no column {column}", file.display())]
    MissingColumn {
        /// The file.
        file: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// There is nothing in it.
    #[error("no_rows: {} has no rows", .0.display())]
    NoRows(PathBuf),
    /// A label that the task does not know.
    #[error("unknown_label: {}, line {line}, has the label {label:?}; known are {known}", file.display())]
    UnknownLabel {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The label.
        label: String,
        /// Those that would do.
        known: String,
    },
    /// A line of articles is none.
    #[error("malformed_article: {}, line {line}, is no article: {reason}", file.display())]
    MalformedArticle {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// An article is asked for that is not there.
    #[error("unknown_article: {}, line {line}, names the article {id:?}, which is not there", file.display())]
    UnknownArticle {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The article.
        id: String,
    },
}

/// A row of a CSV file: the fields that were asked for, those that are missing as empty.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it begins, from 1.
    pub(crate) number: u64,
    /// Its fields.
    pub(crate) fields: Vec<String>,
}

/// A CSV file.
#[derive(Debug)]
pub(crate) struct Table {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// Its rows, at least one.
    pub(crate) lines: Vec<Line>,
    /// Which of the optional columns it has.
    pub(crate) has: Vec<bool>,
}

/// The rows of `file`: the `needed` columns, then the `optional` ones.
pub(crate) fn table(file: &Path, needed: &[&'static str], optional: &[&str]) -> Result<Table, Unusable> {
    let bytes = read(file)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().map_err(|error| broken(file, &error))?.clone();
    let find =
        |column: &str| header.iter().position(|name| name.trim_start_matches('\u{feff}').trim() == column);
    let mut places = Vec::new();
    if header.iter().all(str::is_empty) {
        return Err(Unusable::NoRows(file.to_owned()));
    }
    for column in needed.iter().copied() {
        places.push(Some(find(column).ok_or(Unusable::MissingColumn { file: file.to_owned(), column })?));
    }
    places.extend(optional.iter().map(|column| find(column)));
    let has = places[needed.len()..].iter().map(Option::is_some).collect();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(file, &error))?;
        let field =
            |place: &Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned();
        let number = record.position().map_or(0, csv::Position::line);
        lines.push(Line { number, fields: places.iter().map(field).collect() });
    }
    if lines.is_empty() {
        return Err(Unusable::NoRows(file.to_owned()));
    }
    Ok(Table { file: file.to_owned(), lines, has })
}

/// The rows of `file` as texts with labels; `kind` is a column that may be missing.
pub(crate) fn labelled(file: &Path, kind: &str) -> Result<Vec<Labelled>, Unusable> {
    let table = table(file, &["text", "label"], &[kind])?;
    let row = |line: Line| {
        let [text, label, kind] = line.fields.try_into().unwrap_or_default();
        Labelled { text, label, kind }
    };
    Ok(table.lines.into_iter().map(row).collect())
}

fn read(file: &Path) -> Result<Vec<u8>, Unusable> {
    std::fs::read(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unusable::Missing(file.to_owned()),
        _ => Unusable::Unreadable(file.to_owned(), error),
    })
}

fn broken(file: &Path, error: &csv::Error) -> Unusable {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => Unusable::NotUtf8 { file: file.to_owned(), line },
        _ => Unusable::MalformedCsv { file: file.to_owned(), line },
    }
}

/// A line of articles.
#[derive(Debug, Deserialize)]
pub(crate) struct Article {
    /// What it is called by programs.
    pub(crate) id: String,
    /// Its title.
    pub(crate) title: String,
    /// Its tags.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// Its text, in Markdown.
    pub(crate) body: String,
}

impl Article {
    /// The article as the index takes it.
    pub(crate) fn document(&self) -> Document {
        let Self { id, title, tags, body, .. } = self;
        Document { id: id.clone(), title: title.clone(), tags: tags.clone(), body: body.clone() }
    }
}

/// The articles in `file`, one in each line that is not blank.
pub(crate) fn articles(file: &Path) -> Result<Vec<Article>, Unusable> {
    let bytes = read(file)?;
    let mut articles = Vec::new();
    for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = place + 1;
        let Ok(line) = std::str::from_utf8(line) else {
            let line = u64::try_from(number).unwrap_or_default();
            return Err(Unusable::NotUtf8 { file: file.to_owned(), line });
        };
        if line.trim().is_empty() {
            continue;
        }
        articles.push(serde_json::from_str(line).map_err(|error| Unusable::MalformedArticle {
            file: file.to_owned(),
            line: number,
            reason: error.to_string(),
        })?);
    }
    if articles.is_empty() { Err(Unusable::NoRows(file.to_owned())) } else { Ok(articles) }
}
