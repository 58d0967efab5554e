//! How much a template may use.

/// What a template and a rendering may use. The defaults are API Gateway's own values where it publishes one
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>), else values that no honest
/// template reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a template. API Gateway: 300 KB.
    pub template_bytes: usize,
    /// How deep directives, brackets and strings may be nested in a template.
    pub template_depth: usize,
    /// Tokens looked at while parsing; bracket puzzles can make the grammar look at the same ones over and over.
    pub parse_steps: usize,
    /// Rounds of one `#foreach`; the loop just ends there, as on API Gateway: 1000.
    pub foreach_rounds: usize,
    /// How deep JSON, lists and maps may be nested.
    pub value_depth: usize,
    /// Bytes of output. API Gateway's payload quota: 10 MB.
    pub output_bytes: usize,
    /// Bytes of the strings and values that a rendering makes, over its whole life.
    pub memory_bytes: usize,
    /// Nodes rendered and values looked at.
    pub steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            template_bytes: 300 * 1024,
            template_depth: 100,
            parse_steps: 5_000_000,
            foreach_rounds: 1000,
            value_depth: 400,
            output_bytes: 10 * 1024 * 1024,
            memory_bytes: 128 * 1024 * 1024,
            steps: 20_000_000,
        }
    }
}
