//! A table in memory that is as strict about a request as DynamoDB is.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::expression::{assignments, holds, parse, placeholders};

/// Rows in DynamoDB's JSON.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Value>,
}

const KEY: [&str; 2] = ["actieId", "soort"];
const INDEX: [&str; 2] = ["objectSleutel", "tijdstipSleutel"];

impl Table {
    /// DynamoDB's answer: its status and its body.
    pub(crate) fn answer(&mut self, action: &str, request: &Value) -> (u16, Value) {
        check(action, request);
        match action {
            "GetItem" => (200, self.get(request)),
            "Query" => self.query(request),
            "UpdateItem" => self.update(request),
            other => panic!("no such call: {other}"),
        }
    }

    fn get(&self, request: &Value) -> Value {
        match self.rows.iter().find(|row| same(row, &request["Key"], &KEY)) {
            Some(row) => json!({"Item": project(row, request)}),
            None => json!({}),
        }
    }

    fn query(&self, request: &Value) -> (u16, Value) {
        let condition = parse(text(request, "KeyConditionExpression"));
        let mut rows: Vec<&Value> =
            self.rows.iter().filter(|row| INDEX.iter().all(|key| row.get(key).is_some())).collect();
        rows.sort_by_key(|row| row["tijdstipSleutel"]["S"].as_str().expect("text").to_owned());
        if request["ScanIndexForward"] == false {
            rows.reverse();
        }
        rows.retain(|row| holds(&condition, request, row));
        if let Some(start) = request.get("ExclusiveStartKey") {
            if !holds(&condition, request, start) {
                let message = "The provided starting key is outside query boundaries based on provided conditions";
                return (400, json!({"__type": "com.amazon.coral.validate#ValidationException", "message": message}));
            }
            let after = |row: &&Value| {
                let (row, start) = (row["tijdstipSleutel"]["S"].as_str(), start["tijdstipSleutel"]["S"].as_str());
                if request["ScanIndexForward"] == false { row < start } else { row > start }
            };
            rows.retain(after);
        }
        let limit = usize::try_from(request["Limit"].as_u64().expect("checked")).expect("small");
        // DynamoDB returns a key whenever it stopped at the limit, even where nothing follows.
        let last = rows.get(limit - 1).map(|row| keep(row, &[&KEY[..], &INDEX[..]].concat()));
        let read = rows.len().min(limit);
        let filter = request.get("FilterExpression").map(|filter| parse(filter.as_str().expect("checked")));
        let items: Vec<Value> = rows
            .into_iter()
            .take(limit)
            .filter(|row| filter.as_ref().is_none_or(|filter| holds(filter, request, row)))
            .map(|row| project(row, request))
            .collect();
        let mut answer = json!({"Count": items.len(), "Items": items, "ScannedCount": read});
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = last;
        }
        (200, answer)
    }

    fn update(&mut self, request: &Value) -> (u16, Value) {
        let condition = parse(text(request, "ConditionExpression"));
        let row = self.rows.iter_mut().find(|row| same(row, &request["Key"], &KEY));
        let nothing = json!({});
        if !holds(&condition, request, row.as_deref().unwrap_or(&nothing)) {
            let mut refusal = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": "The conditional request failed",
            });
            if let (Some(row), "ALL_OLD") = (row, text(request, "ReturnValuesOnConditionCheckFailure")) {
                refusal["Item"] = row.clone();
            }
            return (400, refusal);
        }
        let row = row.expect("the conditions here never hold for an item that is absent");
        for (name, value) in assignments(text(request, "UpdateExpression")) {
            row[request["ExpressionAttributeNames"][&name].as_str().expect("checked")] =
                request["ExpressionAttributeValues"][&value].clone();
        }
        (200, json!({}))
    }
}

