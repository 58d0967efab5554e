//! The function `proc` as Lambda starts it.

use aws_lambda_events::sqs::SqsEvent;
use handlers::aws::Clients;
use handlers::call::Call;
use handlers::configuration::Configuration;
use handlers::observe;
use handlers::proc::Proc;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    observe::init();
    let proc = Proc::configured(&Configuration::of_process(), &Clients::from_env().await)?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(proc.handle(event.payload, &Call::from(event.context)).await)
    }))
    .await
}
