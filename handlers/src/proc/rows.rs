//! Writing the rows of one actie: the current row always among them, since it is what every writer looks at.

use contract::table as names;
use domain::rows::{Key, Row};
use tokio::time::Instant;

use crate::aws::{Condition, MOST_TOGETHER, Table, Write, WriteError};
use crate::retry::{Pauses, persist};

/// What a transaction may hold, with some room for how DynamoDB counts.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST_BYTES: usize = 3_800_000;
/// A row that is removed counts with its size, of which only the limit is known: a hundred of them fit.
const REMOVED_BYTES: usize = MOST_BYTES / MOST_TOGETHER;

/// Writes a row, whatever is there.
pub(crate) fn put(row: Row) -> Write {
    Write { key: row.key(), row: Some(row), condition: Condition::Always }
}

/// Writes a row if there is none.
pub(crate) fn put_new(row: Row) -> Write {
    Write { condition: Condition::New, ..put(row) }
}

/// Removes a row.
pub(crate) fn remove(key: Key) -> Write {
    Write { row: None, key, condition: Condition::Always }
}

/// That the current row is as it was read. A function that writes it counts up `revisie`; a DELETE, which a mapping
/// template does, changes the other two.
pub(crate) fn unchanged(actueel: Option<&Row>) -> Condition {
    let Some(row) = actueel else { return Condition::New };
    let watched = [names::REVISIE, names::TIJDSTIP_REGISTRATIE, names::VERVALLEN];
    Condition::Unchanged(watched.map(|name| (name, row.fields().get(name).cloned())).into())
}

/// Writes the current row under a condition, and others in the same transaction. Where they are too many for one, the
/// current row is written again with each lot: so nobody who read it before the last of them can write after it.
pub(super) async fn write_together<T: Table>(
    table: &T,
    until: Instant,
    mut actueel: Row,
    mut condition: Condition,
    others: Vec<Write>,
) -> Result<(), WriteError> {
    for lot in lots(actueel.size(), others) {
        let head = Write { condition, ..put(actueel.clone()) };
        let writes: Vec<Write> = [head].into_iter().chain(lot).collect();
        persist(Pauses::BATCH, until, || table.write(writes.clone())).await?;
        condition = unchanged(Some(&actueel));
        let revisie = actueel.number(names::REVISIE).unwrap_or_default();
        actueel = actueel.with_revisie(revisie + 1);
    }
    Ok(())
}

/// The writes in their order, in as few lots as can go with a row of this size; at least one, which may be empty.
fn lots(with: usize, writes: Vec<Write>) -> Vec<Vec<Write>> {
    let mut lots = vec![Vec::new()];
    let mut bytes = with;
    for write in writes {
        let size = write.row.as_ref().map_or(REMOVED_BYTES, Row::size);
        if lots.last().is_some_and(|lot: &Vec<_>| lot.len() + 1 >= MOST_TOGETHER) || bytes + size > MOST_BYTES {
            lots.push(Vec::new());
            bytes = with;
        }
        bytes += size;
        if let Some(lot) = lots.last_mut() {
            lot.push(write);
        }
    }
    lots
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rows::Attribute;

    fn row(n: usize, size: usize) -> Row {
        let text = |name: &str, text: String| (name.to_owned(), Attribute::S(text));
        let row = Row::from_fields([text(names::ACTIE_ID, "a".to_owned()), text(names::SOORT, format!("object#{n}"))]);
        let left = size - row.size() - names::DOCUMENT.len();
        let fields = row.fields().iter().map(|(name, value)| (name.to_string(), value.clone()));
        Row::from_fields(fields.chain([text(names::DOCUMENT, "x".repeat(left))]))
    }

    #[test]
    fn a_transaction_has_no_more_than_a_hundred_rows_and_four_megabytes() {
        for (count, size) in [(0, 100), (1, 100), (99, 100), (100, 100), (250, 100), (30, 400_000), (150, 100_000)] {
            let writes: Vec<Write> = (0..count).map(|n| put(row(n, size))).collect();
            let lots = lots(400_000, writes.clone());
            for lot in &lots {
                assert!(lot.len() < MOST_TOGETHER);
                let bytes: usize = lot.iter().filter_map(|write| write.row.as_ref()).map(Row::size).sum();
                assert!(bytes + 400_000 <= 4_000_000, "{bytes}");
            }
            assert!(lots.len() <= 1 + count / 99 + count * size / 3_000_000, "{count} of {size}: {}", lots.len());
            assert_eq!(lots.concat(), writes);
        }
        let removed = (0..250).map(|n| remove(Key::new("a", n.to_string()))).collect();
        assert_eq!(lots(1000, removed).len(), 3);
    }
}
