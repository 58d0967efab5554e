//! The table.

use contract::table as names;

use super::encryption;
use crate::cloudformation::resources::dynamodb::{
    AttributeDefinition, Encryption, Index, PointInTimeRecovery, Projection, StreamSpecification, Table, TimeToLive,
    key,
};
use crate::cloudformation::{self as cfn, Stack};
use crate::settings;

pub(super) type Handle = cfn::Handle<Table>;

/// The one table of the log, with its two indexes. It stays when the stack goes: an erased log is the one thing that
/// nobody can bring back.
pub(super) fn table(stack: &mut Stack, settings: &settings::Table, encryption: &encryption::Handle) -> Handle {
    let attributes = [
        names::ACTIE_ID,
        names::SOORT,
        names::VERWERKING_ID,
        names::TIJDSTIP_REGISTRATIE,
        names::OBJECT_SLEUTEL,
        names::TIJDSTIP_SLEUTEL,
    ];
    stack.add_retained(
        "Table",
        Table {
            billing_mode: "PAY_PER_REQUEST",
            attribute_definitions: attributes
                .map(|attribute_name| AttributeDefinition { attribute_name, attribute_type: "S" })
                .to_vec(),
            key_schema: key(names::ACTIE_ID, names::SOORT),
            global_secondary_indexes: vec![
                // A PATCH needs to know which acties of a verwerking there are and whether they are normaal; it
                // reads each row itself before it changes it, so the documents are not stored twice.
                Index {
                    index_name: names::VERWERKING_ID_INDEX,
                    key_schema: key(names::VERWERKING_ID, names::TIJDSTIP_REGISTRATIE),
                    projection: Projection {
                        projection_type: "INCLUDE",
                        non_key_attributes: Some(vec![names::VERTROUWELIJKHEID, names::VERVALLEN, names::BEWAARD_TOT]),
                    },
                },
                // A list returns the documents, in one call.
                Index {
                    index_name: names::OBJECT_SLEUTEL_INDEX,
                    key_schema: key(names::OBJECT_SLEUTEL, names::TIJDSTIP_SLEUTEL),
                    projection: Projection { projection_type: "ALL", non_key_attributes: None },
                },
            ],
            stream_specification: StreamSpecification { stream_view_type: "NEW_AND_OLD_IMAGES" },
            time_to_live_specification: TimeToLive { attribute_name: names::BEWAARD_TOT, enabled: true },
            point_in_time_recovery_specification: PointInTimeRecovery {
                point_in_time_recovery_enabled: settings.point_in_time_recovery,
            },
            deletion_protection_enabled: settings.deletion_protection,
            encryption: Encryption { enabled: true, kind: "KMS", key: encryption.arn() },
        },
    )
}
