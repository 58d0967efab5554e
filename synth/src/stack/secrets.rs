//! The secrets.

use super::encryption;
use crate::cloudformation::resources::secretsmanager::{GenerateSecretString, Secret};
use crate::cloudformation::{self as cfn, Stack};
use crate::settings;

/// The secrets.
pub(super) struct Secrets {
    pub(super) pseudonym: cfn::Handle<Secret>,
    /// Only where tokens in the ZGW way are accepted.
    pub(super) clients: Option<cfn::Handle<Secret>>,
}

/// Makes the secrets. No value ever stands in the template: Secrets Manager makes the first itself.
pub(super) fn secrets(stack: &mut Stack, settings: &settings::Tokens, key: &encryption::Handle) -> Secrets {
    // The id stands in every pseudonym, so that a second key can follow the first. 86 letters and digits are 512 bits.
    let pseudonym = stack.add_retained(
        "PseudonymSecret",
        Secret {
            description: "Key of the pseudonyms: without it nobody can be found again",
            kms_key_id: key.arn(),
            generate_secret_string: Some(generated(r#"{"id":"1"}"#)),
        },
    );
    let clients = settings.zgw.then(|| {
        stack.add_retained(
            "ClientsSecret",
            Secret {
                description: "Secret of each client that signs its own tokens: a JSON object by client_id",
                kms_key_id: key.arn(),
                // A client that nobody knows, with a secret that nobody has seen and without scopes: it may do nothing.
                generate_secret_string: Some(GenerateSecretString {
                    generate_string_key: "example-client",
                    ..generated("{}")
                }),
            },
        )
    });
    Secrets { pseudonym, clients }
}

fn generated(template: &str) -> GenerateSecretString {
    GenerateSecretString {
        secret_string_template: template.to_owned(),
        generate_string_key: "sleutel",
        password_length: 86,
        exclude_punctuation: true,
        include_space: false,
    }
}
