//! Tables as CloudFormation declares them.

use std::collections::BTreeSet;

use dynoxide::Database;
use dynoxide::actions::create_table::{CreateTableRequest, StreamSpecification};
use dynoxide::actions::update_table::UpdateTableRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::errors::DynoxideError;
use dynoxide::storage::TableMetadata;
use serde_json::{Map, Value};

/// Properties of `AWS::DynamoDB::Table` that make a difference here.
const EMULATED: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "TimeToLiveSpecification",
];

/// Those of them that only say what AWS reserves and charges.
const CAPACITY: &[&str] = &["OnDemandThroughput", "ProvisionedThroughput", "TableClass"];

/// Why a table was not made.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The value is not the properties of a table.
    #[error(
        "table {table}: {what}; it has to be the Properties of an AWS::DynamoDB::Table, intrinsic functions resolved"
    )]
    Properties {
        /// The table's name.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// There is a table of this name with another key or other indexes.
    #[error("table {table} is there already with another {what}; choose another data folder, or delete this one")]
    Differs {
        /// The table's name.
        table: String,
        /// The property that differs.
        what: &'static str,
    },
    /// DynamoDB refuses it.
    #[error("table {table}: {source}")]
    Refused {
        /// The table's name.
        table: String,
        /// What DynamoDB says.
        source: DynoxideError,
    },
}

/// Makes the table, or brings the one that is there in step.
pub(super) fn make(database: &Database, name: &str, properties: &Map<String, Value>) -> Result<(), TableError> {
    let refused = |source| TableError::Refused { table: name.to_owned(), source };
    let request: CreateTableRequest = read(name, create_table_request(name, properties))?;
    let wanted = Wanted::read(name, &request, properties)?;
    match database.create_table(request) {
        Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => {}
        Err(source) => return Err(refused(source)),
    }
    let Some(there) = database.get_table_metadata(name).map_err(refused)? else { return Ok(()) };
    compare(&there, name, properties)?;
    wanted.bring_about(database, name, &there).map_err(refused)
}

/// What CloudFormation changes of a table without making another one
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>).
struct Wanted {
    /// The attribute that the TTL goes by.
    time_to_live: Option<String>,
    /// The view of the stream.
    stream: Option<String>,
    protected: bool,
}

impl Wanted {
    fn read(table: &str, request: &CreateTableRequest, properties: &Map<String, Value>) -> Result<Self, TableError> {
        let time_to_live: Option<TimeToLiveSpecification> =
            read(table, properties.get("TimeToLiveSpecification").cloned().unwrap_or_default())?;
        let stream = request.stream_specification.as_ref().filter(|stream| stream.stream_enabled);
        Ok(Self {
            time_to_live: time_to_live.filter(|wanted| wanted.enabled).map(|wanted| wanted.attribute_name),
            stream: stream.and_then(|stream| stream.stream_view_type.clone()),
            protected: request.deletion_protection_enabled.unwrap_or(false),
        })
    }

    /// Changes what differs. A TTL goes by another attribute only once it does not go by the first one.
    fn bring_about(&self, database: &Database, table: &str, there: &TableMetadata) -> Result<(), DynoxideError> {
        let attribute = there.ttl_attribute.clone().filter(|_| there.ttl_enabled);
        if attribute != self.time_to_live {
            for (attribute, enabled) in [(&attribute, false), (&self.time_to_live, true)] {
                let Some(attribute) = attribute.clone() else { continue };
                let time_to_live_specification = TimeToLiveSpecification { attribute_name: attribute, enabled };
                let table_name = table.to_owned();
                database.update_time_to_live(UpdateTimeToLiveRequest { table_name, time_to_live_specification })?;
            }
        }
        let update = || UpdateTableRequest { table_name: table.to_owned(), ..UpdateTableRequest::default() };
        let view = there.stream_view_type.clone().filter(|_| there.stream_enabled);
        if view != self.stream {
            let (stream_enabled, stream_view_type) = (self.stream.is_some(), self.stream.clone());
            let stream_specification = Some(StreamSpecification { stream_enabled, stream_view_type });
            database.update_table(UpdateTableRequest { stream_specification, ..update() })?;
        }
        if there.deletion_protection_enabled != self.protected {
            let deletion_protection_enabled = Some(self.protected);
            database.update_table(UpdateTableRequest { deletion_protection_enabled, ..update() })?;
        }
        Ok(())
    }
}

