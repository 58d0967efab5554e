//! The one place where the synthesizer, the mapping templates and the functions agree on names.
//!
//! The synthesizer emits them, the templates query by them, the functions read and write them. A name
//! that stood in two places could be misspelt in one of them without anybody noticing, so it stands here.
//! This crate has no dependencies and does no I/O.

/// The table: its attributes, its rows and its indexes.
pub mod table {
    /// Partition key of every row.
    pub const ACTIE_ID: &str = "actieId";
    /// Sort key of every row; says what kind of row it is.
    pub const SOORT: &str = "soort";
    /// `soort` of the row that holds the current state of an actie.
    pub const SOORT_ACTUEEL: &str = "actueel";
    /// `soort` of a row per person in the actie is this, followed by the [`OBJECT_SLEUTEL`].
    pub const SOORT_OBJECT: &str = "object#";
    /// `soort` of a row per version is this, followed by the [`TIJDSTIP_REGISTRATIE`], `#`, and the [`BERICHT`].
    pub const SOORT_VERSIE: &str = "versie#";

    /// Partition key of the rows of a verwerking is this, followed by its verwerkingId in lower case.
    pub const VERWERKING: &str = "verwerking#";
    /// In the partition of a verwerking: `soort` of the row that says that an actie is or was part of it is this,
    /// followed by the actieId.
    pub const SOORT_LID: &str = "actie#";
    /// In the partition of a verwerking: `soort` of a row per accepted PATCH is this, followed by the
    /// [`TIJDSTIP_REGISTRATIE`], `#`, and the [`BERICHT`].
    pub const SOORT_AANPASSING: &str = "aanpassing#";
    /// In the partition of a verwerking: `soort` of the row that has the [`TIJDSTIP_REGISTRATIE`] of its last PATCH.
    pub const SOORT_LAATSTE: &str = "laatste";

    /// The finished JSON that a response returns, written by [`document`]. A mapping template inserts it as it is.
    pub const DOCUMENT: &str = "document";

    /// JSON as the attribute [`DOCUMENT`] holds it: the same, with U+007F escaped. API Gateway reads DynamoDB's answer
    /// with json-smart, which drops that one character; JSON lets it stand unescaped in a string, and only there.
    pub fn document(json: &str) -> String {
        json.replace('\u{7f}', "\\u007f")
    }

    /// When this version was registered: UTC, microseconds, fixed width.
    pub const TIJDSTIP_REGISTRATIE: &str = "tijdstipRegistratie";
    /// The verwerking that the actie is part of; absent where the client gave none.
    pub const VERWERKING_ID: &str = "verwerkingId";
    /// What a GET list may filter on; in lower case, since UUIDs are compared without regard to case.
    pub const VERWERKINGSACTIVITEIT_ID: &str = "verwerkingsactiviteitId";
    /// `normaal`, `vertrouwelijk` or `opgeheven`.
    pub const VERTROUWELIJKHEID: &str = "vertrouwelijkheid";
    /// Present (and true) once the actie was deleted (R06).
    pub const VERVALLEN: &str = "vervallen";
    /// Epoch second at which the bewaartermijn ends (R08); the table's TTL attribute. Absent where there is none.
    pub const BEWAARD_TOT: &str = "bewaardTot";
    /// Keyed pseudonym of (objecttype, soortObjectId, objectId); only on rows per person.
    pub const OBJECT_SLEUTEL: &str = "objectSleutel";
    /// Instant of `tijdstip` as `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`, then `#`, then the actieId; only on rows per person.
    pub const TIJDSTIP_SLEUTEL: &str = "tijdstipSleutel";

    /// JSON object from pseudonyms to the encrypted numbers that were too long to stand in them; absent where there are none.
    pub const VERSLEUTELD: &str = "versleuteld";
    /// Present (and true) once a version of the actie was not `normaal` (R62).
    pub const OOIT_VERTROUWELIJK: &str = "ooitVertrouwelijk";

    /// How often the current row was written by a function: what was read is still there while this is the same, and
    /// [`TIJDSTIP_REGISTRATIE`] and [`VERVALLEN`], which a DELETE changes.
    pub const REVISIE: &str = "revisie";
    /// Id of the message that this state came of; [`GEEN_BERICHT`] of a DELETE's.
    pub const BERICHT: &str = "bericht";
    /// In the place of a message's id where a DELETE changed the actie. Sorts before any id.
    pub const GEEN_BERICHT: &str = "-";
    /// On the row of a version: the `operatie` of the message that brought it, where that was a POST or PUT. Such a row
    /// is not only a version but also what the state of the actie is worked out from.
    pub const OPERATIE: &str = "operatie";
    /// Present (and true) on a current row that was written alone: the actie's other rows are still behind it, until
    /// `proj` brings them in step. A DELETE needs no mark, as its [`BERICHT`] is not yet [`GEEN_BERICHT`].
    pub const VOORUIT: &str = "vooruit";
    /// Present (and true) on the current row of an actie whose POST was answered with an error, and never counts.
    pub const INGETROKKEN: &str = "ingetrokken";

