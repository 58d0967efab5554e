//! The function `gen`, as Lambda starts it.

use handlers::aws::Clients;
use handlers::configuration::Configuration;
use handlers::r#gen::{Event, Gen};
use handlers::observe;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    observe::init();
    let function = &Gen::configured(&Configuration::of_process(), &Clients::from_env().await).await?;
    run(service_fn(|event: LambdaEvent<Event>| async move {
        Ok::<_, Error>(function.handle(event.payload, event.context.into()).await)
    }))
    .await
}
