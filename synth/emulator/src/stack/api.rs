//! The API, with its stage, keys and usage plans.

use std::collections::BTreeMap;

use contract::stage;
use gateway::{ApiKey, Definition, Gateway, UsagePlan};
use serde_json::{Value, json};

use super::resources::{API_ID, Resources};
use super::{Error, REGION};
use crate::template::ACCOUNT;

/// The name of the one stage of the one API.
pub(super) fn stage<'r>(resources: &'r Resources<'_>) -> Result<&'r str, Error> {
    // Who has no API needs no stage: that is what has to be said.
    resources.the("AWS::ApiGateway::RestApi")?;
    Ok(resources.the("AWS::ApiGateway::Stage")?.properties["StageName"].as_str().unwrap_or_default())
}

/// The gateway. `url` is where it will be, stage included.
pub(super) fn gateway(resources: &Resources<'_>, url: &str) -> Result<Gateway, Error> {
    let api = resources.the("AWS::ApiGateway::RestApi")?.properties.clone();
    let mut stage = resources.the("AWS::ApiGateway::Stage")?.properties.clone();
    // The address of a deployed API is worked out from its domain name, over https.
    if let Some(variables) = stage.as_object_mut().map(|stage| stage.entry("Variables").or_insert_with(|| json!({}))) {
        variables[stage::ADRES] = url.into();
    }
    Ok(Gateway::new(Definition {
        api,
        stage,
        usage_plans: usage_plans(resources)?,
        api_id: API_ID.to_owned(),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
    })?)
}

pub(super) fn usage_plans(resources: &Resources<'_>) -> Result<Vec<UsagePlan>, Error> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut keys = BTreeMap::new();
    for key in resources.of_kind("AWS::ApiGateway::ApiKey") {
        let id = resources.reference(key).to_owned();
        let read = ApiKey::read(id.clone(), &key.properties, || resources.names.physical(key.id));
        keys.insert(id, read.map_err(|error| Error::resource(key.id, error.reason))?);
    }
    let mut members: BTreeMap<String, Vec<ApiKey>> = BTreeMap::new();
    for member in resources.of_kind("AWS::ApiGateway::UsagePlanKey") {
        let key = keys.get(&text(&member.properties["KeyId"])).cloned();
        members.entry(text(&member.properties["UsagePlanId"])).or_default().extend(key);
    }
    let plans = resources.of_kind("AWS::ApiGateway::UsagePlan");
    let with_keys = plans.map(|plan| {
        let keys = members.remove(resources.reference(plan)).unwrap_or_default();
        UsagePlan { properties: plan.properties.clone(), keys }
    });
    Ok(with_keys.collect())
}
