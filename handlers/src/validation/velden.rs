//! Which fields a request may have and what they must look like, as the specification has it. One table a schema, in
//! the order of the specification; a test holds them against `openapi/bewerking.yaml`.

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Soort {
    /// Text of at most so many characters.
    Tekst(usize),
    /// UUID in its usual form, in any case.
    Uuid,
    /// URI of so many characters, from and to.
    Uri(usize, usize),
    /// Moment with its time zone (R07).
    Tijdstip,
    /// Bewaartermijn (R08).
    Duur,
    /// Exactly twenty digits (R16).
    Oin,
    /// One of these.
    Keuze(&'static [&'static str]),
    /// A list of objects, of so many at least.
    Lijst(&'static [Veld], usize),
    /// Set by the log: what a client says of it counts for nothing (R01).
    Log,
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Veld {
    pub(super) naam: &'static str,
    pub(super) soort: Soort,
    pub(super) verplicht: bool,
}

const fn veld(naam: &'static str, soort: Soort) -> Veld {
    Veld { naam, soort, verplicht: false }
}

const fn verplicht(naam: &'static str, soort: Soort) -> Veld {
    Veld { naam, soort, verplicht: true }
}

const NAAM: Soort = Soort::Tekst(242);
const IDENTIFICATOR: Soort = Soort::Tekst(40);
const URL: Soort = Soort::Uri(0, 2042);
const EIGEN_URL: Soort = Soort::Uri(1, 2042);
const VERTROUWELIJKHEID: Soort = Soort::Keuze(&[
    contract::vertrouwelijkheid::NORMAAL,
    contract::vertrouwelijkheid::VERTROUWELIJK,
    contract::vertrouwelijkheid::OPGEHEVEN,
]);

/// `Verwerkingsactie`, with what is between `actieId` and `tijdstipRegistratie` the same for POST and PUT.
const fn verwerkingsactie(url: Soort, actie_id: Soort, objecten: &'static [Veld]) -> [Veld; 22] {
    [
        veld("url", url),
        veld("actieId", actie_id),
        veld("actieNaam", NAAM),
        veld("handelingNaam", NAAM),
        veld("verwerkingNaam", NAAM),
        veld("verwerkingId", Soort::Uuid),
        veld("verwerkingsactiviteitId", Soort::Uuid),
        veld("verwerkingsactiviteitUrl", URL),
        verplicht("vertrouwelijkheid", VERTROUWELIJKHEID),
        veld("bewaartermijn", Soort::Duur),
        veld("uitvoerder", Soort::Oin),
        veld("systeem", NAAM),
        veld("gebruiker", IDENTIFICATOR),
        veld("gegevensbron", NAAM),
        veld("soortAfnemerId", NAAM),
        veld("afnemerId", IDENTIFICATOR),
        veld("verwerkingsactiviteitIdAfnemer", Soort::Uuid),
        veld("verwerkingsactiviteitUrlAfnemer", URL),
        veld("verwerkingIdAfnemer", Soort::Uuid),
        verplicht("tijdstip", Soort::Tijdstip),
        veld("tijdstipRegistratie", Soort::Log),
        verplicht("verwerkteObjecten", Soort::Lijst(objecten, 1)),
    ]
}

/// `VerwerkingsactieUitgebreidBasis`, the body of a POST.
pub(super) const NIEUW: &[Veld] = &verwerkingsactie(Soort::Log, Soort::Log, OBJECT);

/// `VerwerkingsactieUitgebreidWijziging`, the body of a PUT. What it says of its own address and key is checked (R21).
pub(super) const VERVANGING: &[Veld] = &verwerkingsactie(EIGEN_URL, Soort::Uuid, OBJECT_WIJZIGING);

/// `PatchRequestBody`.
pub(super) const AANPASSING: &[Veld] =
    &[veld("bewaartermijn", Soort::Duur), veld("vertrouwelijkheid", VERTROUWELIJKHEID)];

/// `VerwerktObjectBasis`.
pub(super) const OBJECT: &[Veld] = &[OBJECTTYPE, SOORT_OBJECT_ID, OBJECT_ID, BETROKKENHEID, SOORTEN_GEGEVENS];

/// `VerwerktObjectWijziging`.
pub(super) const OBJECT_WIJZIGING: &[Veld] = &[
    veld("url", EIGEN_URL),
    veld("verwerktObjectId", Soort::Uuid),
    OBJECTTYPE,
    SOORT_OBJECT_ID,
    OBJECT_ID,
    BETROKKENHEID,
    SOORTEN_GEGEVENS,
];

const OBJECTTYPE: Veld = verplicht("objecttype", Soort::Keuze(&["persoon"]));
const SOORT_OBJECT_ID: Veld = verplicht("soortObjectId", NAAM);
const OBJECT_ID: Veld = verplicht("objectId", IDENTIFICATOR);
const BETROKKENHEID: Veld = veld("betrokkenheid", NAAM);
const SOORTEN_GEGEVENS: Veld = veld("verwerkteSoortenGegevens", Soort::Lijst(SOORT_GEGEVEN, 0));

/// `VerwerktSoortGegeven`.
pub(super) const SOORT_GEGEVEN: &[Veld] = &[verplicht("soortGegeven", NAAM)];
