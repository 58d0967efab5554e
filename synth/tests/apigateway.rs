//! The OpenAPI body that API Gateway imports: what is translated, left out and refused.

mod gateway {
    mod published;
    mod refused;
    mod support;
    mod translated;
}
