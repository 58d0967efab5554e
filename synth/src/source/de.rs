//! Typed structures from a tree, with errors that know their place.
