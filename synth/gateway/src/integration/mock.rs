//! Mock integrations, whose request template renders an object with `statusCode`:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>.

use serde_json::Value as Json;

use super::is_status;

/// The status that a mock's rendered request asks for; `None` where it asks for none.
///
/// AWS also takes names without quotes (`{statusCode: 200}`), as consoles and tools write them.
pub(crate) fn status(rendered: &str) -> Option<u16> {
    let number = match serde_json::from_str::<Json>(rendered) {
        Ok(body) => body.get("statusCode")?.as_u64()?,
        Err(_) => unquoted(rendered)?,
    };
    u16::try_from(number).ok().filter(|status| is_status(*status))
}

fn unquoted(rendered: &str) -> Option<u64> {
    let pairs = rendered.trim().strip_prefix('{')?.strip_suffix('}')?.split(',');
    let mut pairs = pairs.filter_map(|pair| pair.split_once(':'));
    let (_, value) = pairs.find(|(name, _)| name.trim().trim_matches(['"', '\'']) == "statusCode")?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_mock_names_its_status_with_or_without_quotes() {
        for (rendered, expected) in [
            (r#"{"statusCode": 404}"#, Some(404)),
            ("{statusCode: 200}", Some(200)),
            ("{ 'a': 1, 'statusCode' : 204 }", Some(204)),
            (r#"{"statusCode": "200"}"#, None),
            (r#"{"statusCode": 199}"#, None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(status(rendered), expected, "{rendered}");
        }
    }
}
