//! The ids of a request.

use data_encoding::{BASE64, HEXLOWER};

use crate::request::Facts;

/// The ids of a request.
pub(super) struct Ids {
    pub(super) request: String,
    pub(super) extended: String,
    pub(super) trace: String,
}

impl Ids {
    /// "Clients can override this request ID", and whoever comes with a trace goes on with it:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>.
    pub(super) fn new(now: i64, facts: &Facts) -> Self {
        let mut random = [0_u8; 44];
        // Without random bytes, ids are the same for every request, and nothing else is worse for it.
        let _ = getrandom::fill(&mut random);
        let request = uuid(&random[..16]);
        let root = || format!("Root=1-{:08x}-{}", now / 1000, HEXLOWER.encode(&random[16..28]));
        let given = |name: &str| facts.header(name).filter(|id| !id.is_empty()).map(str::to_owned);
        Self {
            request: given("x-amzn-requestid").unwrap_or(request),
            extended: BASE64.encode(&random[28..39]),
            trace: given("x-amzn-trace-id").unwrap_or_else(root),
        }
    }
}

/// The id that Lambda gives an invocation.
pub(super) fn of_invocation() -> String {
    let mut random = [0_u8; 16];
    // As above.
    let _ = getrandom::fill(&mut random);
    uuid(&random)
}

/// A UUID of version 4.
fn uuid(random: &[u8]) -> String {
    let hex = HEXLOWER.encode(random);
    let variant = ["8", "9", "a", "b"][usize::from(random[8] & 3)];
    format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
