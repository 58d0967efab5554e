//! Whether DynamoDB can keep what an actie becomes.

use contract::table;

use super::{Row, Rows};
use crate::bewaartermijn::Bewaartermijn;
use crate::fout::Rejection;
use crate::versies::Versie;
use crate::verwerkingsactie::Patch;

/// Whether DynamoDB can keep every row of an actie, also after what a PATCH or DELETE may add. To be asked before a change
/// is accepted: later there is nobody to tell.
///
/// # Errors
/// [`Rejection::TooLarge`].
pub fn fit(versie: &Versie<'_>) -> Result<(), Rejection> {
    let most = table::MAX_ROW - table::RESERVED;
    let keep = |row: &Row| if row.size() <= most { Ok(()) } else { Err(Rejection::TooLarge) };
    term_fits(versie.state.stored.actie().content.bewaartermijn.as_ref())?;
    // Everybody stands in the current row, and all that is not about anybody in every row: those of the persons are made
    // only where they are few and small.
    keep(&Row::actueel(versie, 1).map_err(|_| Rejection::Internal)?)?;
    Rows::of(versie, 1).map_err(|_| Rejection::Internal)?.all().try_for_each(keep)
}

/// Whether the rows of every actie can take what a PATCH makes of them: it cannot be told which acties those are.
///
/// # Errors
/// [`Rejection::TooLarge`].
pub fn patch_fits(aanpassing: &Patch) -> Result<(), Rejection> {
    term_fits(aanpassing.bewaartermijn.as_ref())
}

/// No other text of an actie, which all its rows repeat, may be of any length.
fn term_fits(term: Option<&Bewaartermijn>) -> Result<(), Rejection> {
    let length = term.map_or(0, |term| term.text().len());
    if length <= table::MAX_BEWAARTERMIJN { Ok(()) } else { Err(Rejection::TooLarge) }
}