    /// The largest row that DynamoDB keeps, in bytes: the names and the values of its attributes together.
    pub const MAX_ROW: usize = 400 * 1024;
    /// What is left free of it when a change is accepted: for what the log adds to a row, and for what a PATCH makes of it.
    pub const RESERVED: usize = 2 * 1024;
    /// The longest `bewaartermijn` of a PATCH, in bytes, which must fit in what is [`RESERVED`].
    pub const MAX_BEWAARTERMIJN: usize = 1024;

    /// Current acties by verwerkingId, sorted by tijdstipRegistratie.
    pub const VERWERKING_ID_INDEX: &str = "verwerkingId-index";
    /// Rows per person by objectSleutel, sorted by tijdstipSleutel.
    pub const OBJECT_SLEUTEL_INDEX: &str = "objectSleutel-index";
}

/// What the authorizer hands on in `$context.authorizer`. Every value is a string.
pub mod authorizer {
    /// Who asks.
    pub const CLIENT_ID: &str = "clientId";
    /// Effective scopes, separated by single spaces; a confidential scope brings its normal one along (R73).
    pub const SCOPES: &str = "scopes";
    /// Pseudonym of the object asked for; absent where the three query parameters are not all there.
    pub const OBJECT_SLEUTEL: &str = "objectSleutel";
    /// The vertrouwelijkheid values asked for and allowed, separated by commas (R42, R43).
    pub const VERTROUWELIJKHEDEN: &str = "vertrouwelijkheden";
    /// Instant at which `beginDatum` begins (R46), as `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`; absent without a valid one.
    pub const VAN: &str = "van";
    /// Instant at which `eindDatum` begins (R46), same form; absent without a valid one.
    pub const TOT: &str = "tot";
    /// [`super::table::TIJDSTIP_SLEUTEL`] of the row after which the page asked for begins; absent without a valid `pagina`.
    pub const NA: &str = "na";
    /// What hides in `pagina` where the next page begins: [`MASKER_KENMERK`] hexadecimal digits that stand before it as they
    /// are, and [`MASKER_CIJFERS`] that are added to its own, each without carry. Goes with [`OBJECT_SLEUTEL`].
    pub const MASKER: &str = "masker";
    /// See [`MASKER`].
    pub const MASKER_KENMERK: usize = 16;
    /// See [`MASKER`]. A `tijdstipSleutel` has 23 digits in its instant and 32 in its actieId.
    pub const MASKER_CIJFERS: usize = 55;
    /// The time of the request in the form of `tijdstipRegistratie`: `YYYY-MM-DDThh:mm:ss.uuuuuuZ`.
    pub const NU: &str = "nu";
}

/// The scopes that the standard names; a token carries them.
pub mod scopes {
    /// Read acties that are `normaal`.
    pub const READ_NORMAL: &str = "read:normal";
    /// Read acties of any vertrouwelijkheid.
    pub const READ_CONFIDENTIAL: &str = "read:confidential";
    /// Record acties that are `normaal`.
    pub const CREATE_NORMAL: &str = "create:normal";
    /// Record acties that are `vertrouwelijk`.
    pub const CREATE_CONFIDENTIAL: &str = "create:confidential";
    /// Change acties that are and stay `normaal`.
    pub const UPDATE_NORMAL: &str = "update:normal";
    /// Change acties of any vertrouwelijkheid.
    pub const UPDATE_CONFIDENTIAL: &str = "update:confidential";
    /// Delete acties that are `normaal`.
    pub const DELETE_NORMAL: &str = "delete:normal";
    /// Delete acties of any vertrouwelijkheid.
    pub const DELETE_CONFIDENTIAL: &str = "delete:confidential";
}

/// The values of `vertrouwelijkheid` (VertrouwelijkheidEnum).
pub mod vertrouwelijkheid {
    /// Anybody with a scope of the standard may know of it.
    pub const NORMAAL: &str = "normaal";
    /// Only confidential scopes may.
    pub const VERTROUWELIJK: &str = "vertrouwelijk";
    /// Was `vertrouwelijk`, and is so no longer.
    pub const OPGEHEVEN: &str = "opgeheven";
}

/// Variables of the API's stage, `$stageVariables` in a mapping template.
pub mod stage {
    /// Name of the table.
    pub const TABEL: &str = "tabel";
    /// The API's own address up to the route, without a slash at the end. Absent where the API is reached at its
    /// own domain name over https.
    pub const ADRES: &str = "adres";
}

