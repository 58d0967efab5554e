//! What the scopes of a token allow (R73), given the vertrouwelijkheid of what it is about.

use std::fmt;

use contract::scopes as name;

use crate::fout::Rejection;
use crate::verwerkingsactie::{Patch, Vertrouwelijkheid};

/// What a scope allows to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Read,
    Create,
    Update,
    Delete,
}

/// Normal and confidential scope of each [`Action`], in its order.
const NAMES: [(&str, &str); 4] = [
    (name::READ_NORMAL, name::READ_CONFIDENTIAL),
    (name::CREATE_NORMAL, name::CREATE_CONFIDENTIAL),
    (name::UPDATE_NORMAL, name::UPDATE_CONFIDENTIAL),
    (name::DELETE_NORMAL, name::DELETE_CONFIDENTIAL),
];

/// How far a token reaches for one [`Action`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    #[default]
    Nothing,
    Normaal,
    Vertrouwelijk,
}

/// The scopes of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes([Reach; 4]);

impl Scopes {
    /// Reads scopes separated by white space, as a token carries them. Those that the standard does not name are left
    /// out: a token may serve more than this API.
    pub fn parse(text: &str) -> Self {
        Self::of(text.split_whitespace())
    }

    /// Reads scopes one by one.
    pub fn of<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut reaches = [Reach::Nothing; 4];
        for scope in scopes {
            for (reach, (normaal, vertrouwelijk)) in reaches.iter_mut().zip(NAMES) {
                if scope == vertrouwelijk {
                    *reach = Reach::Vertrouwelijk;
                } else if scope == normaal {
                    *reach = (*reach).max(Reach::Normaal);
                }
            }
        }
        Self(reaches)
    }

    fn reach(self, action: Action) -> Reach {
        self.0[action as usize]
    }

    /// Whether any of both scopes is there, and whether the confidential one is needed and missing.
    fn require(self, action: Action, vertrouwelijk: bool) -> Result<(), Rejection> {
        let (normal_scope, confidential_scope) = NAMES[action as usize];
        match self.reach(action) {
            Reach::Vertrouwelijk => Ok(()),
            Reach::Normaal if !vertrouwelijk => Ok(()),
            Reach::Normaal => Err(refused(format!("Deze verwerkingsactie vraagt om de scope {confidential_scope}."))),
            Reach::Nothing => Err(refused(format!("Dit vraagt om de scope {normal_scope}."))),
        }
    }

    /// Whether a POST may be tried at all, whatever its body says.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_ever_create(self) -> Result<(), Rejection> {
        self.require(Action::Create, false)
    }

    /// Whether a PUT or PATCH may be tried at all, whatever it is about.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_ever_update(self) -> Result<(), Rejection> {
        self.require(Action::Update, false)
    }

    /// A POST with this vertrouwelijkheid (R11, R12).
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_create(self, new: Vertrouwelijkheid) -> Result<(), Rejection> {
        self.require(Action::Create, new != Vertrouwelijkheid::Normaal)?;
        not_opgeheven(new)
    }

    /// A PUT that turns an actie of the one vertrouwelijkheid into one of the other (R23, R24).
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_replace(self, current: Vertrouwelijkheid, new: Vertrouwelijkheid) -> Result<(), Rejection> {
        let normaal = current == Vertrouwelijkheid::Normaal && new == Vertrouwelijkheid::Normaal;
        self.require(Action::Update, !normaal)?;
        not_opgeheven(new)
    }

    /// A PATCH of acties with these vertrouwelijkheden (R33). One that is not `normaal` is enough to refuse it whole.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_patch(
        self,
        current: impl IntoIterator<Item = Vertrouwelijkheid>,
        aanpassing: &Patch,
    ) -> Result<(), Rejection> {
        self.require(Action::Update, false)?;
        if aanpassing.vertrouwelijkheid.is_some() && self.reach(Action::Update) != Reach::Vertrouwelijk {
            let scope = name::UPDATE_CONFIDENTIAL;
            return Err(refused(format!("De vertrouwelijkheid aanpassen vraagt om de scope {scope}.")));
        }
        current.into_iter().try_for_each(|actie| self.require(Action::Update, actie != Vertrouwelijkheid::Normaal))
    }

    /// A GET of an actie with this vertrouwelijkheid (R51).
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_read(self, current: Vertrouwelijkheid) -> Result<(), Rejection> {
        self.require(Action::Read, current != Vertrouwelijkheid::Normaal)
    }

    /// A DELETE of an actie with this vertrouwelijkheid (R52).
    ///
    /// # Errors
    /// [`Rejection::Forbidden`].
    pub fn may_delete(self, current: Vertrouwelijkheid) -> Result<(), Rejection> {
        self.require(Action::Delete, current != Vertrouwelijkheid::Normaal)
    }

    /// Which vertrouwelijkheden a list shows (R42, R43): those asked for by each `vertrouwelijkheid` and by each part of
    /// `vertrouwelijkheid__in` together, each once; and where none is asked for, all three. Empty where a value is asked
    /// for that there is not: that is no matter of rights, and the answer is 400.
    ///
    /// # Errors
    /// [`Rejection::Forbidden`] where `read:normal` asks for more than `normaal`, or leaves it out.
    pub fn list<'a>(
        self,
        vertrouwelijkheid: impl IntoIterator<Item = &'a str>,
        vertrouwelijkheid_in: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Vertrouwelijkheid>, Rejection> {
        self.require(Action::Read, false)?;
        let parts = vertrouwelijkheid_in.into_iter().flat_map(|values| values.split(','));
        let asked: Vec<&str> = vertrouwelijkheid.into_iter().chain(parts).collect();
        let Some(values) = asked.iter().map(|value| Vertrouwelijkheid::parse(value)).collect::<Option<Vec<_>>>() else {
            return Ok(Vec::new());
        };
        if self.reach(Action::Read) == Reach::Vertrouwelijk {
            let all = Vertrouwelijkheid::ALL.into_iter();
            return Ok(all.filter(|value| values.is_empty() || values.contains(value)).collect());
        }
        if !values.is_empty() && values.iter().all(|value| *value == Vertrouwelijkheid::Normaal) {
            return Ok(vec![Vertrouwelijkheid::Normaal]);
        }
        let scope = name::READ_CONFIDENTIAL;
        Err(refused(format!("Zonder de scope {scope} kan alleen vertrouwelijkheid=normaal worden opgevraagd.")))
    }
}

