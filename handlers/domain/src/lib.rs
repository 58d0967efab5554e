//! The domain of the processing log: what the standard asks of a change before it is stored.
//!
//! Pure functions and types, without any I/O, clock or randomness of their own: the time, random bytes, keys and what
//! the table holds come in as arguments. `docs/domain.md` tells how a change travels through these modules; rule numbers
//! (R..) are those of the tests.

pub mod bericht;
pub mod bewaartermijn;
pub mod fout;
pub mod pseudoniem;
pub mod replacement;
pub mod rows;
pub mod scopes;
pub mod stored;
pub mod tijd;
pub mod validation;
pub mod versies;
pub mod verwerkingsactie;

#[cfg(test)]
mod testdata;
