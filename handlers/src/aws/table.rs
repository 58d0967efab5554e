//! The table: rows read with certainty, and written together under conditions.

use std::collections::HashMap;
use std::future::Future;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem};
use contract::table as names;
use domain::rows::{Attribute, Key, Row, verwerking};

use super::Failure;

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The row as it becomes; `None` removes it.
    pub row: Option<Row>,
    /// Which row.
    pub key: Key,
    /// What must hold of the row that is there.
    pub condition: Condition,
}

/// What must hold of the row that is there for it to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is none.
    New,
    /// There is none, or it is no later than this `tijdstipRegistratie`.
    NotLater(String),
    /// These attributes are as they were read; those that were absent still are.
    Unchanged(Vec<(&'static str, Option<Attribute>)>),
}

/// Why rows were not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The condition of one of them does not hold; nothing was written.
    #[error("a row was changed in between")]
    Condition,
    /// See [`Failure`].
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Some rows, in the order of their sort key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next page begins; none after the last one.
    pub next: Option<Row>,
}

/// The most rows that are written together, or asked for by key.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub const MOST_TOGETHER: usize = 100;

/// The most members of a verwerking in a page. Without it, a page would be of 1 MB, some ten thousand members: the larger
/// the verwerking, the more memory it would take.
pub const MOST_MEMBERS: u16 = 1_000;

/// Where rows are kept. All reading is consistent, but for that of an index.
pub trait Table: Send + Sync {
    /// Reads a row.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Row>, Failure>> + Send;

    /// Reads those of up to [`MOST_TOGETHER`] rows that there are, in no order.
    fn get_many(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Row>, Failure>> + Send;

    /// The rows of a partition whose sort key begins with `prefix`, after the row `after`.
    fn partition(
        &self,
        actie_id: &str,
        prefix: &str,
        after: Option<&Row>,
    ) -> impl Future<Output = Result<RowPage, Failure>> + Send;

    /// Of up to [`MOST_MEMBERS`] acties that are or were in a verwerking, that they are, after the row `after`.
    fn members(
        &self,
        verwerking_id: &str,
        after: Option<&Row>,
    ) -> impl Future<Output = Result<RowPage, Failure>> + Send;

    /// What `verwerkingId-index` holds of the acties of a verwerking, after the row `after`.
    fn of_verwerking(
        &self,
        verwerking_id: &str,
        after: Option<&Row>,
    ) -> impl Future<Output = Result<RowPage, Failure>> + Send;

    /// Writes rows, all of them or none.
    fn write(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// The table on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoTable {
    client: Client,
    name: String,
}

const SERVICE: &str = "DynamoDB";

type Item = HashMap<String, AttributeValue>;

impl DynamoTable {
    /// The table of this name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// A page of the rows whose partition and, where it is not empty, start of the sort key are these.
    async fn query(
        &self,
        index: Option<&str>,
        values: [(&str, &str); 2],
        after: Option<&Row>,
        most: Option<u16>,
    ) -> Result<RowPage, Failure> {
        let [(partition, partition_value), (sort, sort_value)] = values;
        let condition = if sort_value.is_empty() { "#p = :p" } else { "#p = :p AND begins_with(#s, :s)" };
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .key_condition_expression(condition)
            .expression_attribute_names("#p", partition)
            .expression_attribute_values(":p", AttributeValue::S(partition_value.to_owned()))
            .set_limit(most.map(i32::from))
            .set_exclusive_start_key(after.map(item));
        if !sort_value.is_empty() {
            query = query
                .expression_attribute_names("#s", sort)
                .expression_attribute_values(":s", AttributeValue::S(sort_value.to_owned()));
        }
        let page = query.send().await.map_err(|fout| Failure::of(SERVICE, &fout))?;
        let next = page.last_evaluated_key().filter(|key| !key.is_empty()).cloned().map(row);
        Ok(RowPage { rows: page.items.unwrap_or_default().into_iter().map(row).collect(), next })
    }

    async fn write_one(&self, write: Write) -> Result<(), WriteError> {
        let Expression { condition, names, values } = Expression::of(&write.condition);
        let failure = match write.row {
            Some(row) => {
                let put = self.client.put_item().table_name(&self.name).set_item(Some(item(&row)));
                let put = put.set_condition_expression(condition).set_expression_attribute_names(names);
                let put = put.set_expression_attribute_values(values).send().await;
                put.err().map(|fout| Failure::of(SERVICE, &fout))
            }
            None => {
                let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key_item(&write.key)));
                let delete = delete.set_condition_expression(condition).set_expression_attribute_names(names);
                let delete = delete.set_expression_attribute_values(values).send().await;
                delete.err().map(|fout| Failure::of(SERVICE, &fout))
            }
        };
        match failure {
            None => Ok(()),
            Some(Failure::Refused { code, .. }) if code == "ConditionalCheckFailedException" => {
                Err(WriteError::Condition)
            }
            Some(failure) => Err(failure.into()),
        }
    }
}

impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Failure> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key_item(key))).consistent_read(true);
        let answer = get.send().await.map_err(|fout| Failure::of(SERVICE, &fout))?;
        Ok(answer.item.map(row))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Failure> {
        let refused = |code: &str| Failure::Refused { service: SERVICE, code: code.to_owned() };
        let mut rows = Vec::new();
        let mut open: Vec<Item> = keys.iter().map(key_item).collect();
        while !open.is_empty() {
            let asked = open.len();
            let keys = KeysAndAttributes::builder().set_keys(Some(open)).consistent_read(true).build();
            let keys = keys.map_err(|_| refused("Keys"))?;
            let get = self.client.batch_get_item().request_items(&self.name, keys).send().await;
            let mut answer = get.map_err(|fout| Failure::of(SERVICE, &fout))?;
            if let Some(responses) = &mut answer.responses {
                rows.extend(responses.remove(&self.name).unwrap_or_default().into_iter().map(row));
            }
            let left = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name));
            open = left.map(|left| left.keys).unwrap_or_default();
            // Nothing done at all: as good as throttled, and for the caller to try again later.
            if open.len() == asked {
                return Err(Failure::Unavailable { service: SERVICE, code: "UnprocessedKeys".to_owned() });
            }
        }
        Ok(rows)
    }

    async fn partition(&self, actie_id: &str, prefix: &str, after: Option<&Row>) -> Result<RowPage, Failure> {
        self.query(None, [(names::ACTIE_ID, actie_id), (names::SOORT, prefix)], after, None).await
    }

    async fn members(&self, verwerking_id: &str, after: Option<&Row>) -> Result<RowPage, Failure> {
        let partition = verwerking(verwerking_id);
        let members = [(names::ACTIE_ID, partition.as_str()), (names::SOORT, names::SOORT_LID)];
        self.query(None, members, after, Some(MOST_MEMBERS)).await
    }

    async fn of_verwerking(&self, verwerking_id: &str, after: Option<&Row>) -> Result<RowPage, Failure> {
        let index = Some(names::VERWERKING_ID_INDEX);
        let all = [(names::VERWERKING_ID, verwerking_id), (names::TIJDSTIP_REGISTRATIE, "")];
        self.query(index, all, after, None).await
    }

    async fn write(&self, mut writes: Vec<Write>) -> Result<(), WriteError> {
        if writes.len() <= 1 {
            return match writes.pop() {
                Some(write) => self.write_one(write).await,
                None => Ok(()),
            };
        }
        let refused = || Failure::Refused { service: SERVICE, code: "TransactWriteItems".to_owned() };
        let mut items = Vec::with_capacity(writes.len());
        for write in writes {
            let Expression { condition, names, values } = Expression::of(&write.condition);
            let one = TransactWriteItem::builder();
            items.push(match write.row {
                Some(row) => {
                    let put = Put::builder().table_name(&self.name).set_item(Some(item(&row)));
                    let put = put.set_condition_expression(condition).set_expression_attribute_names(names);
                    one.put(put.set_expression_attribute_values(values).build().map_err(|_| refused())?).build()
                }
                None => {
                    let delete = Delete::builder().table_name(&self.name).set_key(Some(key_item(&write.key)));
                    let delete = delete.set_condition_expression(condition).set_expression_attribute_names(names);
                    one.delete(delete.set_expression_attribute_values(values).build().map_err(|_| refused())?).build()
                }
            });
        }
        let Err(fout) = self.client.transact_write_items().set_transact_items(Some(items)).send().await else {
            return Ok(());
        };
        use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException;
        if let Some(TransactionCanceledException(cancelled)) = fout.as_service_error() {
            let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
            if codes().any(|code| code == "ConditionalCheckFailed") {
                return Err(WriteError::Condition);
            }
            let code = codes().find(|code| *code != "None").unwrap_or("TransactionCanceled").to_owned();
            // What is left passes, but for items that are too large or wrong.
            let good = code != "ValidationError" && code != "ItemCollectionSizeLimitExceeded";
            return Err(WriteError::Failure(if good {
                Failure::Unavailable { service: SERVICE, code }
            } else {
                Failure::Refused { service: SERVICE, code }
            }));
        }
        Err(Failure::of(SERVICE, &fout).into())
    }
}

