//! Starts the function `auth`.

use handlers::auth::Auth;
use handlers::aws::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    let auth = &Auth::from_env(&Clients::from_env().await)?;
    run(service_fn(|event: LambdaEvent<Value>| Box::pin(async move { auth.authorize(&event.payload).await }))).await
}
