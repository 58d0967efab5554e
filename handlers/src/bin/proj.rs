//! The function `proj` as Lambda starts it.

use handlers::aws::Clients;
use handlers::call::Call;
use handlers::configuration::Configuration;
use handlers::observe;
use handlers::proj::Proj;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    observe::init();
    let proj = Proj::configured(&Configuration::of_process(), &Clients::from_env().await)?;
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(proj.handle(event.payload, &Call::from(event.context)).await)
    }))
    .await
}
