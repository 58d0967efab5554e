//! How much goes into one event: "up to the payload limit for synchronous invocation (6 MB)",
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>.

use std::io::{self, Write};

use serde_json::Value;

/// How large an event may be, in bytes.
pub(super) const LARGEST: usize = 6 * 1024 * 1024;

/// How large a value is as JSON, in bytes.
pub(super) fn size(value: &Value) -> usize {
    let mut count = Count(0);
    // Counting does not fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// Parts what goes into events, in its order, so that none is too large. What is too large by itself is an event of its own.
pub(super) fn part<T>(items: Vec<T>, record: impl Fn(&T) -> &Value) -> Vec<Vec<T>> {
    let empty = r#"{"Records":[]}"#.len();
    let (mut events, mut event, mut bytes) = (Vec::new(), Vec::new(), empty);
    for item in items {
        // With the comma before it.
        let more = size(record(&item)) + 1;
        if !event.is_empty() && bytes + more > LARGEST {
            events.push(std::mem::take(&mut event));
            bytes = empty;
        }
        bytes += more;
        event.push(item);
    }
    if !event.is_empty() {
        events.push(event);
    }
    events
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_as_large_as_they_may_be_and_in_order() {
        let record = |number: usize, bytes: usize| json!({"n": number, "text": "x".repeat(bytes)});
        let half = LARGEST / 2;
        for (sizes, parted) in [
            (vec![], vec![]),
            (vec![10, 10, 10], vec![vec![0, 1, 2]]),
            (vec![half - 100, half - 100, 10, 10], vec![vec![0, 1, 2, 3]]),
            (vec![half, half, half - 100], vec![vec![0], vec![1, 2]]),
            (vec![10, LARGEST, 10, 10], vec![vec![0], vec![1], vec![2, 3]]),
        ] {
            let records = sizes.iter().enumerate().map(|(number, bytes)| record(number, *bytes)).collect();
            let events = part(records, |record| record);
            let numbers = |event: &Vec<Value>| event.iter().map(|record| record["n"].clone()).collect::<Vec<_>>();
            assert_eq!(json!(events.iter().map(numbers).collect::<Vec<_>>()), json!(parted));
            for event in events.iter().filter(|event| event.len() > 1) {
                assert!(json!({"Records": event}).to_string().len() <= LARGEST);
            }
        }
    }
}
