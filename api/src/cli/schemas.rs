//! `ledgerdesk schemas`: what events look like, for people, for programs, or as files.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use api::schemas;
use serde_json::{Value, json};

use super::args::Schemas;
use super::output::Output;

/// Prints the catalogue or all schemas; with a folder, writes them there instead.
pub(crate) fn run(output: Output, args: &Schemas) -> anyhow::Result<()> {
    let Some(folder) = &args.dir else {
        return output.result(schemas::files(), || schemas::catalogue().trim_end().to_owned());
    };
    let written = write(folder)?;
    let folder = folder.display().to_string();
    output.result(&json!({ "folder": &folder, "files": written }), || format!("{written} files in {folder}"))
}

/// Writes every schema to `folder`, unless one there says something else of the same version of a type.
fn write(folder: &Path) -> anyhow::Result<usize> {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (name, schema) in schemas::files() {
        let path = folder.join(name);
        let is_of_a_version = schemas::events().iter().any(|event| event.file() == *name);
        if is_of_a_version && !is_as_before(&path, schema)? {
            bail!(
                "{} is of another shape than the events of this program: what was written once never changes; raise \
                 the version of the type",
                path.display()
            );
        }
        files.insert(path, pretty(schema)?);
    }
    files.insert(folder.join("index.json"), pretty(&schemas::index())?);
    let cannot_write = || format!("the schemas cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot_write)?;
    for (path, text) in &files {
        std::fs::write(path, text).with_context(cannot_write)?;
    }
    Ok(files.len())
}

/// Whether the file at `path`, if there is one, accepts what `schema` does; it may word it differently.
fn is_as_before(path: &Path, schema: &Value) -> anyhow::Result<bool> {
    let unreadable = || format!("{} cannot be read", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let before: Value = serde_json::from_str(&text).with_context(unreadable)?;
            Ok(schemas::shape(&before) == schemas::shape(schema))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(unreadable),
    }
}

fn pretty(value: &Value) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("ledgerdesk-schemas-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn the_files_are_written_and_may_be_written_again() {
        let folder = folder("written");
        let written = write(&folder).expect("written");
        assert_eq!(written, schemas::files().len() + 1);
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), written);
        // Another wording is no other shape.
        let path = folder.join("TicketFlagged.v2.json");
        let text = std::fs::read_to_string(&path).expect("written");
        std::fs::write(&path, text.replace("Screening or a person suspects", "Somebody suspects"))
            .expect("written");
        assert_eq!(write(&folder).expect("written"), written);
        assert_eq!(std::fs::read_to_string(&path).expect("written"), text);
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_version_that_would_change_is_refused_and_nothing_is_written() {
        let folder = folder("refused");
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("TicketFlagged.v2.json");
        let mut schema = schemas::files()["TicketFlagged.v2.json"].clone();
        schema["properties"]["by"] = json!({ "type": "string" });
        std::fs::write(&path, schema.to_string()).expect("written");
        let refused = write(&folder).expect_err("refused").to_string();
        assert!(refused.contains("TicketFlagged.v2.json") && refused.contains("raise"), "{refused}");
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1);
        std::fs::write(&path, "{").expect("written");
        assert!(write(&folder).is_err_and(|error| error.to_string().contains("cannot be read")));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