/// Errors as the client sees them (R70): who raises one, and for what detail, is up to API Gateway, a mapping
/// template or a function; status, code and title of the same error are the same everywhere.
pub mod fout {
    /// One kind of error: the fields of `Fout` that do not depend on the request.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Soort {
        /// HTTP status, also the field `status`.
        pub status: u16,
        /// The field `code`.
        pub code: &'static str,
        /// The field `title`.
        pub title: &'static str,
    }

    /// The field `type`: the title says all there is to know (RFC 9457, 4.2.1).
    pub const TYPE: &str = "about:blank";
    /// Media type of every error.
    pub const MEDIA_TYPE: &str = "application/problem+json";

    const fn soort(status: u16, code: &'static str, title: &'static str) -> Soort {
        Soort { status, code, title }
    }

    /// A `ValidatieFout`: carries `invalidParams` (R71).
    pub const ONGELDIG: Soort = soort(400, "invalid", "Ongeldige gegevens");
    /// No token, or one that is not valid.
    pub const NIET_AANGEMELD: Soort = soort(401, "not_authenticated", "Niet geauthenticeerd");
    /// Too few scopes.
    pub const NIET_TOEGESTAAN: Soort = soort(403, "permission_denied", "Geen toestemming");
    /// Unknown route or resource.
    pub const NIET_GEVONDEN: Soort = soort(404, "not_found", "Niet gevonden");
    /// A known route with another method.
    pub const METHODE_NIET_TOEGESTAAN: Soort = soort(405, "method_not_allowed", "Methode niet toegestaan");
    /// The state of the resource forbids it.
    pub const CONFLICT: Soort = soort(409, "conflict", "Conflict");
    /// The body is too large.
    pub const TE_GROOT: Soort = soort(413, "request_too_large", "Verzoek te groot");
    /// Wrong Content-Type.
    pub const MEDIATYPE_NIET_ONDERSTEUND: Soort = soort(415, "unsupported_media_type", "Mediatype niet ondersteund");
    /// An `Idempotency-Key` that came before with another body.
    pub const SLEUTEL_HERGEBRUIKT: Soort = soort(422, "idempotency_key_reused", "Sleutel hergebruikt");
    /// Throttled; carries `Retry-After`.
    pub const TE_VEEL_VERZOEKEN: Soort = soort(429, "throttled", "Te veel verzoeken");
    /// Our mistake.
    pub const INTERN: Soort = soort(500, "error", "Interne fout");
    /// Part of the standard, and not built here.
    pub const NIET_ONDERSTEUND: Soort = soort(501, "not_implemented", "Niet ondersteund");
    /// For a moment; carries `Retry-After`.
    pub const NIET_BESCHIKBAAR: Soort = soort(503, "service_unavailable", "Dienst niet beschikbaar");

    /// The function was not ready in time.
    pub const TE_LAAT: Soort = soort(504, "gateway_timeout", "Geen tijdig antwoord");

    /// `code` of a field in `invalidParams` that had to be there.
    pub const VELD_VERPLICHT: &str = "required";
    /// `code` of a field in `invalidParams` whose value has the wrong shape.
    pub const VELD_ONGELDIG: &str = "invalid";
    /// `code` of a field in `invalidParams` whose value is none of those that there are.
    pub const VELD_KEUZE: &str = "invalid_choice";
    /// `code` of a field in `invalidParams` whose value is too long.
    pub const VELD_TE_LANG: &str = "max_length";
}

/// The functions and the environment variables that tell them where things are. Names only, never a secret.
pub mod functions {
    /// POST, PUT and PATCH.
    pub const GEN: &str = "gen";
    /// Applies the queue's messages to the table.
    pub const PROC: &str = "proc";
    /// The authorizer.
    pub const AUTH: &str = "auth";
    /// Follows the table's stream.
    pub const PROJ: &str = "proj";

    /// Name of the table.
    pub const ENV_TABLE: &str = "TABLE_NAME";
    /// URL of the queue.
    pub const ENV_QUEUE: &str = "QUEUE_URL";
    /// Name of the backup bucket.
    pub const ENV_BUCKET: &str = "BACKUP_BUCKET";
    /// ARN of the secret with the pseudonym key.
    pub const ENV_PSEUDONYM_SECRET: &str = "PSEUDONYM_SECRET_ARN";
    /// ARN of the secret with the clients' HS256 secrets; absent where the stack has none.
    pub const ENV_CLIENTS_SECRET: &str = "CLIENTS_SECRET_ARN";
    /// JSON array of the trusted token issuers.
    pub const ENV_ISSUERS: &str = "TOKEN_ISSUERS";
    /// IANA name of the time zone in which days are counted (R46).
    pub const ENV_TIJDZONE: &str = "TIJDZONE";
    /// `true` where a BSN must pass the eleven-test (R15).
    pub const ENV_ELFPROEF: &str = "ELFPROEF";
    /// The API's own address, where it has a custom domain; otherwise `gen` takes it from the request.
    pub const ENV_API_URL: &str = "API_URL";
    /// Value of the `API-version` header.
    pub const ENV_API_VERSION: &str = "API_VERSION";

    /// Operations that `gen` answers though they are reads: consulting the citizen's API is itself logged (R64).
    pub const GEN_READS: &[&str] = &["verwerkte-objecten_list", "verwerktobject_read"];
}