/// Whether the table that is there is the one that is wanted. It is not asked of `DescribeTable`, which counts the rows of
/// the table and of its indexes, a second or two for a million acties.
fn compare(there: &TableMetadata, name: &str, properties: &Map<String, Value>) -> Result<(), TableError> {
    let refused = |source| TableError::Refused { table: name.to_owned(), source };
    let definition = |text: Option<&str>| -> Result<Value, TableError> {
        let read = serde_json::from_str(text.unwrap_or("null"));
        read.map_err(|why| refused(DynoxideError::InternalServerError(why.to_string())))
    };
    let wanted = Value::Object(properties.clone());
    let differs = |what| Err(TableError::Differs { table: name.to_owned(), what });
    if definition(Some(&there.key_schema))? != wanted["KeySchema"] {
        return differs("KeySchema");
    }
    for (what, there) in
        [("GlobalSecondaryIndexes", &there.gsi_definitions), ("LocalSecondaryIndexes", &there.lsi_definitions)]
    {
        if indexes(&definition(there.as_deref())?) != indexes(&wanted[what]) {
            return differs(what);
        }
    }
    Ok(())
}

/// Name, key and projection of every index, in the order of their names.
fn indexes(of: &Value) -> Vec<(String, Value, Value)> {
    let all = of.as_array().into_iter().flatten();
    let mut all: Vec<_> = all
        .map(|index| {
            let name = index["IndexName"].as_str().unwrap_or_default().to_owned();
            (name, index["KeySchema"].clone(), index["Projection"]["ProjectionType"].clone())
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// Where CloudFormation's form is not that of the API, the API's.
fn create_table_request(name: &str, properties: &Map<String, Value>) -> Value {
    let mut request: Map<String, Value> = properties
        .iter()
        .filter(|(key, _)| EMULATED.contains(&key.as_str()) && *key != "TimeToLiveSpecification")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    request.insert("TableName".to_owned(), name.into());
    // In CloudFormation, naming a stream turns it on.
    if let Some(Value::Object(stream)) = request.get_mut("StreamSpecification") {
        stream.retain(|key, _| key == "StreamViewType");
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    if let Some(Value::Array(indexes)) = request.get_mut("GlobalSecondaryIndexes") {
        for index in indexes.iter_mut().filter_map(Value::as_object_mut) {
            index.retain(|key, _| key != "ContributorInsightsSpecification" && key != "WarmThroughput");
        }
    }
    Value::Object(request)
}

fn read<T: serde::de::DeserializeOwned>(table: &str, request: Value) -> Result<T, TableError> {
    serde_json::from_value(request).map_err(|why| {
        let what = why.to_string().trim_start_matches("VALIDATION:").to_owned();
        TableError::Properties { table: table.to_owned(), what }
    })
}

/// Names of the properties that make no difference here.
pub(super) fn ignored(properties: &Map<String, Value>) -> BTreeSet<String> {
    let without = |key: &str, value: &Value| match key {
        "BillingMode" => value == "PROVISIONED",
        _ => !EMULATED.contains(&key) || CAPACITY.contains(&key),
    };
    let of_table = properties.iter().filter(|(key, value)| without(key, value)).map(|(key, _)| key.clone());
    let indexes = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten();
    let of_indexes = indexes.filter_map(Value::as_object).flat_map(Map::keys);
    let of_indexes = of_indexes.filter(|key| !["IndexName", "KeySchema", "Projection"].contains(&key.as_str()));
    of_table.chain(of_indexes.map(|key| format!("GlobalSecondaryIndexes.{key}"))).collect()
}
