//! Secrets Manager: secrets are made, given a new value and read.
//!
//! Behaviour: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html> and its neighbours.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use hyper::StatusCode;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Clock;
use crate::database::{Database, Place};
use crate::http::{Answer, answer};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";
const INTERNAL: &str = "InternalServiceError";

/// In bytes, text or binary (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>).
const MAX_VALUE: usize = 65_536;
const MAX_NAME: usize = 512;
/// So many of the last versions stay though no stage is attached to them, and all that are younger than a day (the same page).
const KEPT_VERSIONS: usize = 100;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// One row a secret, its versions as JSON.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, arn TEXT NOT NULL, versions TEXT NOT NULL) WITHOUT ROWID;
";

#[derive(Clone, Serialize, Deserialize)]
struct Version {
    id: String,
    value: Content,
    created: i64,
    stages: Vec<String>,
}

/// A value as it was given: text, or bytes in base64.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
enum Content {
    SecretString(String),
    SecretBinary(String),
}

#[derive(Clone)]
struct Secret {
    arn: String,
    versions: Vec<Version>,
}

/// The secrets.
pub struct Secrets {
    secrets: Mutex<BTreeMap<String, Secret>>,
    database: Database,
    clock: Arc<dyn Clock>,
    region: String,
}

/// What a request that is refused gets: the error's name and a sentence.
type Refused = (&'static str, String);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_stages: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

impl Secrets {
    /// Opens what is in `place`.
    pub(crate) fn open(place: &Place, clock: Arc<dyn Clock>, region: &str) -> rusqlite::Result<Self> {
        let database = Database::open(place, SCHEMA)?;
        let secrets = {
            let connection = database.lock();
            let mut rows = connection.prepare("SELECT name, arn, versions FROM secrets")?;
            let kept = rows.query_map([], |row| {
                let versions: String = row.get(2)?;
                let versions = serde_json::from_str(&versions)
                    .map_err(|why| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, why.into()))?;
                Ok((row.get(0)?, Secret { arn: row.get(1)?, versions }))
            })?;
            kept.collect::<rusqlite::Result<_>>()?
        };
        Ok(Self { secrets: Mutex::new(secrets), database, clock, region: region.to_owned() })
    }

    /// Makes a secret, or gives the one of this name a new value; returns its ARN.
    ///
    /// # Errors
    /// Where it cannot be kept.
    pub fn set(&self, name: &str, text: &str) -> rusqlite::Result<String> {
        let mut secrets = self.lock();
        let mut secret = secrets.get(name).cloned().unwrap_or_else(|| self.secret(name));
        secret.add(None, Content::SecretString(text.to_owned()), self.clock.now(), &[CURRENT.to_owned()]);
        let arn = secret.arn.clone();
        self.keep(&mut secrets, name, secret)?;
        Ok(arn)
    }

    /// The ARN of the secret of this name, where there is one.
    pub fn arn(&self, name: &str) -> Option<String> {
        self.lock().get(name).map(|secret| secret.arn.clone())
    }

    /// Keeps a secret as it is now, on disk first.
    fn keep(&self, secrets: &mut BTreeMap<String, Secret>, name: &str, secret: Secret) -> rusqlite::Result<()> {
        let versions = serde_json::to_string(&secret.versions).expect("texts and numbers are JSON");
        self.database.lock().execute(
            "INSERT INTO secrets (name, arn, versions) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET versions = ?3",
            (name, &secret.arn, versions),
        )?;
        secrets.insert(name.to_owned(), secret);
        Ok(())
    }

    /// Answers a request.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        let done = match operation {
            "CreateSecret" => read(body).and_then(|request| self.create(request)),
            "PutSecretValue" => read(body).and_then(|request| self.put(request)),
            "GetSecretValue" => read(body).and_then(|request| self.get(&request)),
            _ => Err(("UnknownOperationException", format!("{operation} is not emulated"))),
        };
        match done {
            Ok(done) => answer(StatusCode::OK, MEDIA_TYPE, done.to_string()),
            Err((code, message)) => {
                let body = json!({"__type": code, "Message": message}).to_string();
                let status = if code == INTERNAL { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
                answer(status, MEDIA_TYPE, body)
            }
        }
    }

    fn create(&self, request: Create) -> Result<Value, Refused> {
        check_name(&request.name)?;
        let value = value(request.secret_string, request.secret_binary)?;
        let mut secrets = self.lock();
        if let Some(secret) = secrets.get(&request.name) {
            // The same request once more has the same token and the same value.
            return match secret.version(request.client_request_token.as_deref()) {
                Some(version) if value.as_ref() == Some(&version.value) => {
                    Ok(json!({"ARN": secret.arn, "Name": request.name, "VersionId": version.id}))
                }
                _ => {
                    let why = format!("The operation failed because the secret {} already exists.", request.name);
                    Err(("ResourceExistsException", why))
                }
            };
        }
        let mut secret = self.secret(&request.name);
        let mut done = json!({"ARN": secret.arn, "Name": request.name});
        if let Some(value) = value {
            let stages = [CURRENT.to_owned()];
            done["VersionId"] = secret.add(request.client_request_token, value, self.clock.now(), &stages).into();
        }
        self.keep(&mut secrets, &request.name, secret).map_err(unkept)?;
        Ok(done)
    }

    fn put(&self, request: Put) -> Result<Value, Refused> {
        let mut secrets = self.lock();
        let name = find(&secrets, &request.secret_id)?;
        let mut secret = secrets[&name].clone();
        let Some(value) = value(request.secret_string, request.secret_binary)? else {
            let why = "You must provide either SecretString or SecretBinary.".to_owned();
            return Err(("InvalidRequestException", why));
        };
        // The same token asks for the same version once more, wherever its stages have gone since.
        match secret.version(request.client_request_token.as_deref()) {
            Some(Version { id, stages, value: known, .. }) if *known == value => {
                return Ok(json!({"ARN": secret.arn, "Name": name, "VersionId": id, "VersionStages": stages}));
            }
            Some(version) => {
                let why = format!("You can't modify the value of version {}, which exists.", version.id);
                return Err(("ResourceExistsException", why));
            }
            None => {}
        }
        let mut stages = request.version_stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
        // The first version is current in any case.
        if secret.versions.is_empty() && !stages.iter().any(|stage| stage == CURRENT) {
            stages.push(CURRENT.to_owned());
        }
        let id = secret.add(request.client_request_token, value, self.clock.now(), &stages);
        let done = json!({"ARN": secret.arn, "Name": name, "VersionId": id, "VersionStages": stages});
        self.keep(&mut secrets, &name, secret).map_err(unkept)?;
        Ok(done)
    }

    fn get(&self, request: &Get) -> Result<Value, Refused> {
        let secrets = self.lock();
        let name = find(&secrets, &request.secret_id)?;
        let secret = &secrets[&name];
        let stage = match (&request.version_stage, &request.version_id) {
            (None, None) => Some(CURRENT),
            (stage, _) => stage.as_deref(),
        };
        let version = secret.versions.iter().find(|version| {
            stage.is_none_or(|stage| version.stages.iter().any(|has| has == stage))
                && request.version_id.as_ref().is_none_or(|id| *id == version.id)
        });
        let Some(version) = version else {
            let what = match (stage, &request.version_id) {
                (Some(stage), _) => format!("staging label: {stage}"),
                (None, id) => format!("VersionId: {}", id.as_deref().unwrap_or_default()),
            };
            let why = format!("Secrets Manager can't find the specified secret value for {what}");
            return Err(("ResourceNotFoundException", why));
        };
        let mut done = json!({
            "ARN": secret.arn,
            "Name": name,
            "VersionId": version.id,
            "VersionStages": version.stages,
            "CreatedDate": version.created as f64 / 1000.0,
        });
        match &version.value {
            Content::SecretString(text) => done["SecretString"] = text.clone().into(),
            Content::SecretBinary(base64) => done["SecretBinary"] = base64.clone().into(),
        }
        Ok(done)
    }

    /// A secret without a value. AWS puts six random characters after the name in the ARN.
    fn secret(&self, name: &str) -> Secret {
        let random = Uuid::new_v4().simple().to_string();
        let arn =
            format!("arn:aws:secretsmanager:{}:{}:secret:{name}-{}", self.region, crate::sqs::ACCOUNT, &random[..6]);
        Secret { arn, versions: Vec::new() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secret {
    /// The version that a request with this token made.
    fn version(&self, token: Option<&str>) -> Option<&Version> {
        self.versions.iter().find(|version| token == Some(version.id.as_str()))
    }

    /// Adds a version. A stage belongs to one version; what was current becomes previous.
    fn add(&mut self, id: Option<String>, value: Content, created: i64, stages: &[String]) -> String {
        let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
        let replaces_current = stages.iter().any(|stage| stage == CURRENT);
        for version in &mut self.versions {
            let was_current = version.stages.iter().any(|stage| stage == CURRENT);
            version.stages.retain(|stage| !(stages.contains(stage) || replaces_current && stage == PREVIOUS));
            if was_current && replaces_current {
                version.stages.push(PREVIOUS.to_owned());
            }
        }
        self.versions.push(Version { id: id.clone(), value, created, stages: stages.to_vec() });
        // The oldest stand first.
        let mut surplus = self.versions.len().saturating_sub(KEPT_VERSIONS);
        self.versions.retain(|version| {
            let goes = surplus > 0 && version.stages.is_empty() && version.created <= created - DAY;
            surplus -= usize::from(goes);
            !goes
        });
        id
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("names", &self.lock().keys()).finish_non_exhaustive()
    }
}

/// The name of the secret that an id means: its name, its ARN, or its ARN without the random characters.
fn find(secrets: &BTreeMap<String, Secret>, id: &str) -> Result<String, Refused> {
    let found = secrets.iter().find(|(name, secret)| {
        *name == id || secret.arn == id || secret.arn.rsplit_once('-').is_some_and(|(partial, _)| partial == id)
    });
    match found {
        Some((name, _)) => Ok(name.clone()),
        None => Err(("ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned())),
    }
}

fn value(string: Option<String>, binary: Option<String>) -> Result<Option<Content>, Refused> {
    let (size, value) = match (string, binary) {
        (Some(string), None) => (string.len(), Content::SecretString(string)),
        (None, Some(binary)) => {
            let bytes = BASE64.decode(binary.as_bytes());
            let bytes =
                bytes.map_err(|why| ("SerializationException", format!("SecretBinary is not base64: {why}")))?;
            (bytes.len(), Content::SecretBinary(binary))
        }
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let why = "SecretString and SecretBinary exclude each other.".to_owned();
            return Err(("InvalidParameterException", why));
        }
    };
    if size > MAX_VALUE {
        return Err(("ValidationException", format!("The value of a secret has at most {MAX_VALUE} bytes.")));
    }
    Ok(Some(value))
}

/// The characters are those of <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>.
fn check_name(name: &str) -> Result<(), Refused> {
    let right = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(right) {
        return Ok(());
    }
    let why = format!("Invalid name. It must have 1 to {MAX_NAME} letters, digits, or any of the following: -/_+=.@");
    Err(("ValidationException", why))
}

fn unkept(why: rusqlite::Error) -> Refused {
    (INTERNAL, format!("the secret cannot be kept: {why}"))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|why| ("InvalidParameterException", why.to_string()))
}
