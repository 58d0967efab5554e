//! What the scopes of a token allow (R73), given the vertrouwelijkheid of what it is about.

use std::fmt;

use contract::scopes as naam;

use crate::fout::Afwijzing;
use crate::verwerkingsactie::{Aanpassing, Vertrouwelijkheid};

/// What a scope allows to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handeling {
    Read,
    Create,
    Update,
    Delete,
}

/// Normal and confidential scope of each [`Handeling`], in its order.
const NAMEN: [(&str, &str); 4] = [
    (naam::READ_NORMAL, naam::READ_CONFIDENTIAL),
    (naam::CREATE_NORMAL, naam::CREATE_CONFIDENTIAL),
    (naam::UPDATE_NORMAL, naam::UPDATE_CONFIDENTIAL),
    (naam::DELETE_NORMAL, naam::DELETE_CONFIDENTIAL),
];

/// How far a token reaches for one [`Handeling`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Bereik {
    #[default]
    Geen,
    Normaal,
    Vertrouwelijk,
}

/// The scopes of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes([Bereik; 4]);

impl Scopes {
    /// Reads scopes separated by white space, as a token carries them. Those that the standard does not name are left
    /// out: a token may serve more than this API.
    pub fn lees(tekst: &str) -> Self {
        Self::van(tekst.split_whitespace())
    }

