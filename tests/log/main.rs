//! The whole log on this machine, as `synth local` runs it: what the emitted template says of a request, the functions, and
//! the services that they use, from an HTTP request to the rows in the table and back.

mod asking;
mod bewaren;
mod fouten;
mod grenzen;
mod lijst;
mod log;
mod loop_van_een_actie;
mod privacy;
mod rechten;
mod rules;
mod velden;
