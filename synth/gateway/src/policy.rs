//! The policy that an authorizer answers with, and whether it allows a request.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>, and for the
//! language <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::Value as Json;

/// What a request needs.
const ACTION: &str = "execute-api:Invoke";

/// A policy, read.
#[derive(Debug, Clone)]
pub(crate) struct Policy(Vec<Statement>);

#[derive(Debug, Clone)]
struct Statement {
    allow: bool,
    /// Whether it speaks of invoking an API at all.
    invokes: bool,
    resources: Vec<Vec<Token>>,
    /// `NotResource`.
    others: bool,
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// What a policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

impl Policy {
    /// Reads a policy; `Err` says what is wrong with it.
    pub(crate) fn parse(policy: &Json) -> Result<Self, String> {
        let statements = policy.get("Statement").ok_or("the policy has no `Statement`")?;
        let statements = match statements {
            Json::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        if statements.is_empty() {
            return Err("the policy's `Statement` is empty".to_owned());
        }
        statements.iter().map(Statement::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a method may be called. A statement that denies wins from any that allows.
    pub(crate) fn verdict(&self, method_arn: &str) -> Verdict {
        let arn: Vec<char> = method_arn.chars().collect();
        let mut verdict = Verdict::NotAllowed;
        for statement in self.0.iter().filter(|statement| statement.concerns(&arn)) {
            if !statement.allow {
                return Verdict::Denied;
            }
            verdict = Verdict::Allowed;
        }
        verdict
    }
}

impl Statement {
    fn parse(statement: &Json) -> Result<Self, String> {
        let Json::Object(parts) = statement else { return Err(format!("`{statement}` is no statement")) };
        let allow = match parts.get("Effect").and_then(Json::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("a statement's `Effect` is `Allow` or `Deny`".to_owned()),
        };
        if parts.contains_key("Condition") {
            return Err("a statement has a `Condition`, and these are not emulated".to_owned());
        }
        let action: Vec<char> = ACTION.to_ascii_lowercase().chars().collect();
        let names = |text: &str| matches(&tokens(&text.to_ascii_lowercase()), &action);
        let (actions, not_actions) = either(parts, "Action", "NotAction")?;
        let (resources, others) = either(parts, "Resource", "NotResource")?;
        Ok(Self {
            allow,
            invokes: actions.iter().any(|action| names(action)) != not_actions,
            resources: resources.iter().map(|resource| tokens(resource)).collect(),
            others,
        })
    }

    fn concerns(&self, arn: &[char]) -> bool {
        self.invokes && self.resources.iter().any(|resource| matches(resource, arn)) != self.others
    }
}

/// The texts of one of two elements, and whether it is the second. IAM spells names of elements with capitals.
fn either<'p>(
    parts: &'p serde_json::Map<String, Json>,
    first: &str,
    second: &str,
) -> Result<(Vec<&'p str>, bool), String> {
    let (element, not) = match (parts.get(first), parts.get(second)) {
        (Some(element), None) => (element, false),
        (None, Some(element)) => (element, true),
        _ => return Err(format!("a statement has one of `{first}` and `{second}`")),
    };
    let texts: Option<Vec<&str>> = match element {
        Json::String(text) => Some(vec![text]),
        Json::Array(items) => items.iter().map(Json::as_str).collect(),
        _ => None,
    };
    texts.map(|texts| (texts, not)).ok_or_else(|| format!("a statement's `{first}` is a text or a list of texts"))
}

/// A pattern's parts. `${*}`, `${?}` and `${$}` are the characters themselves:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|escape| rest.starts_with(escape));
        match (escaped, first) {
            (Some(escape), _) => {
                tokens.extend(escape.chars().nth(2).map(Token::Literal));
                rest = &rest[escape.len()..];
                continue;
            }
            (None, '*') if tokens.last() != Some(&Token::Any) => tokens.push(Token::Any),
            (None, '*') => {}
            (None, '?') => tokens.push(Token::One),
            (None, other) => tokens.push(Token::Literal(other)),
        }
        rest = &rest[first.len_utf8()..];
    }
    tokens
}

impl Token {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Literal(literal) => literal == c,
            Self::One | Self::Any => true,
        }
    }
}

/// Whether a pattern takes a whole text. A star first takes as little as it can, and more whenever what follows fails;
/// only the last star ever needs to, so the time is the product of the lengths at worst.
fn matches(pattern: &[Token], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(token) if token.takes(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:api/v1/GET/items/7";

    fn verdict(statements: Json) -> Verdict {
        Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements})).expect("a policy").verdict(ARN)
    }

    #[test]
    fn wildcards_take_any_text_and_one_character() {
        for (resource, allowed) in [
            (ARN, true),
            ("*", true),
            ("arn:aws:execute-api:*:*:*/v1/GET/*", true),
            ("arn:aws:execute-api:*:*:api/v?/GET/items/?", true),
            ("arn:aws:execute-api:*:*:api/v1/POST/*", false),
            ("arn:aws:execute-api:*:*:api/v1/GET/items", false),
            ("arn:aws:execute-api:*:*:api/v1/GET/items/??", false),
            ("arn:aws:execute-api:eu-west-1:111122223333:api/${*}", false),
            ("*${?}", false),
            ("**7", true),
        ] {
            let expected = if allowed { Verdict::Allowed } else { Verdict::NotAllowed };
            let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource});
            assert_eq!(verdict(statement), expected, "{resource}");
        }
    }

    #[test]
    fn escapes_are_the_characters_themselves() {
        let policy = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "a/${*}${?}${$}/b"}});
        let policy = Policy::parse(&policy).expect("a policy");
        assert_eq!(policy.verdict("a/*?$/b"), Verdict::Allowed);
        assert_eq!(policy.verdict("a/xyz/b"), Verdict::NotAllowed);
    }

    #[test]
    fn a_denial_wins_wherever_it_stands() {
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let deny = json!({"Effect": "Deny", "Action": "execute-api:*", "Resource": ["x", ARN]});
        assert_eq!(verdict(json!([allow, deny])), Verdict::Denied);
        assert_eq!(verdict(json!([deny, allow])), Verdict::Denied);
    }

    #[test]
    fn only_statements_about_invoking_count() {
        let of = |action: Json| verdict(json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]));
        assert_eq!(of(json!("execute-api:Invoke")), Verdict::Allowed);
        assert_eq!(of(json!("EXECUTE-API:invoke")), Verdict::Allowed);
        assert_eq!(of(json!(["s3:GetObject", "execute-api:Inv*"])), Verdict::Allowed);
        assert_eq!(of(json!("s3:*")), Verdict::NotAllowed);
        assert_eq!(verdict(json!([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}])), Verdict::Allowed);
        assert_eq!(verdict(json!([{"Effect": "Allow", "Action": "*", "NotResource": ARN}])), Verdict::NotAllowed);
    }

    #[test]
    fn what_is_no_policy_says_why() {
        for (policy, says) in [
            (json!({}), "no `Statement`"),
            (json!({"Statement": []}), "is empty"),
            (json!({"Statement": ["x"]}), "is no statement"),
            (json!({"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}), "`Effect`"),
            (json!({"Statement": {"Effect": "Allow", "Resource": "*"}}), "`Action`"),
            (json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": 1}}), "`Resource`"),
            (json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}}), "`Condition`"),
        ] {
            let error = Policy::parse(&policy).expect_err("no policy");
            assert!(error.contains(says), "{error}");
        }
    }
}
