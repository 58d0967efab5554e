//! `ClientRequestToken`: a transaction that is asked for again within ten minutes is not done again
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
//!
//! `dynoxide` keeps this promise too, and to forget old tokens it looks through all of them in every call: at some hundred POSTs a
//! second, that soon is most of what a call costs. So transactions go to its library without their token, which is kept here. A
//! token that its server has seen once stays with the server.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::digest;

/// How long a token is good for.
const KEPT: Duration = Duration::from_secs(600);

/// What a call hears whose token was that of another transaction.
pub(super) const MISMATCH: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException","message":"The request uses the same client token as a previous, but non-identical request."}"#;

/// The tokens of the last ten minutes.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    known: HashMap<Box<str>, First>,
    /// The oldest first.
    ages: VecDeque<(Instant, Box<str>)>,
}

/// What became of the first call with a token.
enum First {
    Done { items: u64, answer: Bytes },
    AtServer,
}

/// What is to be done with a call that has a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done, now or by an earlier call: this is the answer.
    Done(Bytes),
    /// An earlier call with this token asked for something else.
    Mismatch,
    /// The server has it.
    AtServer,
}

/// The token of a transaction, and what it is the token of.
pub(super) struct Token {
    text: Box<str>,
    items: u64,
}

impl Token {
    /// Takes the token out of a request; none where there is none, or where the answer depends on more than the items.
    pub(super) fn take(request: &mut Value) -> Option<Self> {
        let request = request.as_object_mut()?;
        if request.keys().any(|name| name != "TransactItems" && name != "ClientRequestToken") {
            return None;
        }
        // Longer ones are refused, which the server knows how to say.
        let text = request.get("ClientRequestToken")?.as_str().filter(|text| (1..=36).contains(&text.len()))?.into();
        let items = digest::of_content(request.get("TransactItems")?);
        request.remove("ClientRequestToken");
        Some(Self { text, items })
    }
}

impl Tokens {
    /// Does a transaction, unless one with this token was done. `work` gives the answer, or none where the server has to be
    /// asked. Nothing else is done with a token meanwhile, so that two calls with one token are one transaction.
    pub(super) fn once(&self, token: Token, work: impl FnOnce() -> Option<Bytes>) -> Verdict {
        // A panic in `work` leaves the token unknown, as if it had not come.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget();
        let Kept { known, ages } = &mut *kept;
        match known.entry(token.text) {
            Entry::Occupied(entry) => match entry.get() {
                First::AtServer => Verdict::AtServer,
                First::Done { items, answer } if *items == token.items => Verdict::Done(answer.clone()),
                First::Done { .. } => Verdict::Mismatch,
            },
            Entry::Vacant(entry) => {
                let answer = work();
                ages.push_back((Instant::now(), entry.key().clone()));
                match answer {
                    Some(answer) => {
                        entry.insert(First::Done { items: token.items, answer: answer.clone() });
                        Verdict::Done(answer)
                    }
                    None => {
                        entry.insert(First::AtServer);
                        Verdict::AtServer
                    }
                }
            }
        }
    }
}

impl Kept {
    fn forget(&mut self) {
        while let Some((_, token)) = self.ages.pop_front_if(|(age, _)| age.elapsed() >= KEPT) {
            self.known.remove(&token);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(mut request: Value) -> Option<Token> {
        Token::take(&mut request)
    }

    fn put(id: &str) -> Value {
        json!([{"Put": {"TableName": "t", "Item": {"id": {"S": id}, "n": {"N": "1"}}}}])
    }

    #[test]
    fn a_token_is_taken_out_where_nothing_else_decides_on_the_answer() {
        let mut request = json!({"ClientRequestToken": "a", "TransactItems": put("1")});
        assert!(Token::take(&mut request).is_some());
        assert_eq!(request, json!({"TransactItems": put("1")}));
        for other in [
            json!({"TransactItems": put("1")}),
            json!({"ClientRequestToken": "", "TransactItems": put("1")}),
            json!({"ClientRequestToken": "a".repeat(37), "TransactItems": put("1")}),
            json!({"ClientRequestToken": 1, "TransactItems": put("1")}),
            json!({"ClientRequestToken": "a"}),
            json!({"ClientRequestToken": "a", "TransactItems": put("1"), "ReturnConsumedCapacity": "TOTAL"}),
            json!([]),
        ] {
            let mut asked = other.clone();
            assert!(Token::take(&mut asked).is_none(), "{other}");
            assert_eq!(asked, other, "what is not taken stays where it is");
        }
    }

    #[test]
    fn the_same_transaction_is_done_once() {
        let tokens = Tokens::default();
        let asked = |name: &str, id| token(json!({"ClientRequestToken": name, "TransactItems": put(id)})).unwrap();
        let done = |answer: &'static str| Some(Bytes::from(answer));
        assert_eq!(tokens.once(asked("a", "1"), || done("first")), Verdict::Done("first".into()));
        assert_eq!(tokens.once(asked("a", "1"), || panic!("it is done")), Verdict::Done("first".into()));
        assert_eq!(tokens.once(asked("a", "2"), || panic!("it is another")), Verdict::Mismatch);
        assert_eq!(tokens.once(asked("b", "2"), || None), Verdict::AtServer);
        assert_eq!(tokens.once(asked("b", "2"), || panic!("the server has it")), Verdict::AtServer);

        let members = json!([{"Put": {"Item": {"n": {"N": "1"}, "id": {"S": "1"}}, "TableName": "t"}}]);
        let again = token(json!({"TransactItems": members, "ClientRequestToken": "a"})).unwrap();
        assert_eq!(tokens.once(again, || panic!("the order of members says nothing")), Verdict::Done("first".into()));
    }

    #[test]
    fn a_token_is_forgotten_when_its_time_is_over() {
        let mut kept = Kept::default();
        for (name, age) in [("old", KEPT), ("new", Duration::ZERO)] {
            kept.known.insert(name.into(), First::AtServer);
            // A machine that was started less than ten minutes ago knows no earlier time.
            let Some(at) = Instant::now().checked_sub(age) else { return };
            kept.ages.push_back((at, name.into()));
        }
        kept.forget();
        assert_eq!(kept.known.keys().map(|name| &**name).collect::<Vec<_>>(), ["new"]);
    }
}
