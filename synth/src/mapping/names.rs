//! What a template source can refer to: the shared names of `contract`, and the settings of the stack.

use contract::{authorizer, fout, scopes, stage, table, vertrouwelijkheid};
use minijinja::{Value, context};

use super::Settings;

/// The context of every template source. A key is the name of the constant in camel case, so that a source says
/// `<< table.actieId >>` where a function says `table::ACTIE_ID`.
pub(super) fn context(settings: &Settings, answer: Option<&str>) -> Value {
    let names = context! {
        table => context! {
            actieId => table::ACTIE_ID,
            soort => table::SOORT,
            soortActueel => table::SOORT_ACTUEEL,
            soortObject => table::SOORT_OBJECT,
            soortVersie => table::SOORT_VERSIE,
            document => table::DOCUMENT,
            tijdstipRegistratie => table::TIJDSTIP_REGISTRATIE,
            verwerkingId => table::VERWERKING_ID,
            verwerkingsactiviteitId => table::VERWERKINGSACTIVITEIT_ID,
            vertrouwelijkheid => table::VERTROUWELIJKHEID,
            vervallen => table::VERVALLEN,
            bewaardTot => table::BEWAARD_TOT,
            objectSleutel => table::OBJECT_SLEUTEL,
            tijdstipSleutel => table::TIJDSTIP_SLEUTEL,
            verwerkingIdIndex => table::VERWERKING_ID_INDEX,
            objectSleutelIndex => table::OBJECT_SLEUTEL_INDEX,
        },
        authorizer => context! {
            clientId => authorizer::CLIENT_ID,
            scopes => authorizer::SCOPES,
            objectSleutel => authorizer::OBJECT_SLEUTEL,
            vertrouwelijkheden => authorizer::VERTROUWELIJKHEDEN,
            van => authorizer::VAN,
            tot => authorizer::TOT,
            nu => authorizer::NU,
            na => authorizer::NA,
            masker => authorizer::MASKER,
            maskerKenmerk => authorizer::MASKER_KENMERK,
            maskerCijfers => authorizer::MASKER_CIJFERS,
            maskerLengte => authorizer::MASKER_KENMERK + authorizer::MASKER_CIJFERS,
        },
        scopes => context! {
            readNormal => scopes::READ_NORMAL,
            readConfidential => scopes::READ_CONFIDENTIAL,
            deleteNormal => scopes::DELETE_NORMAL,
            deleteConfidential => scopes::DELETE_CONFIDENTIAL,
        },
        vertrouwelijkheid => context! {
            normaal => vertrouwelijkheid::NORMAAL,
            vertrouwelijk => vertrouwelijkheid::VERTROUWELIJK,
            opgeheven => vertrouwelijkheid::OPGEHEVEN,
        },
        stage => context! { tabel => stage::TABEL, adres => stage::ADRES },
        fout => context! {
            type => fout::TYPE,
            mediaType => fout::MEDIA_TYPE,
            ongeldig => soort(fout::ONGELDIG),
            nietToegestaan => soort(fout::NIET_TOEGESTAAN),
            nietGevonden => soort(fout::NIET_GEVONDEN),
            conflict => soort(fout::CONFLICT),
            teVeelVerzoeken => soort(fout::TE_VEEL_VERZOEKEN),
            intern => soort(fout::INTERN),
            nietBeschikbaar => soort(fout::NIET_BESCHIKBAAR),
            veldVerplicht => fout::VELD_VERPLICHT,
            veldOngeldig => fout::VELD_ONGELDIG,
            veldKeuze => fout::VELD_KEUZE,
            veldTeLang => fout::VELD_TE_LANG,
        },
        pageSize => settings.page_size,
    };
    match answer {
        Some(answer) => context! { answer, ..names },
        None => names,
    }
}

fn soort(soort: fout::Soort) -> Value {
    context! { status => soort.status, code => soort.code, title => soort.title }
}
