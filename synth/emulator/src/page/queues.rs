//! What is in the queues.

use local::sqs::{Peeked, State};
use minijinja::{Value, context};
use serde_json::{Value as Json, json};

use super::fields::Fields;
use super::views::pretty;
use super::{Page, Wrong};

/// How many messages of a queue are shown.
const SHOWN: usize = 100;

impl Page {
    /// Every queue and its counts.
    pub(super) async fn queues(&self) -> Result<Value, Wrong> {
        let mut queues = Vec::new();
        for name in &self.inside.queues {
            queues.push(self.counts(name).await?);
        }
        Ok(context! { queues })
    }

    async fn counts(&self, name: &str) -> Result<Value, Wrong> {
        let url = self.inside.services.sqs().url(name);
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = self.look("AmazonSQS.GetQueueAttributes", &asked).await?["Attributes"].take();
        let count =
            |what: &str| attributes[format!("ApproximateNumberOfMessages{what}")].as_str().unwrap_or("?").to_owned();
        let redrive: Json = attributes["RedrivePolicy"]
            .as_str()
            .and_then(|policy| serde_json::from_str(policy).ok())
            .unwrap_or_default();
        let target = redrive["deadLetterTargetArn"].as_str().and_then(|arn| arn.rsplit(':').next()).map(str::to_owned);
        let sources = self.sources(name).await?;
        Ok(context! {
            name, sources, dead_letters => target, tries => redrive["maxReceiveCount"].as_u64(),
            visible => count(""), in_flight => count("NotVisible"), delayed => count("Delayed"),
        })
    }

    /// The queues whose dead letters come here.
    pub(super) async fn sources(&self, name: &str) -> Result<Vec<String>, Wrong> {
        let asked = json!({"QueueUrl": self.inside.services.sqs().url(name)});
        let answer = self.look("AmazonSQS.ListDeadLetterSourceQueues", &asked).await?;
        let urls = answer["queueUrls"].as_array().into_iter().flatten().filter_map(Json::as_str);
        Ok(urls.filter_map(|url| url.rsplit('/').next()).map(str::to_owned).collect())
    }

    /// A queue's messages, which stay where they are.
    pub(super) async fn queue(&self, fields: &Fields) -> Result<Value, Wrong> {
        let name = self.known(fields)?;
        let messages = self.inside.services.sqs().peek(name, SHOWN).map_err(|why| Wrong::Failed(why.to_string()))?;
        let messages: Vec<Value> = messages.iter().map(message).collect();
        Ok(context! { shown => SHOWN, messages, ..self.counts(name).await? })
    }

    /// The queue of the template that is meant.
    pub(super) fn known(&self, fields: &Fields) -> Result<&str, Wrong> {
        let name = fields.get("name").unwrap_or_default();
        let known = self.inside.queues.iter().find(|known| *known == name);
        known.map(String::as_str).ok_or_else(|| Wrong::NotFound("there is no such queue in the template".to_owned()))
    }
}

fn message(message: &Peeked) -> Value {
    let state = match message.state {
        State::Visible => "visible",
        State::InFlight => "in flight",
        State::Delayed => "delayed",
    };
    context! {
        id => &message.message_id, sent => message.sent, received => message.receive_count, state,
        xray => &message.trace_header, body => pretty(message.body.as_bytes()),
        from => message.source_arn.as_deref().and_then(|arn| arn.rsplit(':').next()),
    }
}