/// The effective scopes, separated by single spaces: a confidential one brings its normal one along (R73).
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        for (reach, (normaal, vertrouwelijk)) in self.0.into_iter().zip(NAMES) {
            if reach >= Reach::Normaal {
                names.push(normaal);
            }
            if reach == Reach::Vertrouwelijk {
                names.push(vertrouwelijk);
            }
        }
        f.write_str(&names.join(" "))
    }
}

fn refused(detail: String) -> Rejection {
    Rejection::Forbidden(detail)
}

fn not_opgeheven(new: Vertrouwelijkheid) -> Result<(), Rejection> {
    if new == Vertrouwelijkheid::Opgeheven {
        return Err(refused("De vertrouwelijkheid opgeheven kan alleen met een PATCH worden gezet.".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bewaartermijn::Bewaartermijn;
    use Vertrouwelijkheid::{Normaal, Opgeheven, Vertrouwelijk};

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text)
    }

    fn allowed(judgement: fn(Scopes, Vertrouwelijkheid) -> Result<(), Rejection>, text: &str) -> [bool; 3] {
        Vertrouwelijkheid::ALL.map(|value| judgement(scopes(text), value).is_ok())
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
        assert_eq!(allowed(Scopes::may_create, "create:normal"), [true, false, false]);
        assert_eq!(allowed(Scopes::may_create, "create:confidential"), [true, true, false]);
        assert_eq!(
            allowed(Scopes::may_create, "read:confidential update:confidential delete:confidential"),
            [false; 3]
        );
    }

    #[test]
    fn r51_r52_who_may_read_and_delete_what() {
        assert_eq!(allowed(Scopes::may_read, "read:normal"), [true, false, false]);
        assert_eq!(allowed(Scopes::may_read, "read:confidential"), [true; 3]);
        assert_eq!(allowed(Scopes::may_read, "delete:confidential"), [false; 3]);
        assert_eq!(allowed(Scopes::may_delete, "delete:normal"), [true, false, false]);
        assert_eq!(allowed(Scopes::may_delete, "delete:confidential"), [true; 3]);
        assert_eq!(allowed(Scopes::may_delete, "read:confidential"), [false; 3]);
    }

    #[test]
    fn r23_r24_who_may_replace_what_by_what() {
        for current in Vertrouwelijkheid::ALL {
            for new in Vertrouwelijkheid::ALL {
                let normaal = scopes("update:normal").may_replace(current, new).is_ok();
                assert_eq!(normaal, current == Normaal && new == Normaal, "{current:?} to {new:?}");
                let vertrouwelijk = scopes("update:confidential").may_replace(current, new).is_ok();
                assert_eq!(vertrouwelijk, new != Opgeheven, "{current:?} to {new:?}");
                assert!(scopes("create:confidential").may_replace(current, new).is_err());
            }
        }
    }

    #[test]
    fn r33_who_may_change_what_of_a_verwerking() {
        let term = Patch { bewaartermijn: Bewaartermijn::parse("P1Y").ok(), vertrouwelijkheid: None };
        let both = Patch { vertrouwelijkheid: Some(Normaal), ..term.clone() };
        let lift = Patch { bewaartermijn: None, vertrouwelijkheid: Some(Opgeheven) };
        assert!(scopes("update:normal").may_patch([Normaal, Normaal], &term).is_ok());
        assert!(scopes("update:normal").may_patch([Normaal, Vertrouwelijk], &term).is_err());
        assert!(scopes("update:normal").may_patch([Opgeheven], &term).is_err());
        assert!(scopes("update:normal").may_patch([Normaal], &both).is_err());
        assert!(scopes("update:confidential").may_patch(Vertrouwelijkheid::ALL, &both).is_ok());
        assert!(scopes("update:confidential").may_patch([Vertrouwelijk], &lift).is_ok());
        assert!(scopes("read:confidential").may_patch([], &term).is_err());
    }

    #[test]
    fn r42_r43_what_a_list_shows() {
        let normaal = scopes("read:normal");
        assert_eq!(normaal.list(["normaal"], []), Ok(vec![Normaal]));
        assert_eq!(normaal.list(["normaal", "normaal"], ["normaal,normaal"]), Ok(vec![Normaal]));
        for (values, together) in
            [(vec![], vec![]), (vec!["opgeheven"], vec![]), (vec!["normaal"], vec!["normaal,vertrouwelijk"])]
        {
            assert!(matches!(normaal.list(values, together), Err(Rejection::Forbidden(_))));
        }
        let vertrouwelijk = scopes("read:confidential");
        assert_eq!(vertrouwelijk.list([], []), Ok(Vertrouwelijkheid::ALL.to_vec()));
        assert_eq!(vertrouwelijk.list(["opgeheven", "normaal"], ["opgeheven"]), Ok(vec![Normaal, Opgeheven]));
        assert_eq!(vertrouwelijk.list([], ["vertrouwelijk"]), Ok(vec![Vertrouwelijk]));
        assert_eq!(vertrouwelijk.list(["geheim"], []), Ok(vec![]));
        assert_eq!(normaal.list([], ["normaal,"]), Ok(vec![]));
        assert!(scopes("create:normal").list(["normaal"], []).is_err());
    }

    #[test]
    fn r72_a_refusal_names_the_scope_that_would_do() {
        let Err(fout) = scopes("create:normal").may_create(Vertrouwelijk) else { panic!("allowed") };
        assert!(fout.fout("").detail.contains("create:confidential"));
        let Err(fout) = scopes("").may_ever_update() else { panic!("allowed") };
        assert!(fout.fout("").detail.contains("update:normal"));
        assert!(scopes("create:confidential").may_ever_create().is_ok());
    }
}
