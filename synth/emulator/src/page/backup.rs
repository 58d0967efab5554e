//! What is in the backup.

use minijinja::{Value, context};

use super::fields::Fields;
use super::views::pretty;
use super::{Page, Wrong};

/// How many folders and objects a page has.
const ENTRIES: usize = 200;

impl Page {
    /// Folders and objects below a prefix.
    pub(super) fn backup(&self, fields: &Fields) -> Result<Value, Wrong> {
        let bucket = &self.inside.backup()?.bucket;
        let prefix = fields.get("prefix").unwrap_or_default();
        let (mut folders, mut objects) = (Vec::new(), Vec::new());
        let mut after = fields.get("after").unwrap_or_default().to_owned();
        let mut more = true;
        while more && folders.len() + objects.len() < ENTRIES {
            let page = self.inside.services.s3().list(bucket, prefix, &after, ENTRIES);
            let page = page.map_err(|why| Wrong::Failed(why.to_string()))?;
            more = !page.is_empty();
            for object in page {
                match object.key[prefix.len()..].split_once('/') {
                    Some((folder, _)) => {
                        let folder = format!("{prefix}{folder}/");
                        // On with what comes after all that lies in it.
                        after = format!("{folder}{}", char::MAX);
                        folders.push(folder);
                        break;
                    }
                    None if folders.len() + objects.len() < ENTRIES => {
                        after.clone_from(&object.key);
                        objects.push(context! { key => object.key, size => object.size, modified => object.modified });
                    }
                    None => break,
                }
            }
        }
        let above =
            prefix.trim_end_matches('/').rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
        Ok(context! { bucket, prefix, above, folders, objects, next => more.then_some(after) })
    }

    /// One object.
    pub(super) fn object(&self, fields: &Fields) -> Result<Value, Wrong> {
        let bucket = &self.inside.backup()?.bucket;
        let key = fields.get("key").unwrap_or_default();
        let body = self.inside.services.s3().read(bucket, key).map_err(|why| Wrong::Failed(why.to_string()))?;
        let body = body.ok_or_else(|| Wrong::NotFound("there is no such object in the backup".to_owned()))?;
        let folder = key.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        Ok(context! { bucket, key, folder, body => pretty(&body) })
    }
}

impl super::Inside {
    pub(super) fn backup(&self) -> Result<&super::Backup, Wrong> {
        self.backup.as_ref().ok_or_else(|| Wrong::NotFound("this template has no backup".to_owned()))
    }
}
