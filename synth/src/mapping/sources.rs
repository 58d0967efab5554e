//! The sources as they lie in the folder: which there are, and whether they belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use include_dir::{Dir, DirEntry, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

use super::errors::{self, Place};
use crate::report::Diagnostic;
use crate::source::Source;

/// The folder as it was when this program was built.
static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../templates");

const REQUEST: &str = ".request.vtl";
const RESPONSE: &str = ".response.vtl";

/// The template sources, by their path in the folder (with `/`).
#[derive(Debug, Clone)]
pub struct Templates {
    sources: BTreeMap<String, Arc<Source>>,
}

impl Templates {
    /// The project's own, as they were when this program was built.
    ///
    /// # Errors
    ///
    /// As [`Templates::from_dir`].
    pub fn embedded() -> Result<Self, Vec<Diagnostic>> {
        let mut files = Vec::new();
        embedded_files(&EMBEDDED, &mut files);
        Self::new("templates", files)
    }

    /// Those in a folder.
    ///
    /// # Errors
    ///
    /// A folder or file that cannot be read, a request without a response or the other way round, a file that is
    /// neither.
    pub fn from_dir(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut files = Vec::new();
        read_files(folder, "", &mut files).map_err(|(path, error)| {
            let name = path.display();
            let message = match error.kind() {
                io::ErrorKind::NotFound => format!("there is no folder `{name}`"),
                io::ErrorKind::NotADirectory => format!("`{name}` is a file, a folder is needed"),
                io::ErrorKind::InvalidData => format!("`{name}` is not UTF-8"),
                _ => format!("`{name}` cannot be read: {error}"),
            };
            vec![errors::plain(
                message,
                "templates are a folder with <operationId>.request.vtl and <operationId>.response.vtl, all UTF-8",
            )]
        })?;
        Self::new(&folder.display().to_string(), files)
    }

    fn new(folder: &str, files: Vec<(String, String)>) -> Result<Self, Vec<Diagnostic>> {
        let named = |(path, text): (String, String)| {
            let name = format!("{folder}/{path}");
            (path, Arc::new(Source { name, text }))
        };
        let templates = Self { sources: files.into_iter().map(named).collect() };
        let wrong: Vec<_> = templates.sources.keys().filter_map(|path| templates.misplaced(path)).collect();
        if wrong.is_empty() { Ok(templates) } else { Err(wrong) }
    }

    /// Whether an operation goes straight to DynamoDB.
    pub fn has(&self, operation_id: &str) -> bool {
        self.sources.contains_key(&format!("{operation_id}{REQUEST}"))
    }

    /// The operations that go straight to DynamoDB, in alphabetical order.
    pub fn operation_ids(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().filter(|path| !path.contains('/')).filter_map(|path| path.strip_suffix(REQUEST))
    }

    /// A source by its path in the folder.
    pub(super) fn source(&self, path: &str) -> Option<&Arc<Source>> {
        self.sources.get(path)
    }

    /// Every source: its path in the folder, and its text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|(path, source)| (path.as_str(), source.text.as_str()))
    }

    /// What is wrong with a file's name; parts that operations share lie in a folder of their own.
    fn misplaced(&self, path: &str) -> Option<Diagnostic> {
        if path.contains('/') && path.ends_with(".vtl") {
            return None;
        }
        let halves = [(REQUEST, RESPONSE), (RESPONSE, REQUEST)];
        let half = halves.iter().find_map(|(own, other)| Some((path.strip_suffix(own)?, other)));
        let Some((operation_id, other)) = half else {
            return Some(errors::at(
                self,
                path,
                Place::Start,
                "this file is no mapping template",
                format!("<operationId>{REQUEST} or <operationId>{RESPONSE}; what they share goes in a folder, as .vtl"),
            ));
        };
        let other = format!("{operation_id}{other}");
        (!self.sources.contains_key(&other)).then(|| {
            errors::at(
                self,
                path,
                Place::Start,
                format!("`{operation_id}` has only one half of its templates"),
                format!("add {other}"),
            )
        })
    }
}

/// Everything that minijinja needs to render one of these sources.
pub(super) fn environment<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Environment<'a>, Error> {
    let mut environment = Environment::new();
    environment.set_debug(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(
        SyntaxConfig::builder()
            .block_delimiters("<%", "%>")
            .variable_delimiters("<<", ">>")
            .comment_delimiters("<#", "#>")
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    for (path, text) in texts {
        environment.add_template(path, text)?;
    }
    Ok(environment)
}

fn embedded_files(folder: &Dir<'_>, files: &mut Vec<(String, String)>) {
    for entry in folder.entries() {
        if entry.path().file_name().is_some_and(|name| hidden(&name.to_string_lossy())) {
            continue;
        }
        match entry {
            DirEntry::Dir(folder) => embedded_files(folder, files),
            DirEntry::File(file) => {
                let path = file.path().to_string_lossy().replace('\\', "/");
                files.push((path, String::from_utf8_lossy(file.contents()).into_owned()));
            }
        }
    }
}

/// An error comes with the file or folder that could not be read.
fn read_files(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), (PathBuf, io::Error)> {
    let of_folder = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(of_folder)? {
        let entry = entry.map_err(of_folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if hidden(&name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let of_entry = |error| (entry.path(), error);
        if entry.file_type().map_err(of_entry)?.is_dir() {
            read_files(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, fs::read_to_string(entry.path()).map_err(of_entry)?));
        }
    }
    Ok(())
}

/// What editors and file managers leave behind.
fn hidden(name: &str) -> bool {
    name.starts_with('.')
}
