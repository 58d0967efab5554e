//! The function `auth`, as Lambda starts it.

use handlers::auth::Auth;
use handlers::aws::Clients;
use handlers::configuration::Configuration;
use handlers::observe;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    observe::init();
    let function = &Auth::configured(&Configuration::of_process(), &Clients::from_env().await)?;
    // Boxed: as a part of the runtime's own future its type would be too deep for the compiler.
    run(service_fn(|event: LambdaEvent<Value>| Box::pin(async move { function.authorize(&event.payload).await }))).await
}