/// Panics where DynamoDB answers ValidationException.
pub(crate) fn check(action: &str, request: &Value) {
    let expressions: &[&str] = match action {
        "GetItem" => &["ProjectionExpression"],
        "Query" => &["KeyConditionExpression", "FilterExpression", "ProjectionExpression"],
        "UpdateItem" => &["UpdateExpression", "ConditionExpression"],
        other => panic!("no such call: {other}"),
    };
    let others: &[&str] = match action {
        "GetItem" => &["TableName", "Key", "ConsistentRead", "ExpressionAttributeNames"],
        "Query" => &[
            "TableName",
            "IndexName",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ExclusiveStartKey",
            "ScanIndexForward",
            "Limit",
        ],
        _ => &[
            "TableName",
            "Key",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValuesOnConditionCheckFailure",
        ],
    };
    let fields = request.as_object().expect("a request is an object");
    for field in fields.keys() {
        assert!(expressions.contains(&field.as_str()) || others.contains(&field.as_str()), "{action} knows no {field}");
    }
    assert!(!text(request, "TableName").is_empty(), "TableName is empty");
    let (mut names, mut values) = (BTreeSet::new(), BTreeSet::new());
    for expression in expressions.iter().filter_map(|expression| fields.get(*expression)) {
        let (more_names, more_values) = placeholders(expression.as_str().expect("an expression is text"));
        names.extend(more_names);
        values.extend(more_values);
    }
    assert_eq!(names, keys(request.get("ExpressionAttributeNames")), "names that are used, and names that are defined");
    assert_eq!(
        values,
        keys(request.get("ExpressionAttributeValues")),
        "values that are used, and values that are defined"
    );
    for value in objects(request.get("ExpressionAttributeValues")) {
        check_value(value);
    }
    if action == "Query" {
        assert!(
            request["Limit"].as_u64().is_some_and(|limit| limit > 0),
            "Limit is a number from 1: {}",
            request["Limit"]
        );
        if let Some(start) = request.get("ExclusiveStartKey") {
            check_key(start, &[&KEY[..], &INDEX[..]].concat());
        }
    } else {
        check_key(&request["Key"], &KEY);
    }
}

fn check_key(key: &Value, parts: &[&str]) {
    assert_eq!(keys(Some(key)), parts.iter().map(ToString::to_string).collect(), "attributes of a key");
    for value in objects(Some(key)) {
        check_value(value);
        assert!(value["S"].as_str().is_some_and(|text| !text.is_empty()), "part of a key: {value}");
    }
}

fn check_value(value: &Value) {
    let value = value.as_object().expect("a value is an object");
    let mut kinds = value.iter();
    let (Some((kind, value)), None) = (kinds.next(), kinds.next()) else { panic!("one kind of value: {value:?}") };
    match kind.as_str() {
        "S" => assert!(value.is_string(), "text: {value}"),
        "N" => assert!(value.as_str().is_some_and(|number| number.parse::<i64>().is_ok()), "a number as text: {value}"),
        "BOOL" => assert!(value.is_boolean(), "a boolean: {value}"),
        other => panic!("no such kind: {other}"),
    }
}

fn keys(object: Option<&Value>) -> BTreeSet<String> {
    object.and_then(Value::as_object).map(|object| object.keys().cloned().collect()).unwrap_or_default()
}

fn objects(object: Option<&Value>) -> impl Iterator<Item = &Value> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::values)
}

fn text<'a>(request: &'a Value, field: &str) -> &'a str {
    request[field].as_str().unwrap_or_else(|| panic!("{field} is text: {}", request[field]))
}

fn same(row: &Value, key: &Value, parts: &[&str]) -> bool {
    parts.iter().all(|part| row[part] == key[part])
}

fn keep(row: &Value, attributes: &[&str]) -> Value {
    attributes
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone())))
        .collect::<Map<_, _>>()
        .into()
}

fn project(row: &Value, request: &Value) -> Value {
    let names = text(request, "ProjectionExpression")
        .split(", ")
        .map(|name| request["ExpressionAttributeNames"][name].as_str().expect("checked"));
    keep(row, &names.collect::<Vec<_>>())
}