    /// Reads scopes one by one.
    pub fn van<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bereiken = [Bereik::Geen; 4];
        for scope in scopes {
            for (bereik, (normaal, vertrouwelijk)) in bereiken.iter_mut().zip(NAMEN) {
                if scope == vertrouwelijk {
                    *bereik = Bereik::Vertrouwelijk;
                } else if scope == normaal {
                    *bereik = (*bereik).max(Bereik::Normaal);
                }
            }
        }
        Self(bereiken)
    }

    fn bereik(self, handeling: Handeling) -> Bereik {
        self.0[handeling as usize]
    }

    /// Whether any of both scopes is there, and whether the confidential one is needed and missing.
    fn eis(self, handeling: Handeling, vertrouwelijk: bool) -> Result<(), Afwijzing> {
        let (normale_scope, vertrouwelijke_scope) = NAMEN[handeling as usize];
        match self.bereik(handeling) {
            Bereik::Vertrouwelijk => Ok(()),
            Bereik::Normaal if !vertrouwelijk => Ok(()),
            Bereik::Normaal => {
                Err(geweigerd(format!("Deze verwerkingsactie vraagt om de scope {vertrouwelijke_scope}.")))
            }
            Bereik::Geen => Err(geweigerd(format!("Dit vraagt om de scope {normale_scope}."))),
        }
    }

    /// Whether a POST may be tried at all, whatever its body says.
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_ooit_aanmaken(self) -> Result<(), Afwijzing> {
        self.eis(Handeling::Create, false)
    }

    /// Whether a PUT or PATCH may be tried at all, whatever it is about.
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_ooit_wijzigen(self) -> Result<(), Afwijzing> {
        self.eis(Handeling::Update, false)
    }

    /// A POST with this vertrouwelijkheid (R11, R12).
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_aanmaken(self, nieuw: Vertrouwelijkheid) -> Result<(), Afwijzing> {
        self.eis(Handeling::Create, nieuw != Vertrouwelijkheid::Normaal)?;
        niet_opgeheven(nieuw)
    }

    /// A PUT that turns an actie of the one vertrouwelijkheid into one of the other (R23, R24).
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_vervangen(self, huidig: Vertrouwelijkheid, nieuw: Vertrouwelijkheid) -> Result<(), Afwijzing> {
        let normaal = huidig == Vertrouwelijkheid::Normaal && nieuw == Vertrouwelijkheid::Normaal;
        self.eis(Handeling::Update, !normaal)?;
        niet_opgeheven(nieuw)
    }

    /// A PATCH of acties with these vertrouwelijkheden (R33). One that is not `normaal` is enough to refuse it whole.
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_aanpassen(
        self,
        huidig: impl IntoIterator<Item = Vertrouwelijkheid>,
        aanpassing: &Aanpassing,
    ) -> Result<(), Afwijzing> {
        self.eis(Handeling::Update, false)?;
        if aanpassing.vertrouwelijkheid.is_some() && self.bereik(Handeling::Update) != Bereik::Vertrouwelijk {
            let scope = naam::UPDATE_CONFIDENTIAL;
            return Err(geweigerd(format!("De vertrouwelijkheid aanpassen vraagt om de scope {scope}.")));
        }
        huidig.into_iter().try_for_each(|actie| self.eis(Handeling::Update, actie != Vertrouwelijkheid::Normaal))
    }

    /// A GET of an actie with this vertrouwelijkheid (R51).
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_lezen(self, huidig: Vertrouwelijkheid) -> Result<(), Afwijzing> {
        self.eis(Handeling::Read, huidig != Vertrouwelijkheid::Normaal)
    }

    /// A DELETE of an actie with this vertrouwelijkheid (R52).
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`].
    pub fn mag_verwijderen(self, huidig: Vertrouwelijkheid) -> Result<(), Afwijzing> {
        self.eis(Handeling::Delete, huidig != Vertrouwelijkheid::Normaal)
    }

    /// Which vertrouwelijkheden a list shows (R42, R43): those asked for by each `vertrouwelijkheid` and by each part of
    /// `vertrouwelijkheid__in` together, each once; and where none is asked for, all three. Empty where a value is asked
    /// for that there is not: that is no matter of rights, and the answer is 400.
    ///
    /// # Errors
    /// [`Afwijzing::NietToegestaan`] where `read:normal` asks for more than `normaal`, or leaves it out.
    pub fn lijst<'a>(
        self,
        vertrouwelijkheid: impl IntoIterator<Item = &'a str>,
        vertrouwelijkheid_in: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Vertrouwelijkheid>, Afwijzing> {
        self.eis(Handeling::Read, false)?;
        let delen = vertrouwelijkheid_in.into_iter().flat_map(|waarden| waarden.split(','));
        let gevraagd: Vec<&str> = vertrouwelijkheid.into_iter().chain(delen).collect();
        let Some(waarden) = gevraagd.iter().map(|waarde| Vertrouwelijkheid::lees(waarde)).collect::<Option<Vec<_>>>()
        else {
            return Ok(Vec::new());
        };
        if self.bereik(Handeling::Read) == Bereik::Vertrouwelijk {
            let alle = Vertrouwelijkheid::ALLE.into_iter();
            return Ok(alle.filter(|waarde| waarden.is_empty() || waarden.contains(waarde)).collect());
        }
        if !waarden.is_empty() && waarden.iter().all(|waarde| *waarde == Vertrouwelijkheid::Normaal) {
            return Ok(vec![Vertrouwelijkheid::Normaal]);
        }
        let scope = naam::READ_CONFIDENTIAL;
        Err(geweigerd(format!("Zonder de scope {scope} kan alleen vertrouwelijkheid=normaal worden opgevraagd.")))
    }
}

/// The effective scopes, separated by single spaces: a confidential one brings its normal one along (R73).
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut namen = Vec::new();
        for (bereik, (normaal, vertrouwelijk)) in self.0.into_iter().zip(NAMEN) {
            if bereik >= Bereik::Normaal {
                namen.push(normaal);
            }
            if bereik == Bereik::Vertrouwelijk {
                namen.push(vertrouwelijk);
            }
        }
        f.write_str(&namen.join(" "))
    }
}

fn geweigerd(detail: String) -> Afwijzing {
    Afwijzing::NietToegestaan(detail)
}

fn niet_opgeheven(nieuw: Vertrouwelijkheid) -> Result<(), Afwijzing> {
    if nieuw == Vertrouwelijkheid::Opgeheven {
        return Err(geweigerd("De vertrouwelijkheid opgeheven kan alleen met een PATCH worden gezet.".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bewaartermijn::Bewaartermijn;
    use Vertrouwelijkheid::{Normaal, Opgeheven, Vertrouwelijk};

    fn scopes(tekst: &str) -> Scopes {
        Scopes::lees(tekst)
    }

    fn toegestaan(oordeel: fn(Scopes, Vertrouwelijkheid) -> Result<(), Afwijzing>, tekst: &str) -> [bool; 3] {
        Vertrouwelijkheid::ALLE.map(|waarde| oordeel(scopes(tekst), waarde).is_ok())
    }

    #[test]
    fn r73_a_confidential_scope_brings_its_normal_one_along() {
        assert_eq!(
            scopes("update:confidential\tread:normal  zaken:lezen").to_string(),
            "read:normal update:normal update:confidential"
        );
        assert_eq!(scopes("create:confidential create:normal"), scopes("create:normal create:confidential"));
        assert_eq!(scopes("READ:NORMAL readnormal read:normal,read:confidential"), Scopes::default());
        assert_eq!(scopes("").to_string(), "");
    }

    #[test]
    fn r11_r12_who_may_create_what() {
        assert_eq!(toegestaan(Scopes::mag_aanmaken, "create:normal"), [true, false, false]);
        assert_eq!(toegestaan(Scopes::mag_aanmaken, "create:confidential"), [true, true, false]);
        assert_eq!(
            toegestaan(Scopes::mag_aanmaken, "read:confidential update:confidential delete:confidential"),
            [false; 3]
        );
    }

    #[test]
    fn r51_r52_who_may_read_and_delete_what() {
        assert_eq!(toegestaan(Scopes::mag_lezen, "read:normal"), [true, false, false]);
        assert_eq!(toegestaan(Scopes::mag_lezen, "read:confidential"), [true; 3]);
        assert_eq!(toegestaan(Scopes::mag_lezen, "delete:confidential"), [false; 3]);
        assert_eq!(toegestaan(Scopes::mag_verwijderen, "delete:normal"), [true, false, false]);
        assert_eq!(toegestaan(Scopes::mag_verwijderen, "delete:confidential"), [true; 3]);
        assert_eq!(toegestaan(Scopes::mag_verwijderen, "read:confidential"), [false; 3]);
    }

    #[test]
    fn r23_r24_who_may_replace_what_by_what() {
        for huidig in Vertrouwelijkheid::ALLE {
            for nieuw in Vertrouwelijkheid::ALLE {
                let normaal = scopes("update:normal").mag_vervangen(huidig, nieuw).is_ok();
                assert_eq!(normaal, huidig == Normaal && nieuw == Normaal, "{huidig:?} to {nieuw:?}");
                let vertrouwelijk = scopes("update:confidential").mag_vervangen(huidig, nieuw).is_ok();
                assert_eq!(vertrouwelijk, nieuw != Opgeheven, "{huidig:?} to {nieuw:?}");
                assert!(scopes("create:confidential").mag_vervangen(huidig, nieuw).is_err());
            }
        }
    }

    #[test]
    fn r33_who_may_change_what_of_a_verwerking() {
        let termijn = Aanpassing { bewaartermijn: Bewaartermijn::lees("P1Y").ok(), vertrouwelijkheid: None };
        let beide = Aanpassing { vertrouwelijkheid: Some(Normaal), ..termijn.clone() };
        let opheffen = Aanpassing { bewaartermijn: None, vertrouwelijkheid: Some(Opgeheven) };
        assert!(scopes("update:normal").mag_aanpassen([Normaal, Normaal], &termijn).is_ok());
        assert!(scopes("update:normal").mag_aanpassen([Normaal, Vertrouwelijk], &termijn).is_err());
        assert!(scopes("update:normal").mag_aanpassen([Opgeheven], &termijn).is_err());
        assert!(scopes("update:normal").mag_aanpassen([Normaal], &beide).is_err());
        assert!(scopes("update:confidential").mag_aanpassen(Vertrouwelijkheid::ALLE, &beide).is_ok());
        assert!(scopes("update:confidential").mag_aanpassen([Vertrouwelijk], &opheffen).is_ok());
        assert!(scopes("read:confidential").mag_aanpassen([], &termijn).is_err());
    }

    #[test]
    fn r42_r43_what_a_list_shows() {
        let normaal = scopes("read:normal");
        assert_eq!(normaal.lijst(["normaal"], []), Ok(vec![Normaal]));
        assert_eq!(normaal.lijst(["normaal", "normaal"], ["normaal,normaal"]), Ok(vec![Normaal]));
        for (waarden, samen) in
            [(vec![], vec![]), (vec!["opgeheven"], vec![]), (vec!["normaal"], vec!["normaal,vertrouwelijk"])]
        {
            assert!(matches!(normaal.lijst(waarden, samen), Err(Afwijzing::NietToegestaan(_))));
        }
        let vertrouwelijk = scopes("read:confidential");
        assert_eq!(vertrouwelijk.lijst([], []), Ok(Vertrouwelijkheid::ALLE.to_vec()));
        assert_eq!(vertrouwelijk.lijst(["opgeheven", "normaal"], ["opgeheven"]), Ok(vec![Normaal, Opgeheven]));
        assert_eq!(vertrouwelijk.lijst([], ["vertrouwelijk"]), Ok(vec![Vertrouwelijk]));
        assert_eq!(vertrouwelijk.lijst(["geheim"], []), Ok(vec![]));
        assert_eq!(normaal.lijst([], ["normaal,"]), Ok(vec![]));
        assert!(scopes("create:normal").lijst(["normaal"], []).is_err());
    }

    #[test]
    fn r72_a_refusal_names_the_scope_that_would_do() {
        let Err(fout) = scopes("create:normal").mag_aanmaken(Vertrouwelijk) else { panic!("allowed") };
        assert!(fout.fout("").detail.contains("create:confidential"));
        let Err(fout) = scopes("").mag_ooit_wijzigen() else { panic!("allowed") };
        assert!(fout.fout("").detail.contains("update:normal"));
        assert!(scopes("create:confidential").mag_ooit_aanmaken().is_ok());
    }
}
