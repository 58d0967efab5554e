//! What nobody waits for any more is done all the same, and shown.

use std::sync::Arc;

use hyper::{Method, StatusCode};
use local::{Fault, Service};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::world::{World, actie, emitted, until};

/// Holds the function `gen` where it sends its message: says when it is there, and lets it go on when it is told to.
struct Held {
    there: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Held {
    fn set(world: &World) -> Self {
        let held = Self { there: Arc::new(Semaphore::new(0)), go_on: Arc::new(Semaphore::new(0)) };
        let (there, go_on) = (held.there.clone(), held.go_on.clone());
        world.running.services().faults().set(move |call| {
            if (call.service, call.operation.as_str()) != (Service::Sqs, "SendMessage") {
                return Fault::None;
            }
            let (there, go_on) = (there.clone(), go_on.clone());
            Fault::None.after(async move {
                there.add_permits(1);
                go_on.acquire().await.expect("it is never closed").forget();
            })
        });
        held
    }

    async fn is_there(&self) {
        self.there.acquire().await.expect("it is never closed").forget();
    }
}

/// The stack with another time for the integration that creates acties, and one place in the function behind it.
fn in_a_hurry() -> Value {
    let mut template = emitted();
    let resources = template["Resources"].as_object_mut().expect("resources");
    let api = resources.values_mut().find(|it| it["Type"] == "AWS::ApiGateway::RestApi").expect("an API");
    let create = &mut api["Properties"]["Body"]["paths"]["/verwerkingsacties"]["post"];
    create["x-amazon-apigateway-integration"]["timeoutInMillis"] = 50.into();
    resources["GenFunction"]["Properties"]["ReservedConcurrentExecutions"] = 1.into();
    template
}

async fn the_only_actie(world: &World) {
    until("the actie is there", || async { !world.rows().await.is_empty() }).await;
    let rows = world.rows().await;
    assert_eq!(rows.iter().filter(|row| row["soort"]["S"] == "actueel").count(), 1, "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_client_hangs_up_is_carried_out() {
    let world = World::start().await;
    let held = Held::set(&world);
    let body = actie("Adres controleren").to_string();
    let head = format!(
        "POST /v1/verwerkingsacties HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        world.host(),
        world.running.token,
        body.len()
    );
    let mut client = TcpStream::connect(world.host()).await.expect("it listens");
    client.write_all(format!("{head}{body}").as_bytes()).await.expect("it reads");
    held.is_there().await;
    client.shutdown().await.expect("a client may hang up");
    let mut said = Vec::new();
    client.read_to_end(&mut said).await.expect("the server hangs up too");
    assert_eq!(String::from_utf8_lossy(&said), "", "the server has noticed before there was an answer");

    held.go_on.add_permits(1);
    the_only_actie(&world).await;
    let flow = world.says("", &["verwerkingsactie_create", "verwerkingenlog-local-ProcFunction"]).await;
    assert!(flow.text.contains("201"), "{}", flow.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_goes_on_when_the_time_of_the_gateway_is_over_and_keeps_its_place() {
    let world = World::of(&in_a_hurry()).await;
    let held = Held::set(&world);
    let body = actie("Adres controleren").to_string();
    let ask = || world.api(Method::POST, "/verwerkingsacties", &body);
    let late = ask().await;
    assert_eq!(late.status, StatusCode::GATEWAY_TIMEOUT, "{}", late.text);
    held.is_there().await;
    let busy = ask().await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE, "its one place is taken: {}", busy.text);

    held.go_on.add_permits(1);
    the_only_actie(&world).await;
}
