//! What is in the tables.

use contract::table::DOCUMENT;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};

use super::fields::Fields;
use super::views::{pretty, shortened};
use super::{Page, Wrong};

/// How many rows a page has.
const ROWS: usize = 50;
/// How much of a row is seen in a list, in characters.
const SUMMARY: usize = 200;

/// The key of a table: its attributes, the partition key first, and the type of that.
struct Schema {
    key: Vec<String>,
    partition_type: String,
}

impl Page {
    /// Rows of a table, or of one partition of it.
    pub(super) async fn table(&self, fields: &Fields) -> Result<Value, Wrong> {
        let table = self.table_name(fields)?;
        let schema = self.schema(table).await?;
        let mut asked = json!({"TableName": table, "Limit": ROWS, "ConsistentRead": true});
        if let Some(after) = fields.filled("after") {
            asked["ExclusiveStartKey"] = key(after, "after")?;
        }
        let partition = fields.filled("partition").map(str::trim);
        let target = match partition {
            Some(partition) => {
                asked["KeyConditionExpression"] = "#partition = :partition".into();
                asked["ExpressionAttributeNames"] = json!({"#partition": schema.key[0]});
                asked["ExpressionAttributeValues"] = json!({":partition": {schema.partition_type.clone(): partition}});
                "DynamoDB_20120810.Query"
            }
            None => "DynamoDB_20120810.Scan",
        };
        let answer = self.look(target, &asked).await?;
        let items = answer["Items"].as_array().into_iter().flatten().filter_map(Json::as_object);
        let rows: Vec<Value> = items.map(|item| row(item, &schema.key)).collect();
        let next = answer.get("LastEvaluatedKey").map(Json::to_string);
        Ok(context! { table, names => schema.key, partition, rows, next, later => fields.filled("after").is_some() })
    }

    /// One row, whole.
    pub(super) async fn row(&self, fields: &Fields) -> Result<Value, Wrong> {
        let table = self.table_name(fields)?;
        let key = key(fields.get("key").unwrap_or_default(), "key")?;
        let asked = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let mut answer = self.look("DynamoDB_20120810.GetItem", &asked).await?;
        let Json::Object(mut item) = answer["Item"].take() else {
            return Err(Wrong::NotFound("there is no such row in the table, or no longer".to_owned()));
        };
        let document = item.shift_remove(DOCUMENT).map(|document| pretty(plain(&document).as_bytes()));
        let attributes: Vec<_> = item.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        Ok(context! { table, attributes, document })
    }

    fn table_name(&self, fields: &Fields) -> Result<&str, Wrong> {
        let name = fields.get("name").unwrap_or_default();
        let known = self.inside.tables.iter().find(|known| *known == name);
        known.map(String::as_str).ok_or_else(|| Wrong::NotFound("there is no such table in the template".to_owned()))
    }

    async fn schema(&self, table: &str) -> Result<Schema, Wrong> {
        let answer = self.look("DynamoDB_20120810.DescribeTable", &json!({"TableName": table})).await?;
        let list = |name: &str| answer["Table"][name].as_array().cloned().unwrap_or_default();
        let named = |entry: &Json| entry["AttributeName"].as_str().unwrap_or_default().to_owned();
        let mut keys = list("KeySchema");
        keys.sort_by_key(|key| key["KeyType"] != "HASH");
        let key: Vec<String> = keys.iter().map(named).collect();
        let partition = key.first().ok_or_else(|| Wrong::Failed("the table has no key".to_owned()))?;
        let kind = list("AttributeDefinitions").into_iter().find(|definition| named(definition) == *partition);
        let kind = kind.and_then(|kind| kind["AttributeType"].as_str().map(str::to_owned));
        Ok(Schema { partition_type: kind.unwrap_or_else(|| "S".to_owned()), key })
    }
}

/// A key from an address of these pages.
fn key(text: &str, field: &str) -> Result<Json, Wrong> {
    let key = serde_json::from_str(text).ok().filter(Json::is_object);
    key.ok_or_else(|| Wrong::Bad(format!("{field} has to be a key as DynamoDB writes it, in JSON")))
}

/// A row of a list.
fn row(item: &Map<String, Json>, names: &[String]) -> Value {
    let of_key = |name: &String| item.get(name).map(|value| (name.clone(), value.clone()));
    let key: Map<String, Json> = names.iter().filter_map(of_key).collect();
    let values: Vec<String> = key.values().map(plain).collect();
    let others = item.iter().filter(|(name, _)| !names.contains(name) && *name != DOCUMENT);
    let others: Vec<String> = others.map(|(name, value)| format!("{name} {}", plain(value))).collect();
    context! { key => Json::Object(key).to_string(), values, others => shortened(&others.join(", "), SUMMARY) }
}

/// An attribute without DynamoDB's letters for types: a text or number as it is, anything else as JSON.
fn plain(attribute: &Json) -> String {
    match attribute.as_object().and_then(|attribute| attribute.iter().next()) {
        Some((kind, Json::String(text))) if kind != "B" => text.clone(),
        Some((_, value)) => value.to_string(),
        None => attribute.to_string(),
    }
}
