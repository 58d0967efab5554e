//! Which fields a request may have and what they must look like, as the specification has it. One table a schema, in
//! the order of the specification; a test holds them against `openapi/bewerking.yaml`.

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// UUID in its usual form, in any case.
    Uuid,
    /// URI of so many characters, from and to.
    Uri(usize, usize),
    /// Moment with its time zone (R07).
    Tijdstip,
    /// Bewaartermijn (R08).
    Duration,
    /// Exactly twenty digits (R16).
    Oin,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A list of objects, of so many at least.
    List(&'static [Field], usize),
    /// Set by the log: what a client says of it counts for nothing (R01).
    Log,
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const NAME: Kind = Kind::Text(242);
const IDENTIFICATOR: Kind = Kind::Text(40);
const URL: Kind = Kind::Uri(0, 2042);
const OWN_URL: Kind = Kind::Uri(1, 2042);
const VERTROUWELIJKHEID: Kind = Kind::Choice(&[
    contract::vertrouwelijkheid::NORMAAL,
    contract::vertrouwelijkheid::VERTROUWELIJK,
    contract::vertrouwelijkheid::OPGEHEVEN,
]);

/// `Verwerkingsactie`, with what is between `actieId` and `tijdstipRegistratie` the same for POST and PUT.
const fn verwerkingsactie(url: Kind, actie_id: Kind, objecten: &'static [Field]) -> [Field; 22] {
    [
        field("url", url),
        field("actieId", actie_id),
        field("actieNaam", NAME),
        field("handelingNaam", NAME),
        field("verwerkingNaam", NAME),
        field("verwerkingId", Kind::Uuid),
        field("verwerkingsactiviteitId", Kind::Uuid),
        field("verwerkingsactiviteitUrl", URL),
        required("vertrouwelijkheid", VERTROUWELIJKHEID),
        field("bewaartermijn", Kind::Duration),
        field("uitvoerder", Kind::Oin),
        field("systeem", NAME),
        field("gebruiker", IDENTIFICATOR),
        field("gegevensbron", NAME),
        field("soortAfnemerId", NAME),
        field("afnemerId", IDENTIFICATOR),
        field("verwerkingsactiviteitIdAfnemer", Kind::Uuid),
        field("verwerkingsactiviteitUrlAfnemer", URL),
        field("verwerkingIdAfnemer", Kind::Uuid),
        required("tijdstip", Kind::Tijdstip),
        field("tijdstipRegistratie", Kind::Log),
        required("verwerkteObjecten", Kind::List(objecten, 1)),
    ]
}

/// `VerwerkingsactieUitgebreidBasis`, the body of a POST.
pub(super) const POST: &[Field] = &verwerkingsactie(Kind::Log, Kind::Log, OBJECT);

/// `VerwerkingsactieUitgebreidWijziging`, the body of a PUT. What it says of its own address and key is checked (R21).
pub(super) const PUT: &[Field] = &verwerkingsactie(OWN_URL, Kind::Uuid, PUT_OBJECT);

/// `PatchRequestBody`.
pub(super) const PATCH: &[Field] =
    &[field("bewaartermijn", Kind::Duration), field("vertrouwelijkheid", VERTROUWELIJKHEID)];

/// `VerwerktObjectBasis`.
pub(super) const OBJECT: &[Field] = &[OBJECTTYPE, SOORT_OBJECT_ID, OBJECT_ID, BETROKKENHEID, SOORTEN_GEGEVENS];

/// `VerwerktObjectWijziging`.
pub(super) const PUT_OBJECT: &[Field] = &[
    field("url", OWN_URL),
    field("verwerktObjectId", Kind::Uuid),
    OBJECTTYPE,
    SOORT_OBJECT_ID,
    OBJECT_ID,
    BETROKKENHEID,
    SOORTEN_GEGEVENS,
];

const OBJECTTYPE: Field = required("objecttype", Kind::Choice(&["persoon"]));
const SOORT_OBJECT_ID: Field = required("soortObjectId", NAME);
const OBJECT_ID: Field = required("objectId", IDENTIFICATOR);
const BETROKKENHEID: Field = field("betrokkenheid", NAME);
const SOORTEN_GEGEVENS: Field = field("verwerkteSoortenGegevens", Kind::List(SOORT_GEGEVEN, 0));

/// `VerwerktSoortGegeven`.
pub(super) const SOORT_GEGEVEN: &[Field] = &[required("soortGegeven", NAME)];
