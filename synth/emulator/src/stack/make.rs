//! Tables, queues and buckets, made in the services.

use local::Services;

use super::Error;
use super::resources::Resources;
use crate::inventory::Inventory;

/// Makes what is not there yet, and takes note of properties that make no difference here.
pub(super) fn make(resources: &Resources<'_>, services: &Services, inventory: &mut Inventory) -> Result<(), Error> {
    for table in resources.of_kind("AWS::DynamoDB::Table") {
        let made = services.dynamodb().create_table(resources.reference(table), &table.properties);
        inventory.ignored(table.kind, made.map_err(|why| Error::resource(table.id, why))?);
    }
    for bucket in resources.of_kind("AWS::S3::Bucket") {
        let made = services.s3().create_bucket(resources.reference(bucket));
        made.map_err(|why| Error::resource(bucket.id, why))?;
    }
    let mut queues: Vec<_> = resources.of_kind("AWS::SQS::Queue").collect();
    // A queue that others send their dead letters to comes before those.
    queues.sort_by_key(|queue| !queue.properties["RedrivePolicy"].is_null());
    for queue in queues {
        let name = resources.attribute(queue, "QueueName");
        let ignored = services.sqs().create_queue(name, &queue.properties);
        inventory.ignored(queue.kind, ignored.map_err(|why| Error::resource(queue.id, why))?);
        let arn = services.sqs().arn(name);
        let mut mappings = resources.of_kind("AWS::Lambda::EventSourceMapping");
        if mappings.any(|mapping| mapping.properties["EventSourceArn"] == arn.as_str()) {
            // Whoever had received something before was a process that has ended.
            services.sqs().release(name).map_err(|why| Error::resource(queue.id, why))?;
        }
    }
    Ok(())
}
