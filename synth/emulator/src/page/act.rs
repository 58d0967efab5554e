//! What can be done by the page, as any client would do it.

use handlers::aws::{Clients, S3Backup, SqsQueue};
use handlers::replay::replay;
use serde_json::json;

use super::fields::Fields;
use super::{Page, Wrong, answered};

/// How many failures of a replay are told one by one.
const TOLD: usize = 100;

impl Page {
    /// Does what a form asks for; gives the number of the note about it.
    pub(super) async fn act(&self, what: &str, fields: &Fields) -> Result<u64, Wrong> {
        match what {
            "redrive" => self.redrive(fields).await,
            "replay" => self.replay(fields).await,
            _ => Err(Wrong::no_page()),
        }
    }

    /// The messages of a dead-letter queue go back to the queues that they failed in.
    async fn redrive(&self, fields: &Fields) -> Result<u64, Wrong> {
        let name = self.known(fields)?;
        if self.sources(name).await?.is_empty() {
            return Err(Wrong::Bad(format!("{name} is no queue's dead-letter queue")));
        }
        let arn = self.inside.services.sqs().arn(name);
        self.call("AmazonSQS.StartMessageMoveTask", json!({"SourceArn": arn})).await?;
        let tasks = self.call("AmazonSQS.ListMessageMoveTasks", json!({"SourceArn": arn})).await?;
        let moved = tasks["Results"][0]["ApproximateNumberOfMessagesMoved"].as_u64().unwrap_or_default();
        let outcome = format!("{moved} {} back", if moved == 1 { "message went" } else { "messages went" });
        Ok(self.inside.journal.note(format!("redrive of {name}"), outcome, Vec::new()))
    }

    /// Backed-up messages go through the queue once more.
    async fn replay(&self, fields: &Fields) -> Result<u64, Wrong> {
        let place = self.inside.backup()?;
        let prefix = fields.get("prefix").ok_or_else(|| Wrong::Bad("prefix is missing".to_owned()))?;
        let clients = Clients::at(&self.inside.services.endpoint(), &self.inside.region).await;
        let backup = S3Backup::new(clients.s3(), place.bucket.clone());
        let queue = SqsQueue::new(clients.sqs(), place.queue.clone());
        let replayed = replay(&backup, &queue, prefix).await.map_err(|why| Wrong::Failed(why.to_string()))?;
        let details = replayed.failed.iter().take(TOLD).map(|(key, why)| format!("{key}: {why}")).collect();
        let what =
            if prefix.is_empty() { "replay of the whole backup".to_owned() } else { format!("replay of {prefix}") };
        Ok(self.inside.journal.note(what, replayed.to_string(), details))
    }

    async fn call(&self, target: &str, asked: serde_json::Value) -> Result<serde_json::Value, Wrong> {
        let called = self.inside.services.call(target, asked.to_string()).await;
        let (status, body) = called.map_err(|why| Wrong::Failed(why.to_string()))?;
        answered(target, status, &body)
    }
}
