//! One setting after another, from wherever it is set, with everything wrong written down on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use toml::Value;

use crate::secrets::Secret;

/// What is wrong with one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: String,
    /// What it is, in quotation marks; `***` for a secret.
    pub value: String,
    /// What it may be.
    pub allowed: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}; allowed: {}", self.variable, self.value, self.allowed)
    }
}

/// Everything wrong with the configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misconfigured(pub Vec<Problem>);

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.iter().map(Problem::to_string).collect::<Vec<_>>();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Misconfigured {}

/// Where a setting can come from, the first first.
#[derive(Debug, Clone, Copy)]
enum Layer {
    Environment,
    File,
}

/// Looks settings up, and remembers what is wrong and which were asked for.
pub(super) struct Reader<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, String>,
    path: Option<&'a Path>,
    asked: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(env: &'a dyn Fn(&str) -> Option<String>, path: Option<&'a Path>) -> Self {
        let mut reader =
            Self { env, file: BTreeMap::new(), path, asked: BTreeSet::new(), problems: Vec::new() };
        if let Some(path) = path {
            reader.load(path);
        }
        reader
    }

    /// A setting that may be shown.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.in_layer(Layer::Environment, name).or_else(|| self.in_layer(Layer::File, name))?;
        let parsed = parse(text.trim());
        if parsed.is_none() {
            self.wrong(name, shown(&text), allowed);
        }
        parsed
    }

    /// A setting that must not be shown; it may also be the content of a file that `NAME_FILE` names.
    pub(super) fn secret<T>(
        &mut self,
        name: &str,
        first: Option<Secret<T>>,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Secret<T>> {
        let text = self.secret_text(name);
        if first.is_some() {
            return first;
        }
        let parsed = parse(&text?);
        if parsed.is_none() {
            self.wrong(name, "***".to_owned(), allowed);
        }
        parsed.map(Secret::new)
    }

    /// Says that a setting does not go with the others.
    pub(super) fn refuse(&mut self, name: &str, value: &str, allowed: &str) {
        self.wrong(name, value.to_owned(), allowed);
    }

    /// Whether something is wrong with a setting already.
    pub(super) fn is_refused(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.variable.trim_end_matches("_FILE") == name)
    }

    /// Notes that a setting is missing which another one asks for.
    pub(super) fn missing(&mut self, name: &str, allowed: &str) {
        if !self.problems.iter().any(|problem| problem.variable == name) {
            self.wrong(name, "not set".to_owned(), allowed);
        }
    }

    /// The end: everything that is wrong, if anything is.
    pub(super) fn finish(mut self) -> Result<(), Misconfigured> {
        let path = self.path.map(|path| path.display().to_string()).unwrap_or_default();
        let unknown = self.file.keys().filter(|key| !self.asked.contains(*key)).cloned().collect::<Vec<_>>();
        for key in unknown {
            let known = "the names of settings in lower case, such as port";
            self.wrong(&printable(&key), format!("set in {path}"), known);
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Misconfigured(self.problems)) }
    }

    fn load(&mut self, path: &Path) {
        let read = fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| {
            // Only the message and the line: the error itself shows the line's text, perhaps a secret.
            toml::from_str::<toml::Table>(&text).map_err(|error| {
                let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
                format!("line {line}")
            })
        });
        match read {
            Err(error) => {
                let value = format!("{:?} ({error})", path.display().to_string());
                self.wrong("--config", value, "a readable TOML file");
            }
            Ok(table) => {
                for (key, value) in table {
                    match text_of(&value) {
                        Some(text) => {
                            self.file.insert(key, text);
                        }
                        None => self.wrong(
                            &printable(&key),
                            format!("a TOML {}", value.type_str()),
                            "a text, a number, true, false or a list of texts",
                        ),
                    }
                }
            }
        }
    }

    fn secret_text(&mut self, name: &str) -> Option<String> {
        let by_file = format!("{name}_FILE");
        let layers = [Layer::Environment, Layer::File]
            .map(|layer| (self.in_layer(layer, name), self.in_layer(layer, &by_file)));
        match layers.into_iter().find(|(direct, path)| direct.is_some() || path.is_some())? {
            (Some(_), Some(path)) => {
                self.wrong(&by_file, shown(&path), &format!("nothing while {name} is set as well"));
                None
            }
            (Some(direct), None) => Some(direct),
            (None, path) => self.content(&by_file, &path?),
        }
    }

    fn content(&mut self, name: &str, path: &str) -> Option<String> {
        match fs::read_to_string(path.trim()) {
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                self.wrong(name, format!("{} ({error})", shown(path)), "a readable text file");
                None
            }
        }
    }

    /// What a layer says; empty is as good as nothing.
    fn in_layer(&mut self, layer: Layer, name: &str) -> Option<String> {
        let key = name.to_ascii_lowercase();
        let text = match layer {
            Layer::Environment => (self.env)(name),
            Layer::File => self.file.get(&key).cloned(),
        };
        self.asked.insert(key);
        text.filter(|text| !text.trim().is_empty())
    }

    fn wrong(&mut self, variable: &str, value: String, allowed: &str) {
        self.problems.push(Problem { variable: variable.to_owned(), value, allowed: allowed.to_owned() });
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => Some(value.to_string()),
        Value::Array(items) => {
            items.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
        }
        Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// A value in quotation marks: on one line, and not endless.
fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(100).collect::<String>())
}

fn printable(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}
