//! What the query of a list says, that a mapping template cannot work out.
//!
//! What is malformed is left out here and let through: the template reports it with everything else that is wrong (R40, R71).

use contract::authorizer as names;
use domain::pseudoniem::{NumberKind, Pseudonymizer};
use domain::scopes::Scopes;
use domain::tijd;
use jiff::tz::TimeZone;

use super::policy::Context;
use super::request::Request;

/// Characters of `soortObjectId` and `objectId` (specification).
const LONGEST_SOORT: usize = 242;
const LONGEST_ID: usize = 40;

/// Adds the vertrouwelijkheden asked for (R42); `false` where the scopes do not allow them (R43).
pub(super) fn vertrouwelijkheden(context: &mut Context, scopes: Scopes, request: &Request) -> bool {
    let Ok(values) = scopes.list(request.query("vertrouwelijkheid"), request.query("vertrouwelijkheid__in")) else {
        return false;
    };
    if !values.is_empty() {
        let values: Vec<_> = values.into_iter().map(|value| value.text()).collect();
        context.insert(names::VERTROUWELIJKHEDEN, values.join(","));
    }
    true
}

/// Adds the moments at which the days asked for begin (R46).
pub(super) fn days(context: &mut Context, request: &Request, zone: &TimeZone) {
    for (name, parameter) in [(names::VAN, "beginDatum"), (names::TOT, "eindDatum")] {
        if let Some(Ok(begin)) = request.once(parameter).map(|day| tijd::day_begin(day, zone)) {
            context.insert(name, begin);
        }
    }
}

/// Whom a list is about.
pub(super) struct Object<'a> {
    kind: NumberKind<'a>,
    number: &'a str,
}

impl<'a> Object<'a> {
    /// The object asked for, where all three parameters are there, once, and no longer than they may be (R40).
    pub(super) fn asked_for(request: &'a Request) -> Option<Self> {
        let once = |name, longest| {
            let fits = |value: &&str| (1..=longest).contains(&value.chars().count());
            request.once(name).filter(fits)
        };
        let objecttype = request.once("objecttype").filter(|value| !value.is_empty())?;
        let soort = once("soortObjectId", LONGEST_SOORT)?;
        Some(Self { kind: NumberKind { objecttype, soort }, number: once("objectId", LONGEST_ID)? })
    }

    /// Its key in the table (R09).
    pub(super) fn sleutel(&self, pseudonyms: &Pseudonymizer) -> String {
        pseudonyms.object_sleutel(self.kind, self.number)
    }
}
