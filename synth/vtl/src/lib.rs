//! API Gateway's mapping template language.