/// A condition as DynamoDB reads it.
#[derive(Default)]
struct Expression {
    condition: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<Item>,
}

impl Expression {
    fn of(condition: &Condition) -> Self {
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        let text = match condition {
            Condition::Always => return Self::default(),
            Condition::New => {
                names.insert("#k".to_owned(), names::ACTIE_ID.to_owned());
                "attribute_not_exists(#k)".to_owned()
            }
            Condition::NotLater(tijdstip) => {
                names.insert("#t".to_owned(), names::TIJDSTIP_REGISTRATIE.to_owned());
                values.insert(":t".to_owned(), AttributeValue::S(tijdstip.clone()));
                "attribute_not_exists(#t) OR #t <= :t".to_owned()
            }
            Condition::Unchanged(attributes) => {
                let each = attributes.iter().enumerate().map(|(n, (name, value))| {
                    names.insert(format!("#a{n}"), (*name).to_owned());
                    match value {
                        Some(expected) => {
                            values.insert(format!(":a{n}"), attribute_value(expected));
                            format!("#a{n} = :a{n}")
                        }
                        None => format!("attribute_not_exists(#a{n})"),
                    }
                });
                each.collect::<Vec<_>>().join(" AND ")
            }
        };
        Self { condition: Some(text), names: Some(names), values: (!values.is_empty()).then_some(values) }
    }
}

fn key_item(key: &Key) -> Item {
    HashMap::from([
        (names::ACTIE_ID.to_owned(), AttributeValue::S(key.actie_id.clone())),
        (names::SOORT.to_owned(), AttributeValue::S(key.soort.clone())),
    ])
}

fn item(row: &Row) -> Item {
    row.fields().iter().map(|(name, value)| (name.to_string(), attribute_value(value))).collect()
}

fn attribute_value(attribute: &Attribute) -> AttributeValue {
    match attribute {
        Attribute::S(text) => AttributeValue::S(text.clone()),
        Attribute::N(number) => AttributeValue::N(number.to_string()),
        Attribute::Bool => AttributeValue::Bool(true),
    }
}

/// What this log writes; attributes of other kinds, which it never writes, are left out.
fn row(item: Item) -> Row {
    let known = item.into_iter().filter_map(|(name, value)| {
        let value = match value {
            AttributeValue::S(text) => Attribute::S(text),
            AttributeValue::N(number) => Attribute::N(number.parse().ok()?),
            AttributeValue::Bool(true) => Attribute::Bool,
            _ => return None,
        };
        Some((name, value))
    });
    Row::from_fields(known)
}
